"""How the inbox charges a turn that nobody wrote: an opening by the model."""

from dataclasses import replace
from typing import Final

import pytest

from chalicelib.access.budget import Reservation, Settlement, Usage
from chalicelib.conversation.charged import Charged
from chalicelib.conversation.inbox_steps import Finish, Record
from chalicelib.conversation.ports import Accepted
from chalicelib.conversation.turn import OPENING, Lease, Reply, Turn, TurnState
from tests.contract.story import CALL, DAY, Story
from tests.contract.test_inbox_keys import ANNA, SHOP, home, message, used

FIXED: Final = Reply("Ho ho ho!", code=OPENING)
SETTLED: Final = Settlement(CALL, cost=40, usage=Usage(input=10, output=5))


@pytest.fixture
def shop(story: Story) -> Story:
    story.store.keys.create(SHOP)
    return story


def opening(story: Story) -> tuple[Lease, Turn]:
    written = replace(message(story, ANNA, home(ANNA)), text="", opens=True, time_is_signed=False)
    assert story.accept(written) is Accepted.QUEUED
    lease = story.hold(room=home(ANNA))
    [turn] = story.read(lease).open
    assert (turn.opens, turn.text) == (True, "")
    return lease, turn


def of_person(story: Story) -> tuple[dict[str, int], dict[str, int]]:
    known = story.store.people.get(ANNA)
    assert known
    return dict(known.quota), dict(known.spent)


def test_it_is_counted_on_the_key_and_the_budget_and_not_on_the_person(shop: Story):
    lease, turn = opening(shop)
    assert shop.charge(lease, turn, limit=0) is Charged.CHARGED
    [running] = shop.read(lease).open
    assert (running.state, running.charged_day, running.model_calls) == (TurnState.RUNNING, None, 1)
    assert (used(shop), *of_person(shop)) == (1, {}, {})
    assert shop.spent().committed == CALL.amount
    shop.inbox.record(lease, Record(running, Reply("Hi"), settlement=SETTLED), until=shop.until)
    shop.inbox.finish(lease, Finish(running, TurnState.DONE, release=True))
    assert (used(shop), *of_person(shop)) == (1, {}, {})
    assert (shop.spent().committed, shop.spent().answers) == (40, 1)


def test_what_the_person_has_used_of_their_share_does_not_matter_but_the_budget_does(shop: Story):
    lease, turn = opening(shop)
    too_much = Reservation(DAY, amount=100, cap=99)
    assert shop.charge(lease, turn, reserve=too_much) is Charged.OVER_BUDGET
    assert shop.charge(lease, turn, reserve=replace(CALL, person_cap=0)) is Charged.CHARGED
    [running] = shop.read(lease).open
    again = replace(CALL, person_cap=0)
    assert shop.inbox.call_again(lease, running, reserve=again, until=shop.until) is Charged.CHARGED
    assert of_person(shop) == ({}, {})


def test_a_refund_gives_the_key_its_message_back(shop: Story):
    lease, turn = opening(shop)
    shop.charge(lease, turn)
    [running] = shop.read(lease).open
    assert shop.inbox.record(lease, Record(running, FIXED, settlement=SETTLED, refund=True), until=shop.until)
    assert (used(shop), *of_person(shop)) == (0, {}, {})


def test_a_key_that_is_used_up_opens_nothing(story: Story):
    story.store.keys.create(replace(SHOP, max_messages=0))
    lease, turn = opening(story)
    assert story.charge(lease, turn) is Charged.KEY_SPENT


def test_it_is_accepted_once_a_conversation_at_whatever_time_it_comes_again(shop: Story):
    lease, turn = opening(shop)
    shop.inbox.finish(lease, Finish(turn, TurnState.DROPPED, release=True))
    again = replace(
        message(shop, ANNA, home(ANNA)), id=f"mid-{shop.written - 1}", text="", opens=True, time_is_signed=False
    )
    assert shop.accept(again) is Accepted.DUPLICATE_OPEN
