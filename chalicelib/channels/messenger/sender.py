"""Sends answers on Messenger: `seen`, `typing`, and the text in parts, each exactly once as far as can be known."""

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.access import identity
from chalicelib.channels.messenger.events import STILL_WRITING, metadata
from chalicelib.channels.meta.graph import Graph, GraphError
from chalicelib.channels.meta.graph_errors import Failure
from chalicelib.channels.splitting import split
from chalicelib.conversation.ports import OnDelta
from chalicelib.conversation.turn import Choice, Reply, Turn
from chalicelib.errors import ChannelBroken, ConfigError, DeliveryError, DeliveryRefused, PersonUnreachable, ThreadHeld
from chalicelib.ids import TurnId

MAX_UNITS: Final = 2000
"""Maximum length of a part, in UTF-16 units. Meta's limit is "2,000 characters" without a definition.

Of code points and UTF-16 units the latter are never fewer, so a part fits by either count.
"""
TYPING_EVERY_S: Final = 15.0
"""Seconds between two `typing_on` calls: Messenger shows it for 20 seconds after each."""
SLOW_AFTER_S: Final = 10.0
"""Seconds after which a person who sees no answer yet is told that it takes longer."""
_TRIES: Final = 3
"""Calls for one part; after the last error the worker delivers the reply again later, without parts that arrived."""
_ECHO_DELAY_S: Final = 2.0
"""Seconds to wait for the echo of a part whose call failed, before the retry; twice that before the next."""
PATH: Final = "me/messages"
"""Where messages are posted."""


@dataclass(frozen=True)
class MessengerSender:
    """`conversation.ports.Sender` over the Graph API; each part of an answer is one message.

    Not thread-safe, as a worker answers one turn at a time.
    """

    graph: Graph
    still_writing: Callable[[str], str]
    """Returns the words that say that an answer takes longer, in the language of that tag."""
    slow_after_s: float = SLOW_AFTER_S
    typing_every_s: float = TYPING_EVERY_S
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    _late_typing: set[TurnId] = field(default_factory=set, repr=False)
    """The turn that is being answered, if Meta may carry out its last `typing_on` after the answer; else empty."""

    @contextmanager
    def responding(self, turn: Turn) -> Iterator[OnDelta]:
        over = threading.Event()
        self._late_typing.clear()
        with ThreadPoolExecutor(1) as pool:
            activity = pool.submit(self._show_activity, turn, over)
            try:
                yield _ignore_delta
            finally:
                over.set()
        activity.result()  # no error of Meta's or of the settings is left; any other one is a bug

    def deliver(self, turn: Turn, reply: Reply, *, receipts: Callable[[], frozenset[int]], seconds: float) -> None:
        deadline = self.monotonic() + seconds
        parts = split("\n\n".join(filter(None, (reply.text, reply.footer))), limit=MAX_UNITS)
        for number, text in enumerate(parts):
            if number in turn.receipts:
                continue
            choices = reply.choices if number == len(parts) - 1 else ()
            message = {"text": text, "metadata": metadata(turn.id, number), **quick_replies(choices)}
            body = {
                "recipient": {"id": identity.psid_of(turn.person)},
                "messaging_type": "RESPONSE",
                "message": message,
            }
            self._send(body, number, receipts=receipts, deadline=deadline)
        self._end_typing(turn, deadline=deadline)

    def end_silently(self, turn: Turn) -> None:
        """Do nothing: on Messenger no user interface waits for the end of a turn."""

    def _send(
        self, body: Mapping[str, Any], number: int, *, receipts: Callable[[], frozenset[int]], deadline: float
    ) -> None:
        """Send one part, with retries. After an ambiguous error the part is sent again only without its receipt."""
        for attempt in range(1, _TRIES + 1):
            try:
                return self.graph.post(PATH, body)
            except GraphError as exc:
                if exc.failure is Failure.SENT:
                    return None
                raise_if_final(exc)
                pause = _ECHO_DELAY_S * attempt
                if attempt == _TRIES or self.monotonic() + pause > deadline:
                    raise DeliveryError(exc.reason) from exc
                self.sleep(pause)
                if exc.failure is Failure.AMBIGUOUS and number in receipts():
                    return None
        return None

    def _show_activity(self, turn: Turn, over: threading.Event) -> None:
        """Show `seen`, then `typing` until `over` is set. Stop at the first error: `deliver` meets it too.

        Tell the person once that it takes longer; not again if a worker died over the turn, and may have told them.
        """
        psid = identity.psid_of(turn.person)
        waits_s = math.inf if turn.was_begun else self.slow_after_s
        try:
            self._mark_seen(psid)
            while not over.is_set():
                self._send_action(psid, "typing_on")
                pause_s = min(self.typing_every_s, waits_s)
                waits_s -= pause_s
                if not over.wait(pause_s) and waits_s <= 0:
                    self._ask_for_patience(psid, turn.language)
                    waits_s = math.inf
        except GraphError as exc:
            if exc.failure is Failure.AMBIGUOUS:
                self._late_typing.add(turn.id)
        except ConfigError:
            return

    def _mark_seen(self, psid: str) -> None:
        """Show `seen`, and ignore an ambiguous error.

        This first call of a turn may meet a connection that Meta has closed while Lambda froze the process; the next
        call opens another one.
        """
        try:
            self._send_action(psid, "mark_seen")
        except GraphError as exc:
            if exc.failure is not Failure.AMBIGUOUS:
                raise

    def _ask_for_patience(self, psid: str, language: str) -> None:
        message = {"text": self.still_writing(language), "metadata": STILL_WRITING}
        self.graph.post(PATH, {"recipient": {"id": psid}, "messaging_type": "RESPONSE", "message": message})

    def _end_typing(self, turn: Turn, *, deadline: float) -> None:
        """Take back a `typing_on` that may have come after the answer, which would have ended it."""
        if turn.id in self._late_typing and self.monotonic() < deadline:
            with suppress(GraphError):  # Messenger ends it by itself after 20 seconds
                self._send_action(identity.psid_of(turn.person), "typing_off")

    def _send_action(self, psid: str, action: str) -> None:
        self.graph.post(PATH, {"recipient": {"id": psid}, "sender_action": action})


def raise_if_final(error: GraphError) -> None:
    """Raise DeliveryError for an error that a retry within seconds cannot fix."""
    match error.failure:
        case Failure.BROKEN:
            raise ChannelBroken(error.reason) from error
        case Failure.UNREACHABLE:
            raise PersonUnreachable(error.reason) from error
        case Failure.HELD:
            raise ThreadHeld(error.reason) from error
        case Failure.REJECTED:
            raise DeliveryRefused(error.reason) from error
        case Failure.BACK_OFF:
            raise DeliveryError(error.reason) from error


def _ignore_delta(_text: str, *, instead: bool = False) -> bool:  # noqa: ARG001
    """Ignore a delta: Messenger shows whole messages only. True, since a user cannot cancel a turn there."""
    return True


def quick_replies(choices: tuple[Choice, ...]) -> dict[str, Any]:
    """Return the part of a message that shows these buttons; empty for none."""
    if not choices:
        return {}
    replies = [{"content_type": "text", "title": choice.title, "payload": choice.command} for choice in choices]
    return {"quick_replies": replies}
