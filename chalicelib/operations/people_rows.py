"""Selects the people that the owner lists, and sums up the visitors without a name in one row for each API key."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chalicelib.access import identity, own_conversations
from chalicelib.access.person import Access, Person
from chalicelib.ids import Channel, KeyId
from chalicelib.operations.admin import Standing


class State(StrEnum):
    """What the owner decided about a person; each person is in one of the first four states."""

    DEFAULT = "default"
    """Nothing: the limit of the deployment or of the API key applies."""
    LIMITED = "limited"
    UNLIMITED = "unlimited"
    BLOCKED = "blocked"
    DECISION_ONLY = "decision-only"
    """Something about a person of whom nothing else is stored: they have not written, or sent /forget."""


_IN_STATE: Final[Mapping[State, Callable[[Person], bool]]] = {
    State.DEFAULT: lambda person: not is_decided(person),
    State.LIMITED: lambda person: person.access is Access.DEFAULT and person.daily_limit is not None,
    State.UNLIMITED: lambda person: person.access is Access.UNLIMITED,
    State.BLOCKED: lambda person: person.access is Access.BLOCKED,
    State.DECISION_ONLY: lambda person: not person.first_seen,
}


@dataclass(frozen=True)
class Selection:
    """The people that the owner asked for; all by default."""

    channel: Channel | None = None
    key: KeyId | None = None
    """An API key's id, or `identity.SIGNED_IN`."""
    state: State | None = None

    def of(self, people: Sequence[Standing]) -> Sequence[Standing]:
        """Return the selected people in the same order."""
        return [standing for standing in people if self._has(standing.person)]

    @property
    def words(self) -> str:
        """The options that select so; empty if all people are selected."""
        options = {"--channel": self.channel, "--key": self.key, "--access": self.state}
        return " ".join(f"{option} {value}" for option, value in options.items() if value)

    def _has(self, person: Person) -> bool:
        is_of_channel = self.channel in {None, identity.channel_of(person.id)}
        is_of_key = self.key in {None, web_key_of(person)}
        return is_of_channel and is_of_key and (self.state is None or _IN_STATE[self.state](person))


@dataclass(frozen=True)
class Row:
    """A row of the list: one person, or several visitors of one API key."""

    people: Sequence[Standing]

    @property
    def first(self) -> Standing:
        """The first person of the row in the order of the list, which is its only one unless it is a sum."""
        return self.people[0]

    @property
    def name(self) -> str:
        """The person's id, or how many visitors of which key there are."""
        person = self.first.person
        return f"{identity.key_of(person.id)}: {len(self.people)} visitors" if self.is_sum else person.id

    @property
    def is_sum(self) -> bool:
        """Whether the row has several visitors."""
        return len(self.people) > 1

    @property
    def used(self) -> int:
        """Questions charged today."""
        return sum(standing.used for standing in self.people)

    @property
    def first_seen(self) -> int:
        """Milliseconds since 1970; 0 for never."""
        return min(standing.person.first_seen for standing in self.people)

    @property
    def last_seen(self) -> int:
        """Milliseconds since 1970; 0 for never."""
        return max(standing.person.last_seen for standing in self.people)


@dataclass(frozen=True)
class PeoplePage:
    """One page of the list of people."""

    rows: Sequence[Row]
    number: int
    pages: int
    total: int
    """People on all pages."""

    @classmethod
    def of(cls, rows: Sequence[Row], *, number: int, size: int) -> "PeoplePage":
        """Cut out the `number`-th page of `size` rows, counted from 1; the first page exists even for an empty list."""
        pages = max(1, math.ceil(len(rows) / size))
        total = sum(len(row.people) for row in rows)
        return cls(rows[(number - 1) * size : number * size], number, pages, total)


def each(people: Sequence[Standing]) -> Sequence[Row]:
    """Return a row for each person."""
    return [Row([standing]) for standing in people]


def summed(people: Sequence[Standing]) -> Sequence[Row]:
    """Return a row for each person that the owner can tell apart, and one for the other visitors of each key.

    That one is where the first of them would be.
    """
    rows: dict[str, list[Standing]] = {}
    for standing in people:
        rows.setdefault(row_of(standing.person), []).append(standing)
    return [Row(found) for found in rows.values()]


def web_key_of(person: Person) -> KeyId | None:
    """Return the API key that the person came with, SIGNED_IN for one who signed in, or None on Messenger."""
    if not identity.traits_of(person.id).has_api_keys:
        return None
    return identity.key_of(person.id) or identity.SIGNED_IN


def is_decided(person: Person) -> bool:
    """Whether the owner decided something about the person."""
    return person.access is not Access.DEFAULT or person.daily_limit is not None


def row_of(person: Person) -> str:
    """Return the name of the row that the person is in: an id, or what the other visitors of the key share."""
    has_name = web_key_of(person) is None or own_conversations.is_known(person.id)
    keeps_row = has_name or is_decided(person) or bool(person.model) or person.is_owner
    return person.id if keeps_row else identity.group_of(person.id)
