"""The health checks of what every stage has: secrets, clock, time zone; none of a channel or a model is here."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.clock import Clock
from chalicelib.operations.findings import NO_ANSWERS, Check, Finding, deploy_command

MAX_SKEW_S: Final = 60
"""A larger difference of two clocks is a warning."""


def secrets(missing: Callable[[], Sequence[str]], *, stage: str) -> Check:
    """Return the check that no secret is missing; `missing` returns the names of those that are."""

    def run() -> list[Finding]:
        names = missing()
        if not names:
            return [Finding.ok("secrets", "all are there")]
        return [Finding.broken("secrets", f"missing: {', '.join(names)}", NO_ANSWERS, deploy_command(stage))]

    return Check("secrets", run)


def time_zone(zone: ZoneInfo, clock: Clock) -> Check:
    """Return the check that shows in which time zone the quota's day begins, and the time there."""

    def run() -> list[Finding]:
        local = datetime.fromtimestamp(clock() / 1000, UTC).astimezone(zone)
        return [Finding.ok("time-zone", f"{zone.key}, where it is {local:%H:%M} now")]

    return Check("time-zone", run)


def clock_skew(server_time: int | None, *, now: int) -> Finding:
    """Compare this machine's clock with the time in a server's response; both in milliseconds since 1970.

    `server_time` is None if the response has no time. For a check that sends a request anyway.
    """
    if server_time is None:
        return Finding.ok("clock", "the webhook does not say its time")
    seconds = round((now - server_time) / 1000)
    if abs(seconds) <= MAX_SKEW_S:
        return Finding.ok("clock", "this machine and the webhook have the same time")
    what = f"this machine's clock is {abs(seconds)} s {'ahead of' if seconds > 0 else 'behind'} the webhook's"
    why = "AWS refuses requests of a wrong time, and days of the quota begin at the wrong moment"
    return Finding.warning("clock", what, why, "have this machine's clock set by the network")
