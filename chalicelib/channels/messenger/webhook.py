"""The door's story: prove who sends, keep what was sent, wake a worker. It never waits for a model."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Final

from chalicelib.channels.messenger.events import (
    Edited,
    Event,
    HumanReplied,
    Ignored,
    PolicyEnforced,
    Receipt,
    Unsent,
    parse,
)
from chalicelib.channels.meta import signature
from chalicelib.clock import Clock
from chalicelib.conversation.ingest import Ingest
from chalicelib.conversation.ports import Accepted, Inbox, Transcript
from chalicelib.conversation.turn import IncomingMessage, turn_id
from chalicelib.errors import BodyTooLarge, StoreError
from chalicelib.ids import ConversationId
from chalicelib.log import Log, Value
from chalicelib.operations.alerts import AlertService

MAX_BODY: Final = 1024 * 1024
PAUSE_MS: Final = 60 * 60 * 1000
"""How long the bot is silent after a human answered in the page's inbox."""
_PARALLEL: Final = 8
_WORTH_WAKING: Final = frozenset({Accepted.QUEUED, Accepted.DUPLICATE_OPEN})


@dataclass(frozen=True)
class _Share:
    """What became of one conversation's part of a call."""

    accepted: Sequence[Accepted]
    failure: StoreError | None


@dataclass(frozen=True)
class MessengerWebhook:
    """Takes in what Meta sends."""

    inbox: Inbox
    transcript: Transcript
    ingest: Ingest
    alerts: Callable[[], AlertService]
    app_secrets: Callable[[], Sequence[str]] = field(repr=False)
    verify_token: Callable[[], str] = field(repr=False)
    clock: Clock
    log: Log

    def handshake(self, query: Mapping[str, str]) -> str:
        """The challenge to answer, verbatim. Raises InvalidSignature."""
        with self.log.call("handshake", self.clock):
            return signature.challenge(query, verify_token=self.verify_token())

    def handle(self, body: bytes, signed: str | None) -> None:
        """Keep every message of a webhook call and wake its workers.

        Raises BodyTooLarge and InvalidSignature with nothing done. Raises StoreError after all that could be kept is
        kept: the repetition that Meta then makes changes nothing for those.
        """
        with self.log.call("webhook", self.clock) as found:
            if len(body) > MAX_BODY:
                raise BodyTooLarge(f"more than {MAX_BODY} bytes")
            signature.verify(body, signed, secrets=self.app_secrets())
            self._take_in(parse(body, now=self.clock()), found)

    def _take_in(self, events: Sequence[Event], found: dict[str, Value]) -> None:
        by_conversation: dict[ConversationId, list[Event]] = defaultdict(list)
        enforced: list[str] = []
        for event in events:
            match event:
                case Ignored():
                    pass
                case PolicyEnforced(action):
                    enforced.append(action)
                case _:
                    by_conversation[event.conversation].append(event)
        shares = self._each(by_conversation)
        found |= _in_numbers(events, shares)
        failures = [share.failure for share in shares if share.failure]
        for action in enforced:
            self.alerts().policy_enforced(action)
        if failures:
            raise failures[0]

    def _each(self, conversations: Mapping[ConversationId, Sequence[Event]]) -> Sequence[_Share]:
        """One conversation's events in their order, several conversations side by side."""
        if len(conversations) <= 1:
            return [self._converse(*item) for item in conversations.items()]
        with ThreadPoolExecutor(_PARALLEL) as pool:
            shares = [
                pool.submit(copy_context().run, self._converse, conversation, events)
                for conversation, events in conversations.items()
            ]
        return [share.result() for share in shares]

    def _converse(self, conversation: ConversationId, events: Sequence[Event]) -> _Share:
        failure: StoreError | None = None
        accepted: list[Accepted] = []
        for event in events:
            try:
                accepted += self._keep(event)
            except StoreError as exc:
                log = self._about(event) if isinstance(event, IncomingMessage) else self.log
                log.failure("store", exc, conversation=self.log.pseudonym(conversation))
                failure = exc
        if not _WORTH_WAKING.isdisjoint(accepted):
            self.ingest.wake_worker(conversation)
        return _Share(accepted, failure)

    def _keep(self, event: Event) -> Sequence[Accepted]:
        """Do what the event asks of the inbox; what became of it if it is a message."""
        match event:
            case IncomingMessage():
                return (self.ingest.accept(event),)
            case Unsent(conversation, message_id):
                self.transcript.erase_text(conversation, message_id)
            case Edited(conversation, message_id, text, edit):
                self.transcript.replace_text(conversation, message_id, text, edit=edit)
            case Receipt(conversation, turn, part):
                self.inbox.receipt(conversation, turn, part)
            case HumanReplied(conversation):
                self.inbox.pause(conversation, until=self.clock() + PAUSE_MS)
        return ()

    def _about(self, message: IncomingMessage) -> Log:
        return self.log.about(turn_id(message), message.person)


def _in_numbers(events: Sequence[Event], shares: Sequence[_Share]) -> dict[str, Value]:
    """What a call's line says of its events."""
    accepted = Counter(outcome for share in shares for outcome in share.accepted)
    ignored = sorted({event.kind for event in events if isinstance(event, Ignored)})
    return {
        "events": len(events),
        "kept": accepted[Accepted.QUEUED],
        "duplicates": accepted[Accepted.DUPLICATE_OPEN] + accepted[Accepted.DUPLICATE_DONE],
        **({"ignored": ",".join(ignored)} if ignored else {}),
    }
