import pytest

from chalicelib.conversation.inbox_steps import Finish, Record
from chalicelib.conversation.ports import Accepted
from chalicelib.conversation.turn import TurnState
from chalicelib.errors import ConversationBusy, LeaseLost
from chalicelib.ids import ConversationId
from tests.contract.story import BERT, DAY, REPLY, ROOM, Story


def test_every_stored_turn_is_shown_oldest_first(story: Story):
    for number in range(35):
        lease, turn = story.begin(story.message(text=str(number)))
        story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    story.accept(story.message(text="35"))
    assert [turn.text for turn in story.stored()] == [str(number) for number in range(36)]


def test_where_nobody_wrote_there_is_nothing_to_show_or_erase(story: Story):
    story.transcript.erase(ROOM, now=story.clock())
    assert story.stored() == []
    assert story.take() is None


def test_an_erased_conversation_is_gone_with_all_turns(story: Story):
    for _ in range(35):
        lease, turn = story.begin()
        story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    story.accept()
    story.inbox.pause(ROOM, until=story.until)
    story.transcript.erase(ROOM, now=story.clock())
    assert story.stored() == []
    assert story.overdue() == []
    assert story.take() is None


def test_a_pause_where_nobody_ever_wrote_can_be_erased(story: Story):
    story.inbox.pause(ROOM, until=story.until)
    story.transcript.erase(ROOM, now=story.clock())
    story.accept()
    assert story.hold().paused_until == 0


def test_erasing_concerns_nobody_else(story: Story):
    for message in (story.message(), story.message(person=BERT)):
        story.accept(message)
    story.transcript.erase(ROOM, now=story.clock())
    assert len(story.stored(ConversationId(BERT))) == 1
    assert story.overdue() == [ConversationId(BERT)]


def test_a_conversation_that_is_being_answered_is_not_erased(story: Story):
    _, turn = story.begin()
    with pytest.raises(ConversationBusy):
        story.transcript.erase(ROOM, now=story.clock())
    assert story.stored() == [turn]


def test_a_conversation_whose_worker_died_can_be_erased(story: Story):
    lease, turn = story.begin_charged()
    story.clock.tick(seconds=61)
    story.transcript.erase(ROOM, now=story.clock())
    with pytest.raises(LeaseLost):
        story.inbox.record(lease, Record(turn, REPLY), until=story.until)
    assert story.stored() == []


def test_erasing_a_conversation_gives_no_questions_back(story: Story):
    story.begin_charged()
    story.clock.tick(minutes=2)
    story.transcript.erase(ROOM, now=story.clock())
    assert story.used(day=DAY) == 1


def test_a_message_that_is_repeated_after_it_was_erased_is_known_for_two_days(story: Story):
    message = story.message(text="my secret")
    story.accept(message)
    story.finish_all()
    story.transcript.erase(ROOM, now=story.clock())
    assert story.accept(message) is Accepted.DUPLICATE_DONE
    story.clock.tick(days=2.001)
    story.store.expire(story.clock())
    assert story.accept(message) is Accepted.QUEUED


def test_a_message_older_than_meta_repeats_is_erased_without_a_trace(story: Story):
    message = story.message()
    story.accept(message)
    story.finish_all()
    story.clock.tick(days=3)
    story.transcript.erase(ROOM, now=story.clock())
    assert story.accept(message) is Accepted.QUEUED


def test_an_erased_person_may_write_again(story: Story):
    story.accept()
    story.finish_all()
    story.transcript.erase(ROOM, now=story.clock())
    assert story.accept() is Accepted.QUEUED
    lease = story.hold()
    assert (lease.arrivals, lease.open_turns, lease.history_from, lease.paused_until) == (1, 1, 0, 0)
