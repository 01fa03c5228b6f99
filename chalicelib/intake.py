"""The door's story: prove who sends, keep what was sent, wake a worker. It never waits for a model."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from chalicelib.channels.messenger import signature
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
from chalicelib.errors import BodyTooLarge, InvalidSignature, StoreError, WakeError
from chalicelib.messages import ConversationId, IncomingMessage
from chalicelib.observability import Log, correlation
from chalicelib.owner import Owner
from chalicelib.ports import Accepted, Clock, Inbox, Transcript, Wake
from chalicelib.store.schema import turn_id

MAX_BODY: Final = 1024 * 1024
PAUSE_MS: Final = 60 * 60 * 1000
"""How long the bot is silent after a human answered in the page's inbox."""
_PARALLEL: Final = 8
_WORTH_WAKING: Final = frozenset({Accepted.QUEUED, Accepted.DUPLICATE_OPEN})


@dataclass(frozen=True)
class Intake:
    """Takes in what Meta sends."""

    inbox: Inbox
    transcript: Transcript
    wake: Wake
    owner: Callable[[], Owner]
    app_secrets: Callable[[], Sequence[str]] = field(repr=False)
    verify_token: Callable[[], str] = field(repr=False)
    clock: Clock
    log: Log

    def handshake(self, query: Mapping[str, str]) -> str:
        """The challenge to answer, verbatim. Raises InvalidSignature."""
        return signature.challenge(query, verify_token=self.verify_token())

    def messenger(self, body: bytes, signed: str | None) -> None:
        """Keep every message of a webhook call and wake its workers.

        Raises BodyTooLarge and InvalidSignature with nothing done. Raises StoreError after all that could be kept is
        kept: the repetition that Meta then makes changes nothing for those.
        """
        if len(body) > MAX_BODY:
            raise BodyTooLarge(f"more than {MAX_BODY} bytes")
        try:
            signature.verify(body, signed, secrets=self.app_secrets())
        except InvalidSignature as exc:
            self.log.failure("signature", exc)
            raise
        self._take_in(parse(body, now=self.clock()))

    def _take_in(self, events: Sequence[Event]) -> None:
        by_conversation: dict[ConversationId, list[Event]] = defaultdict(list)
        enforced: list[str] = []
        for event in events:
            match event:
                case Ignored(kind):
                    self.log("ignored", kind=kind)
                case PolicyEnforced(action):
                    enforced.append(action)
                case _:
                    by_conversation[event.conversation].append(event)
        failures = [failure for failure in self._each(by_conversation) if failure]
        for action in enforced:
            self.owner().policy_is_enforced(action)
        if failures:
            raise failures[0]

    def _each(self, conversations: Mapping[ConversationId, Sequence[Event]]) -> Sequence[StoreError | None]:
        """One conversation's events in their order, several conversations side by side."""
        if len(conversations) <= 1:
            return [self._converse(*item) for item in conversations.items()]
        with ThreadPoolExecutor(_PARALLEL) as pool:
            return list(pool.map(self._converse, conversations.keys(), conversations.values()))

    def _converse(self, conversation: ConversationId, events: Sequence[Event]) -> StoreError | None:
        failure: StoreError | None = None
        worth_waking = False
        for event in events:
            try:
                worth_waking |= self._keep(event)
            except StoreError as exc:
                self.log.failure("store", exc)
                failure = exc
        if worth_waking:
            self._wake(conversation)
        return failure

    def _keep(self, event: Event) -> bool:
        """Do what the event asks of the inbox; True when there is something for a worker."""
        match event:
            case IncomingMessage():
                accepted = self.inbox.accept(event, now=self.clock())
                self.log("accept", corr=correlation(turn_id(event)), outcome=accepted.value)
                return accepted in _WORTH_WAKING
            case Unsent(conversation, message_id):
                self.transcript.erase_text(conversation, message_id)
            case Edited(conversation, message_id, text, edit):
                self.transcript.replace_text(conversation, message_id, text, edit=edit)
            case Receipt(conversation, turn, part):
                self.inbox.receipt(conversation, turn, part)
            case HumanReplied(conversation):
                self.inbox.pause(conversation, until=self.clock() + PAUSE_MS)
        return False

    def _wake(self, conversation: ConversationId) -> None:
        try:
            self.wake.wake(conversation)
        except WakeError as exc:
            # Still a success: the message is kept, and the heartbeat finds it within a minute.
            self.log.failure("wake", exc)
