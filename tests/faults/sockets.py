"""Sockets whose frames' handlers start late: each process takes its time at each step, and others go on meanwhile.

Time passes only while everybody waits, so the same seed is the same story.
"""

import heapq
import json
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any, Final

from chalicelib.access.budget import Price, Usage
from chalicelib.channels.router import ChannelRouter
from chalicelib.conversation.prompt import Finished, FinishReason, ModelEvent, Prompt, TextDelta
from chalicelib.ids import Channel, ConversationId
from chalicelib.llm.prices import FREE
from tests.fakes.adapters import RememberingSender, RememberingWake
from tests.faults.stage import Actor, CrashesAt, Faults, Stage
from tests.flow.chat import Chat, Tab

RETRY_MS: Final = 60_000
BEATS: Final = 20


@dataclass
class SlowModel:
    """`conversation.ports.Model` that takes a while."""

    simulation: "SocketSimulation"
    asked: list[str] = field(default_factory=list)
    name: str = "gpt-6-luna"
    provider: str = "openai"
    price: Price = FREE
    may_think_unseen: bool = False

    def answer(self, prompt: Prompt, *, seconds: float) -> Generator[ModelEvent]:
        self.asked.append(prompt.question)
        return self._answer()

    def _answer(self) -> Generator[ModelEvent]:
        self.simulation.sleep(self.simulation.random.choice((0.05, 0.7, 2.5)))
        yield TextDelta("Yes.")
        yield Finished(FinishReason.STOP, Usage(input=10, output=5))


@dataclass
class LateWake(RememberingWake):
    """`conversation.ports.Wake`: a worker starts a little later, seldom much later."""

    wakes: Callable[[ConversationId], None] = lambda _: None

    def wake(self, conversation: ConversationId) -> None:
        self.wakes(conversation)


@dataclass
class SocketSimulation:
    """Say with `frame` what clients send, let it run until it rests, look at what was asked."""

    random: Random
    faults: Faults = field(default_factory=CrashesAt)
    doors_crash: bool = True
    """Whether the processes that handle frames may crash, and not only workers."""
    slow_steps: float = 0
    """The share of steps that take 300 ms, as when DynamoDB is busy."""

    def __post_init__(self) -> None:
        self.chat, self.stage = Chat(), Stage(each=[self._pass_time])
        bot, watched = self.chat.bot, self.stage.watched
        self.clock, self.model = self.chat.clock, SlowModel(self)
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._order = count()
        self._failed: dict[Actor, Callable[[], None]] = {}
        self.chat.changes_key(daily_messages=100)
        bot.model = self.model  # type: ignore[assignment]
        bot.sender = ChannelRouter({Channel.WEB: RememberingSender()})
        bot.sleeps = self.sleep  # type: ignore[method-assign]
        bot.wake = LateWake(wakes=self._wakes)
        bot.inbox, bot.transcript = watched("inbox", bot.inbox), watched("inbox", bot.transcript)
        bot.people = watched("people", bot.people)
        self.chat.connections = bot.connections = watched("connections", self.chat.connections)

    def frame(self, tab: Tab, frame: dict[str, Any], *, at: int, late: int) -> None:
        """API Gateway receives a frame so many ms from now, and its handler starts `late` ms later."""
        text, received_at = json.dumps(frame), self.clock() + at
        self._at(received_at + late, lambda: self._start("door", lambda: tab.sends_text(text, at=received_at)))

    def runs(self) -> "SocketSimulation":
        """Until nobody has anything to do; the heartbeat wakes what a crash has left behind."""
        for _ in range(BEATS):
            while self._events:
                due_at, _, happens = heapq.heappop(self._events)
                self.clock.now = max(self.clock(), due_at)
                happens()
            if all(place.due_at is None for place in self.chat.memory.conversations.values()):
                return self
            self.clock.tick(minutes=1)
            self.chat.bot.beats()
        raise AssertionError("it never comes to an end")

    def sleep(self, seconds: float) -> None:
        """The process waits; without one, nothing happens."""
        actor = self.stage.on
        if actor:
            self._at(self.clock() + round(seconds * 1000), lambda: self._go_on(actor))
            actor.pause()

    def asked(self, *texts: str) -> list[str]:
        """Those of the questions that the model was asked, in the order in which it first was."""
        return [text for text in dict.fromkeys(self.model.asked) if text in texts]

    def stored(self, room: str = "") -> list[str]:
        return [turn.text for turn in self.chat.turns(room=room)]

    def _pass_time(self) -> None:
        is_slow = self.random.random() < self.slow_steps
        self.sleep(0.3 if is_slow else self.random.randint(1, 12) / 1000)

    def _at(self, due_at: int, happens: Callable[[], None]) -> None:
        heapq.heappush(self._events, (due_at, next(self._order), happens))

    def _wakes(self, conversation: ConversationId) -> None:
        self._at(self.clock() + self.random.choice((15, 40, 900)), lambda: self._work(conversation))

    def _work(self, conversation: ConversationId, tries: int = 0) -> None:
        def again() -> None:
            if tries < 2:
                self._at(self.clock() + RETRY_MS, lambda: self._work(conversation, tries + 1))

        self._start("worker", lambda: self.chat.bot.run(conversation), again)

    def _start(self, name: str, job: Callable[[], object], failed: Callable[[], None] = lambda: None) -> None:
        actor = Actor(name, job)
        self._failed[actor] = failed
        self._go_on(actor)

    def _go_on(self, actor: Actor) -> None:
        self.stage.on = actor
        self.stage.faults = self.faults if self.doors_crash or actor.name == "worker" else CrashesAt()
        actor.step()
        self.stage.on, self.stage.faults = None, CrashesAt()
        if actor.over:
            failed = self._failed.pop(actor)
            if actor.error:
                failed()
            if isinstance(actor.error, AssertionError | TypeError | AttributeError | KeyError):
                raise actor.error
