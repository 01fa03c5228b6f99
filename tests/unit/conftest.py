"""Properties write nothing to disk and have no deadline: machines are slow at times."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "parley", database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=False
)
settings.load_profile("parley")
