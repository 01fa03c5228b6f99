"""Moments as people and programs read them; whoever needs the time now is told it. Pure."""

from datetime import UTC, datetime


def utc(at: int | None) -> str | None:
    """Milliseconds since 1970 as an ISO time in UTC, to the second; None for never."""
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}" if at else None
