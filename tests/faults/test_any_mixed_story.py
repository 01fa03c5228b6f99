"""Hypothesis tells stories of people on both channels, of the owner, and of crashes at steps still to come."""

from random import Random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.faults.mixed import OPEN, ROOMS, SHOP, Mixed, begun, enter
from tests.faults.mixed_promises import run
from tests.faults.stage import When
from tests.faults.test_any_story import CrashesSoon

PAGES = st.integers(0, 2)
MOST_SAID = 25


class AnyMixedStory(RuleBasedStateMachine):
    @initialize(seed=st.integers(0, 1000), room=st.sampled_from((None, "kitchen")))
    def begin(self, *, seed: int, room: str | None) -> None:
        self.faults = CrashesSoon()
        self.told: Mixed = begun(Random(seed), self.faults)
        self.said = 0
        for visitor in ("cleo", "dora", None):
            enter(self.told, visitor, SHOP if visitor else OPEN, room=room).opens()
        self.go_on(seconds=2)

    @rule(page=PAGES, stars=st.integers(0, 2), room=st.sampled_from((None, None, *ROOMS)))
    def ask(self, page: int, stars: int, room: str | None) -> None:
        self.say(page, self.told.text(f"question{'*' * stars}"), room)

    @rule(page=PAGES, words=st.sampled_from(("/reset", "/forget yes", "/memory on", "/remember mark9999x")))
    def command(self, page: int, words: str) -> None:
        self.say(page, words, None)

    def say(self, page: int, words: str, room: str | None) -> None:
        if self.said < MOST_SAID:
            self.said += 1
            self.told.browsers[page].says(words, room=room)

    @rule(psid=st.sampled_from(("anna", "bert")))
    def write(self, psid: str) -> None:
        if self.said < MOST_SAID:
            self.said += 1
            self.told.simulation.say(psid, self.told.text("question"))

    @rule(page=PAGES, notices_after=st.sampled_from((0.1, 5)))
    def lose(self, page: int, notices_after: float) -> None:
        self.told.browsers[page].loses_the_connection(notices_after=notices_after)

    @rule(ahead=st.integers(0, 25), when=st.sampled_from(When))
    def crash(self, ahead: int, when: When) -> None:
        self.faults.numbers.add((len(self.told.simulation.stage.steps) + ahead, when))

    @rule(seconds=st.sampled_from((0.3, 1, 4, 30)))
    def go_on(self, seconds: float) -> None:
        self.told.simulation.run_for(seconds)

    @invariant()
    def no_promise_is_broken(self) -> None:
        if hasattr(self, "told"):
            assert self.told.simulation.ledger.broken == []

    def teardown(self) -> None:
        if hasattr(self, "told"):
            assert run(self.told).simulation.ledger.broken == []


AnyMixedStory.TestCase.settings = settings(
    stateful_step_count=25,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
TestAnyMixedStory = AnyMixedStory.TestCase
