"""The owner silences the bot for a user, and lets it answer again."""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.access import identity
from chalicelib.access.ports import People
from chalicelib.clock import Clock
from chalicelib.conversation.ports import Inbox
from chalicelib.conversation.takeover import SILENT_MS
from chalicelib.conversation.takeover_ports import Takeovers
from chalicelib.errors import UnknownPerson
from chalicelib.ids import ConversationId, PersonId


@dataclass(frozen=True)
class TakeoverService:
    """Pauses and resumes the bot in the conversations that a user has alone with it; rooms go on.

    All methods raise UnknownPerson, with nothing written, and StoreError. They are not atomic: call them again after
    a failure.
    """

    inbox: Inbox
    takeovers: Takeovers
    people: People
    clock: Clock

    def pause(self, person: PersonId, *, ms: int = SILENT_MS) -> int:
        """Keep the bot silent for so many milliseconds from now. A longer silence stays; return until when it is."""
        now = self.clock()
        return max(self.inbox.pause(each, until=now + ms, since=now) for each in self._own(person))

    def silent_until(self, person: PersonId) -> int:
        """Return until when the bot is silent for the user in one of the conversations at least; 0 if it is not."""
        until = max(self.takeovers.silent_until(conversation) for conversation in self._own(person))
        return until if until > self.clock() else 0

    def resume(self, person: PersonId) -> bool:
        """Let the bot answer again what is written from now on; False if it was not silent."""
        now = self.clock()
        ended = [self.takeovers.resume(conversation, now=now) for conversation in self._own(person)]
        return any(ended)

    def _own(self, person: PersonId) -> Sequence[ConversationId]:
        known = self.people.get(person)
        if known is None or not known.first_seen:
            raise UnknownPerson("there is no person with that id")
        return sorted(identity.own_conversations_of(known))
