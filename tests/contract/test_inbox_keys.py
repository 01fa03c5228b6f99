"""What API keys vouch for: the inbox counts each question on its person's key too."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final

import pytest

from chalicelib.access import identity
from chalicelib.access.api_key import ApiKey
from chalicelib.conversation.charged import Charged
from chalicelib.conversation.inbox_steps import Finish, Record
from chalicelib.conversation.ports import Accepted
from chalicelib.conversation.turn import IncomingMessage, Lease, Reply, Turn, TurnState
from chalicelib.ids import Channel, ConversationId, KeyId, PersonId, TurnId
from tests.contract.story import BERT, CALL, DAY, REPLY, Story
from tests.fakes.adapters import NOON

SHOP: Final = ApiKey(KeyId("shopshopsh"), "Shop", "0" * 64, "web", created_at=NOON)
ANNA, CARL = (identity.visitor(SHOP.id, name) for name in ("anna", "carl"))
DORA: Final = identity.signed_in("dora@example.org")
ROOM: Final = identity.room(ANNA, "r")


def home(person: PersonId) -> ConversationId:
    return identity.conversation_of(person)


def message(story: Story, person: PersonId = ANNA, room: ConversationId | None = None) -> IncomingMessage:
    written = story.message(person=person, room=room)
    return replace(written, channel=Channel.WEB)


def begin(story: Story, person: PersonId = ANNA, room: ConversationId | None = None) -> tuple[Lease, Turn]:
    where = room or home(person)
    story.accept(message(story, person, where))
    lease = story.hold(room=where)
    return lease, story.read(lease).open[0]


def begin_charged(story: Story, person: PersonId = ANNA) -> tuple[Lease, Turn]:
    lease, turn = begin(story, person)
    assert story.charge(lease, turn) is Charged.CHARGED
    return lease, story.read(lease).open[0]


def roomy(story: Story) -> Story:
    """A story in which many people of one key are answered at the same time."""
    inbox: Any = story.inbox
    return replace(story, store=replace(story.store, inbox=replace(inbox, open_of_a_key=100)))


def ask(story: Story, person: PersonId = ANNA, *, limit: int | None = None) -> Charged:
    """One question more, from its coming to its end."""
    lease, turn = begin(story, person)
    charged = story.charge(lease, turn, limit=limit)
    story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    return charged


def used(story: Story, key: KeyId = SHOP.id) -> int:
    found = story.store.keys.counted(key)
    assert found
    return found.used


@pytest.fixture
def shop(story: Story) -> Story:
    story.store.keys.create(SHOP)
    return story


def key_is(story: Story, key: ApiKey) -> Story:
    story.store.keys.create(key)
    return story


# Charging.


def test_a_question_is_counted_on_the_person_and_on_the_key(shop: Story):
    assert [ask(shop, person) for person in (ANNA, ANNA, CARL)] == [Charged.CHARGED] * 3
    assert (shop.used(ANNA), shop.used(CARL), used(shop)) == (2, 1, 3)


def test_a_key_counts_only_for_those_it_vouches_for(shop: Story):
    other = replace(SHOP, id=KeyId("blogblogbl"))
    key_is(shop, other)
    ask(shop, identity.visitor(other.id, "anna"))
    assert (used(shop), used(shop, other.id)) == (0, 1)


@pytest.mark.parametrize("person", [BERT, DORA])
def test_on_messenger_and_for_who_signed_in_there_is_no_key(shop: Story, person: PersonId):
    assert ask(shop, person) is Charged.CHARGED
    assert (shop.used(person), used(shop)) == (1, 0)


def test_a_key_is_good_for_so_many_questions(story: Story):
    key_is(story, replace(SHOP, max_messages=2))
    assert [ask(story) for _ in range(4)] == [Charged.CHARGED, Charged.CHARGED, Charged.KEY_SPENT, Charged.KEY_SPENT]
    assert (story.used(ANNA), used(story)) == (2, 2)


def test_a_key_that_is_good_for_none_charges_nobody(story: Story):
    key_is(story, replace(SHOP, max_messages=0))
    assert ask(story) is Charged.KEY_SPENT


def test_a_charge_refused_for_a_used_up_key_changes_nothing(story: Story):
    key_is(story, replace(SHOP, max_messages=1, used=1))
    lease, turn = begin(story)
    assert story.charge(lease, turn) is Charged.KEY_SPENT
    assert story.read(lease).open == (turn,)
    assert (story.known(ANNA).quota, used(story), story.spent().committed) == ({}, 1, 0)


def test_a_revoked_key_charges_nobody_from_that_moment(shop: Story):
    ask(shop)
    lease, turn = begin(shop)
    shop.store.keys.revoke(SHOP.id, now=shop.clock())
    assert shop.charge(lease, turn) is Charged.KEY_REVOKED
    assert shop.read(lease).open == (turn,)
    assert (shop.used(ANNA), used(shop)) == (1, 1)


def test_a_key_charges_until_the_moment_it_expires(story: Story):
    key_is(story, replace(SHOP, expires_at=story.clock() + 1000))
    lease, turn = begin(story)
    story.clock.tick(seconds=1)
    assert story.charge(lease, turn) is Charged.KEY_REVOKED
    story.clock.now -= 1
    assert story.charge(lease, turn) is Charged.CHARGED


def test_a_key_that_is_not_there_charges_nobody(story: Story):
    lease, turn = begin(story)
    assert story.charge(lease, turn) is Charged.KEY_REVOKED
    assert story.store.keys.get(SHOP.id) is None
    assert story.known(ANNA).quota == {}


def test_a_key_that_is_both_spent_and_revoked_is_said_to_be_revoked(story: Story):
    key_is(story, replace(SHOP, max_messages=0, revoked_at=NOON))
    assert ask(story) is Charged.KEY_REVOKED


def test_a_persons_own_limit_goes_before_the_keys(story: Story):
    key_is(story, replace(SHOP, max_messages=1))
    ask(story)
    assert ask(story, limit=1) is Charged.OVER_LIMIT
    assert ask(story, limit=2) is Charged.KEY_SPENT
    lease, turn = begin(story)
    story.block(ANNA)
    assert story.charge(lease, turn) is Charged.BLOCKED


def test_a_spent_key_goes_before_a_spent_budget(story: Story):
    key_is(story, replace(SHOP, max_messages=0))
    lease, turn = begin(story)
    assert story.charge(lease, turn, reserve=replace(CALL, cap=1)) is Charged.KEY_SPENT


def test_a_second_model_call_costs_the_key_nothing(shop: Story):
    lease, turn = begin_charged(shop)
    assert shop.inbox.call_again(lease, turn, reserve=CALL, until=shop.until) is Charged.CHARGED
    assert used(shop) == 1


# Giving back.


def test_a_failed_question_is_given_back_to_the_person_and_the_key(shop: Story):
    ask(shop, CARL)
    lease, turn = begin_charged(shop)
    shop.inbox.record(lease, Record(turn, Reply("Sorry!"), refund=True), until=shop.until)
    assert (shop.used(ANNA), shop.used(CARL), used(shop)) == (0, 1, 1)


def test_the_key_gets_no_question_back_that_counts_as_one_of_a_visitors_few_refunds(shop: Story):
    for given_back in (True, False):
        lease, turn = begin_charged(shop)
        step = Finish(turn, TurnState.DROPPED, release=True, refund=True, most_refunds=1)
        shop.inbox.finish(lease, step)
        assert bool(shop.stored(home(ANNA))[-1].charged_day) is not given_back
    assert (shop.used(ANNA), used(shop)) == (1, 2)


@pytest.mark.parametrize("release", [True, False])
def test_a_dropped_question_is_given_back_to_the_person_and_the_key(shop: Story, *, release: bool):
    lease, turn = begin_charged(shop)
    shop.inbox.finish(lease, Finish(turn, TurnState.DROPPED, release=release, refund=True))
    assert (shop.used(ANNA), used(shop)) == (0, 0)


def test_a_question_is_given_back_though_its_key_was_revoked_meanwhile(shop: Story):
    lease, turn = begin_charged(shop)
    shop.store.keys.revoke(SHOP.id, now=shop.clock())
    shop.inbox.record(lease, Record(turn, REPLY, refund=True), until=shop.until)
    assert (shop.used(ANNA), used(shop)) == (0, 0)


def test_the_key_gets_its_question_back_when_the_persons_count_is_gone(shop: Story):
    lease, turn = begin_charged(shop)
    shop.accept(message(shop))
    other = shop.read(lease).open[1]
    shop.charge(lease, other, day="2026-11-24", reserve=replace(CALL, day="2026-11-24"), outdated=[DAY])
    assert (DAY in shop.known(ANNA).quota, used(shop)) == (False, 2)
    shop.inbox.record(lease, Record(turn, REPLY, refund=True), until=shop.until)
    assert (shop.used(ANNA, day="2026-11-24"), used(shop)) == (1, 1)


def test_a_refund_beyond_the_keys_count_goes_to_the_person_alone(story: Story):
    key_is(story, replace(SHOP, max_messages=9))
    lease, turn = begin_charged(story)
    carls_lease, carls = begin(story, CARL)
    story.inbox.record(carls_lease, Record(replace(carls, charged_day=DAY), REPLY, refund=True), until=story.until)
    assert (story.used(ANNA), story.used(CARL), used(story)) == (1, 0, 0)
    story.inbox.record(lease, Record(turn, REPLY, refund=True), until=story.until)
    assert (story.used(ANNA), used(story)) == (0, 0)


def test_a_refunded_question_may_be_asked_again(story: Story):
    key_is(story, replace(SHOP, max_messages=1))
    lease, turn = begin_charged(story)
    story.inbox.finish(lease, Finish(turn, TurnState.DROPPED, release=True, refund=True))
    assert [ask(story), ask(story)] == [Charged.CHARGED, Charged.KEY_SPENT]


# Many at once.


def test_twenty_visitors_at_once_share_what_is_left_of_their_key(busy_story: Story):
    busy_story = roomy(busy_story)
    key_is(busy_story, replace(SHOP, max_messages=10, used=3))
    begun = [begin(busy_story, identity.visitor(SHOP.id, f"visitor-{number}")) for number in range(20)]
    with ThreadPoolExecutor(20) as pool:
        charged = list(pool.map(lambda asked: busy_story.charge(*asked), begun))
    assert sorted(charged, key=str) == [Charged.CHARGED] * 7 + [Charged.KEY_SPENT] * 13
    assert used(busy_story) == 10
    assert busy_story.spent().committed == 7 * CALL.amount


def test_questions_that_fail_at_once_are_all_given_back(busy_story: Story):
    busy_story = roomy(busy_story)
    key_is(busy_story, SHOP)
    begun = [begin_charged(busy_story, identity.visitor(SHOP.id, f"visitor-{number}")) for number in range(10)]

    def fail(asked: tuple[Lease, Turn]) -> None:
        lease, turn = asked
        busy_story.inbox.record(lease, Record(turn, REPLY, refund=True), until=busy_story.until)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(fail, begun))
    assert used(busy_story) == 0


# Rooms, and who is told at once.


def test_beyond_five_open_questions_the_sender_is_told_at_once_and_no_turn_says_so(shop: Story):
    heard = [shop.accept(message(shop)) for _ in range(8)]
    assert heard == [Accepted.QUEUED] * 5 + [Accepted.OVERFLOW] * 3
    assert [turn.overflow for turn in shop.stored(home(ANNA))] == [False] * 5
    assert shop.hold(room=home(ANNA)).open_turns == 5


def test_once_there_is_room_again_the_next_message_is_kept(shop: Story):
    for _ in range(6):
        shop.accept(message(shop))
    lease = shop.hold(room=home(ANNA))
    shop.inbox.finish(lease, Finish(shop.read(lease).open[0], TurnState.DONE, release=False))
    assert shop.accept(message(shop)) is Accepted.QUEUED


def test_in_a_room_five_questions_may_wait_whoever_asked_them(shop: Story):
    heard = [shop.accept(message(shop, person, ROOM)) for person in (ANNA, CARL) * 3]
    assert heard == [Accepted.QUEUED] * 5 + [Accepted.OVERFLOW]


def test_a_repeated_message_is_known_though_there_is_no_room(shop: Story):
    first = message(shop)
    shop.accept(first)
    for _ in range(5):
        shop.accept(message(shop))
    assert shop.accept(first) is Accepted.DUPLICATE_OPEN


def test_in_a_room_each_is_charged_for_their_own(shop: Story):
    for person in (ANNA, CARL, CARL):
        shop.accept(message(shop, person, ROOM))
    lease = shop.hold(room=ROOM)
    charged = [shop.charge(lease, turn, limit=1) for turn in shop.read(lease).open]
    assert charged == [Charged.CHARGED, Charged.CHARGED, Charged.OVER_LIMIT]
    assert (shop.used(ANNA), shop.used(CARL), used(shop)) == (1, 1, 2)


def in_a_room(story: Story, *people: PersonId) -> list[Turn]:
    """So many questions that were answered, in their order."""
    for person in people:
        lease, turn = begin(story, person, ROOM)
        story.inbox.record(lease, Record(turn, Reply(f"Hello, {person}!")), until=story.until)
        story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    return story.stored(ROOM)


def test_the_latest_of_a_room_are_shown_oldest_first(shop: Story):
    turns = in_a_room(shop, *(ANNA, CARL) * 20)
    for count in (1, 2, 30, 35):
        assert list(shop.transcript.latest(ROOM, count=count, now=shop.clock())) == turns[-count:]
    assert list(shop.transcript.latest(ROOM, count=100, now=shop.clock())) == turns
    assert list(shop.transcript.latest(home(ANNA), count=5, now=shop.clock())) == []


def test_an_expired_turn_is_neither_listed_nor_found(shop: Story):
    [turn] = in_a_room(shop, ANNA)
    later = shop.clock.tick(days=31)
    assert list(shop.transcript.latest(ROOM, count=5, now=later)) == []
    assert shop.transcript.find(ROOM, turn.id, now=later) is None


def test_a_turn_is_found_as_last_written_and_only_where_it_was_asked(shop: Story):
    first, second = in_a_room(shop, ANNA, CARL)
    assert shop.transcript.find(ROOM, first.id, now=shop.clock()) == first
    assert shop.transcript.find(ROOM, second.id, now=shop.clock()) == second
    assert shop.transcript.find(home(ANNA), first.id, now=shop.clock()) is None
    assert shop.transcript.find(ROOM, TurnId(f"{NOON}#{'0' * 64}"), now=shop.clock()) is None


def test_forgetting_a_person_keeps_the_messages_of_others_in_the_room(shop: Story):
    turns = in_a_room(shop, ANNA, CARL, ANNA)
    shop.accept(message(shop, ANNA, ROOM))
    lease = shop.hold(room=ROOM)
    [asking] = shop.read(lease).open
    shop.transcript.erase_closed(lease.conversation, ANNA, now=shop.clock())
    assert shop.stored(ROOM) == [turns[1], asking]
    assert list(shop.transcript.latest(ROOM, count=5, now=shop.clock())) == [turns[1], asking]
    assert shop.transcript.find(ROOM, turns[0].id, now=shop.clock()) is None
