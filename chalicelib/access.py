"""Who may ask, decided from values alone; that two questions at once stay apart is the store's condition, not this."""

from dataclasses import dataclass

from chalicelib.messages import Access, Person
from chalicelib.messages_web import Terms


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


def left(person: Person, terms: Terms, *, day: str) -> int | None:
    """Questions that the person may still ask on `day`, by their own limit and by their key's; None for no limit."""
    limit = limit_of(person, default_limit=terms.daily_limit)
    of_day = None if limit is None else max(0, limit - person.quota.get(day, 0))
    return min((left for left in (of_day, terms.key.left if terms.key else None) if left is not None), default=None)
