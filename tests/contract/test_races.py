from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import TypeVar

import pytest

from chalicelib.access import identity
from chalicelib.access.budget import DaySpend, Reservation, Settlement, Usage
from chalicelib.conversation.charged import Charged
from chalicelib.conversation.inbox_steps import Finish, Record
from chalicelib.conversation.journal import OpenRound
from chalicelib.conversation.person_list import PersonList
from chalicelib.conversation.ports import Accepted
from chalicelib.conversation.tool import ToolCall
from chalicelib.conversation.turn import Lease, Turn, TurnState
from chalicelib.errors import LeaseLost
from chalicelib.ids import ConversationId, KeyId, PersonId
from tests.contract.story import ANNA, CALL, DAY, REPLY, ROOM, Story

R = TypeVar("R")


def at_once(number: int, action: Callable[[int], R]) -> list[R]:
    """Call the action so many times in threads that start together."""
    ready = Barrier(number)

    def wait_and_act(index: int) -> R:
        ready.wait()
        return action(index)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(wait_and_act, range(number)))


def test_fifty_deliveries_of_a_message_at_once_are_one_turn(busy_story: Story):
    message = busy_story.message()
    heard = at_once(50, lambda _: busy_story.accept(message))
    assert sorted(heard, key=str) == [Accepted.DUPLICATE_OPEN] * 49 + [Accepted.QUEUED]
    assert len(busy_story.stored()) == 1
    assert busy_story.hold().open_turns == 1


def test_many_deliveries_at_once_without_a_signed_time_are_one_turn(busy_story: Story):
    message = busy_story.message(time_is_signed=False)
    heard = at_once(20, lambda index: busy_story.accept(replace(message, at=message.at + index)))
    assert heard.count(Accepted.QUEUED) == 1
    assert len(busy_story.stored()) == 1


def test_a_flood_at_once_is_five_messages_and_one_turn_for_the_rest(busy_story: Story):
    messages = [busy_story.message() for _ in range(20)]
    heard = at_once(20, lambda index: busy_story.accept(messages[index]))
    assert heard.count(Accepted.QUEUED) == 5
    assert heard.count(Accepted.OVERFLOW) == 15
    assert sorted(turn.overflow for turn in busy_story.stored()) == [False] * 5 + [True]


def test_twenty_workers_at_once_get_one_lease(busy_story: Story):
    busy_story.accept()
    taken = at_once(20, lambda index: busy_story.take(str(index)))
    assert len([lease for lease in taken if lease]) == 1


def test_twenty_workers_at_once_take_over_from_a_dead_one_once(busy_story: Story):
    busy_story.accept()
    busy_story.hold("dead")
    busy_story.clock.tick(minutes=2)
    [lease] = [lease for lease in at_once(20, lambda index: busy_story.take(str(index))) if lease]
    assert lease.fence == 2


def test_twenty_questions_at_once_are_charged_up_to_the_limit(busy_story: Story):
    begun = [_begin_in_a_room_of_its_own(busy_story, number) for number in range(20)]
    charged = at_once(20, lambda index: busy_story.charge(*begun[index], limit=7))
    assert sorted(charged, key=str) == [Charged.CHARGED] * 7 + [Charged.OVER_LIMIT] * 13
    assert busy_story.used() == 7


def test_the_notice_of_the_limit_is_given_once_to_twenty_questions_at_once(busy_story: Story):
    begun = [_begin_in_a_room_of_its_own(busy_story, number) for number in range(20)]
    told = at_once(
        20,
        lambda index: busy_story.inbox.refuse(
            *begun[index], REPLY, day=DAY, now=busy_story.clock(), until=busy_story.until
        ),
    )
    assert sum(told) == 1


def test_twenty_questions_of_twenty_persons_at_once_never_cost_more_than_the_day_may(busy_story: Story):
    begun = [_begin_in_a_room_of_its_own(busy_story, number, PersonId(f"messenger:1:{number}")) for number in range(20)]
    reserve = Reservation(DAY, amount=100, cap=750)
    charged = at_once(20, lambda index: busy_story.charge(*begun[index], reserve=reserve))
    assert sorted(charged, key=str) == [Charged.CHARGED] * 7 + [Charged.OVER_BUDGET] * 13
    assert busy_story.spent() == DaySpend(DAY, committed=700, calls=7)


def test_twenty_answers_at_once_are_all_on_the_days_bill(busy_story: Story):
    begun = [_begin_in_a_room_of_its_own(busy_story, number, PersonId(f"messenger:1:{number}")) for number in range(20)]
    for lease, turn in begun:
        assert busy_story.charge(lease, turn) is Charged.CHARGED

    def settle(index: int) -> None:
        (lease, turn), settlement = begun[index], Settlement(CALL, index, Usage(input=10, output=index))
        busy_story.inbox.record(lease, Record(turn, REPLY, settlement=settlement), until=busy_story.until)

    at_once(20, settle)
    assert busy_story.spent() == DaySpend(DAY, sum(range(20)), 200, 0, sum(range(20)), answers=20, calls=20)


def _open(story: Story, room: ConversationId, number: int) -> None:
    """Somebody else writes first, so that the room is open on their account."""
    assert story.accept(story.message(room=room, person=PersonId(f"messenger:1:opener-{number}"))) is Accepted.QUEUED


def _begin_in_a_room_of_its_own(story: Story, number: int, person: PersonId = ANNA) -> tuple[Lease, Turn]:
    room = ConversationId(f"room {number}")
    _open(story, room, number)
    story.accept(story.message(room=room, person=person))
    lease = story.hold(room=room)
    [turn] = [turn for turn in story.read(lease).open if turn.person == person]
    return lease, turn


def test_a_turn_is_charged_once_by_twenty_at_once(busy_story: Story):
    lease, turn = busy_story.begin()
    charged = at_once(20, lambda _: _unless_lost(lambda: busy_story.charge(lease, turn, limit=None)))
    assert sorted(charged, key=str) == [Charged.CHARGED] + [None] * 19
    assert busy_story.used() == 1


def test_a_charge_is_given_back_once_by_twenty_at_once(busy_story: Story):
    lease, turn = busy_story.begin_charged()
    busy_story.accept()
    busy_story.charge(lease, busy_story.read(lease).open[1])
    at_once(
        20,
        lambda _: _unless_lost(
            lambda: busy_story.inbox.record(lease, Record(turn, REPLY, refund=True), until=busy_story.until)
        ),
    )
    assert busy_story.used() == 1


def test_twenty_failures_at_once_are_given_back_three_times(busy_story: Story):
    begun = [_begin_in_a_room_of_its_own(busy_story, number) for number in range(20)]
    for lease, turn in begun:
        assert busy_story.charge(lease, turn, limit=None) is Charged.CHARGED
    steps = [Record(replace(turn, charged_day=DAY), REPLY, refund=True, most_refunds=3) for _, turn in begun]
    given_back = at_once(
        20, lambda index: busy_story.inbox.record(begun[index][0], steps[index], until=busy_story.until)
    )
    assert sorted(given_back) == [False] * 17 + [True] * 3
    assert (busy_story.used(), busy_story.known().refunds) == (17, {DAY: 3})


def _unless_lost(step: Callable[[], R]) -> R | None:
    try:
        return step()
    except LeaseLost:
        return None


@pytest.mark.parametrize("attempt", range(5))
def test_a_message_that_comes_while_the_last_turn_is_finished_is_never_left_behind(busy_story: Story, attempt: int):
    lease, turn = busy_story.begin()
    message = busy_story.message()

    def finish_or_hear(index: int) -> object:
        if index == attempt % 2:
            return busy_story.accept(message)
        return busy_story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))

    outcomes = at_once(2, finish_or_hear)
    assert outcomes[attempt % 2] is Accepted.QUEUED
    assert outcomes[1 - attempt % 2] or busy_story.take("next")


def test_a_new_person_is_announced_by_one_of_twenty_at_once(busy_story: Story):
    busy_story.accept()
    assert sum(at_once(20, lambda _: busy_story.store.new_people.announce(ANNA, secret="s", now=0))) == 1


def test_rooms_that_are_written_in_at_once_are_all_noted(busy_story: Story):
    cleo = identity.visitor(KeyId("shopshopsh"), "cleo")
    rooms = [identity.room(cleo, f"room-{number}") for number in range(20)]
    for number, room in enumerate(rooms):
        _open(busy_story, room, number)
    messages = [busy_story.message(person=cleo, room=room) for room in rooms]
    heard = at_once(20, lambda index: busy_story.accept(messages[index]))
    assert heard == [Accepted.QUEUED] * 20
    assert busy_story.known(cleo).rooms == frozenset(rooms)


def test_edits_that_come_at_once_end_with_the_last_one(busy_story: Story):
    busy_story.accept(busy_story.message("m"))
    at_once(5, lambda index: busy_story.transcript.replace_text(ROOM, "m", f"edit {index + 1}", edit=index + 1))
    assert busy_story.stored()[0].text == "edit 5"


def test_receipts_that_come_at_once_are_all_kept(busy_story: Story):
    _, turn = busy_story.begin()
    at_once(20, lambda index: busy_story.inbox.receipt(ROOM, turn.id, index))
    assert busy_story.inbox.receipts(turn) == set(range(20))


def test_of_twenty_workers_at_once_one_begins_a_call(busy_story: Story):
    lease, turn = busy_story.begin_charged()
    journal = busy_story.store.journal
    journal.begin(lease, turn, OpenRound((ToolCall("1", "send", "{}"),)), Settlement(CALL, 30), until=busy_story.until)

    def begin(_: int) -> bool:
        try:
            journal.start(lease, turn, 0, 0, until=busy_story.until)
        except LeaseLost:
            return False
        return True

    assert sum(at_once(20, begin)) == 1


def test_of_twenty_rounds_at_once_one_is_stored_and_settled(busy_story: Story):
    lease, turn = busy_story.begin_charged()

    def begin(number: int) -> bool:
        asked = OpenRound((ToolCall(str(number), "send", "{}"),))
        try:
            busy_story.store.journal.begin(lease, turn, asked, Settlement(CALL, 30), until=busy_story.until)
        except LeaseLost:
            return False
        return True

    assert sum(at_once(20, begin)) == 1
    assert busy_story.spent().committed == 30
    assert len(busy_story.store.journal.rounds(busy_story.stored()[0])) == 1


def test_of_twenty_changes_of_a_list_at_once_one_is_stored(busy_story: Story):
    lists, now = busy_story.store.lists, busy_story.clock()
    stored = at_once(20, lambda number: lists.put(ANNA, PersonList("wishes", (str(number),)), asked_at=now, now=now))
    assert sum(stored) == 1
    assert lists.get(ANNA, "wishes", now=now).items == (str(stored.index(True)),)
