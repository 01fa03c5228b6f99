"""The senders under test, each with a person who reads; a new channel adds one class and its name to `STAGES`."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import requests

from chalicelib.channels.web.sender import WebSender
from chalicelib.channels.web.writer import Timing
from chalicelib.conversation.connection import Connection
from chalicelib.conversation.ports import Sender
from chalicelib.conversation.turn import Turn, TurnState
from chalicelib.errors import ChannelBroken, DeliveryError
from chalicelib.ids import ConnectionId, ConversationId, PersonId, TurnId
from tests.contract.scripted_graph import SUCCESS, ScriptedGraph, refusal
from tests.fakes.adapters import NOON, FakeClock, RememberingSender, unexpected
from tests.fakes.connections import FakeConnections, RememberingConnectionApi
from tests.turn_view import read, view

FIRST, SECOND = TurnId(f"{NOON}#{'a' * 64}"), TurnId(f"{NOON + 1}#{'b' * 64}")


@dataclass
class Received:
    """What the person has got of answers that are complete, in order."""

    text: str = ""
    """All parts of all answers, with their footers."""
    choices: tuple[str, ...] = ()


class Stage(Protocol):
    """A sender, the person of a turn, and a network that can fail."""

    sender: Sender
    person: PersonId
    """Who has asked `turn`, and reads."""

    def received(self) -> Received:
        """Return what has arrived by now."""

    def fail(self, times: int) -> None:
        """Make the next calls fail in a way that a retry fixes."""

    def hang(self) -> None:
        """Make every call from now on useless for as long as it is waited for."""

    def release(self) -> None:
        """End `hang`."""

    def break_channel(self) -> None:
        """Make every call fail until the owner acts."""

    def monotonic(self) -> float:
        """Return the seconds that have passed for the sender."""


class RememberingStage:
    """The fake that all flow tests send with: its script is of deliveries, so it never fails while responding."""

    has_receipts: Final = True

    def __init__(self) -> None:
        self.sender = RememberingSender()
        self.person = PersonId("messenger:4711:anna")

    def received(self) -> Received:
        delivered = self.sender.delivered
        return Received(
            "".join(answer.text + answer.footer for answer in delivered),
            tuple(choice.title for answer in delivered for choice in answer.choices),
        )

    def fail(self, times: int) -> None:
        self.sender.script = [DeliveryError("later")] * times

    def hang(self) -> None:
        self.fail(1000)

    def release(self) -> None:
        self.sender.script = []

    def break_channel(self) -> None:
        self.sender.script = [ChannelBroken("code 190")] * 1000

    def monotonic(self) -> float:
        return time.monotonic()


class MessengerStage:
    """Messenger over a fake of the Graph API, with a clock that only the sender's own pauses move."""

    has_receipts: Final = True

    def __init__(self) -> None:
        self._graph, self._now = ScriptedGraph(), 0.0
        self.sender = self._graph.sender(sleep=self._sleep, monotonic=self.monotonic)
        self.person = PersonId("messenger:4711:anna")

    def received(self) -> Received:
        messages = [body["message"] for body in self._graph.accepted if "message" in body]
        replies = [reply["title"] for message in messages for reply in message.get("quick_replies", ())]
        return Received("".join(message["text"] for message in messages), tuple(replies))

    def fail(self, times: int) -> None:
        self._graph.script = [refusal(1)] * times

    def hang(self) -> None:
        self._graph.afterwards = requests.ConnectTimeout("no answer")

    def release(self) -> None:
        self._graph.afterwards = SUCCESS

    def break_channel(self) -> None:
        self._graph.afterwards = refusal(190)

    def monotonic(self) -> float:
        return self._now

    def _sleep(self, seconds: float) -> None:
        self._now += seconds


class WebStage:
    """The web chat over fakes of the connections, with one connection that is open and real threads."""

    has_receipts: Final = False

    def __init__(self) -> None:
        self._api, clock = RememberingConnectionApi(), FakeClock()
        self.person, self._id = PersonId("web:shop:anna"), ConnectionId("a")
        connections = FakeConnections()
        connection = Connection(self._id, "https://api.example/dev")
        connections.open(connection, now=clock())
        connections.mark_authenticated(connection, self.person, ConversationId(self.person), now=clock())
        timing = Timing(batch_s=0, poll_s=0.01, retry_s=0, end_s=60)
        self.sender = WebSender(connections, self._api, clock, unexpected, timing)

    def received(self) -> Received:
        frames = [read(frame) for frame in self._api.sent[self._id]]
        received = Received()
        for turn in dict.fromkeys(frame["turn"] for frame in frames):
            answer = [frame for frame in frames if frame["turn"] == turn]
            seen, last = view(answer), answer[-1]
            if seen.state == "done":
                received.text += seen.text + last.get("footer", "")
                received.choices += tuple(choice["title"] for choice in last.get("choices", ()))
        return received

    def fail(self, times: int) -> None:
        self._api.fails[self._id] = times

    def hang(self) -> None:
        self._api.blocked[self._id] = threading.Event()

    def release(self) -> None:
        self._api.blocked[self._id].set()

    def break_channel(self) -> None:
        self._api.broken = True

    def monotonic(self) -> float:
        return time.monotonic()


STAGES: Final[Sequence[Any]] = (RememberingStage, MessengerStage, WebStage)
"""Every channel's sender, and the fake."""
WITH_RECEIPTS: Final = [stage for stage in STAGES if stage.has_receipts]
"""The channels that report which parts have arrived."""


def turn_of(stage: Stage, turn: TurnId = FIRST, *, receipts: frozenset[int] = frozenset()) -> Turn:
    conversation = ConversationId(stage.person)
    return Turn(turn, conversation, stage.person, NOON, TurnState.RUNNING, "Well?", receipts=receipts)
