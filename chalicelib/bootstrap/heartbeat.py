"""The scheduled function's service."""

from collections.abc import Callable
from functools import cache

from chalicelib.access.budget import Budget
from chalicelib.aws import invocation
from chalicelib.aws.functions import LambdaJobStarter, LambdaWarmer
from chalicelib.bootstrap import adapters, clients
from chalicelib.bootstrap.clients import PATIENT
from chalicelib.bootstrap.ports import Ports
from chalicelib.channels.web.reaper import Reaper
from chalicelib.llm import listed
from chalicelib.operations.budget_metric import BudgetMetric
from chalicelib.operations.health_schedule import WeeklyHealthCheck
from chalicelib.operations.heartbeat import Heartbeat
from chalicelib.operations.news_schedule import NewsSchedule
from chalicelib.operations.ports import JobStarter, Warmer
from chalicelib.operations.weekly_report import WeeklyReportSchedule


def assemble(
    ports: Ports,
    *,
    warmer: Warmer,
    health_check_starter: JobStarter,
    news_starter: JobStarter,
    report_starter: JobStarter,
    budget: Callable[[], Budget],
) -> Heartbeat:
    """Build the heartbeat over these ports."""
    zone = ports.settings.limits.zone
    reaper = Reaper(ports.connections, ports.connection_api, ports.clock, ports.log)
    return Heartbeat(
        inbox=ports.inbox,
        wake=ports.wake(),
        warmer=warmer,
        counted_jobs={"closed": reaper.run} if ports.settings.stage.channels.web else {},
        jobs=[
            BudgetMetric(ports.spending, budget, zone, ports.log).run,
            WeeklyHealthCheck(ports.sent_alerts, health_check_starter).run,
            NewsSchedule(ports.new_people, news_starter).run,
            WeeklyReportSchedule(ports.sent_alerts, report_starter, zone).run,
        ],
        clock=ports.clock,
        log=ports.log,
    )


@cache
def heartbeat() -> Heartbeat:
    """Return the heartbeat, which may read no secrets."""
    settings, stage = clients.settings(), clients.settings().stage
    patient = clients.session().client("lambda", config=PATIENT)
    return assemble(
        adapters.ports(None, in_turn=False),
        warmer=LambdaWarmer(patient, stage.api_function, stage.worker_function, stage.websocket_functions),
        health_check_starter=LambdaJobStarter(clients.functions(), stage.worker_function, invocation.HEALTH_CHECK),
        news_starter=LambdaJobStarter(clients.functions(), stage.worker_function, invocation.NEW_PEOPLE),
        report_starter=LambdaJobStarter(clients.functions(), stage.worker_function, invocation.WEEKLY_REPORT),
        budget=lambda: listed.budget(settings),
    )
