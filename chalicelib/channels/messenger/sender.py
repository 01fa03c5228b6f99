"""Answers on Messenger: seen, typing, and the text in parts, each sent once as far as that can be known."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.access import identity
from chalicelib.channels.messenger.events import metadata
from chalicelib.channels.meta.graph import Failure, Graph, GraphError
from chalicelib.channels.text import split
from chalicelib.conversation.ports import OnDelta
from chalicelib.conversation.turn import Choice, Reply, Turn
from chalicelib.errors import ChannelBroken, DeliveryError, PersonUnreachable

MAX_UNITS: Final = 2000
"""Meta says 2,000 characters and not which; UTF-16 units are the narrowest reading that is not bytes."""
TYPING_EVERY_S: Final = 15.0
"""Meta shows typing for 20 seconds."""
_TRIES: Final = 3
_ECHO_TAKES_S: Final = 2.0
_PATH: Final = "me/messages"


@dataclass(frozen=True)
class MessengerSender:
    """`ports.Sender` over the Graph API."""

    graph: Graph
    typing_every_s: float = TYPING_EVERY_S
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic

    @contextmanager
    def responding(self, turn: Turn) -> Iterator[OnDelta]:
        over = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            courtesy = pool.submit(self._be_courteous, identity.psid_of(turn.person), over)
            try:
                yield _hear
            finally:
                over.set()
        courtesy.result()

    def deliver(self, turn: Turn, reply: Reply, *, receipts: Callable[[], frozenset[int]], seconds: float) -> None:
        deadline = self.monotonic() + seconds
        parts = split("\n\n".join(filter(None, (reply.text, reply.footer))), limit=MAX_UNITS)
        for number, text in enumerate(parts):
            if number in turn.receipts:
                continue
            choices = reply.choices if number == len(parts) - 1 else ()
            message = {"text": text, "metadata": metadata(turn.id, number), **_quick_replies(choices)}
            body = {
                "recipient": {"id": identity.psid_of(turn.person)},
                "messaging_type": "RESPONSE",
                "message": message,
            }
            self._send(body, number, receipts=receipts, deadline=deadline)

    def end_silently(self, turn: Turn) -> None:
        """Silence is what an unanswered message gets on Messenger."""

    def _send(
        self, body: Mapping[str, Any], number: int, *, receipts: Callable[[], frozenset[int]], deadline: float
    ) -> None:
        for attempt in range(1, _TRIES + 1):
            try:
                return self.graph.post(_PATH, body)
            except GraphError as exc:
                if exc.failure is Failure.SENT:
                    return None
                _give_up_if_final(exc)
                pause = _ECHO_TAKES_S * attempt
                if attempt == _TRIES or self.monotonic() + pause > deadline:
                    raise DeliveryError(exc.reason) from exc
                self.sleep(pause)
                if exc.failure is Failure.AMBIGUOUS and number in receipts():
                    return None
        return None

    def _be_courteous(self, psid: str, over: threading.Event) -> None:
        """Seen, then typing until it is over. Ends at the first failure, and raises it when it is ChannelBroken."""
        try:
            self._act(psid, "mark_seen")
            self._act(psid, "typing_on")
            while not over.wait(self.typing_every_s):
                self._act(psid, "typing_on")
        except GraphError as exc:
            if exc.failure is Failure.BROKEN:
                raise ChannelBroken(exc.reason) from exc

    def _act(self, psid: str, action: str) -> None:
        self.graph.post(_PATH, {"recipient": {"id": psid}, "sender_action": action})


def _give_up_if_final(error: GraphError) -> None:
    match error.failure:
        case Failure.BROKEN:
            raise ChannelBroken(error.reason) from error
        case Failure.UNREACHABLE | Failure.REJECTED:
            raise PersonUnreachable(error.reason) from error
        case Failure.BACK_OFF:
            raise DeliveryError(error.reason) from error


def _hear(_words: str) -> bool:
    """Messenger shows whole messages only, and nobody can take a question back."""
    return True


def _quick_replies(choices: tuple[Choice, ...]) -> dict[str, Any]:
    if not choices:
        return {}
    replies = [{"content_type": "text", "title": choice.title, "payload": choice.command} for choice in choices]
    return {"quick_replies": replies}
