import pytest

from chalicelib.conversation.inbox_steps import Finish, Record
from chalicelib.conversation.turn import Reply, TurnState
from chalicelib.ids import ConversationId, TurnId
from tests.contract.story import BERT, REPLY, ROOM, Story

pytestmark = pytest.mark.on_conflicts


def test_a_message_that_was_taken_back_loses_its_words_and_is_still_to_be_closed(story: Story):
    story.accept(story.message("gone", attachments=("image",)))
    assert story.transcript.erase_text(ROOM, "gone")
    [turn] = story.stored()
    assert (turn.state, turn.text, turn.attachments) == (TurnState.QUEUED, "", ())


@pytest.mark.parametrize("state", [TurnState.DONE, TurnState.DROPPED])
def test_a_closed_message_that_was_taken_back_loses_its_answer_too(story: Story, state: TurnState):
    lease, turn = story.begin(story.message("gone"))
    story.inbox.record(lease, Record(turn, Reply("Well", "(2 left)")), until=story.until)
    story.inbox.finish(lease, Finish(turn, state, release=True))
    assert story.transcript.erase_text(ROOM, "gone")
    [closed] = story.stored()
    assert (closed.state, closed.text, closed.reply) == (state, "", None)


def test_an_answer_on_its_way_is_kept_when_the_question_is_taken_back(story: Story):
    lease, turn = story.begin(story.message("gone"))
    story.inbox.record(lease, Record(turn, REPLY), until=story.until)
    story.transcript.erase_text(ROOM, "gone")
    [answered] = story.stored()
    assert (answered.text, answered.reply) == ("", REPLY)


def test_a_message_may_be_taken_back_twice(story: Story):
    story.accept(story.message("gone"))
    assert [story.transcript.erase_text(ROOM, "gone") for _ in range(2)] == [True, True]


def test_an_edit_that_comes_late_does_not_bring_back_what_was_taken_back(story: Story):
    story.accept(story.message("gone"))
    story.transcript.replace_text(ROOM, "gone", "first", edit=1)
    story.transcript.erase_text(ROOM, "gone")
    assert not story.transcript.replace_text(ROOM, "gone", "second", edit=1000)
    assert story.stored()[0].text == ""


def test_a_message_that_is_not_here_cannot_be_taken_back(story: Story):
    story.accept(story.message("here"))
    assert not story.transcript.erase_text(ROOM, "elsewhere")
    assert not story.transcript.erase_text(ConversationId(BERT), "here")
    assert story.stored()[0].text
    assert story.stored(ConversationId(BERT)) == []


def test_only_the_message_that_was_taken_back_is_touched(story: Story):
    for mid in ("one", "two", "three"):
        story.accept(story.message(mid, text=mid))
    story.transcript.erase_text(ROOM, "two")
    assert [turn.text for turn in story.stored()] == ["one", "", "three"]


def test_an_old_message_can_be_taken_back(story: Story):
    lease, turn = story.begin(story.message("old", at=story.clock() - 1))
    story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    for _ in range(35):
        lease, turn = story.begin()
        story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    assert story.transcript.erase_text(ROOM, "old")
    assert story.stored()[0].text == ""


def test_a_lost_message_has_no_words_to_take_back(story: Story):
    for number in range(6):
        story.accept(story.message(f"m{number}"))
    assert story.transcript.erase_text(ROOM, "m5")
    assert not story.transcript.replace_text(ROOM, "m5", "Secret", edit=1)
    assert story.stored()[-1].text == ""


def test_an_edited_message_has_its_new_words(story: Story):
    story.accept(story.message("m", text="Helo"))
    assert story.transcript.replace_text(ROOM, "m", "Hello", edit=1)
    assert story.stored()[0].text == "Hello"


def test_an_older_edit_that_comes_late_changes_nothing(story: Story):
    story.accept(story.message("m"))
    assert story.transcript.replace_text(ROOM, "m", "second", edit=2)
    assert not story.transcript.replace_text(ROOM, "m", "first", edit=1)
    assert not story.transcript.replace_text(ROOM, "m", "second again", edit=2)
    assert story.transcript.replace_text(ROOM, "m", "third", edit=3)
    assert story.stored()[0].text == "third"


def test_a_message_that_is_not_here_cannot_be_edited(story: Story):
    assert not story.transcript.replace_text(ROOM, "m", "Hello", edit=1)
    assert story.stored() == []


def test_an_event_about_a_message_does_not_wake_or_keep_anybody(story: Story):
    lease, turn = story.begin(story.message("m"))
    story.transcript.replace_text(ROOM, "m", "Hello", edit=1)
    story.transcript.erase_text(ROOM, "m")
    story.inbox.receipt(ROOM, turn.id, 0)
    assert story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True)) is None


def test_the_parts_that_arrived_are_remembered_however_often_they_are_reported(story: Story):
    _, turn = story.begin()
    assert story.inbox.receipts(turn) == frozenset()
    for part in (1, 0, 1):
        story.inbox.receipt(ROOM, turn.id, part)
    assert story.inbox.receipts(turn) == {0, 1}
    assert story.stored()[0].receipts == {0, 1}


def test_a_receipt_for_an_unknown_turn_leaves_no_trace(story: Story):
    _, turn = story.begin()
    story.inbox.receipt(ROOM, TurnId("0000000000001#unknown"), 0)
    story.inbox.receipt(ConversationId(BERT), turn.id, 0)
    assert story.stored() == [turn]
    assert story.stored(ConversationId(BERT)) == []


def test_a_deleted_turn_has_no_receipts(story: Story):
    _, turn = story.begin()
    story.inbox.receipt(ROOM, turn.id, 0)
    story.clock.tick(minutes=2)
    story.transcript.erase(ROOM, now=story.clock())
    assert story.inbox.receipts(turn) == frozenset()
