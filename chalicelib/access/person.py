"""A person and the owner's decision about them, as values; no I/O."""

from dataclasses import dataclass, field
from enum import StrEnum

from chalicelib.ids import ConversationId, PersonId


class Access(StrEnum):
    """What the owner lets a person do."""

    DEFAULT = "default"
    UNLIMITED = "unlimited"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Person:
    """Somebody who writes to the bot: access and quota, no names and no profile."""

    id: PersonId
    access: Access = Access.DEFAULT
    daily_limit: int | None = None
    """The person's own limit a day; None means the deployment's."""
    quota: dict[str, int] = field(default_factory=dict)
    """Used questions by day, the last few days."""
    told_day: str | None = None
    """The last day on which the person was told that there is nothing more, by the limit or by the budget."""
    announced: bool = False
    first_seen: int = 0
    last_seen: int = 0
    rooms: frozenset[ConversationId] = frozenset()
    """Where the person has written beside where they are alone with the bot."""
