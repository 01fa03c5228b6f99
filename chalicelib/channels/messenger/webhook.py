"""Handles webhook requests: verifies them, stores their messages and wakes workers; calls no model."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from chalicelib.channels.messenger.events import (
    OTHER_PAGE,
    Edited,
    Event,
    HumanReplied,
    Ignored,
    PolicyEnforced,
    Receipt,
    Unsent,
    parse,
)
from chalicelib.channels.messenger.handover import ThreadReturned, ThreadTaken
from chalicelib.channels.meta import signature
from chalicelib.clock import Clock
from chalicelib.conversation.ingest import Ingest
from chalicelib.conversation.ports import Accepted, Inbox, Transcript
from chalicelib.conversation.takeover import SILENT_MS, words
from chalicelib.conversation.takeover_ports import Takeovers
from chalicelib.conversation.turn import IncomingMessage, TurnState, turn_id
from chalicelib.errors import BodyTooLarge, StoreError
from chalicelib.ids import ConversationId, PersonId
from chalicelib.log import Log, Value

if TYPE_CHECKING:
    from chalicelib.operations.alerts import AlertService

MAX_BODY: Final = 1024 * 1024
"""Bytes of the request body."""
_PARALLEL: Final = 8
"""Conversations of one request that are handled at the same time; Meta waits 5 seconds for the response."""


@dataclass(frozen=True)
class _Result:
    """The outcome of one conversation's events in a request."""

    accepted: Sequence[Accepted]
    failure: StoreError | None


@dataclass(frozen=True)
class MessengerWebhook:
    """The handler of the requests that Meta sends to the webhook."""

    inbox: Inbox
    takeovers: Takeovers
    transcript: Transcript
    ingest: Ingest
    alerts: "Callable[[], AlertService]"
    app_secrets: Callable[[], Iterable[str]] = field(repr=False)
    """Returns the app secrets; those after the first ones are read only for a signature that the first ones refused."""
    verify_tokens: Callable[[], Iterable[str]] = field(repr=False)
    page_id: Callable[[], str | None]
    """Returns the id of the page that the bot answers for; None if it is not stored: then it answers for every page."""
    app_id: Callable[[], str | None]
    """Returns the bot's own id at Meta; None if it is not stored."""
    clock: Clock
    log: Log

    def warm(self) -> None:
        """Fetch the secrets that the next request needs. Raises ConfigError."""
        next(iter(self.app_secrets()))

    def handshake(self, query: Mapping[str, str]) -> str:
        """Return the challenge of a handshake, which is the whole response body. Raises InvalidSignature."""
        with self.log.call("handshake", self.clock):
            return signature.challenge(query, verify_tokens=self.verify_tokens())

    def handle(self, body: bytes, signature_header: str | None) -> None:
        """Store every message of a request and wake a worker for each conversation.

        `signature_header` is `X-Hub-Signature-256`. Raises BodyTooLarge and InvalidSignature with nothing stored.
        Raises StoreError after storing all that could be stored: the retry that Meta then sends is idempotent.
        """
        with self.log.call("webhook", self.clock) as fields:
            if len(body) > MAX_BODY:
                raise BodyTooLarge(f"more than {MAX_BODY} bytes")
            signature.verify(body, signature_header, secrets=self.app_secrets())
            self._handle_events(parse(body, now=self.clock(), page=self.page_id(), app=self.app_id()), fields)

    def _handle_events(self, events: Sequence[Event], fields: dict[str, Value]) -> None:
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
        results = self._handle_conversations(by_conversation)
        fields |= _log_fields(events, results)
        failures = [result.failure for result in results if result.failure]
        for action in enforced:
            self.alerts().policy_enforced(action)
        if failures:
            raise failures[0]

    def _handle_conversations(self, conversations: Mapping[ConversationId, Sequence[Event]]) -> Sequence[_Result]:
        """Handle each conversation's events in order, and up to eight conversations in parallel."""
        if len(conversations) <= 1:
            return [self._handle_conversation(*item) for item in conversations.items()]
        with ThreadPoolExecutor(_PARALLEL) as pool:
            futures = [
                pool.submit(copy_context().run, self._handle_conversation, conversation, events)
                for conversation, events in conversations.items()
            ]
        return [future.result() for future in futures]

    def _handle_conversation(self, conversation: ConversationId, events: Sequence[Event]) -> _Result:
        failure: StoreError | None = None
        accepted: list[Accepted] = []
        for event in events:
            try:
                accepted += self._handle_event(event)
            except StoreError as exc:
                log = self._about(event) if isinstance(event, IncomingMessage) else self.log
                log.failure("store", exc, conversation=self.log.pseudonym(conversation))
                failure = exc
        self.ingest.wake_worker(conversation, accepted)
        return _Result(accepted, failure)

    def _handle_event(self, event: Event) -> Sequence[Accepted]:
        """Apply an event to the inbox or the transcript; for a message, return its outcome."""
        match event:
            case IncomingMessage():
                return (self.ingest.accept(event),)
            case Unsent(conversation, message_id):
                self.transcript.erase_text(conversation, message_id)
            case Edited(conversation, message_id, text, edit):
                self.transcript.replace_text(conversation, message_id, text, edit=edit)
            case Receipt(conversation, turn, part):
                self.inbox.receipt(conversation, turn, part)
            case HumanReplied() | ThreadTaken():
                return (Accepted.QUEUED,) if self._is_takeover(event) else ()
            case ThreadReturned(conversation, at):
                self.takeovers.resume(conversation, now=min(at, self.clock()))
        return ()

    def _is_takeover(self, event: HumanReplied | ThreadTaken) -> bool:
        """Keep the bot silent, and return whether a turn now waits that says so to the person."""
        now = self.clock()
        began = min(event.at, now)
        until = began + SILENT_MS
        if until <= now:  # Meta repeats what it could not deliver for 36 hours
            return False
        if isinstance(event, ThreadTaken):
            self.inbox.pause(event.conversation, until=until, since=began)
            return False
        person, source = PersonId(event.conversation), event.message_id
        said = words(event.conversation, person, event.text, at=began, source=source, state=TurnState.DONE)
        return self.takeovers.hear(said, until=until, now=now)

    def _about(self, message: IncomingMessage) -> Log:
        """Bind the message's turn and person to the log."""
        return self.log.about(turn_id(message), message.person)


def _log_fields(events: Sequence[Event], results: Sequence[_Result]) -> dict[str, Value]:
    """Build the fields about the events for the request's log line."""
    accepted = Counter(outcome for result in results for outcome in result.accepted)
    ignored = sorted({event.kind for event in events if isinstance(event, Ignored)})
    return {
        "events": len(events),
        "kept": accepted[Accepted.QUEUED],
        "duplicates": accepted[Accepted.DUPLICATE_OPEN] + accepted[Accepted.DUPLICATE_DONE],
        **({"ignored": ",".join(ignored)} if ignored else {}),
        **({OTHER_PAGE: events.count(Ignored(OTHER_PAGE))} if OTHER_PAGE in ignored else {}),
    }
