"""Which day a question counts for and when that day ends: pure calendar rules, no storage and no clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS_KEPT = 3
_EARLIEST_MS = 24 * 60 * 60 * 1000
_LATEST_MS = 5 * 60 * 1000


def day_of(at: int, *, now: int, zone: ZoneInfo) -> str:
    """The ISO date in `zone` on which something sent at `at` counts.

    The sender's time is believed from 24 hours ago until 5 minutes ahead and clamped beyond, so that neither an odd
    clock nor an old message opens another day's quota.
    """
    sent = min(max(at, now - _EARLIEST_MS), now + _LATEST_MS)
    return datetime.fromtimestamp(sent / 1000, zone).date().isoformat()


def resets_at(day: str, *, zone: ZoneInfo) -> datetime:
    """The first moment of the following day in `zone`; 01:00 where summer time skips midnight."""
    midnight = datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), zone)
    return midnight.astimezone(UTC).astimezone(zone)


def outdated(days: list[str], *, today: str) -> list[str]:
    """Those of `days` that no question, refund or report can need any more."""
    oldest = (date.fromisoformat(today) - timedelta(days=DAYS_KEPT - 1)).isoformat()
    return [day for day in days if day < oldest]
