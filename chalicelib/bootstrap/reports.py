"""What makes reports, for the worker's weekly message and for the owner's commands."""

from functools import cache

from chalicelib.bootstrap import worker
from chalicelib.bootstrap.ports import Ports
from chalicelib.operations.owner_notices import OwnerChat
from chalicelib.operations.report import Reports
from chalicelib.operations.weekly_report import WeeklyReport


def reports(ports: Ports) -> Reports:
    """Build what makes reports over these ports."""
    limits, stored = ports.settings.limits, (ports.spending, ports.people, ports.api_keys)
    return Reports(ports.settings.stage.name, limits.zone, limits.daily_budget, *stored)


def assemble(ports: Ports, owner_chat: OwnerChat | None = None) -> WeeklyReport:
    """Build what sends the weekly message over these ports."""
    return WeeklyReport(reports(ports), ports.notices(owner_chat), ports.texts(), ports.clock, ports.log)


@cache
def weekly_report() -> WeeklyReport:
    """Return what sends the weekly message."""
    return assemble(worker.ports(), worker.owner_chat())
