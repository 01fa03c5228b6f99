"""The type of a clock, and times as text."""

from datetime import UTC, date, datetime, tzinfo
from typing import Protocol


class Clock(Protocol):
    """Returns the time in milliseconds since 1970, UTC."""

    def __call__(self) -> int: ...


def utc(at: int | None) -> str | None:
    """Format milliseconds since 1970 as an ISO 8601 time in UTC, to the second; None for None and for 0."""
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}" if at else None


def hour_of(at: int) -> str:
    """Return the hour of the clock of milliseconds since 1970, in UTC: `2026-11-20T12`."""
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%dT%H}"


def local_date(at: int, zone: tzinfo) -> date:
    """Return the date in `zone` at a time in milliseconds since 1970."""
    return datetime.fromtimestamp(at / 1000, zone).date()


def day_text(day: date) -> str:
    """Return a day as people read it: `4 December 2026`."""
    return f"{day.day} {day:%B %Y}"
