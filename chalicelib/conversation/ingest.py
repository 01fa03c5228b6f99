"""Ingest: stores an incoming message and wakes a worker. Every channel's handler uses it; it knows no channel."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from chalicelib.clock import Clock
from chalicelib.conversation.ports import Accepted, Inbox, Wake
from chalicelib.conversation.turn import MAX_TEXT, IncomingMessage, turn_id
from chalicelib.errors import StoreError, WakeError
from chalicelib.ids import ConversationId
from chalicelib.log import Log


@dataclass(frozen=True)
class Ingest:
    """Takes messages in."""

    inbox: Inbox
    wake: Wake
    clock: Clock
    log: Log

    def accept(self, message: IncomingMessage) -> Accepted:
        """Store the message, and log and return the outcome as `Inbox.accept` does. Raises StoreError.

        A text is cut to one character more than MAX_TEXT, so that it still counts as too long.
        """
        accepted = self.inbox.accept(replace(message, text=message.text[: MAX_TEXT + 1]), now=self.clock())
        self.log.about(turn_id(message), message.person)("accept", outcome=accepted.value)
        return accepted

    def wake_worker(self, conversation: ConversationId, outcomes: Iterable[Accepted]) -> None:
        """Ask for a worker to run soon if one of the outcomes of messages needs it: QUEUED does.

        DUPLICATE_OPEN does once in a few seconds, so that a client that repeats a message does not start a worker each
        time. A failure is only logged: the heartbeat wakes one within a minute.
        """
        found = frozenset(outcomes)
        try:
            if Accepted.QUEUED in found or (Accepted.DUPLICATE_OPEN in found and self._may_wake_again(conversation)):
                self.wake.wake(conversation)
        except (WakeError, StoreError) as exc:
            self.log.failure("wake", exc, conversation=self.log.pseudonym(conversation))

    def _may_wake_again(self, conversation: ConversationId) -> bool:
        return self.inbox.may_wake_again(conversation, now=self.clock())
