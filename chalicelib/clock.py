"""The clock as a callable, and times as text; nothing here reads the time."""

from datetime import UTC, date, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time in milliseconds since 1970."""

    def __call__(self) -> int: ...


def utc(at: int | None) -> str | None:
    """Milliseconds since 1970 as an ISO time in UTC, to the second; None for never."""
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}" if at else None


def day_text(day: date) -> str:
    """Return a day as people read it: `4 December 2026`."""
    return f"{day.day} {day:%B %Y}"
