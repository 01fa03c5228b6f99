"""Hypothesis tells stories of its own, in which also the owner acts and people have themselves forgotten."""

from dataclasses import dataclass, field

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chalicelib.access.person import Access
from tests.faults.schedules import TIGHT
from tests.faults.simulation import ENOUGH, MOST, Call, Simulation, person_of
from tests.faults.stage import Crash, Site, When

PEOPLE = ("anna", "bert")
LIMIT = 2
MOST_OPEN = 4

anybody = st.sampled_from(PEOPLE)


@dataclass
class CrashesSoon:
    """The process dies at steps still to come."""

    numbers: set[tuple[int, When]] = field(default_factory=set)

    def at(self, site: Site) -> None:
        if (site.number, site.when) in self.numbers:
            raise Crash


class AnyStory(RuleBasedStateMachine):
    @initialize(echoes=st.booleans(), budget=st.sampled_from((ENOUGH, ENOUGH, TIGHT, 3 * MOST)))
    def begin(self, *, echoes: bool, budget: int) -> None:
        self.faults = CrashesSoon()
        self.simulation = Simulation(faults=self.faults, limit=LIMIT, budget=budget, echoes=echoes)
        self.delivered: list[Call] = []
        self.said = 0

    def waiting(self, psid: str) -> int:
        place = person_of(psid)
        return len(self.simulation.calls) + sum(
            kept.turn.is_open for kept in self.simulation.memory.turns.values() if kept.turn.person == place
        )

    def knows(self, psid: str) -> bool:
        return person_of(psid) in self.simulation.memory.people

    @rule(psid=anybody, text=st.sampled_from(("question", "question", "/usage", "/forget yes")))
    def say(self, psid: str, text: str) -> None:
        if self.waiting(psid) < MOST_OPEN:
            self.said += 1
            words = f"{text} {self.said}" if text == "question" else text
            self.delivered.append(self.simulation.say(psid, words, number=self.said))

    @precondition(lambda self: self.delivered)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        self.simulation.repeat(data.draw(st.sampled_from(self.delivered)))

    @rule(steps=st.integers(1, 6))
    def go_on(self, steps: int) -> None:
        for _ in range(steps):
            self.simulation.start_next()

    @rule(ahead=st.integers(0, 12), when=st.sampled_from(When))
    def crash(self, ahead: int, when: When) -> None:
        self.faults.numbers.add((len(self.simulation.stage.steps) + ahead, when))

    @rule(seconds=st.sampled_from((1, 20, 70, 130)))
    def wait(self, seconds: int) -> None:
        self.simulation.clock.tick(seconds=seconds)

    @rule()
    def beat(self) -> None:
        self.simulation.beat()

    @rule(psid=anybody, access=st.sampled_from((Access.BLOCKED, Access.DEFAULT)))
    def decide(self, psid: str, access: Access) -> None:
        if self.knows(psid):
            self.simulation.decide(psid, access)

    @rule(psid=anybody, limit=st.integers(0, 4))
    def limit(self, psid: str, limit: int) -> None:
        if self.knows(psid):
            self.simulation.ledger.limit = max(self.simulation.ledger.limit, limit)
            self.simulation.decide(psid, Access.DEFAULT, limit)

    @invariant()
    def no_promise_is_broken(self) -> None:
        assert self.simulation.ledger.broken == []

    def teardown(self) -> None:
        if hasattr(self, "simulation"):
            self.simulation.run_until_rest()
            assert self.simulation.ledger.broken == []


STORIES = settings(
    max_examples=4 * settings().max_examples,
    stateful_step_count=30,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
AnyStory.TestCase.settings = STORIES
TestAnyStory = AnyStory.TestCase
