"""Tools under crashes: at every port call of every round, and in stories made of chance, none acts twice."""

from collections.abc import Mapping, Sequence
from functools import cache
from random import Random
from typing import Any, Final

import pytest

from chalicelib.access.budget import Settlement
from chalicelib.conversation.journal import OpenRound
from chalicelib.conversation.tool import ToolResult
from chalicelib.conversation.turn import Lease, Turn
from tests.fakes.journal import FakeJournal
from tests.fakes.memory import KeptRound
from tests.faults.schedules import unhappy_with
from tests.faults.shares import seeds, some
from tests.faults.simulation import MOST, MakesJournal, Simulation, person_of
from tests.faults.stage import CrashesAt, CrashesEachTime, Site, When
from tests.faults.tools import ONCE, World, with_tools

QUESTION: Final = "***"
"""As many rounds of tools as there may be; in each of them other tools."""
UNKNOWN: Final = {
    "after journal.start",
    "before tool.send",
    "after tool.send",
    "before journal.end",
}
"""Where a crash leaves open whether the tool has acted."""


def tell(*, text: str = QUESTION, **more: Any) -> tuple[Simulation, World]:
    simulation, world = with_tools(**more)
    simulation.say("anna", text)
    return simulation.run_until_rest(), world


@cache
def sites(**more: Any) -> Sequence[Site]:
    simulation, _ = tell(**more)
    assert simulation.ledger.broken == []
    return tuple(simulation.stage.sites())


@cache
def crash(*crashes: Site, **more: Any) -> tuple[Simulation, World]:
    """Tell the story once for all tests that only look at what became of it."""
    return tell(faults=CrashesAt(numbers(*crashes)), **more)


def numbers(*crashes: Site) -> frozenset[tuple[int, When]]:
    return frozenset((site.number, site.when) for site in crashes)


def test_the_story_without_a_crash_is_the_one_that_is_drawn():
    calls = [site.call for site in sites(text="**") if site.when is When.BEFORE]
    one = ["inbox.charge", "sender.responding", "model.answer", "journal.begin"]
    first = ["journal.start", "tool.send", "journal.end", "inbox.call_again", "model.answer", "journal.begin"]
    second = ["journal.start", "tool.note", "journal.end", "tool.look", "journal.end", "inbox.call_again"]
    end = ["model.answer", "inbox.record", "sender.deliver", "inbox.finish"]
    news = ["people.get", "new_people.may_tell", "notifier.send", "new_people.told"]
    assert calls[calls.index("inbox.charge") :] == [*one, *first, *second, *end, *news]


def test_wherever_a_worker_dies_every_tool_acts_once_and_the_person_gets_one_answer_for_one_question():
    for site in sites():
        simulation, world = crash(site)
        assert simulation.ledger.broken == [], site
        assert len(simulation.ledger.sent) == simulation.ledger.used(person_of("anna")) == 1, site
        assert set(world.sent.values()) <= {1}, site


def test_the_outcome_is_unknown_only_where_nobody_can_know_it():
    found = {str(site) for site in sites() if crash(site)[1].unknown}
    assert found == UNKNOWN


def test_a_crash_costs_at_most_one_more_call_of_the_model_and_its_money_stays_set_aside():
    for site in sites():
        simulation, _ = crash(site)
        assert simulation.ledger.asked_again <= 1, site
        assert sum(amount for _, amount in simulation.ledger.unsettled) in {0, MOST}, site


def test_without_a_crash_all_calls_of_the_model_are_settled():
    simulation, world = tell()
    assert (simulation.ledger.unsettled, simulation.ledger.asked_again, world.unknown) == ([], 0, 0)
    assert simulation.ledger.settled == simulation.ledger.billed == 4 * 5


@some(30)
def test_two_crashes_at_any_two_places_break_no_promise(part: slice):
    pairs = 0
    for first in sites(text="**"):
        after_first = crash(first, text="**")[0].stage.sites()
        for second in after_first[2 * first.number + 1 :][part]:
            simulation, world = tell(faults=CrashesAt(numbers(first, second)), text="**")
            assert simulation.ledger.broken == [], (first, second)
            assert len(simulation.ledger.sent) == 1, (first, second)
            assert set(world.sent.values()) <= {1}, (first, second)
            pairs += 1
    assert pairs > 50


@pytest.mark.parametrize(
    "call", ["tool.send", "tool.note", "tool.look", "journal.begin", "journal.end", "model.answer"]
)
@pytest.mark.parametrize("when", When)
def test_a_worker_that_dies_each_time_over_one_step_ends_with_an_answer_or_an_apology(call: str, when: When):
    simulation, world = tell(faults=CrashesEachTime(call, when, left=2))
    assert simulation.ledger.broken == []
    assert len(simulation.ledger.sent) == 1
    assert set(world.sent.values()) <= {1}


def chance(seed: int, **more: Any) -> tuple[Simulation, World]:
    """People write questions that need tools, and much goes wrong."""
    told: list[World] = []

    def made(**given: Any) -> Simulation:
        simulation, world = with_tools(**given)
        told.append(world)
        return simulation

    random = Random(seed)
    texts = [f"{'*' * random.randint(0, 3)} question {number} of {seed}" for number in range(random.randint(1, 3))]
    return unhappy_with(made, seed, texts, **more), told[0]


@seeds(60, full=20_000)
def test_in_any_story_no_tool_acts_twice_and_quota_and_budget_hold(seeds: range):
    acted = unknown = 0
    for seed in seeds:
        simulation, world = chance(
            seed, zombies=seed % 3 == 0, budget=((3 + seed % 5) * MOST if seed % 2 else 1000 * MOST)
        )
        simulation.run_until_rest()
        assert simulation.ledger.broken == [], f"seed {seed}: {getattr(simulation.faults, 'happened', [])}"
        acted += world.sent.total() + len(world.noted)
        unknown += world.unknown
    assert acted > len(seeds)
    assert unknown


class ActsBeforeItWrites(FakeJournal):
    """Stores a round only when its last call has ended."""

    def begin(self, lease: Lease, turn: Turn, asked: OpenRound, settlement: Settlement, *, until: int) -> None:
        self.waiting[turn.id] = (turn, asked, settlement)

    def start(self, lease: Lease, turn: Turn, number: int, call: int, *, until: int) -> None:
        self.memory.held(lease)

    def end(self, lease: Lease, turn: Turn, number: int, call: int, result: ToolResult, *, until: int) -> None:
        if turn.id in self.waiting:
            super().begin(lease, *self.waiting.pop(turn.id), until=until)
        super().end(lease, turn, number, call, result, until=until)

    @property
    def waiting(self) -> dict[str, Any]:
        waiting: dict[str, Any] = self.__dict__.setdefault("_waiting", {})
        return waiting


class MarksNoStart(FakeJournal):
    """Does not note that a call begins."""

    def start(self, lease: Lease, turn: Turn, number: int, call: int, *, until: int) -> None:
        self.memory.held(lease).lease_until = until


class Unfenced(FakeJournal):
    """Lacks owner and fence."""

    def begin(self, lease: Lease, turn: Turn, asked: OpenRound, settlement: Settlement, *, until: int) -> None:
        super().begin(self._mine(lease), turn, asked, settlement, until=until)

    def start(self, lease: Lease, turn: Turn, number: int, call: int, *, until: int) -> None:
        super().start(self._mine(lease), turn, number, call, until=until)

    def end(self, lease: Lease, turn: Turn, number: int, call: int, result: ToolResult, *, until: int) -> None:
        super().end(self._mine(lease), turn, number, call, result, until=until)

    def _mine(self, lease: Lease) -> Lease:
        found = self.memory.conversations[lease.conversation]
        return Lease(lease.conversation, found.lease_owner or "", found.fence, 0, 0)


class StartsTwice(FakeJournal):
    """Lacks `not started` and `no result` in start."""

    def start(self, lease: Lease, turn: Turn, number: int, call: int, *, until: int) -> None:
        kept = self.memory.rounds[turn.conversation, turn.id, number]
        begun = OpenRound(kept.round.calls, kept.round.text, kept.round.thoughts)
        before, kept.round = kept.round, begun
        try:
            super().start(lease, turn, number, call, until=until)
        finally:
            kept.round = OpenRound(
                before.calls, before.text, before.thoughts, before.started | kept.round.started, before.results
            )


class UnfencedAndStartsTwice(Unfenced, StartsTwice):
    """Lacks both, each of which is enough."""


class SettlesNoRound(FakeJournal):
    """Stores a round and keeps what was set aside for its call."""

    def begin(self, lease: Lease, turn: Turn, asked: OpenRound, settlement: Settlement, *, until: int) -> None:
        self.memory.held(lease).lease_until = until
        self.memory.rounds[turn.conversation, turn.id, turn.rounds] = KeptRound(asked, until)
        self.memory.turn_in(turn, turn.state).change(rounds=turn.rounds + 1, calls_before=turn.model_calls)


RARE: Final[Mapping[MakesJournal, int]] = {UnfencedAndStartsTwice: 1300}
"""Where to begin: the first story that goes wrong comes late."""


def breaks(promise: str, mutant: MakesJournal, stories: range, **more: Any) -> bool:
    """Whether one of the stories breaks the promise."""
    told = (chance(seed, makes_journal=mutant, **more)[0] for seed in stories)
    return any(promise in simulation.run_until_rest().ledger.broken for simulation in told)


@pytest.mark.parametrize(
    ("mutant", "more", "broken"),
    [
        (ActsBeforeItWrites, {}, ONCE),
        (MarksNoStart, {}, ONCE),
        (UnfencedAndStartsTwice, {"zombies": True}, ONCE),
        (Unfenced, {"zombies": True}, "a worker writes after another one took its conversation"),
        (SettlesNoRound, {}, "the day's bill is what was set aside and not given back"),
    ],
)
def test_a_journal_without_this_safeguard_breaks_a_promise(mutant: MakesJournal, more: dict[str, Any], broken: str):
    first = RARE.get(mutant, 0)
    assert breaks(broken, mutant, range(first, first + 500), **more)


@pytest.mark.parametrize("mutant", [Unfenced, StartsTwice])
def test_the_fence_and_the_mark_each_keep_a_call_from_being_started_twice(mutant: MakesJournal):
    assert not breaks(ONCE, mutant, range(40), zombies=True)
