"""Runs the jobs that the heartbeat requests from the worker. Each loads what it needs when it is requested."""

from chalicelib.aws.invocation import Job, RunHealthCheck, SendWeeklyReport, TellOfNewPeople, TellOfRemovedOwner
from chalicelib.bootstrap import worker


def run(job: Job) -> str:
    """Run a job and return its outcome. Exceptions are raised, so that Lambda repeats the request."""
    match job:
        case RunHealthCheck():
            from chalicelib.bootstrap import health  # noqa: PLC0415

            return health.health_check().report().value
        case TellOfNewPeople():
            ports = worker.ports()
            ports.newcomers(ports.notices(worker.owner_chat())).tell_of_all()
            return "told"
        case TellOfRemovedOwner(person):
            worker.ports().alerts(worker.owner_chat()).owner_removed(person)
            return "told"
        case SendWeeklyReport():
            from chalicelib.bootstrap import reports  # noqa: PLC0415

            return reports.weekly_report().send().value
