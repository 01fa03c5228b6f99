"""The checks of the ledger can fail: some story shows what an inbox counts wrongly, or lacks when a turn ends."""

from collections.abc import Callable
from itertools import product
from random import Random

import pytest

from chalicelib.access.person import Access
from chalicelib.access.quota import REFUNDS_A_DAY
from chalicelib.errors import ModelBusy
from tests.fakes.inbox import FakeInbox
from tests.faults import check_mutants, mutants
from tests.faults.schedules import happy, unhappy
from tests.faults.simulation import MakesInbox, Simulation
from tests.faults.stage import Site, When

MOST = 40
Story = Callable[..., Simulation]


def two_rooms_fail(seed: int, *, makes_inbox: MakesInbox) -> Simulation:
    """The model answers nothing, and a person asks in two rooms, in each as often as is refunded a day."""
    simulation = Simulation(
        limit=20, random=Random(seed), model_fails=lambda: ModelBusy("busy"), makes_inbox=makes_inbox
    )
    for room, number in product(("kitchen", "garden"), range(REFUNDS_A_DAY)):
        simulation.say(f"anna@{room}", f"question {number} in the {room}", number=number)
    return simulation


def bursts(seed: int, *, makes_inbox: MakesInbox) -> Simulation:
    """Messages that follow each other are answered together, and much goes wrong."""
    return unhappy(seed, joins_messages=True, makes_inbox=makes_inbox)


def blocked_meanwhile(_: int, *, makes_inbox: MakesInbox) -> Simulation:
    """The owner blocks a person whose message is accepted and not charged yet."""
    blocks = Blocks()
    simulation = Simulation(faults=blocks, makes_inbox=makes_inbox)
    blocks.simulation = simulation
    simulation.say("anna", "a question")
    return simulation


class Blocks:
    """Blocks all who wrote, before the first charge."""

    simulation: Simulation

    def at(self, site: Site) -> None:
        if (site.call, site.when) == ("inbox.charge", When.BEFORE):
            for known in self.simulation.memory.people.values():
                known.change(access=Access.BLOCKED)


def broken(makes_inbox: MakesInbox, story: Story, first: int = 0) -> set[str]:
    """What the stories of these seeds break."""
    told = (story(seed, makes_inbox=makes_inbox).run_until_rest() for seed in range(first, first + MOST))
    return next((set(simulation.ledger.broken) for simulation in told if simulation.ledger.broken), set())


@pytest.mark.parametrize(
    ("mutant", "story", "promise", "first"),
    [
        (check_mutants.LosesTheChannel, happy, "the channels' parts are the whole", 0),
        (check_mutants.LosesThePersona, happy, "the parts are the whole", 0),
        (check_mutants.LosesTheHour, happy, "every question has its hour", 0),
        (check_mutants.CountsForNoPerson, happy, "what nobody asked for is counted for no person", 0),
        (check_mutants.LosesThePersonsDay, happy, "what people have spent is the whole", 0),
        (check_mutants.LosesThePersonsMonth, happy, "the months of people are the whole", 0),
        (check_mutants.LosesThePersonsQuestions, happy, "the questions of people are all", 0),
        (check_mutants.LosesThePersonsQuestions, happy, "what is asked and not refunded is charged", 0),
        (check_mutants.CountsRefundsTwice, unhappy, "the refunds of people are all", 0),
        (check_mutants.CountsBackwards, unhappy, "nothing is counted backwards", 0),
        (check_mutants.RefundsWithoutEnd, two_rooms_fail, "refunds are few", 0),
        (check_mutants.TakesStoredForSent, unhappy, "what is done was sent", 0),
        (check_mutants.JoinsToNone, bursts, "what is joined is asked", 0),
        (check_mutants.AnswersBlocked, blocked_meanwhile, "a person who is blocked is not answered", 0),
        (mutants.KeepsAllMoney, happy, "no more is counted than was billed, is open, or is unknown", 0),
        (mutants.TakesDuplicates, happy, "a conversation with nothing to do is at rest", 0),
        (mutants.TakesDuplicates, happy, "the model is told something else than what was said", 6),
        (mutants.TakesHeldLeases, happy, "an answer is sent again although its sending was not cut off", 0),
        (mutants.TakesHeldLeases, happy, "the model is asked again although somebody else is at it", 12),
    ],
)
def test_an_inbox_that_miscounts_or_lacks_this_safeguard_breaks_a_promise(
    mutant: MakesInbox, story: Story, promise: str, first: int
):
    assert promise in broken(mutant, story, first)


@pytest.mark.parametrize("story", [two_rooms_fail, bursts, blocked_meanwhile])
def test_with_all_safeguards_these_stories_break_no_promise(story: Story):
    assert broken(FakeInbox, story) == set()
