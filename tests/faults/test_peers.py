"""The peers work when nothing goes wrong, and the comparison sees what each does when something does."""

from collections.abc import Iterator
from functools import cache

import pytest

from chalicelib.conversation.charged import Charged
from chalicelib.conversation.inbox_steps import Charge
from chalicelib.conversation.turn import Lease
from scripts.peers.bots import BOTS, Bot
from scripts.peers.durable import durable_function
from scripts.peers.outside import LIMIT_REACHED
from scripts.peers.plain import plain_view, view_with_put
from scripts.peers.powertools import idempotent_handler
from tests.fakes.inbox import FakeInbox
from tests.faults import mutants
from tests.faults.comparison import Message, Outcome, Tally, of_parley, of_peer
from tests.faults.peer_world import Aws, aws
from tests.faults.peers import PeerSimulation
from tests.faults.simulation import MakesInbox
from tests.faults.stage import CrashesEachTime, When

SCHEDULES = 80
each_bot = pytest.mark.parametrize("bot", BOTS, ids=lambda bot: bot.make.__name__)


@pytest.fixture(scope="module")
def here() -> Iterator[Aws]:
    with aws() as made:
        yield made


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """No two tests have a person in common."""
    return str(request.node.name).translate(str.maketrans("[]-", "___"))


@each_bot
def test_a_peer_answers_each_message_once_and_refuses_what_is_over_the_limit(here: Aws, bot: Bot, name: str):
    simulation = PeerSimulation(here, bot.make, name=name)
    for number in range(3):
        simulation.say("anna", f"question {number}", number=number)
    simulation.run_until_rest()
    assert list(simulation.answered.values()) == [["answer to question 0"], ["answer to question 1"], [LIMIT_REACHED]]
    assert (simulation.asked.total(), simulation.charged.total()) == (2, 2)
    assert len(simulation.acknowledged) == 3


def told(here: Aws, make, name: str, *, call: str, when: When, repeated: bool = False) -> PeerSimulation:
    """One message, and a process that dies once."""
    simulation = PeerSimulation(here, make, CrashesEachTime(call, when, left=1), limit=9, name=name)
    said = simulation.say("anna", "a question", number=0)
    if repeated:
        simulation.repeat(said)
    return simulation.run_until_rest()


def test_a_plain_view_answers_a_repeated_message_again(here: Aws, name: str):
    simulation = told(here, plain_view, name, call="nothing", when=When.AFTER, repeated=True)
    assert [len(texts) for texts in simulation.answered.values()] == [2]


def test_a_view_with_a_put_loses_the_message_over_which_it_dies(here: Aws, name: str):
    simulation = told(here, view_with_put, name, call="model.answer", when=When.BEFORE)
    assert simulation.answered == {}
    assert simulation.charged.total() == 1


@pytest.mark.parametrize(("when", "sent"), [(When.BEFORE, 1), (When.AFTER, 2)])
def test_an_idempotent_handler_that_died_runs_again_when_its_time_is_over(here: Aws, name: str, when: When, sent: int):
    simulation = told(here, idempotent_handler, name, call="sender.deliver", when=when, repeated=True)
    assert [len(texts) for texts in simulation.answered.values()] == [sent]
    assert (simulation.asked.total(), simulation.charged.total()) == (2, 2)


@pytest.mark.parametrize(
    ("call", "calls"), [("dynamodb.transact_write_items", 1), ("model.answer", 2), ("sender.deliver", 1)]
)
def test_a_durable_function_repeats_only_the_step_that_died(here: Aws, name: str, call: str, calls: int):
    simulation = told(here, durable_function, name, call=call, when=When.AFTER, repeated=True)
    assert (simulation.asked.total(), simulation.charged.total()) == (calls, 1)


@each_bot
def test_the_same_seed_is_the_same_schedule(here: Aws, bot: Bot, name: str):
    first, second = (of_peer(here, bot.make, 3, f"{name}-{number}") for number in range(2))
    assert [vars(message) | {"person": ""} for message in first[0]] == [
        vars(message) | {"person": ""} for message in second[0]
    ]
    assert first[1] == second[1]


def test_parley_on_the_same_schedules_loses_charges_and_exchanges_nothing():
    tally = Tally()
    for seed in range(SCHEDULES):
        tally.add(*parley_as_it_is(seed))
    assert sum(tally.crashes.values()) > 20
    wrong = tally.unanswered, tally.charged_twice, tally.charged_for_nothing, tally.kept_out_of_order
    assert (*wrong, tally.over_limit, tally.refused_early) == (0, 0, 0, 0, 0, 0)


class CountsTwice(FakeInbox):
    """Counts each question on the person twice."""

    def charge(self, lease: Lease, step: Charge, *, now: int, until: int) -> Charged:
        charged = super().charge(lease, step, now=now, until=until)
        if charged is Charged.CHARGED:
            self.memory.people[step.turn.person].count(step.day, 1)
        return charged


@pytest.mark.parametrize(
    ("lacks", "count"),
    [
        (mutants.KeepsNothing, "unanswered"),
        (mutants.LosesReceipts, "answered_twice"),
        (CountsTwice, "charged_twice"),
        (CountsTwice, "refused_early"),
        (mutants.TakesHeldLeases, "asked_again"),
        (mutants.LoadsBackwards, "kept_out_of_order"),
    ],
)
def test_the_comparison_sees_what_parley_lacks(lacks: MakesInbox, count: str):
    as_it_is, without = Tally(), Tally()
    for seed in range(SCHEDULES):
        as_it_is.add(*parley_as_it_is(seed))
        without.add(*of_parley(seed, lacks))
        if getattr(without, count) > getattr(as_it_is, count):
            return
    pytest.fail("both are the same")


@cache
def parley_as_it_is(seed: int) -> Outcome:
    return of_parley(seed)


def test_the_tally_counts_each_kind_of_wrong():
    first = Message("anna", 0, asked=2, charged=2, sent=2, has_answer=True, begun=0, acknowledged=1, first_sent=2)
    second = Message("anna", 1, asked=1, charged=1, sent=1, has_answer=True, begun=1, first_sent=0)
    third = Message("anna", 2, asked=1, charged=1, sent=1, has_answer=True, begun=2, first_sent=1)
    lost, refused = Message("bert", 3, charged=1), Message("bert", 4, sent=1, first_sent=3)
    tally = Tally()
    tally.add([first, second, third, lost, refused], crashes=["before a", "after b", "before a"])
    assert tally == Tally(
        schedules=1,
        crashes={"before a": 2, "after b": 1},
        messages=5,
        unanswered=1,
        answered_twice=1,
        charged_twice=1,
        charged_for_nothing=1,
        out_of_order=1,
        kept_out_of_order=1,
        over_limit=1,
        refused_early=1,
        asked=4,
        asked_again=1,
        answered=3,
    )
    both = tally + tally
    assert (both.schedules, both.crashes, both.messages, both.answered) == (2, {"after b": 2, "before a": 4}, 10, 6)
