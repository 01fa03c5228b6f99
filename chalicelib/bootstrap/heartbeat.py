"""The scheduled function's service."""

from functools import cache

from chalicelib.aws.functions import LambdaHealthCheckStarter, LambdaWarmer
from chalicelib.bootstrap import clients
from chalicelib.bootstrap.clients import PATIENT, QUICK
from chalicelib.bootstrap.ports import Ports
from chalicelib.channels.web.reaper import Reaper
from chalicelib.operations.budget_report import BudgetReport
from chalicelib.operations.health_schedule import WeeklyHealthCheck
from chalicelib.operations.heartbeat import Heartbeat
from chalicelib.operations.ports import HealthCheckStarter, Warmer


def assemble(ports: Ports, *, warmer: Warmer, health_check_starter: HealthCheckStarter, budget: int) -> Heartbeat:
    """Build the heartbeat over these ports. `budget` is micro-USD per day; 0 when no call costs money."""
    return Heartbeat(
        inbox=ports.inbox,
        wake=ports.wake(),
        warmer=warmer,
        counted_jobs={"closed": Reaper(ports.connections, ports.connection_api, ports.log).run},
        jobs=[
            BudgetReport(ports.spending, budget, ports.settings.zone, ports.log).run,
            WeeklyHealthCheck(ports.sent_alerts, health_check_starter).run,
        ],
        clock=ports.clock,
        log=ports.log,
    )


@cache
def heartbeat() -> Heartbeat:
    """Return the heartbeat. It may read no secrets, so its log has no key for pseudonyms."""
    settings = clients.settings()
    patient, quick = (clients.session().client("lambda", config=config) for config in (PATIENT, QUICK))
    return assemble(
        clients.ports(log_key=lambda: "", in_turn=False),
        warmer=LambdaWarmer(patient, settings.api_function, settings.worker_function, settings.websocket_functions),
        health_check_starter=LambdaHealthCheckStarter(quick, settings.worker_function),
        budget=settings.daily_budget if settings.asks_openai else 0,
    )
