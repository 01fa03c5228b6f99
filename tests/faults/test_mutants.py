"""The simulation can fail: whatever safeguard is taken away, some story breaks a promise."""

from collections.abc import Callable, Mapping
from functools import partial

import pytest

from chalicelib.errors import DeliveryError
from tests.fakes.inbox import FakeInbox
from tests.faults import mutants
from tests.faults.schedules import happy, monthly, poor, thrifty, unhappy
from tests.faults.simulation import MakesInbox, Simulation
from tests.faults.stage import CrashesEachTime, When

MOST = 1000
FEW = 30
RARE: Mapping[MakesInbox, int] = {mutants.HasNoLimit: 430, mutants.Unfenced: 460}
"""Where to begin: the first story that goes wrong comes late, and those before it need not be told each time."""
Story = Callable[..., Simulation]


def outlived(seed: int, *, makes_inbox: MakesInbox) -> Simulation:
    return unhappy(seed, makes_inbox=makes_inbox, zombies=True)


def model_dies(_: int, *, makes_inbox: MakesInbox) -> Simulation:
    """Whoever asks the model dies of it, three times."""
    simulation = Simulation(faults=CrashesEachTime("model.answer", When.AFTER, left=3), makes_inbox=makes_inbox)
    simulation.say("anna", "a poisonous question")
    return simulation


def sending_dies(makes_inbox: MakesInbox) -> Simulation:
    simulation = Simulation(
        faults=CrashesEachTime("sender.deliver", When.AFTER, left=1), echoes=True, makes_inbox=makes_inbox
    )
    simulation.say("anna", "a question")
    return simulation.run_until_rest()


def sending_dies_each_time(_: int, *, makes_inbox: MakesInbox) -> Simulation:
    """Whoever delivers dies of it, again and again."""
    simulation = Simulation(faults=CrashesEachTime("sender.deliver", When.AFTER, left=20), makes_inbox=makes_inbox)
    simulation.say("anna", "a question whose answer is poisonous")
    return simulation


def sending_fails(_: int, *, makes_inbox: MakesInbox) -> Simulation:
    """Nothing can be sent for a while."""
    errors = iter([DeliveryError("code 613")] * 3)
    simulation = Simulation(sender_fails=lambda: next(errors, None), makes_inbox=makes_inbox)
    simulation.say("anna", "a question")
    return simulation


def all_at_once(seed: int, *, makes_inbox: MakesInbox) -> Simulation:
    """Somebody writes several messages in one millisecond; they come in one body."""
    simulation = Simulation(limit=5, makes_inbox=makes_inbox)
    simulation.say_at_once("anna", [f"question {number} of {seed}" for number in range(5)])
    return simulation


def noticed(makes_inbox: MakesInbox, story: Story, most: int = MOST, first: int = 0) -> list[str]:
    """What the first bad story breaks; nothing when there is no bad story."""
    told = (story(seed, makes_inbox=makes_inbox).run_until_rest() for seed in range(first, first + most))
    return next((simulation.ledger.broken for simulation in told if simulation.ledger.broken), [])


@pytest.mark.parametrize(
    ("mutant", "story", "broken"),
    [
        (mutants.TakesDuplicates, happy, "what waits is counted"),
        (mutants.KeepsNothing, happy, "an accepted message is kept"),
        (mutants.TakesHeldLeases, happy, "two workers work on one conversation"),
        (mutants.NeverTakesOver, unhappy, "everything comes to an end"),
        (mutants.Unfenced, outlived, "a worker writes after another one took its conversation"),
        (mutants.IgnoresArrivals, happy, "what waits can be found"),
        (mutants.KeepsPlaces, happy, "a place is taken as long as a conversation is open"),
        (mutants.TakesPlacesForEachMessage, happy, "a place is taken as long as a conversation is open"),
        (mutants.HasNoLimit, happy, "nobody is over the limit"),
        (mutants.ForgetsCalls, model_dies, "the model is asked more than twice"),
        (mutants.SpendsWithoutEnd, thrifty, "no day costs more than the owner allows"),
        (mutants.ForgetsTheMonth, monthly, "no month costs more than the owner allows"),
        (mutants.ForgetsTheDaysBefore, monthly, "no month costs more than the owner allows"),
        (mutants.AsksAgainWithoutEnd, monthly, "no month costs more than the owner allows"),
        (mutants.AsksAgainWithoutEnd, poor, "no day costs more than the owner allows"),
        (mutants.AsksAgainForNothing, unhappy, "the day's bill is what was set aside and not given back"),
        (mutants.GivesAllMoneyBack, happy, "what the provider wants is counted"),
        (mutants.KeepsAllMoney, happy, "the day's bill is what was set aside and not given back"),
        (mutants.SettlesTwice, happy, "no day costs more than the owner allows"),
        (mutants.KeepsCharges, unhappy, "charged is who got an answer of the model"),
        (mutants.GivesBackTwice, unhappy, "used is what was charged"),
        (mutants.LoadsBackwards, happy, "answers come in the order of the questions"),
        (mutants.LosesSightOfTheRest, unhappy, "what waits can be found"),
        (mutants.ForgetsDeliveries, sending_dies_each_time, "an answer is tried a few times at most"),
        (
            mutants.DeliversAgainAtOnce,
            sending_fails,
            "an attempt to deliver that failed is not repeated before its time",
        ),
        (mutants.ForgetsPlaces, all_at_once, "answers come in the order of the questions"),
    ],
)
def test_an_inbox_without_this_safeguard_breaks_a_promise(mutant: MakesInbox, story: Story, broken: str):
    assert broken in noticed(mutant, story, first=RARE.get(mutant, 0))


@pytest.mark.parametrize("story", [sending_dies_each_time, sending_fails, all_at_once])
def test_with_all_safeguards_these_stories_break_no_promise(story: Story):
    assert noticed(FakeInbox, story, most=5) == []


def test_with_all_safeguards_whoever_asks_may_die_of_it_and_no_promise_is_broken():
    assert noticed(FakeInbox, model_dies, most=1) == []


def test_without_receipts_an_answer_is_sent_twice_even_with_echoes():
    assert [sending_dies(inbox).ledger.repeated for inbox in (FakeInbox, mutants.LosesReceipts)] == [0, 1]


@pytest.mark.parametrize("story", [happy, unhappy, outlived])
def test_a_turn_that_may_be_charged_while_it_runs_makes_no_difference(story: Story):
    assert noticed(mutants.ChargesRunningTurns, story, most=FEW) == []


@pytest.mark.parametrize("sweeps", [True, False])
def test_only_the_heartbeat_makes_up_for_a_wake_that_was_lost(*, sweeps: bool):
    lost = iter([True])
    simulation = Simulation(wake_fails=partial(next, lost, False), sweeps=sweeps)
    simulation.say("anna", "a question")
    assert ("every message comes to its end" in simulation.run_until_rest().ledger.broken) is not sweeps


@pytest.mark.parametrize("sweeps", [True, False])
def test_only_the_heartbeat_makes_up_for_a_worker_whose_retry_met_its_own_lease(*, sweeps: bool):
    simulation = Simulation(faults=CrashesEachTime("inbox.load", When.BEFORE, left=1), sweeps=sweeps)
    simulation.say("anna", "a question")
    assert ("every message comes to its end" in simulation.run_until_rest().ledger.broken) is not sweeps
