"""The quota of questions a day: which day a question counts for, how many are allowed, how many are left."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.access.entitlements import Entitlements
from chalicelib.access.person import Person
from chalicelib.access.retention import QUOTA_DAYS_KEPT
from chalicelib.clock import local_date

REFUNDS_A_DAY: Final = 3
"""The most refunds of a person's questions of a day for what the person may have brought about."""
_EARLIEST_MS = 24 * 60 * 60 * 1000
_LATEST_MS = 5 * 60 * 1000


def day_of(at: int, *, now: int, zone: ZoneInfo) -> str:
    """Return the ISO date in `zone` on which a message sent at `at` counts; times in milliseconds since 1970.

    The sender's time is clamped to 24 hours before `now` and 5 minutes after it, so that neither a wrong clock nor an
    old message opens another day's quota.
    """
    sent = min(max(at, now - _EARLIEST_MS), now + _LATEST_MS)
    return date_at(sent, zone=zone)


def date_at(now: int, *, zone: ZoneInfo) -> str:
    """Return the ISO date in `zone` at `now`, in milliseconds since 1970."""
    return local_date(now, zone).isoformat()


def hour_of(now: int, *, zone: ZoneInfo) -> int:
    """Return the hour in `zone`, 0 to 23, at `now`, in milliseconds since 1970."""
    return datetime.fromtimestamp(now / 1000, zone).hour


def resets_at(day: str, *, zone: ZoneInfo) -> datetime:
    """Return the first moment of the day after `day` in `zone`; 01:00 where summer time skips midnight."""
    midnight = datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), zone)
    return midnight.astimezone(UTC).astimezone(zone)


def next_month(day: str) -> date:
    """Return the first day of the month after that of `day`, an ISO date."""
    return (date.fromisoformat(day).replace(day=28) + timedelta(days=4)).replace(day=1)


def outdated(days: list[str], *, today: str) -> list[str]:
    """Return those of `days`, as ISO dates, that no question, refund or report needs any more."""
    oldest = (date.fromisoformat(today) - timedelta(days=QUOTA_DAYS_KEPT - 1)).isoformat()
    return [day for day in days if day < oldest]


def limit_of(person: Person, *, default_limit: int | None) -> int | None:
    """Return the user's questions a day; None for no limit. The user's own limit replaces the default."""
    if person.is_unlimited:
        return None
    return default_limit if person.daily_limit is None else person.daily_limit


def is_over(person: Person, *, default_limit: int | None, day: str) -> bool:
    """Whether the user's own or default limit of `day` is used up. A block is no limit and is not looked at."""
    limit = limit_of(person, default_limit=default_limit)
    return limit is not None and person.quota.get(day, 0) >= limit


def left(person: Person, entitlements: Entitlements, *, day: str) -> int | None:
    """Return the questions the user has left on `day`: the smaller of the daily limit's and the API key's rest.

    At least 0; None if neither limits the user.
    """
    limit = limit_of(person, default_limit=entitlements.daily_limit)
    of_day = None if limit is None else max(0, limit - person.quota.get(day, 0))
    of_key = entitlements.key.left if entitlements.key else None
    return min((rest for rest in (of_day, of_key) if rest is not None), default=None)
