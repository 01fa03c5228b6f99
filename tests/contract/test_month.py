"""The month's budget: it holds whoever asks at the same time, over midnight, and at the end of the month."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest

from chalicelib.access.budget import MonthCap, Reservation, Settlement, Usage
from chalicelib.conversation.charged import Charged
from chalicelib.conversation.inbox_steps import Finish, Record
from chalicelib.conversation.turn import TurnState
from chalicelib.ids import Channel, ConversationId, PersonId
from tests.contract.story import DAY, REPLY, Story

NEXT_DAY = "2026-11-21"
CENT = 10_000
MANY = [40, pytest.param(200, marks=pytest.mark.full)]
"""Questions at once, of which ten cost a cent."""
CALL = Reservation(DAY, amount=1000, cap=1_000_000, channel_cap=1_000_000, month=MonthCap(CENT, 0))
"""Ten of these are a cent."""


def _asks(story: Story, reserve: Reservation = CALL) -> Charged:
    lease, turn = story.begin()
    charged = story.charge(lease, turn, limit=None, reserve=reserve)
    story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    return charged


def test_never_more_is_set_aside_than_the_month_leaves_for_the_day(story: Story):
    last_cent = replace(CALL, month=MonthCap(50_000, 48_000))
    assert [_asks(story, last_cent) for _ in range(3)] == [Charged.CHARGED] * 2 + [Charged.MONTH_SPENT]
    assert story.spent().committed == 2000


def test_the_smaller_of_the_days_and_the_months_budgets_counts(story: Story):
    assert _asks(story, replace(CALL, cap=999)) is Charged.OVER_BUDGET
    assert _asks(story, replace(CALL, month=MonthCap(CENT, 9001))) is Charged.MONTH_SPENT
    assert _asks(story, replace(CALL, month=MonthCap(CENT, 20_000))) is Charged.MONTH_SPENT
    assert _asks(story, replace(CALL, channel_cap=999)) is Charged.CHANNEL_SPENT
    assert _asks(story, replace(CALL, cap=0, channel_cap=0, month=MonthCap(0, 0))) is Charged.MONTH_SPENT
    assert _asks(story) is Charged.CHARGED


def test_a_person_has_a_share_of_the_month(story: Story):
    shared = replace(CALL, person_cap=1_000_000, month=MonthCap(CENT, 0, of_person=2000))
    assert [_asks(story, shared) for _ in range(3)] == [Charged.CHARGED] * 2 + [Charged.MONTH_SHARE_SPENT]
    assert _asks(story, replace(shared, day=NEXT_DAY)) is Charged.MONTH_SHARE_SPENT
    assert _asks(story, replace(shared, person_cap=0)) is Charged.MONTH_SHARE_SPENT
    assert _asks(story, replace(shared, day="2026-12-01", person_cap=0)) is Charged.SHARE_SPENT
    assert _asks(story, replace(shared, day="2026-12-01")) is Charged.CHARGED


def test_a_second_call_needs_room_in_the_month_too(story: Story):
    lease, turn = story.begin()
    tight = replace(CALL, person_cap=1_000_000, month=MonthCap(1500, 0, of_person=CENT))
    assert story.charge(lease, turn, limit=None, reserve=tight) is Charged.CHARGED
    again = replace(tight, month=MonthCap(CENT, 0, of_person=1500))
    refused = [
        story.inbox.call_again(lease, turn, reserve=each, until=story.until)
        for each in (tight, again, replace(tight, amount=0))
    ]
    assert refused == [Charged.MONTH_SPENT, Charged.MONTH_SHARE_SPENT, Charged.CHARGED]
    assert story.spent().committed == 1000


def test_a_free_call_needs_no_room(story: Story):
    assert _asks(story, replace(CALL, amount=0, month=MonthCap(0, 1, of_person=0))) is Charged.CHARGED


def test_calls_of_no_turn_are_within_the_month(story: Story):
    assert story.store.spending.reserve(replace(CALL, month=MonthCap(1500, 0)))
    assert not story.store.spending.reserve(replace(CALL, month=MonthCap(1500, 0)))
    lease, turn = story.begin()
    story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    summary = replace(CALL, month=MonthCap(1500, 0))
    assert not story.store.summaries.begin(lease, summary, Channel.MESSENGER, newest=turn.at)


def test_the_earlier_days_of_the_month_are_summed_up(story: Story):
    for day in ("2026-10-31", "2026-11-01", "2026-11-19", DAY):
        _asks(story, replace(CALL, day=day))
    assert story.store.spending.used_before(date(2026, 11, 20)) == 2000
    assert story.store.spending.used_before(date(2026, 12, 2)) == 0


def test_a_day_that_was_summed_up_takes_no_more_money(story: Story):
    story.store.spending.used_before(date.fromisoformat(NEXT_DAY))
    assert _asks(story) is Charged.DAY_OVER
    assert not story.store.spending.reserve(CALL)
    assert _asks(story, replace(CALL, day=NEXT_DAY)) is Charged.CHARGED
    assert (story.spent().committed, story.spent().calls) == (0, 0)


def test_without_a_month_a_day_is_never_over(story: Story):
    story.store.spending.used_before(date.fromisoformat(NEXT_DAY))
    assert _asks(story, replace(CALL, month=None)) is Charged.CHARGED


def test_what_is_settled_on_a_day_that_is_over_only_lowers_it(story: Story):
    lease, turn = story.begin()
    story.charge(lease, turn, limit=None, reserve=CALL)
    assert story.store.spending.used_before(date.fromisoformat(NEXT_DAY)) == 1000
    bill = Settlement(CALL, 7, Usage(1, 0, 1))
    story.inbox.record(lease, Record(replace(turn, charged_day=DAY), REPLY, settlement=bill), until=story.until)
    assert story.store.spending.used_before(date.fromisoformat(NEXT_DAY)) == 7


def test_a_day_without_costs_is_closed_too_and_expires(story: Story):
    story.store.spending.used_before(date.fromisoformat(NEXT_DAY))
    story.store.expire(story.clock() + 400 * 24 * 60 * 60 * 1000)
    assert story.spent().committed == 0


def _charge_in_a_room(story: Story, number: int, reserve: Reservation) -> tuple[object, ...]:
    person = PersonId(f"messenger:1:{number}")
    story.accept(story.message(person=person))
    lease = story.hold(room=ConversationId(person))
    [turn] = story.read(lease).open
    return lease, turn, reserve


@pytest.mark.parametrize("number", MANY)
def test_many_questions_at_the_last_cent_of_the_month_stay_within_it(busy_story: Story, number: int):
    last_cent = replace(CALL, month=MonthCap(5 * CENT, 4 * CENT))
    begun = [_charge_in_a_room(busy_story, each, last_cent) for each in range(number)]
    with ThreadPoolExecutor(20) as pool:
        charged = Counter(pool.map(lambda each: busy_story.charge(each[0], each[1], reserve=each[2]), begun))
    assert charged == {Charged.CHARGED: 10, Charged.MONTH_SPENT: number - 10}
    assert busy_story.spent().committed == CENT


@pytest.mark.parametrize("number", MANY)
@pytest.mark.parametrize("days", [(DAY, NEXT_DAY), ("2026-11-29", "2026-11-30")])
def test_many_questions_over_midnight_stay_within_the_month(busy_story: Story, days: tuple[str, str], number: int):
    """Half of the workers are late: their day is over when they set money aside."""
    first, second = days
    begun = [_charge_in_a_room(busy_story, each, replace(CALL, day=first)) for each in range(number)]

    def at_midnight(index: int) -> Charged:
        lease, turn, late = begun[index]
        if index % 2 == 0:
            return busy_story.charge(lease, turn, reserve=late)  # type: ignore[arg-type]
        before = busy_story.store.spending.used_before(date.fromisoformat(second))
        early = replace(CALL, day=second, month=MonthCap(CENT, before))
        return busy_story.charge(lease, turn, reserve=early)  # type: ignore[arg-type]

    with ThreadPoolExecutor(20) as pool:
        charged = Counter(pool.map(at_midnight, range(number)))
    assert charged[Charged.CHARGED] == 10
    assert charged[Charged.CHARGED] + charged[Charged.DAY_OVER] + charged[Charged.MONTH_SPENT] == number
    assert busy_story.spent(first).committed + busy_story.spent(second).committed == CENT
