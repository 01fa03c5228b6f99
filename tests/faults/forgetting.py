"""A person who writes in two conversations, and has everything deleted in one while the other is being answered."""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Final, NoReturn

from chalicelib.access import identity
from chalicelib.conversation import summary
from chalicelib.conversation.prompt import Finished, FinishReason, ModelEvent, Prompt
from chalicelib.conversation.tool import ToolCall
from chalicelib.errors import ModelError
from tests.faults.ledger import Ledger, Run
from tests.faults.parts import PRICE, USED, SimulatedModel, whole
from tests.faults.simulation import MOST, Simulation, person_of
from tests.faults.stage import Crash, Site, When

SECRET: Final = "Minka"
"""In every word that Anna says before she has it all deleted."""
PERSONA: Final = f"""
name = "Helper"
max_output_tokens = {MOST}
instructions = "You help."
tools = ["add_to_list", "remember"]
"""
TOOLS: Final = (
    ("add_to_list", f'{{"item": "a basket for {SECRET}"}}'),
    ("remember", f'{{"fact": "the cat is {SECRET}"}}'),
)


@dataclass
class WritingModel(SimulatedModel):
    """Puts the person's words on a list and into the facts before it answers."""

    def answer(self, prompt: Prompt, *, seconds: float) -> Generator[ModelEvent]:
        self.ledger.was_billed(PRICE.cost(USED))
        if prompt.instructions == summary.INSTRUCTIONS:
            return whole(f"The cat is {SECRET}.")
        if prompt.tools and prompt.may_call and len(prompt.rounds) < len(TOOLS) and "cat" in prompt.question:
            return _calling(len(prompt.rounds))
        return whole(f"answer to {prompt.question}")


def _calling(number: int) -> Generator[ModelEvent]:
    name, arguments = TOOLS[number]
    yield Finished(FinishReason.CALLS, USED, (ToolCall(f"call_{number}", name, arguments),))


@dataclass
class ForgetsAt:
    """At one step of a story everything about Anna is deleted, by other processes, before it goes on.

    The process of the step may be gone then. `crashes` are steps of the deletion at which its process dies once.
    """

    site: tuple[int, When] | None = None
    dies: bool = False
    crash: tuple[int, When] | None = None
    """A step of the deletion, counted from its beginning."""
    is_armed: bool = False
    forget: Callable[[], object] = lambda: None
    began_at: int | None = None
    crashes: list[Site] = field(default_factory=list)
    """Where a process died."""

    def at(self, site: Site) -> None:
        if self.began_at is not None:
            if self.crash == (site.number - self.began_at, site.when):
                self.crash = None
                self._die(site)
            return
        if self.is_armed and self.site == (site.number, site.when):
            self.began_at = site.number + 1
            self.forget()
            if self.dies:
                self._die(site)

    def _die(self, site: Site) -> NoReturn:
        self.crashes.append(site)
        raise Crash


def story(faults: ForgetsAt, *, texts: Sequence[str] = (f"my cat is {SECRET}",), **more: Any) -> Simulation:
    """Anna writes in another conversation of hers, and has everything deleted in the first one meanwhile."""

    def model(ledger: Ledger, run: Callable[[], Run], fails: Callable[[], ModelError | None]) -> WritingModel:
        return WritingModel(ledger, run, fails)

    simulation = Simulation(faults=faults, persona=PERSONA, makes_model=model, limit=100, **more)

    def forget() -> None:
        on = simulation.stage.on
        simulation.say("anna", "/forget yes")
        for _ in range(2):  # the webhook, and the worker that it wakes
            simulation.start(simulation._waiting[-1])  # noqa: SLF001 (the newest, whatever else waits)
        simulation.stage.on = on

    faults.forget = forget
    simulation.say("anna", "/memory on")
    simulation.say("anna", f"hello from {SECRET}")
    simulation.run_until_rest()
    simulation.stage.steps.clear()
    faults.is_armed = True
    for text in texts:
        simulation.say("anna~trip", text)
        simulation.run_until_rest()
    return simulation


def texts_in(value: Any) -> Iterator[str]:
    """Every text in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for each in fields(value):
            yield from texts_in(getattr(value, each.name))
    elif isinstance(value, dict):
        for pair in value.items():
            yield from texts_in(pair)
    elif isinstance(value, list | tuple | set | frozenset):
        for element in value:
            yield from texts_in(element)


def words_left(simulation: Simulation) -> list[str]:
    """Texts with a word of those that were to be deleted."""
    return [text for text in texts_in(simulation.memory) if SECRET in text]


def lost_turns(simulation: Simulation) -> list[str]:
    """Turns with words that neither an export nor a later `/forget` would find."""
    known = simulation.memory.people[person_of("anna")].person
    found = identity.conversations_of(known)
    return [
        turn.text for (where, _), kept in simulation.memory.turns.items() if not kept.erased
        for turn in [kept.turn] if turn.text and where not in found
    ]  # fmt: skip
