"""What people ask the bot to remember: its limits, and the port that stores it. Reading it is `People.get`."""

from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from chalicelib.access.person import Fact, Person
from chalicelib.ids import PersonId

MOST_FACTS: Final = 30
LONGEST_FACT: Final = 200
"""Characters."""


MEMORY_CONSENT: Final = 1
"""The version of what people agree to before anything is remembered: raise it with what `consent_memory` promises.

Who agreed to another version is asked again; what is remembered already stays.
"""


class Kept(Enum):
    """The result of `Facts.remember`."""

    KEPT = "kept"
    KNOWN = "known"
    """The person has a fact with the same words."""
    FULL = "full"
    """The person has MOST_FACTS."""
    OFF = "off"
    """The person has switched it off."""
    TOO_LONG = "too_long"
    """The text is longer than LONGEST_FACT."""
    NOT_AGREED = "not_agreed"
    """The person has still to agree to it."""
    FORGOTTEN = "forgotten"
    """The person has had everything deleted since the request."""


@dataclass(frozen=True)
class Remembered:
    """What became of a request to remember something."""

    kept: Kept
    fact: Fact | None = None
    """The fact that was kept or is known; if there are too many, the oldest."""


class Facts(Protocol):
    """What the bot is to remember about people who have written. All methods raise StoreError; writes are atomic.

    A `source` names a request. If it is made again, the result is the same and nothing is written. Nothing is written
    either for a request made at `asked_at` if the person has had everything deleted since.
    """

    def remember(self, person: PersonId, text: str, *, source: str, asked_at: int, now: int) -> Remembered:
        """Store a fact under the next number, unless the result says why not. White space is made single blanks."""

    def forget(self, person: PersonId, number: int, *, source: str) -> bool:
        """Delete the fact with this number; False if there is none."""

    def switch(self, person: PersonId, *, on: bool, asked_at: int) -> None:
        """Store that the user agrees to be remembered, or withdraws it: then facts are neither stored nor used.

        Those that are stored stay.
        """


def in_one_line(text: str) -> str:
    """Return the text of a fact as it is stored."""
    return " ".join(text.split())


def verdict(person: Person, text: str, *, source: str, asked_at: int) -> Remembered | None:
    """Return why the fact is not stored, or that it is stored already; None if it may be."""
    if person.has_forgotten(asked_at):
        return Remembered(Kept.FORGOTTEN)
    for fact in person.facts:
        if fact.source == source:
            return Remembered(Kept.KEPT, fact)
    if person.memory_off or len(text) > LONGEST_FACT:
        return Remembered(Kept.OFF if person.memory_off else Kept.TOO_LONG)
    for fact in person.facts:
        if fact.text.casefold() == text.casefold():
            return Remembered(Kept.KNOWN, fact)
    if len(person.facts) >= MOST_FACTS:
        return Remembered(Kept.FULL, person.facts[0])
    return None if _has_agreed(person) else Remembered(Kept.NOT_AGREED)


def _has_agreed(person: Person) -> bool:
    return person.memory_consent is not None and person.memory_consent.version == MEMORY_CONSENT
