"""Deletes everything about a user, wherever they have written and whoever is answering them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chalicelib.access import identity
from chalicelib.access.person import Person
from chalicelib.access.ports import People
from chalicelib.clock import Clock
from chalicelib.conversation.ports import Transcript
from chalicelib.conversation.tool_ports import PersonLists
from chalicelib.conversation.turn import Turn
from chalicelib.errors import StoreError
from chalicelib.ids import ConversationId

_TRIES: Final = 20
"""More often than a person sends messages while their data are deleted."""


@dataclass(frozen=True)
class Forgetting:
    """Carries out `/forget`. Not atomic: what is left after a failure is deleted when it is called again.

    1. From the first write on, nothing more is stored about the person because of what they said before.
    2. Turns are deleted, also open ones, whose workers can then write nothing more.
    3. Lists are deleted, and last the person, by whom the conversations are found.

    A message of the user that is accepted meanwhile is noticed by the last write, and all is done again; what was said
    later stays.
    """

    people: People
    transcript: Transcript
    lists: PersonLists
    clock: Clock
    end_silently: Callable[[Turn], None]
    """As `Sender.end_silently`."""

    def forget(self, person: Person, *, asked_at: int, here: ConversationId) -> None:
        """Delete what was said until `asked_at`, as a turn `here` asks for it. Raises StoreError."""
        self.people.begin_to_forget(person.id, asked_at=asked_at)
        known: Person | None = person
        for _ in range(_TRIES):
            if known is None or self._forget(known, asked_at=asked_at, here=here):
                return
            known = self.people.get(person.id)
        raise StoreError("the person writes too often")

    def _forget(self, known: Person, *, asked_at: int, here: ConversationId) -> bool:
        later = set[ConversationId]()
        for each in sorted(identity.conversations_of(known) | {here}):
            left = self.transcript.forget(each, known.id, asked_at=asked_at, here=each == here, now=self.clock())
            later |= {each} if left.has_later else set()
            for turn in left.ended:
                self.end_silently(turn)
        self.lists.forget(known.id)
        return self.people.forget(known.id, last_seen=known.last_seen, later=later, now=self.clock())
