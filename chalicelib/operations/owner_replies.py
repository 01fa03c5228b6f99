"""The owner's `/reply` in the chat: passes the owner's words on to a user, marked as a human's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from chalicelib.access import identity
from chalicelib.access.handles import handle_of
from chalicelib.access.person import Access, Person
from chalicelib.clock import Clock
from chalicelib.content.text import Texts
from chalicelib.conversation.commands import text_behind
from chalicelib.conversation.owner_orders import OwnerCommand
from chalicelib.conversation.ports import Transcript, Wake
from chalicelib.conversation.takeover import SILENT_MS, words
from chalicelib.conversation.takeover_ports import Takeovers
from chalicelib.conversation.turn import MAX_TEXT, Choice, Reply, Turn, TurnState
from chalicelib.conversation.turn_context import TurnContext
from chalicelib.errors import WakeError
from chalicelib.ids import ConversationId, PersonId
from chalicelib.log import Log
from chalicelib.operations.admin import Admin
from chalicelib.operations.handle_lookup import HandleLookup


@dataclass(frozen=True)
class OwnerReplies:
    """Passes words on. Raises StoreError."""

    admin: Admin
    lookup: HandleLookup
    takeovers: Takeovers
    transcript: Transcript
    wake: Callable[[], Wake]
    texts: Texts
    clock: Clock
    zone: ZoneInfo
    """The owner's, for times."""
    log: Log

    def reply(self, handle: Sequence[str], context: TurnContext) -> Reply:
        """Pass on what follows the handle in the owner's message, once, and keep the bot silent for the user."""
        said = text_behind(text_behind(context.turn.text))
        if handle and not said:
            return Reply(self.texts("owner_reply_how", handle=handle[0]))
        found = self.lookup.one(OwnerCommand.REPLY, handle, behind=said)
        if isinstance(found, Reply):
            return found
        person = self.admin.standing(found).person
        if len(context.turn.text) > MAX_TEXT or person.access is Access.BLOCKED:
            key = "owner_reply_blocked" if person.access is Access.BLOCKED else "owner_reply_long"
            return Reply(self.texts(key, handle=handle_of(found), most=MAX_TEXT))
        if not self._may_write_to(person):
            return Reply(self.texts("owner_reply_late", handle=handle_of(found)))
        return self._pass_on(self._where(person), found, said, context.turn)

    def _pass_on(self, conversation: ConversationId, person: PersonId, said: str, order: Turn) -> Reply:
        mine = words(conversation, person, said, at=order.asked_at, source=order.id, state=TurnState.QUEUED)
        until, now = order.asked_at + SILENT_MS, self.clock()
        is_new = self.takeovers.pass_on(mine, until=until, now=now)
        if not is_new and not self.transcript.find(conversation, mine.id, now=now):
            return Reply(self.texts("owner_reply_nowhere", handle=handle_of(person)))
        try:
            self.wake().wake(conversation)
        except WakeError as exc:  # the heartbeat wakes one within a minute
            self.log.failure("wake", exc, conversation=self.log.pseudonym(conversation))
        again = Choice(self.texts("owner_button_resume"), f"{OwnerCommand.RESUME.value} {handle_of(person)}")
        moment = datetime.fromtimestamp(until / 1000, self.zone).time()
        return Reply(self.texts("owner_replied", handle=handle_of(person), until=moment), choices=(again,))

    def _may_write_to(self, person: Person) -> bool:
        window = identity.traits_of(person.id).window_ms
        return window is None or self.clock() - person.last_seen < window

    def _where(self, person: Person) -> ConversationId:
        """Return the conversation that the user has alone with the bot, of several the one that they used last."""
        alone = list(identity.own_conversations_of(person))
        used = self.transcript.own(alone, now=self.clock())
        return used[0].id if used else identity.conversation_of(person.id)
