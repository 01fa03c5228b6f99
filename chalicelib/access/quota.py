"""Questions per day: which day a question counts for, how many are allowed and how many are left. No I/O, no clock."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chalicelib.access.entitlements import Entitlements
from chalicelib.access.person import Access, Person
from chalicelib.access.retention import QUOTA_DAYS_KEPT

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
    oldest = (date.fromisoformat(today) - timedelta(days=QUOTA_DAYS_KEPT - 1)).isoformat()
    return [day for day in days if day < oldest]


@dataclass(frozen=True)
class Allowed:
    """The question may be charged, up to `limit` a day; None is no limit."""

    limit: int | None
    used: int

    @property
    def left_after_this(self) -> int | None:
        """How many questions remain today once this one is charged."""
        return None if self.limit is None else self.limit - self.used - 1


@dataclass(frozen=True)
class OverLimit:
    """Nothing is left today."""

    limit: int


@dataclass(frozen=True)
class Blocked:
    """The owner wants silence."""


Verdict = Allowed | OverLimit | Blocked


def decide(person: Person, *, day: str, default_limit: int | None) -> Verdict:
    """What the person may do on `day`."""
    if person.access is Access.BLOCKED:
        return Blocked()
    limit, used = limit_of(person, default_limit=default_limit), person.quota.get(day, 0)
    if limit is not None and used >= limit:
        return OverLimit(limit)
    return Allowed(limit, used)


def limit_of(person: Person, *, default_limit: int | None) -> int | None:
    """Questions a day; None for unlimited. The person's own limit goes before everybody's."""
    if person.access is Access.UNLIMITED:
        return None
    return default_limit if person.daily_limit is None else person.daily_limit


def left(person: Person, terms: Entitlements, *, day: str) -> int | None:
    """Questions that the person may still ask on `day`, by their own limit and by their key's; None for no limit."""
    limit = limit_of(person, default_limit=terms.daily_limit)
    of_day = None if limit is None else max(0, limit - person.quota.get(day, 0))
    return min((left for left in (of_day, terms.key.left if terms.key else None) if left is not None), default=None)
