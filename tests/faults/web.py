"""The web chat where processes die and sockets break: `tests.flow.chat`, each of whose processes can be killed.

A process is dead from the step on at which it crashes: its threads may go on, but nothing of them reaches the world.
"""

import json
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Final

from chalicelib.access.budget import Price, Usage
from chalicelib.channels.router import ChannelRouter
from chalicelib.channels.web.sender import WebSender
from chalicelib.channels.web.writer import Timing
from chalicelib.conversation.connection import Connection
from chalicelib.conversation.prompt import Finished, FinishReason, ModelEvent, Prompt, TextDelta
from chalicelib.conversation.turn import Turn, TurnState
from chalicelib.errors import ConnectionGone, ModelError, StoreError
from chalicelib.ids import Channel, ConnectionId
from chalicelib.llm.prices import FREE
from tests.client import Client
from tests.fakes.adapters import unexpected
from tests.fakes.connections import RememberingConnectionApi
from tests.fakes.inbox import FakeInbox
from tests.fakes.memory import Memory
from tests.faults.stage import Crash, CrashesAt, Faults, Stage
from tests.flow.chat import Chat, Tab, ulid

QUICK: Final = Timing(batch_s=0, poll_s=0.01, retry_s=0, end_s=60)
_TRIES: Final = 3
_BEATS: Final = 20


@dataclass
class Process:
    """A Lambda invocation: each call of a port by its own thread is a step."""

    stage: Stage
    dies_after_frames: int | None = None
    dead: bool = False
    thread: int = field(default_factory=threading.get_ident)
    _frames: "count[int]" = field(default_factory=lambda: count(1))

    def watched(self, name: str, port: object) -> Any:
        return _Port(self, name, port)

    def step(self, call: str, act: Callable[[], Any]) -> Any:
        if self.dead:
            raise Crash
        try:
            return self.stage.step(call, act)
        except Crash:
            self.dead = True
            raise

    def aside(self, call: str, act: Callable[[], Any]) -> Any:
        """In a thread of the process's."""
        if self.dead:
            raise (
                ConnectionGone("the process is dead")
                if call == "connection_api.send"
                else StoreError("the process is dead")
            )
        result = act()
        if call == "connection_api.send" and next(self._frames) == self.dies_after_frames:
            self.dead = True
        return result


class _Port:
    def __init__(self, process: Process, name: str, port: object) -> None:
        self._process, self._name, self._port = process, name, port

    def __getattr__(self, method: str) -> Any:
        call, process = getattr(self._port, method), self._process
        if not callable(call):
            return call

        def step(*args: Any, **named: Any) -> Any:
            go = process.step if threading.get_ident() == process.thread else process.aside
            return go(f"{self._name}.{method}", lambda: call(*args, **named))

        return step


@dataclass
class WordByWord:
    """`conversation.ports.Model`: answers with the question; each word waits until every client has the one before."""

    simulation: "WebSimulation"
    process: Process
    fails: Callable[[], ModelError | None]
    name: str = "gpt-6-luna"
    provider: str = "openai"
    price: Price = FREE

    def answer(self, prompt: Prompt, *, seconds: float) -> Generator[ModelEvent]:
        self.simulation.asked.append(prompt.question)
        return self._say(f"answer to {prompt.question}", self.fails())

    def _say(self, answer: str, error: ModelError | None) -> Generator[ModelEvent]:
        said = ""
        self.simulation.is_seen(said)
        for word in answer.split(" "):
            self.process.step("model.says", lambda: None)
            yield TextDelta(f" {word}")
            said = f"{said} {word}".strip()
            self.simulation.is_seen(said)
            self.simulation.notices()
            if error:
                raise error
        yield Finished(FinishReason.STOP, Usage(input=10, output=5))


@dataclass
class KilledSocket:
    """`conversation.connection_ports.ConnectionApi` whose connections are closed after so many frames from a worker."""

    connection_api: RememberingConnectionApi
    connection: Callable[[], ConnectionId]
    left: int

    def send(self, connection: Connection, frame: str) -> None:
        if connection.id == self.connection() and self.left == 0:
            self.connection_api.gone.add(connection.id)
        self.connection_api.send(connection, frame)
        self.left -= 1
        if self.left == 0:
            self.connection_api.gone.add(connection.id)


@dataclass
class WebSimulation:
    """One user of the web chat; runs until no work is left, then shows what the user sees."""

    faults: Faults = field(default_factory=CrashesAt)
    dies_after_frames: int | None = None
    """Of the first worker."""
    breaks_after_frames: int | None = None
    """The socket, not the process."""
    returns: Callable[["WebSimulation"], object] = lambda _: None
    """What somebody does whose socket broke while the model speaks."""
    makes_inbox: Callable[[Memory], FakeInbox] = FakeInbox
    model_fails: Callable[[], ModelError | None] = lambda: None

    def __post_init__(self) -> None:
        self.chat, self.stage = Chat(), Stage(self.faults)
        self.chat.bot.inbox = self.chat.bot.transcript = self.makes_inbox(self.chat.memory)
        self.asked: list[str] = []
        self.tab: Tab = self.chat.opens()
        self.killer = KilledSocket(self.chat.connection_api, lambda: self.first.id, self.breaks_after_frames or -1)
        self.first = self.tab

    # What somebody does.

    def ask(self, text: str) -> "WebSimulation":
        """Sent again until it is accepted, as clients do; all that comes of it happens."""
        mine = ulid(self.chat.clock(), number=len(self.chat.memory.turns))
        frame = json.dumps({"action": "send_message", "message": text, "id": mine})
        for _ in range(_TRIES):
            with self._process() as process:
                self._door(process, frame)
            if any(accepted["id"] == mine for accepted in self.tab.got("accepted")):
                break
            self.chat.clock.tick(seconds=5)
        self._rest()
        return self

    def comes_back(self) -> Client:
        """With another socket, and what is on the screen."""
        self.tab = self.chat.opens(client=self.tab.client)
        return self.tab.reads()

    def notices(self) -> None:
        """That the socket is broken, if it is."""
        if self.tab.id in self.chat.connection_api.gone:
            self.returns(self)

    def is_seen(self, said: str) -> None:
        """Wait until whoever is there has been shown as much of the turn that is being answered."""
        tab, turn = self.tab, self.running.id

        def shown() -> bool:
            client = Client()
            for frame in tab.frames:
                client.receive(frame)
            here = client.turns.get(turn)
            return bool(here and here.begun and here.text == said) or tab.id in self.chat.connection_api.gone

        there = self.chat.connections.in_conversation(self.running.conversation, now=self.chat.clock())
        if tab.id in [connection.id for connection in there] and not self._is_dead():
            assert self.chat.connection_api.wait_for(lambda: shown() or self._is_dead())

    @property
    def running(self) -> Turn:
        [turn] = [kept.turn for kept in self.chat.memory.turns.values() if kept.turn.state is TurnState.RUNNING]
        return turn

    # What becomes of it.

    @property
    def turns(self) -> list[Turn]:
        return [kept.turn for _, kept in sorted(self.chat.memory.turns.items()) if not kept.erased]

    @property
    def stored(self) -> list[tuple[str, str]]:
        return [(turn.text, turn.reply.text if turn.reply else "") for turn in self.turns]

    @property
    def charged(self) -> tuple[int, int, int]:
        """Turns that were charged; what that came to on the person, and on the key."""
        return sum(bool(turn.charged_day) for turn in self.turns), self.chat.used(), self.chat.key.used

    @contextmanager
    def _process(self) -> Iterator[Process]:
        """A process begins, and may crash."""
        self._process_now = process = Process(self.stage)
        try:
            yield process
        except Crash:
            return

    def _is_dead(self) -> bool:
        return self._process_now.dead

    def _door(self, process: Process, frame: str) -> None:
        chat, watched = self.chat, process.watched
        handler = replace(
            chat.handler,
            connections=watched("connections", chat.connections),
            connection_api=watched("connection_api", chat.connection_api),
            people=watched("people", chat.bot.people),
            ingest=replace(
                chat.bot.ports.ingest(), inbox=watched("inbox", chat.bot.inbox), wake=watched("wake", chat.bot.wake)
            ),
            transcript=watched("inbox", chat.bot.transcript),
        )
        handler.receive(self.tab.id, frame, at=chat.clock())

    def _rest(self) -> None:
        """The heartbeat wakes what a crash has left behind."""
        for _ in range(_BEATS):
            while self.chat.bot.wake.woken:
                self._work()
            if all(place.due_at is None for place in self.chat.memory.conversations.values()):
                return
            self.chat.clock.tick(minutes=1)
            self.chat.bot.beats()
        raise AssertionError("it never comes to an end")

    def _work(self) -> None:
        bot, ports = self.chat.bot, (self.chat.bot.inbox, self.chat.bot.transcript, self.chat.bot.people)
        conversation = bot.wake.woken.pop(0)
        with self._process() as process:
            process.dies_after_frames, self.dies_after_frames = self.dies_after_frames, None
            connection_api = self.killer if self.breaks_after_frames else self.chat.connection_api
            connections = process.watched("connections", self.chat.connections)
            web = WebSender(
                connections, process.watched("connection_api", connection_api), self.chat.clock, unexpected, QUICK
            )
            bot.sender = ChannelRouter({Channel.WEB: web})
            bot.model = process.watched("model", WordByWord(self, process, self.model_fails))
            bot.inbox, bot.transcript, bot.people = (
                process.watched(name, port) for name, port in zip(("inbox", "inbox", "people"), ports, strict=True)
            )
            try:
                bot.run(conversation)
            finally:
                process.dead = True
                bot.inbox, bot.transcript, bot.people = ports
