"""Tools for the simulation: they act in a world that counts, and their model calls other ones each time it is asked."""

from collections import Counter
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from chalicelib.conversation.prompt import Finished, FinishReason, ModelEvent, Prompt
from chalicelib.conversation.tool import ToolCall, ToolResult, ToolSpec
from chalicelib.conversation.tool_ports import Caller
from chalicelib.errors import ModelError
from tests.faults.ledger import Ledger, Run
from tests.faults.parts import USED, SimulatedModel, fail_or_bill, whole
from tests.faults.simulation import MOST, Simulation
from tests.faults.stage import Stage

SEND: Final = "send"
"""Writes, and may not be repeated."""
NOTE: Final = "note"
"""Writes once for each key."""
LOOK: Final = "look"
"""Only reads."""
TOOLS: Final = (SEND, NOTE, LOOK)
PERSONA: Final = f"""
name = "Helper"
max_output_tokens = {MOST}
instructions = "You help."
tools = ["send", "note", "look"]
"""
ONCE: Final = "a tool that may not be repeated acts once for a call"
TRUE: Final = "what the model reads as done was done, and what it reads as not done was not"


@dataclass
class World:
    """Where tools act."""

    ledger: Ledger
    stage: Stage
    sent: Counter[str] = field(default_factory=Counter)
    """How often it was sent, by the key of the call."""
    noted: set[str] = field(default_factory=set)
    unknown: int = 0
    """Outcomes that the model read as unknown."""

    def act(self, tool: str, caller: Caller) -> ToolResult:
        if tool == SEND:
            self.sent[caller.key] += 1
            self.ledger.require(ONCE, kept=self.sent[caller.key] == 1)
        if tool == NOTE:
            self.noted.add(caller.key)
        return ToolResult(f"{tool} {caller.key}")

    def specs(self, names: Sequence[str]) -> tuple[ToolSpec, ...]:
        return tuple(ToolSpec(name, name, {"type": "object"}) for name in names)

    def prepare(self, call: ToolCall) -> "SimulatedCall":
        return SimulatedCall(self, call.name)

    def was_told(self, prompt: Prompt) -> None:
        """The model reads the results of its calls."""
        for one in prompt.rounds:
            for call, result in zip(one.calls, one.results, strict=True):
                self.unknown += result.is_error
                _, tool, key, _ = [*result.text.split(), "", ""][:4]
                is_done = self.sent[key] == 1 if tool == SEND else tool != NOTE or key in self.noted
                self.ledger.require(TRUE, kept=result.is_error or (tool == call.name and is_done))
                self.ledger.require(
                    "only of what may not be repeated is the outcome unknown",
                    kept=not (result.is_error and call.name != SEND),
                )


@dataclass(frozen=True)
class SimulatedCall:
    """`conversation.tool_ports.Prepared`; to run it is a step at which the process may die."""

    world: World
    name: str

    @property
    def writes(self) -> bool:
        return self.name != LOOK

    @property
    def may_be_repeated(self) -> bool:
        return self.name != SEND

    def run(self, caller: Caller) -> ToolResult:
        return self.world.stage.step(f"tool.{self.name}", lambda: self.world.act(self.name, caller))


@dataclass
class CallingModel(SimulatedModel):
    """Calls tools for as many rounds as the question has stars; never the same calls when it is asked again."""

    world: list[World] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=count)

    def answer(self, prompt: Prompt, *, seconds: float) -> Generator[ModelEvent]:
        if not prompt.tools:
            return super().answer(prompt, seconds=seconds)
        number = len(prompt.rounds)
        self.ledger.was_asked(f"{prompt.question} after {number} rounds", prompt.history, self.run())
        self.world[0].was_told(prompt)
        fail_or_bill(self.fails(), prompt, self.ledger)
        if prompt.may_call and number < prompt.question.count("*"):
            return calling(next(self.numbers))
        return whole(f"answer to {prompt.question}")


def calling(asked: int) -> Generator[ModelEvent]:
    """One to three calls of tools, other ones for each number."""
    names = [TOOLS[(asked + place) % 3] for place in range(1 + asked % 3)]
    calls = tuple(ToolCall(f"call_{asked}_{place}", name, "{}") for place, name in enumerate(names))
    yield Finished(FinishReason.CALLS, USED, calls)


def with_tools(**more: Any) -> tuple[Simulation, World]:
    """A simulation in which the persona has tools, and the world in which they act."""
    worlds: list[World] = []

    def model(ledger: Ledger, run: Callable[[], Run], fails: Callable[[], ModelError | None]) -> CallingModel:
        return CallingModel(ledger, run, fails, world=worlds)

    simulation = Simulation(makes_model=model, toolbox=lambda: worlds[0], persona=PERSONA, **more)
    worlds.append(World(simulation.ledger, simulation.stage))
    return simulation, worlds[0]
