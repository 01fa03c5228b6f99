"""The web chat's promises can be broken: whatever safeguard of a key is taken away, some story shows it."""

from collections.abc import Callable
from itertools import count

import pytest

from chalicelib.errors import ModelBusy
from tests.fakes.inbox import FakeInbox
from tests.faults import mutants
from tests.faults.simulation import MakesInbox
from tests.faults.web import WebSimulation

Story = Callable[[MakesInbox], WebSimulation]


def broken(simulation: WebSimulation) -> list[str]:
    charged, on_the_person, on_the_key = simulation.charged
    key, asked = simulation.chat.key, len(simulation.asked)
    counted = sum(sum(known.person.refunds.values()) for known in simulation.chat.memory.people.values())
    promises = {
        "what is shown is what is kept": simulation.tab.reads().screen == simulation.stored or simulation.tab.is_closed,
        "the person counts what was charged": charged == on_the_person,
        "the key counts what was charged": charged + counted == on_the_key,
        "no key is used more than it is good for": key.max_messages is None or asked <= key.max_messages,
        "a key that is not valid answers nothing": key.is_valid(now=simulation.chat.clock()) or asked == 0,
    }
    return [promise for promise, kept in promises.items() if not kept]


def with_one_left(makes_inbox: MakesInbox) -> WebSimulation:
    simulation = WebSimulation(makes_inbox=makes_inbox)
    simulation.chat.changes_key(max_messages=1)
    return simulation.ask("the last question").ask("one more")


def with_a_revoked_key(makes_inbox: MakesInbox) -> WebSimulation:
    simulation = WebSimulation(makes_inbox=makes_inbox)
    simulation.chat.changes_key(revoked_at=simulation.chat.clock())
    return simulation.ask("a question")


def with_a_key_whose_time_is_over(makes_inbox: MakesInbox) -> WebSimulation:
    simulation = WebSimulation(makes_inbox=makes_inbox)
    simulation.chat.changes_key(expires_at=simulation.chat.clock())
    return simulation.ask("a question")


def with_a_model_that_fails_once(makes_inbox: MakesInbox) -> WebSimulation:
    return _failing_once(makes_inbox, ModelBusy("the answer broke off"))


def with_a_model_that_is_out_of_reach_once(makes_inbox: MakesInbox) -> WebSimulation:
    outage = ModelBusy("too many requests")
    outage.may_be_billed = False
    return _failing_once(makes_inbox, outage)


def _failing_once(makes_inbox: MakesInbox, error: ModelBusy) -> WebSimulation:
    calls = count()
    simulation = WebSimulation(makes_inbox=makes_inbox, model_fails=lambda: error if next(calls) == 0 else None)
    return simulation.ask("a question").ask("the same again")


STORIES: list[Story] = [
    with_one_left,
    with_a_revoked_key,
    with_a_key_whose_time_is_over,
    with_a_model_that_fails_once,
    with_a_model_that_is_out_of_reach_once,
]


@pytest.mark.parametrize("story", STORIES)
def test_with_all_safeguards_no_promise_is_broken(story: Story):
    assert broken(story(FakeInbox)) == []


@pytest.mark.parametrize(
    ("mutant", "story", "promise"),
    [
        (mutants.AnswersForSpentKeys, with_one_left, "no key is used more than it is good for"),
        (mutants.AnswersForRevokedKeys, with_a_revoked_key, "a key that is not valid answers nothing"),
        (mutants.AnswersForRevokedKeys, with_a_key_whose_time_is_over, "a key that is not valid answers nothing"),
        (mutants.CountsNothingOnKeys, with_one_left, "the key counts what was charged"),
        (mutants.KeepsChargesOnKeys, with_a_model_that_is_out_of_reach_once, "the key counts what was charged"),
    ],
)
def test_an_inbox_without_this_safeguard_breaks_a_promise(mutant: MakesInbox, story: Story, promise: str):
    assert promise in broken(story(mutant))
