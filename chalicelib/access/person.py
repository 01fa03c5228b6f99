"""A person, that is a user without name or profile, and the owner's decision about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from chalicelib.access.ledger import MonthUse
from chalicelib.ids import ConversationId, InviteId, PersonId


class Access(StrEnum):
    """The owner's decision about a person."""

    DEFAULT = "default"
    """The daily limit applies: the person's own, or that of their entitlements."""
    UNLIMITED = "unlimited"
    """No daily limit applies; the limit of an API key still does."""
    BLOCKED = "blocked"
    """Messages are neither stored nor answered."""


@dataclass(frozen=True)
class Fact:
    """Something that a person wants the bot to remember."""

    number: int
    """Unique for its person, and never given again: it stays when others are deleted."""
    text: str = field(repr=False)
    at: int
    source: str = ""
    """What asked for it: the same for each repetition of the request."""


@dataclass(frozen=True)
class Look:
    """That an owner read a person's words on the owner's page."""

    at: int
    """Milliseconds since 1970."""
    by: str
    """Who: as `OwnerSession.owner`."""


@dataclass(frozen=True)
class Consent:
    """That a person agreed to be remembered."""

    version: int
    """Of what they agreed to, as MEMORY_CONSENT in `access.facts`."""
    at: int
    """When they said so."""


@dataclass(frozen=True)
class Person:
    """A user of the bot. Times are milliseconds since 1970."""

    id: PersonId
    access: Access = Access.DEFAULT
    daily_limit: int | None = None
    """The person's own questions a day; None means those of the entitlements."""
    quota: dict[str, int] = field(default_factory=dict)
    """Questions asked, by ISO date, for the last few days."""
    notified_day: str | None = None
    """The last ISO date on which the person got the notice that the limit or the budget is used up."""
    notified_at: int = 0
    """When that was; 0 if an older version wrote the date."""
    announced: bool = False
    """Whether the owner was notified of the new person."""
    first_seen: int = 0
    last_seen: int = 0
    rooms: frozenset[ConversationId] = frozenset()
    """The rooms in which the person has written."""
    refunds: dict[str, int] = field(default_factory=dict)
    """Counted refunds, by the ISO date of the question, for the last few days."""
    facts: tuple[Fact, ...] = field(default=(), repr=False)
    """What the bot is to remember, by number; MOST_FACTS at most."""
    memory_off: bool = False
    """Whether the person wants nothing remembered."""
    memory_consent: Consent | None = None
    """None if the person was never asked, or has withdrawn it."""
    spent: dict[str, int] = field(default_factory=dict)
    """Micro-USD that the person's model calls cost or may cost, by the ISO date of the call, for the last few days."""
    months: Mapping[str, MonthUse] = field(default_factory=dict)
    """What the person's questions came to, by month as `2026-11`, for the last 13 months."""
    looks: tuple[Look, ...] = ()
    """When owners read the person's words on their page, oldest first: the last LOOKS_KEPT times."""
    model: str = ""
    """The name of the model that the owner gave the person; empty for that of the API key or the persona."""
    persona: str = ""
    """The name of the persona that the person has chosen; empty if they chose none."""
    invites: Mapping[InviteId, int] = field(default_factory=dict)
    """The invites that the person has used, and when."""
    by_invite: bool = False
    """Whether `access` and `daily_limit` are what an invite gave, and no decision of the owner's about this person."""
    invited_persona: str = ""
    """The name of the persona that an invite gave the person; empty for that of their entitlements."""
    language: str = ""
    """The tag of the language that the person has chosen for the bot's own sentences; empty if they chose none."""
    language_seen: str = ""
    """The language of the person's first message that tells one, by its words or by its page; empty until then."""
    tap: str = field(default="", repr=False)
    """The secret of the buttons with which owners decide about the new person; empty before, and once it is decided."""
    tapped_in: str = ""
    """The turn in which an owner tapped one of them, which works once."""
    is_owner: bool = False
    """Whether the person decides about others in the chat (`access.owner_ports`)."""
    talked_at: int = 0
    """When the person asked what was last answered by the model, or with the notice that an AI answers; 0 for never."""
    forgotten_at: int = 0
    """Everything that was said until then is deleted, at the person's or the owner's request; 0 if it never was."""

    @property
    def is_unlimited(self) -> bool:
        """Whether no daily limit applies and no share of the budget: so the owner decided, or the person is one."""
        return self.is_owner or self.access is Access.UNLIMITED

    def has_forgotten(self, asked_at: int) -> bool:
        """Whether what the person said then is deleted, or is just being deleted."""
        return asked_at <= self.forgotten_at

    @property
    def days(self) -> list[str]:
        """Every day of which something is counted, as ISO dates."""
        return sorted({*self.quota, *self.refunds, *self.spent})
