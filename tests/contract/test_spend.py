from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest

from chalicelib.access import identity
from chalicelib.access.api_key import ApiKey
from chalicelib.access.budget import DaySpend, Reservation, Settlement, Usage
from chalicelib.conversation.charged import Charged
from chalicelib.conversation.inbox_steps import Finish, Record
from chalicelib.conversation.turn import Lease, Turn, TurnState
from chalicelib.errors import LeaseLost
from chalicelib.ids import Channel, ConversationId, KeyId, PersonId
from tests.contract.story import ANNA, BERT, CALL, DAY, REPLY, Story
from tests.fakes.adapters import NOON

NEXT_DAY = "2026-11-21"
TIGHT = Reservation(DAY, amount=100, cap=250)
USAGE = Usage(input=30, cached=10, output=5)


def _asks(story: Story, reserve: Reservation = TIGHT, *, limit: int | None = None) -> Charged:
    """One question more, whose worker dies before the model's bill is known."""
    lease, turn = story.begin()
    charged = story.charge(lease, turn, limit=limit, reserve=reserve)
    story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    return charged


def _begin(story: Story, reserve: Reservation = TIGHT) -> tuple[Lease, Turn]:
    lease, turn = story.begin()
    assert story.charge(lease, turn, reserve=reserve) is Charged.CHARGED
    return lease, replace(turn, charged_day=DAY)


def test_money_is_set_aside_with_the_charge(story: Story):
    _begin(story)
    assert story.spent() == DaySpend(DAY, committed=100, calls=1)


def test_never_more_is_set_aside_than_the_day_may_cost(story: Story):
    assert [_asks(story) for _ in range(4)] == [Charged.CHARGED] * 2 + [Charged.OVER_BUDGET] * 2
    assert story.spent() == DaySpend(DAY, committed=200, calls=2)


def test_a_budget_can_be_used_up_to_the_last_cent(story: Story):
    exact = replace(TIGHT, cap=200)
    assert [_asks(story, exact) for _ in range(3)] == [Charged.CHARGED] * 2 + [Charged.OVER_BUDGET]


@pytest.mark.parametrize("cap", [0, 99])
def test_a_call_that_may_cost_more_than_the_whole_budget_is_never_made(story: Story, cap: int):
    assert _asks(story, replace(TIGHT, cap=cap)) is Charged.OVER_BUDGET
    assert story.spent() == DaySpend(DAY)


def test_a_call_that_costs_nothing_is_counted_and_always_made(story: Story):
    _asks(story)
    for cap in (0, 50):
        assert _asks(story, Reservation(DAY, amount=0, cap=cap)) is Charged.CHARGED
    assert story.spent() == DaySpend(DAY, committed=100, calls=3)


def test_a_budget_that_was_lowered_below_what_is_spent_holds(story: Story):
    _asks(story)
    assert _asks(story, Reservation(DAY, amount=10, cap=105)) is Charged.OVER_BUDGET


def test_a_question_over_the_budget_stays_queued_and_costs_the_person_nothing(story: Story):
    lease, turn = story.begin()
    assert story.charge(lease, turn, reserve=replace(TIGHT, cap=0)) is Charged.OVER_BUDGET
    assert story.read(lease).open == (turn,)
    assert story.used() == 0


def test_a_refused_question_sets_nothing_aside(story: Story):
    assert _asks(story, limit=0) is Charged.OVER_LIMIT
    lease, turn = story.begin()
    story.block()
    assert story.charge(lease, turn) is Charged.BLOCKED
    assert story.spent() == DaySpend(DAY)


def test_the_limit_takes_precedence_over_the_budget(story: Story):
    assert _asks(story, replace(TIGHT, cap=0), limit=0) is Charged.OVER_LIMIT


def test_the_day_of_the_call_may_be_another_than_that_of_the_question(story: Story):
    lease, turn = story.begin()
    story.charge(lease, turn, day=DAY, reserve=replace(TIGHT, day=NEXT_DAY))
    assert (story.spent(DAY), story.spent(NEXT_DAY).committed) == (DaySpend(DAY), 100)
    assert story.known().quota == {DAY: 1}


def test_each_day_has_a_budget_of_its_own(story: Story):
    tomorrow = replace(TIGHT, day=NEXT_DAY)
    days = [_asks(story, reserve) for reserve in (TIGHT, TIGHT, TIGHT, tomorrow)]
    assert days == [Charged.CHARGED, Charged.CHARGED, Charged.OVER_BUDGET, Charged.CHARGED]


def test_persons_share_one_budget(story: Story):
    charged = []
    for room in ("kitchen", "garden", "attic"):
        where = ConversationId(room)
        story.accept(story.message(room=where))
        lease = story.hold(room=where)
        charged.append(story.charge(lease, story.read(lease).open[0], reserve=TIGHT))
    assert charged == [Charged.CHARGED, Charged.CHARGED, Charged.OVER_BUDGET]


def test_an_answer_turns_what_was_set_aside_into_what_it_cost(story: Story):
    lease, turn = _begin(story)
    story.inbox.record(lease, Record(turn, REPLY, settlement=Settlement(TIGHT, 7, USAGE)), until=story.until)
    assert story.spent() == DaySpend(DAY, 7, tokens_in=30, tokens_cached=10, tokens_out=5, answers=1, calls=1)


def test_answers_of_a_day_add_up(story: Story):
    for _ in range(3):
        lease, turn = _begin(story)
        story.inbox.record(lease, Record(turn, REPLY, settlement=Settlement(TIGHT, 7, USAGE)), until=story.until)
        story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    assert story.spent() == DaySpend(DAY, 21, tokens_in=90, tokens_cached=30, tokens_out=15, answers=3, calls=3)


def test_a_call_that_cost_nothing_gives_its_money_back(story: Story):
    lease, turn = _begin(story)
    story.inbox.record(lease, Record(turn, REPLY, settlement=Settlement(TIGHT, 0), refund=True), until=story.until)
    assert story.spent() == DaySpend(DAY, calls=1)
    assert story.used() == 0


@pytest.mark.parametrize("refund", [True, False])
def test_an_unknown_cost_stays_reserved(story: Story, *, refund: bool):
    lease, turn = _begin(story)
    story.inbox.record(lease, Record(turn, REPLY, refund=refund), until=story.until)
    assert story.spent() == DaySpend(DAY, committed=100, calls=1)


def test_an_answer_is_billed_once(story: Story):
    lease, turn = _begin(story)
    story.inbox.record(lease, Record(turn, REPLY, settlement=Settlement(TIGHT, 7, USAGE)), until=story.until)
    with pytest.raises(LeaseLost):
        story.inbox.record(lease, Record(turn, REPLY, settlement=Settlement(TIGHT, 7, USAGE)), until=story.until)
    assert (story.spent().committed, story.spent().answers) == (7, 1)


def test_an_answer_that_is_not_delivered_was_paid_for_all_the_same(story: Story):
    lease, turn = _begin(story)
    story.inbox.record(lease, Record(turn, REPLY, settlement=Settlement(TIGHT, 7, USAGE)), until=story.until)
    story.inbox.finish(lease, Finish(turn, TurnState.DROPPED, release=True, refund=True))
    assert (story.spent().committed, story.used()) == (7, 0)


def test_a_bill_is_settled_though_there_is_no_charge_to_give_back_any_more(story: Story):
    lease, turn = _begin(story)
    story.accept()
    other = story.read(lease).open[1]
    story.charge(lease, other, day=NEXT_DAY, reserve=replace(CALL, day=NEXT_DAY), outdated=[DAY])
    story.inbox.record(lease, Record(turn, REPLY, settlement=Settlement(TIGHT, 7), refund=True), until=story.until)
    assert (story.spent().committed, story.spent(NEXT_DAY).committed) == (7, CALL.amount)
    assert story.known().quota == {NEXT_DAY: 1}


def test_a_second_call_is_set_aside_beside_the_first_which_may_have_been_billed(story: Story):
    lease, turn = _begin(story)
    assert story.inbox.call_again(lease, turn, reserve=TIGHT, until=story.until) is Charged.CHARGED
    assert story.spent() == DaySpend(DAY, committed=200, calls=2)
    story.inbox.record(lease, Record(turn, REPLY, settlement=Settlement(TIGHT, 7, USAGE)), until=story.until)
    assert story.spent().committed == 107


def test_a_second_call_is_not_made_when_the_day_has_no_room_for_it(story: Story):
    lease, turn = _begin(story, replace(TIGHT, cap=199))
    assert (
        story.inbox.call_again(lease, turn, reserve=replace(TIGHT, cap=199), until=story.until) is Charged.OVER_BUDGET
    )
    [running] = story.stored()
    assert (running.state, running.model_calls) == (TurnState.RUNNING, 1)
    assert story.spent() == DaySpend(DAY, committed=100, calls=1)


def test_without_the_lease_no_second_call_is_recorded(story: Story):
    lease, turn = _begin(story, replace(TIGHT, cap=199))
    story.clock.tick(minutes=2)
    story.hold("two")
    with pytest.raises(LeaseLost):
        story.inbox.call_again(lease, turn, reserve=replace(TIGHT, cap=199), until=story.until)


def test_days_are_read_in_order_with_those_on_which_nothing_happened(story: Story):
    for day, amount in (("2026-11-20", 1), ("2026-11-22", 3)):
        _asks(story, Reservation(day, amount, cap=10))
    found = story.store.spending.days(date(2026, 11, 19), date(2026, 11, 22))
    assert [(spent.day, spent.committed) for spent in found] == [
        ("2026-11-19", 0),
        ("2026-11-20", 1),
        ("2026-11-21", 0),
        ("2026-11-22", 3),
    ]


def test_a_year_can_be_read_at_once(story: Story):
    _asks(story)
    found = story.store.spending.days(date(2026, 1, 1), date(2026, 12, 31))
    assert len(found) == 365
    assert sum(spent.committed for spent in found) == 100


def test_a_days_costs_expire_after_four_hundred_days(story: Story):
    _asks(story)
    story.store.expire(story.clock() + 399 * 24 * 60 * 60 * 1000)
    assert story.spent().committed == 100
    story.store.expire(story.clock() + 400 * 24 * 60 * 60 * 1000)
    assert story.spent() == DaySpend(DAY)


def test_forgetting_a_person_does_not_make_the_day_cheaper(story: Story):
    lease, turn = _begin(story)
    story.inbox.record(lease, Record(turn, REPLY, settlement=Settlement(TIGHT, 7, USAGE)), until=story.until)
    story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    story.store.people.forget(ANNA, now=story.clock())
    story.transcript.erase(turn.conversation, now=story.clock())
    assert story.spent().committed == 7


def test_money_for_a_call_of_no_turn_is_set_aside_on_the_same_budget(story: Story):
    spending = story.store.spending
    assert [spending.reserve(TIGHT) for _ in range(3)] == [True, True, False]
    assert story.spent() == DaySpend(DAY, committed=200, calls=2)
    assert _asks(story) is Charged.OVER_BUDGET


def test_a_free_call_of_no_turn_is_always_made(story: Story):
    assert story.store.spending.reserve(Reservation(DAY, amount=0, cap=0))
    assert not story.store.spending.reserve(Reservation(DAY, amount=1, cap=0))
    assert story.spent() == DaySpend(DAY, calls=1)


# Parts of the budget.

VISITOR, OTHER = (identity.visitor(KeyId("shopshopsh"), name) for name in ("cleo", "dora"))
SHARED = Reservation(DAY, amount=100, cap=1000, person_cap=250, channel_cap=300)


@pytest.fixture
def shop(story: Story) -> Story:
    """Visitors may ask too."""
    story.store.keys.create(ApiKey(KeyId("shopshopsh"), "Shop", "0" * 64, "web", created_at=NOON))
    return story


def _begins(story: Story, person: PersonId) -> tuple[Lease, Turn]:
    """A question of the person, in a room that somebody else has opened: the rooms one may open are few."""
    room = ConversationId(f"room {story.written}")
    story.accept(story.message(person=PersonId(f"messenger:1:opener-{story.written}"), room=room))
    story.accept(replace(story.message(person=person, room=room), channel=identity.channel_of(person)))
    lease = story.hold(room=room)
    [turn] = [turn for turn in story.read(lease).open if turn.person == person]
    return lease, turn


def _asks_as(story: Story, person: PersonId, reserve: Reservation = SHARED, *, limit: int | None = None) -> Charged:
    lease, turn = _begins(story, person)
    return story.charge(lease, turn, limit=limit, reserve=reserve)


def _running(story: Story, person: PersonId, reserve: Reservation = SHARED) -> tuple[Lease, Turn]:
    lease, turn = _begins(story, person)
    assert story.charge(lease, turn, reserve=reserve) is Charged.CHARGED
    return lease, replace(turn, charged_day=DAY)


def test_a_person_sets_aside_no_more_than_their_share(shop: Story):
    assert [_asks_as(shop, ANNA) for _ in range(3)] == [Charged.CHARGED] * 2 + [Charged.SHARE_SPENT]
    assert (shop.known().spent, shop.used(), shop.spent().committed) == ({DAY: 200}, 2, 200)
    assert _asks_as(shop, BERT) is Charged.CHARGED


def test_a_channel_sets_aside_no_more_than_its_part(shop: Story):
    people = [PersonId(f"messenger:1:{number}") for number in range(4)]
    charged = [_asks_as(shop, person) for person in people]
    assert charged == [Charged.CHARGED] * 3 + [Charged.CHANNEL_SPENT]
    assert [_asks_as(shop, person) for person in (VISITOR, OTHER)] == [Charged.CHARGED] * 2
    assert shop.spent().channels == {Channel.MESSENGER: 300, Channel.WEB: 200}


def test_the_whole_budget_holds_whatever_its_parts_allow(shop: Story):
    tight = replace(SHARED, cap=250)
    people = [ANNA, VISITOR, BERT, OTHER]
    assert [_asks_as(shop, person, tight) for person in people] == [Charged.CHARGED] * 2 + [Charged.OVER_BUDGET] * 2


def test_what_has_no_room_is_said_in_the_order_of_limit_share_whole_and_channel(shop: Story):
    none = replace(SHARED, cap=0, person_cap=0, channel_cap=0)
    refused = [
        _asks_as(shop, ANNA, none, limit=0),
        _asks_as(shop, ANNA, none, limit=1),
        _asks_as(shop, ANNA, replace(none, person_cap=None)),
        _asks_as(shop, ANNA, replace(none, person_cap=None, cap=1000)),
    ]
    assert refused == [Charged.OVER_LIMIT, Charged.SHARE_SPENT, Charged.OVER_BUDGET, Charged.CHANNEL_SPENT]
    assert (shop.spent(), shop.known().spent) == (DaySpend(DAY), {})


def test_a_free_call_has_room_in_every_part(shop: Story):
    free = Reservation(DAY, amount=0, cap=0, person_cap=0, channel_cap=0)
    lease, turn = _running(shop, ANNA, free)
    assert shop.inbox.call_again(lease, turn, reserve=free, until=shop.until) is Charged.CHARGED
    assert shop.inbox.record(lease, Record(turn, REPLY, settlement=Settlement(free, 0, USAGE)), until=shop.until)
    assert shop.known().spent == {}


def test_the_cost_takes_the_place_of_what_was_set_aside_in_every_part(shop: Story):
    for person in (ANNA, VISITOR):
        lease, turn = _running(shop, person)
        shop.inbox.record(lease, Record(turn, REPLY, settlement=Settlement(SHARED, 7, USAGE)), until=shop.until)
    assert (shop.known(ANNA).spent, shop.known(VISITOR).spent) == ({DAY: 7}, {DAY: 7})
    assert shop.spent().channels == {Channel.MESSENGER: 7, Channel.WEB: 7}
    assert shop.spent().committed == 14


@pytest.mark.parametrize("most", [None, 3, 0])
def test_a_refund_of_the_question_settles_its_money_too(shop: Story, most: int | None):
    lease, turn = _running(shop, ANNA)
    failed = Record(turn, REPLY, settlement=Settlement(SHARED, 7), refund=True, most_refunds=most)
    if not shop.inbox.record(lease, failed, until=shop.until):
        assert (most, shop.known().spent, shop.spent().committed) == (0, {DAY: 100}, 100)
        shop.inbox.record(lease, replace(failed, refund=False), until=shop.until)
    assert (shop.known().spent, shop.used()) == ({DAY: 7}, 1 if most == 0 else 0)


def test_money_is_settled_though_the_count_of_the_question_is_gone(shop: Story):
    lease, turn = _running(shop, ANNA)
    later, other = _begins(shop, ANNA)
    shop.charge(later, other, day="2026-11-24", reserve=replace(SHARED, day="2026-11-24"), outdated=[DAY])
    assert shop.known().spent == {"2026-11-24": 100}
    shop.inbox.record(lease, Record(turn, REPLY, settlement=Settlement(SHARED, 7), refund=True), until=shop.until)
    assert shop.spent().committed == 7


def test_a_second_call_needs_room_in_every_part(shop: Story):
    lease, turn = _running(shop, ANNA, replace(SHARED, person_cap=250))
    again = replace(SHARED, person_cap=199)
    refused = [
        shop.inbox.call_again(lease, turn, reserve=reserve, until=shop.until)
        for reserve in (again, replace(SHARED, channel_cap=199), replace(SHARED, cap=199))
    ]
    assert refused == [Charged.SHARE_SPENT, Charged.CHANNEL_SPENT, Charged.OVER_BUDGET]
    assert (shop.known().spent, shop.spent()) == ({DAY: 100}, DaySpend(DAY, 100, calls=1))
    assert shop.inbox.call_again(lease, turn, reserve=SHARED, until=shop.until) is Charged.CHARGED
    assert (shop.known().spent, shop.spent().channels[Channel.MESSENGER]) == ({DAY: 200}, 200)


def test_without_a_share_a_persons_money_is_counted_all_the_same(shop: Story):
    unlimited = replace(SHARED, person_cap=None)
    assert [_asks_as(shop, ANNA, unlimited) for _ in range(4)] == [Charged.CHARGED] * 3 + [Charged.CHANNEL_SPENT]
    assert shop.known().spent == {DAY: 300}


def test_a_call_of_no_turn_takes_nothing_of_a_channels_part(shop: Story):
    assert shop.store.spending.reserve(TIGHT)
    assert sum(shop.spent().channels.values()) == 0


def test_forgetting_a_person_is_no_way_to_another_share(shop: Story):
    for _ in range(2):
        _asks_as(shop, ANNA)
    shop.store.people.forget(ANNA, now=shop.clock())
    assert _asks_as(shop, ANNA) is Charged.SHARE_SPENT


def test_twenty_questions_of_a_person_at_once_stay_within_the_share(busy_story: Story):
    begun = [_begins(busy_story, ANNA) for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        charged = list(pool.map(lambda asked: busy_story.charge(*asked, limit=None, reserve=SHARED), begun))
    assert sorted(charged, key=str) == [Charged.CHARGED] * 2 + [Charged.SHARE_SPENT] * 18
    assert busy_story.known().spent == {DAY: 200}


def test_twenty_people_of_a_channel_at_once_stay_within_its_part(busy_story: Story):
    begun = [_begins(busy_story, PersonId(f"messenger:1:{number}")) for number in range(20)]
    with ThreadPoolExecutor(20) as pool:
        charged = list(pool.map(lambda asked: busy_story.charge(*asked, reserve=SHARED), begun))
    assert charged.count(Charged.CHARGED) == 3
    assert busy_story.spent().channels[Channel.MESSENGER] == 300
