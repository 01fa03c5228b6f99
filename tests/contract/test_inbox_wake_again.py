"""When a worker is woken once more for a message that came again."""

from chalicelib.conversation.limits import WAKE_AGAIN_MS
from tests.contract.story import ROOM, Story
from tests.contract.test_races import at_once


def wakes(story: Story) -> bool:
    return story.inbox.may_wake_again(ROOM, now=story.clock())


def test_a_wake_that_was_lost_is_made_up_for_at_once_and_then_every_few_seconds(story: Story):
    story.accept()
    assert [wakes(story) for _ in range(3)] == [True, False, False]
    story.clock.now += WAKE_AGAIN_MS - 1
    assert not wakes(story)
    story.clock.now += 1
    assert [wakes(story) for _ in range(3)] == [True, False, False]


def test_no_other_worker_is_woken_while_one_has_the_conversation(story: Story):
    story.accept()
    lease = story.hold()
    assert not wakes(story)
    story.inbox.hand_back(lease)
    assert wakes(story)


def test_a_worker_that_died_is_replaced_once_its_lease_is_over(story: Story):
    story.accept()
    story.hold()
    story.clock.tick(minutes=2)
    assert wakes(story)


def test_nobody_is_woken_before_a_postponed_answer_is_due(story: Story):
    """A worker that comes too early fails, and three such failures are a dead letter."""
    story.accept()
    story.inbox.hand_back(story.hold(), due_at=story.clock() + 60_000)
    assert not wakes(story)
    story.clock.tick(minutes=1)
    assert wakes(story)


def test_nobody_is_woken_where_nothing_is_open_and_nothing_is_stored(story: Story):
    assert not wakes(story)
    story.accept()
    story.finish_all()
    assert not wakes(story)
    assert story.overdue() == []


def test_the_wakes_of_one_conversation_do_not_count_for_the_next_one(story: Story):
    story.accept()
    assert wakes(story)
    story.finish_all()
    story.clock.tick(seconds=11)
    story.accept()
    assert wakes(story)


def test_of_twenty_repetitions_at_once_one_wakes_a_worker(busy_story: Story):
    busy_story.accept()
    assert sorted(at_once(20, lambda _: wakes(busy_story))) == [False] * 19 + [True]
