"""The scheduled function's service."""

from functools import cache

from chalicelib.aws.functions import LambdaHealthCheckStarter, LambdaWarmer
from chalicelib.bootstrap import clients
from chalicelib.bootstrap.clients import PATIENT, QUICK
from chalicelib.bootstrap.ports import Ports
from chalicelib.operations.heartbeat import Heartbeat
from chalicelib.operations.ports import HealthCheckStarter, Warmer


def assemble(ports: Ports, *, warmer: Warmer, examiner: HealthCheckStarter) -> Heartbeat:
    """Build the heartbeat over these ports."""
    return Heartbeat(
        inbox=ports.inbox,
        wake=ports.wake(),
        warmer=warmer,
        sent_alerts=ports.sent_alerts,
        examiner=examiner,
        spending=ports.spending,
        connections=ports.connections,
        connection_api=ports.connection_api,
        settings=ports.settings,
        clock=ports.clock,
        log=ports.log,
    )


@cache
def heartbeat() -> Heartbeat:
    """Return the heartbeat. It may read no secrets, so its log has no key for pseudonyms."""
    settings = clients.settings()
    patient, quick = (clients.session().client("lambda", config=config) for config in (PATIENT, QUICK))
    warmer = LambdaWarmer(patient, settings.api_function, settings.worker_function, settings.websocket_functions)
    return assemble(
        clients.ports(log_key=lambda: "", in_turn=False),
        warmer=warmer,
        examiner=LambdaHealthCheckStarter(quick, settings.worker_function),
    )
