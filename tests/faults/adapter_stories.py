"""Stories over the real adapter, and counts of what crashes and troubles in them have shown."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from chalicelib.errors import ModelBusy
from tests.contract.troubles import (
    WRITES,
    Request,
    Trouble,
    cancelled,
    closes,
    fails,
    late,
    leaves_out_all_keys,
    names_no_last_key,
    reads_one_key,
    refused,
    short_page,
    times_out,
)
from tests.faults.adapter import Adapter, over_the_adapter
from tests.faults.adapter_memory import scanned
from tests.faults.forgetting import SECRET, ForgetsAt, texts_in
from tests.faults.forgetting import story as forgetting
from tests.faults.schedules import unhappy, unhappy_with
from tests.faults.simulation import Simulation
from tests.faults.stage import CrashesAt, Faults, Site
from tests.faults.tools import World, with_tools

Chooses = Callable[[Request], Trouble | None]
_NOTHING: Final[Chooses] = lambda _: None  # noqa: E731 (a default of one type)


@dataclass
class Told:
    """A story that is over."""

    simulation: Simulation
    items: list[dict[str, Any]]
    """What the table had in the end."""
    requests: int
    """How often DynamoDB was asked, botocore's repetitions included."""
    world: World | None = None
    """Where tools acted."""

    @property
    def broken(self) -> list[str]:
        """Promises, of the ledger's and those that a story with one question has besides."""
        return self.simulation.ledger.broken

    @property
    def shows(self) -> list[str]:
        """What anybody may notice of what went wrong."""
        ledger = self.simulation.ledger
        seen = {
            "the model was asked again": ledger.asked_again,
            "an answer was sent again": ledger.repeated,
            "money stayed set aside": len(ledger.unsettled),
            "the outcome of a tool is unknown": self.world.unknown if self.world else 0,
        }
        return [what for what, number in seen.items() if number]


@contextmanager
def adapter_of(chooses: Chooses = _NOTHING) -> Iterator[tuple[dict[str, Any], list[Adapter]]]:
    """What a simulation has to be given, and its adapter, whose table is deleted at the end of the block."""
    made: list[Adapter] = []
    try:
        yield {"over": over_the_adapter(made, chooses)}, made
    finally:
        for adapter in made:
            adapter.close()


def _told(simulation: Simulation, adapter: Adapter, world: World | None = None) -> Told:
    with adapter.in_peace():
        items = scanned(adapter.table)
    return Told(simulation, items, len(adapter.troubled.requests), world)


def plain(faults: Faults, chooses: Chooses = _NOTHING, **more: Any) -> Told:
    """One question, one answer."""
    with adapter_of(chooses) as (over, made):
        simulation = Simulation(faults=faults, **over, **more)
        simulation.say("anna", "one question")
        return _told(simulation.run_until_rest(), made[0])


def apology(faults: Faults, chooses: Chooses = _NOTHING) -> Told:
    """A question to which the model gives no answer: it is given back."""
    return plain(faults, chooses, model_fails=lambda: ModelBusy("busy"))


def tools(faults: Faults, chooses: Chooses = _NOTHING) -> Told:
    """A question with two rounds of tools."""
    with adapter_of(chooses) as (over, made):
        simulation, world = with_tools(faults=faults, **over)
        simulation.say("anna", "**")
        return _told(simulation.run_until_rest(), made[0], world)


def burst(faults: Faults, chooses: Chooses = _NOTHING) -> Told:
    """Two messages that come together, in the person's room."""
    with adapter_of(chooses) as (over, made):
        simulation = Simulation(faults=faults, **over)
        simulation.say_at_once("anna@kitchen", ["first question", "second question"])
        return _told(simulation.run_until_rest(), made[0])


def forget(faults: ForgetsAt, chooses: Chooses = _NOTHING) -> Told:
    """Somebody has everything deleted in one conversation while another one is answered, with tools."""
    with adapter_of(chooses) as (over, made):
        return _told(forgetting(faults, **over), made[0])


def left_of_words(told: Told) -> list[str]:
    """Texts in the table that a person has had deleted."""
    return [text for item in told.items for text in texts_in(item) if SECRET in text]


def sites(story: Callable[..., Told]) -> Sequence[Site]:
    """Every place of the story in which nothing goes wrong."""
    told = story(CrashesAt())
    assert told.broken == []
    return told.simulation.stage.sites()


def crashed(story: Callable[..., Told], *crashes: Site) -> Told:
    """The story in which a process dies at these places."""
    return story(CrashesAt(frozenset((site.number, site.when) for site in crashes)))


# Chance.


def unclear(random: Random) -> Trouble:
    """A connection that breaks, or an error, before or after the effect."""
    trouble = random.choice((closes, fails, times_out))
    return late(trouble) if random.random() < 0.5 else trouble


def chance_troubles(random: Random, share: float) -> Chooses:
    """Any trouble of a request, at random; also to botocore's repetition, so that some requests fail."""

    def choose(request: Request) -> Trouble | None:
        if random.random() >= share:
            return None
        others: tuple[Trouble, ...] = (refused("ThrottlingException"), refused("RequestLimitExceeded"))
        if request.operation == "TransactWriteItems":
            others = (cancelled("None", "TransactionConflict"), cancelled("ThrottlingError"), *others)
        elif request.operation in WRITES:
            others = (refused("TransactionConflictException"), *others)
        elif request.operation == "BatchGetItem":
            others = (reads_one_key, leaves_out_all_keys, *others)
        elif request.operation == "Query":
            others = (short_page, names_no_last_key, *others)
        return random.choice((unclear(random), *others))

    return choose


def by_chance(seed: int) -> Told:
    """A story as in `schedules.unhappy`, with crashes and errors at requests, and troubles besides."""
    random = Random(f"troubles {seed}")
    with adapter_of(chance_troubles(random, random.choice((0, 0.02, 0.1)))) as (over, made):
        simulation = unhappy(seed, zombies=seed % 5 == 0, **over)
        return _told(simulation.run_until_rest(), made[0])


def tools_by_chance(seed: int) -> Told:
    """The same with questions that need tools."""
    random, worlds = Random(f"troubles {seed}"), list[World]()

    def made_with_tools(**given: Any) -> Simulation:
        simulation, world = with_tools(**given)
        worlds.append(world)
        return simulation

    texts = [f"{'*' * random.randint(0, 2)} question {number}" for number in range(random.randint(1, 2))]
    with adapter_of(chance_troubles(random, random.choice((0, 0.02, 0.1)))) as (over, made):
        simulation = unhappy_with(made_with_tools, seed, texts, **over)
        return _told(simulation.run_until_rest(), made[0], worlds[0])
