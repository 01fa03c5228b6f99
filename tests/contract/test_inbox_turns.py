from dataclasses import replace

import pytest

from chalicelib.access.budget import Settlement, Usage
from chalicelib.conversation.inbox_steps import Finish, Record
from chalicelib.conversation.ports import Accepted
from chalicelib.conversation.turn import Choice, Lease, Received, Reply, Turn, TurnState
from chalicelib.errors import LeaseLost
from chalicelib.ids import ConnectionId
from tests.contract.story import ANNA, BERT, CALL, DAY, REPLY, ROOM, Story

HOUR_MS = 60 * 60 * 1000


def test_an_answer_is_kept_whole(story: Story):
    lease, turn = story.begin_charged()
    reply = Reply("Two\n\nparagraphs 🎉", "(2 left today)", (Choice("Yes", "/forget yes"), Choice("No", "/forget no")))
    story.inbox.record(lease, Record(turn, reply, settlement=Settlement(CALL, 7, Usage(10, 2, 3))), until=story.until)
    [answered] = story.stored()
    assert (answered.state, answered.reply, answered.charged_day) == (TurnState.ANSWERED, reply, DAY)
    assert answered.text == turn.text


def test_a_command_is_answered_without_a_charge(story: Story):
    lease, turn = story.begin()
    story.inbox.record(lease, Record(turn, REPLY), until=story.until)
    [answered] = story.stored()
    assert (answered.state, answered.reply, answered.charged_day) == (TurnState.ANSWERED, REPLY, None)
    assert story.used() == 0


def test_an_answer_is_given_once(story: Story):
    lease, turn = story.begin_charged()
    story.inbox.record(lease, Record(turn, REPLY), until=story.until)
    with pytest.raises(LeaseLost):
        story.inbox.record(lease, Record(turn, Reply("Something else")), until=story.until)
    assert story.stored()[0].reply == REPLY


def test_an_answer_survives_the_worker_that_gave_it(story: Story):
    lease, turn = story.begin_charged()
    story.inbox.record(lease, Record(turn, REPLY), until=story.until)
    story.clock.tick(minutes=2)
    [found] = story.read(story.hold("two")).open
    assert (found.state, found.reply) == (TurnState.ANSWERED, REPLY)


def test_starting_afresh_is_seen_by_the_next_worker(story: Story):
    lease, turn = story.begin()
    story.inbox.record(lease, Record(turn, REPLY, forget_before=turn.at), until=story.until)
    story.inbox.hand_back(lease)
    assert story.hold("two").history_from == turn.at


def test_an_answer_without_a_fresh_start_leaves_memory_as_it_is(story: Story):
    lease, turn = story.begin()
    story.inbox.record(lease, Record(turn, REPLY, forget_before=7), until=story.until)
    story.accept()
    story.inbox.record(lease, Record(story.read(lease).open[1], REPLY), until=story.until)
    story.inbox.hand_back(lease)
    assert story.hold("two").history_from == 7


@pytest.mark.parametrize("state", [TurnState.DONE, TurnState.DROPPED])
def test_the_last_turn_is_closed_and_the_conversation_released_at_once(story: Story, state: TurnState):
    lease, turn = story.begin_charged()
    story.inbox.record(lease, Record(turn, REPLY), until=story.until)
    assert story.inbox.finish(lease, Finish(turn, state, release=True)) is None
    [closed] = story.stored()
    assert (closed.state, closed.text, closed.reply, closed.charged_day) == (state, turn.text, REPLY, DAY)
    assert story.take() is None
    assert story.overdue() == []


def test_a_turn_is_closed_and_the_conversation_kept_when_messages_have_arrived(story: Story):
    lease, turn = story.begin_charged()
    story.inbox.pause(ROOM, until=story.until)
    story.accept()
    kept = story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    assert kept == replace(lease, arrivals=2, open_turns=1, paused_until=story.until)
    assert story.take("two") is None
    thread = story.read(kept)
    assert [turn.state for turn in thread.open] == [TurnState.QUEUED]
    assert [turn.state for turn in thread.closed] == [TurnState.DONE]
    assert story.overdue() == [ROOM]


def test_a_conversation_kept_for_new_messages_is_released_with_the_last_of_them(story: Story):
    lease, turn = story.begin_charged()
    story.accept()
    kept = story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    assert kept
    assert story.inbox.finish(kept, Finish(story.read(kept).open[0], TurnState.DONE, release=True)) is None
    assert story.overdue() == []


def test_a_message_between_the_last_two_steps_is_not_left_behind(story: Story):
    story.accept()
    story.accept()
    lease = story.hold()
    first, second = story.read(lease).open
    left = story.inbox.finish(lease, Finish(first, TurnState.DONE, release=False))
    assert left == replace(lease, open_turns=1)
    story.accept()
    assert story.inbox.finish(left, Finish(second, TurnState.DONE, release=True))
    assert story.overdue() == [ROOM]


def test_a_repeated_message_does_not_keep_the_conversation(story: Story):
    message = story.message()
    lease, turn = story.begin(message)
    assert story.accept(message) is Accepted.DUPLICATE_OPEN
    assert story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True)) is None


@pytest.mark.parametrize("release", [True, False])
def test_a_turn_is_closed_once(story: Story, *, release: bool):
    story.accept()
    lease, turn = story.begin()
    left = story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=False))
    assert left
    with pytest.raises(LeaseLost):
        story.inbox.finish(left, Finish(turn, TurnState.DROPPED, release=release))
    story.inbox.hand_back(left)
    assert story.hold("two").open_turns == 1
    assert [turn.state for turn in story.stored()] == [TurnState.DONE, TurnState.QUEUED]


@pytest.mark.parametrize("release", [True, False])
def test_a_turn_can_be_closed_without_its_words(story: Story, *, release: bool):
    lease, turn = story.begin(story.message(attachments=("image",)))
    story.inbox.record(
        lease, Record(turn, Reply("Well", "(2 left)", (Choice("Yes", "/forget yes"),))), until=story.until
    )
    story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=release, scrub=True))
    [closed] = story.stored()
    assert (closed.text, closed.attachments, closed.reply) == ("", (), None)


def test_open_turns_come_in_the_order_of_their_times(story: Story):
    for minutes in (3, 1, 2):
        story.accept(story.message(str(minutes), at=story.clock() - minutes * 60_000, text=str(minutes)))
    lease = story.hold()
    assert [turn.text for turn in story.read(lease).open] == ["3", "2", "1"]


@pytest.mark.parametrize(
    "places", [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (2, 0, 4, 1, 3), (7, 2**80 - 1, 2**64, 0, 2**53 + 1)]
)
def test_turns_of_one_millisecond_come_in_the_order_of_their_places(story: Story, places: tuple[int, ...]):
    moment = story.clock()
    for place in places:
        story.accept(story.message(str(place), at=moment, text=str(place), place=place))
    in_order = [str(place) for place in sorted(places)]
    assert [turn.text for turn in story.read(story.hold()).open] == in_order
    assert [turn.text for turn in story.stored()] == in_order
    assert [turn.text for turn in story.transcript.latest(ROOM, count=5, now=story.clock())] == in_order
    assert [turn.text for turn in story.transcript.latest(ROOM, count=2, now=story.clock())] == in_order[-2:]


def test_the_time_goes_before_the_place(story: Story):
    moment = story.clock()
    for text, at, place in (("late", moment + 1, 0), ("early", moment - 1, 9), ("between", moment, 5)):
        story.accept(story.message(text, at=at, text=text, place=place))
    assert [turn.text for turn in story.read(story.hold()).open] == ["early", "between", "late"]


def test_many_turns_of_one_millisecond_keep_their_places_over_several_pages(story: Story):
    moment = story.clock()
    for place in reversed(range(40)):
        story.accept(story.message(str(place), at=moment, text=str(place), place=place))
        story.finish_all()
    in_order = [str(place) for place in range(40)]
    assert [turn.text for turn in story.stored()] == in_order
    assert [turn.text for turn in story.transcript.latest(ROOM, count=40, now=story.clock())] == in_order


@pytest.mark.parametrize("arrival", [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (2, 0, 4, 1, 3)])
@pytest.mark.parametrize("apart", [0, 20])
def test_turns_come_in_the_order_of_their_connections_frames_whatever_their_ids_say(
    story: Story, arrival: tuple[int, ...], apart: int
):
    moment, socket = story.clock(), ConnectionId("one")
    for number in arrival:
        received = Received(moment + apart * number, socket, number + 1)
        message = story.message(str(number), at=moment - 1000 * number, text=str(number), place=9 - number)
        story.accept(replace(message, received=received))
    in_order = ["0", "1", "2", "3", "4"]
    found = story.read(story.hold()).open
    assert [turn.text for turn in found] == in_order
    assert [turn.received for turn in found] == [Received(moment + apart * n, socket, n + 1) for n in range(5)]
    assert [turn.text for turn in story.stored()] == in_order
    assert [turn.text for turn in story.transcript.latest(ROOM, count=2, now=story.clock())] == in_order[-2:]


def test_a_message_that_comes_again_later_keeps_the_time_at_which_it_first_came(story: Story):
    message, socket = story.message("m"), ConnectionId("one")
    story.accept(replace(message, received=Received(story.clock(), socket)))
    again = replace(message, received=Received(story.clock() + 5000, ConnectionId("two"), 1))
    assert story.accept(again) is Accepted.DUPLICATE_OPEN
    assert [turn.received for turn in story.stored()] == [Received(story.clock(), socket)]


def test_a_message_that_comes_again_at_another_place_is_one_turn(story: Story):
    story.accept(story.message("m", at=story.clock(), place=3))
    assert story.accept(story.message("m", at=story.clock(), place=0)) is Accepted.DUPLICATE_OPEN
    assert [turn.place for turn in story.stored()] == [3]


def test_a_recorded_reply_counts_as_the_first_attempt_to_deliver_it(story: Story):
    lease, turn = story.begin()
    assert turn.deliveries == 0
    story.inbox.record(lease, Record(turn, REPLY), until=story.until)
    assert story.stored()[0].deliveries == 1


def test_a_notice_counts_as_the_first_attempt_to_deliver_it(story: Story):
    lease, turn = story.begin()
    assert story.inbox.refuse(lease, turn, REPLY, day=DAY, now=story.clock(), until=story.until)
    assert story.stored()[0].deliveries == 1


def test_each_further_attempt_to_deliver_is_counted_across_workers(story: Story):
    lease, turn = story.begin()
    story.inbox.record(lease, Record(turn, REPLY), until=story.until)
    for owner, attempts in (("two", 2), ("three", 3)):
        story.clock.tick(minutes=2)
        lease = story.hold(owner)
        [answered] = story.read(lease).open
        story.inbox.deliver_again(lease, answered, until=story.until)
        assert story.stored() == [replace(answered, deliveries=attempts)]


@pytest.mark.parametrize("state", [TurnState.QUEUED, TurnState.RUNNING, TurnState.DONE, TurnState.DROPPED])
def test_only_an_answered_turn_is_delivered_again(story: Story, state: TurnState):
    lease, turn = story.begin_charged() if state is TurnState.RUNNING else story.begin()
    if state in (TurnState.DONE, TurnState.DROPPED):
        story.accept()
        assert story.inbox.finish(lease, Finish(turn, state, release=True))
    before = story.stored()
    with pytest.raises(LeaseLost):
        story.inbox.deliver_again(lease, turn, until=story.until)
    assert story.stored() == before


def test_a_thread_holds_its_own_turns_only(story: Story):
    story.accept(story.message(person=BERT))
    lease, turn = story.begin()
    assert story.read(lease).open == (turn,)


def _close_many(story: Story, number: int) -> None:
    for _ in range(number):
        lease, turn = story.begin(story.message(at=story.clock.tick(seconds=1)))
        story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))


def test_an_old_message_that_comes_late_is_found_behind_many_newer_ones(story: Story):
    began = story.clock()
    _close_many(story, 65)
    story.accept(story.message("late", at=began - HOUR_MS))
    lease = story.hold()
    thread = story.read(lease)
    assert [turn.at for turn in thread.open] == [began - HOUR_MS]
    assert len(thread.closed) == 65


def test_old_and_new_open_turns_are_all_found_behind_many_closed_ones(story: Story):
    began = story.clock()
    _close_many(story, 35)
    ats = [began - HOUR_MS, began - 1, story.clock() + 1]
    for at in ats:
        story.accept(story.message(at=at))
    assert [turn.at for turn in story.read(story.hold()).open] == ats


def test_the_latest_closed_turns_are_read_oldest_first(story: Story):
    _close_many(story, 35)
    lease, _ = story.begin()
    closed = story.read(lease).closed
    assert list(closed) == story.stored()[35 - len(closed) : 35]
    assert len(closed) >= 20


def test_expired_turns_are_not_read(story: Story):
    story.accept()
    story.finish_all()
    story.clock.tick(days=1)
    lease, turn = story.begin()
    assert len(story.read(lease).closed) == 1
    story.clock.tick(days=29.001)
    assert story.read(lease).closed == ()
    assert story.read(lease).open == (turn,)


def test_turns_are_deleted_after_thirty_days(story: Story):
    story.accept()
    story.clock.tick(days=1)
    story.accept()
    story.clock.tick(days=29.001)
    story.store.expire(story.clock())
    assert len(story.stored()) == 1


def test_forgetting_deletes_what_is_closed_and_keeps_what_is_open(story: Story):
    _close_many(story, 35)
    lease, turn = story.begin()
    story.accept()
    story.transcript.erase_closed(ROOM, ANNA, now=story.clock())
    assert story.read(lease).open[0] == turn
    assert [turn.state for turn in story.stored()] == [TurnState.QUEUED] * 2


def test_forgetting_concerns_nobody_else(story: Story):
    story.accept(story.message(person=BERT))
    bert: Lease = story.hold(room=story.message(person=BERT).conversation)
    other: Turn = story.read(bert).open[0]
    story.inbox.finish(bert, Finish(other, TurnState.DONE, release=True))
    story.begin()
    story.transcript.erase_closed(ROOM, ANNA, now=story.clock())
    assert len(story.stored(other.conversation)) == 1


def test_forgetting_in_a_room_deletes_what_one_person_wrote_there_and_no_more(story: Story):
    for person in (ANNA, BERT, ANNA):
        story.accept(story.message(person=person, room=ROOM, text=person))
    story.finish_all()
    story.transcript.erase_closed(ROOM, ANNA, now=story.clock())
    assert [turn.text for turn in story.stored()] == [BERT]
