from chalicelib.conversation.turn import Feedback
from tests.contract.story import Story


def test_feedback_is_stored_with_the_turn_and_new_only_once(story: Story):
    story.accept(story.message())
    [turn] = story.stored()
    assert [story.transcript.give_feedback(turn, Feedback.UP) for _ in range(3)] == [True, False, False]
    assert story.transcript.give_feedback(turn, Feedback.DOWN)
    [stored] = story.stored()
    assert (stored.feedback, stored.text) == (Feedback.DOWN, turn.text)


def test_an_erased_turn_takes_no_feedback(story: Story):
    story.accept(story.message())
    [turn] = story.stored()
    story.finish_all()
    story.transcript.erase_closed(turn.conversation, turn.person, now=story.clock())
    assert not story.transcript.give_feedback(turn, Feedback.UP)
    assert story.stored() == []
