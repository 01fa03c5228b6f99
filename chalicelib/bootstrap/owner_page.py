"""Builds the owner's page."""

from collections.abc import Callable

from chalicelib.access.owner_session_ports import OwnerSessions
from chalicelib.bootstrap.ports import Ports
from chalicelib.channels.web.closing import ConnectionCloser
from chalicelib.operations.admin import Admin
from chalicelib.operations.owner_door import OwnerDoor
from chalicelib.operations.owner_page import OwnerPage
from chalicelib.operations.owner_today import OwnerToday
from chalicelib.operations.report import Reports


def assemble(ports: Ports, sessions: OwnerSessions, *, random_bytes: Callable[[int], bytes]) -> OwnerPage:
    """Build the page over these ports; `random_bytes` makes the cookies."""
    settings = ports.settings
    closer = ConnectionCloser(
        ports.connections, ports.connection_api, ports.clock, lambda error: ports.log.failure("hang_up", error)
    )
    admin = Admin(ports.people, ports.transcript, ports.journal, ports.lists, ports.entitlements(), closer, ports.clock)
    limits, stage = settings.limits, settings.stage
    reports = Reports(stage.name, limits.zone, limits.daily_budget, ports.spending, ports.people, ports.api_keys)
    persona = settings.messenger.persona if stage.channels.messenger else settings.web.persona
    return OwnerPage(
        door=OwnerDoor(sessions, ports.owners, random_bytes, ports.clock, ports.log),
        today=OwnerToday(admin, ports.spending, reports, settings),
        keys=ports.api_keys,
        settings=settings,
        bot_name=lambda: ports.personas().named(persona).name,
        clock=ports.clock,
    )
