"""The worker's service for the weekly message."""

from functools import cache

from chalicelib.bootstrap import owner_services, worker
from chalicelib.bootstrap.ports import Ports
from chalicelib.operations.owner_notices import OwnerChat
from chalicelib.operations.weekly_report import WeeklyReport


def assemble(ports: Ports, owner_chat: OwnerChat | None = None) -> WeeklyReport:
    """Build what sends the weekly message over these ports."""
    return WeeklyReport(owner_services.reports(ports), ports.notices(owner_chat), ports.texts(), ports.clock, ports.log)


@cache
def weekly_report() -> WeeklyReport:
    """Return what sends the weekly message."""
    return assemble(worker.ports(), worker.owner_chat())
