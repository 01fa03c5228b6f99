"""What all tests share: profiles of Hypothesis, AWS's descriptions, and Ctrl+C for the commands that tests start.

A shell that runs the tests in the background ignores Ctrl+C, and every process that is started there inherits this.
"""

import gc
import signal
from functools import cache

import botocore.session
from hypothesis import HealthCheck, settings

# While tests are collected, thousands of items come and none goes: to look for garbage among them takes time.
gc.disable()

signal.signal(signal.SIGINT, signal.default_int_handler)

# Every session of boto3 would parse the descriptions again: a tenth of a second for each command that a test runs.
botocore.session.create_loader = cache(botocore.session.create_loader)

# Properties write nothing to disk and have no deadline: machines are slow at times. Each run draws other examples.
settings.register_profile(
    "parley",
    max_examples=25,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=False,
)
settings.register_profile("full", settings.get_profile("parley"), max_examples=100)
settings.load_profile("parley")


def pytest_collection_finish() -> None:
    """Look for garbage again, but not among the tests."""
    gc.freeze()
    gc.enable()
