"""Messages that another turn answers too are closed with the write that takes that turn from the queue."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.conversation.burst import ANSWERED_BELOW, joined, whole
from chalicelib.conversation.charged import Charged
from chalicelib.conversation.inbox_steps import Finish, Record
from chalicelib.conversation.plan import bursts
from chalicelib.conversation.ports import Accepted
from chalicelib.conversation.turn import Lease, Turn, TurnState
from chalicelib.errors import LeaseLost
from tests.contract.story import DAY, REPLY, ROOM, Story

TEXTS = ("hello", "can you", "help me?")


def begin(story: Story) -> tuple[Lease, Turn]:
    """A burst waits, and a worker has read it."""
    for text in TEXTS:
        story.accept(story.message(f"mid-{text}", text=text))
    lease = story.hold()
    [burst] = bursts(story.read(lease).open, lease, now=story.clock())
    return lease, burst


def charge(story: Story, lease: Lease, burst: Turn) -> TurnState:
    assert story.charge(lease, burst) is Charged.CHARGED
    return TurnState.RUNNING


def record(story: Story, lease: Lease, burst: Turn) -> TurnState:
    assert story.inbox.record(lease, Record(burst, REPLY), until=story.until)
    return TurnState.ANSWERED


def refuse(story: Story, lease: Lease, burst: Turn) -> TurnState:
    assert story.inbox.refuse(lease, burst, REPLY, day=DAY, now=story.clock(), until=story.until)
    return TurnState.ANSWERED


def drop(story: Story, lease: Lease, burst: Turn) -> TurnState:
    step = Finish(burst, TurnState.DROPPED, release=False, joined=joined(burst))
    found = story.inbox.finish(lease, step)
    assert found
    assert found.open_turns == 0
    return TurnState.DROPPED


STEPS = pytest.mark.parametrize("step", [charge, record, refuse, drop])
Step = Callable[[Story, Lease, Turn], TurnState]


@STEPS
def test_the_messages_of_a_burst_leave_the_queue_together(story: Story, step: Step):
    lease, burst = begin(story)
    state = step(story, lease, burst)
    first, second, leader = story.stored()
    assert [turn.state for turn in (first, second, leader)] == [TurnState.DONE, TurnState.DONE, state]
    assert {(turn.reply, turn.joined, turn.charged_day) for turn in (first, second)} == {
        (ANSWERED_BELOW, burst.id, None)
    }
    assert leader.joined is None
    assert story.used() == (1 if step is charge else 0)
    assert whole(story.read(lease)).open == (() if step is drop else (replace(leader, before=(first, second)),))


@STEPS
def test_a_conversation_is_at_rest_after_a_burst(story: Story, step: Step):
    lease, burst = begin(story)
    if step(story, lease, burst) is not TurnState.DROPPED:
        finished = story.inbox.finish(lease, Finish(burst, TurnState.DONE, release=True))
        assert finished is None
    else:
        assert story.inbox.release(lease) is None
    assert (story.overdue(), story.take()) == ([], None)


def test_a_burst_that_is_dropped_as_the_last_releases_the_lease(story: Story):
    lease, burst = begin(story)
    step = Finish(burst, TurnState.DROPPED, release=True, joined=joined(burst))
    assert story.inbox.finish(lease, step) is None
    assert [turn.is_open for turn in story.stored()] == [False] * 3
    assert (story.overdue(), story.take()) == ([], None)


def test_a_message_that_comes_meanwhile_keeps_the_conversation_open(story: Story):
    lease, burst = begin(story)
    charge(story, lease, burst)
    story.accept(story.message(text="wait"))
    found = story.inbox.finish(lease, Finish(burst, TurnState.DONE, release=True))
    assert found
    [turn] = story.read(found).open
    assert turn.text == "wait"


@STEPS
def test_a_worker_that_has_lost_the_lease_closes_no_message_of_a_burst(story: Story, step: Step):
    lease, burst = begin(story)
    story.clock.tick(minutes=10)
    story.hold("two")
    with pytest.raises(LeaseLost):
        step(story, lease, burst)
    assert [turn.state for turn in story.stored()] == [TurnState.QUEUED] * 3


def test_a_burst_over_the_limit_stays_queued_as_a_whole(story: Story):
    lease, burst = begin(story)
    assert story.charge(lease, burst, limit=0) is Charged.OVER_LIMIT
    assert [turn.state for turn in story.stored()] == [TurnState.QUEUED] * 3


def test_a_message_of_a_burst_that_is_delivered_again_is_recognised(story: Story):
    lease, burst = begin(story)
    charge(story, lease, burst)
    first = burst.before[0]
    assert story.accept(story.message("mid-hello", text="hello", at=first.at)) is Accepted.DUPLICATE_DONE
    assert len(story.stored()) == 3


@pytest.mark.parametrize("is_answered", [True, False])
def test_an_unsent_message_of_a_burst_is_erased_with_the_answer(story: Story, *, is_answered: bool):
    lease, burst = begin(story)
    charge(story, lease, burst)
    if is_answered:
        running = replace(burst, state=TurnState.RUNNING)
        story.inbox.record(lease, Record(running, REPLY), until=story.until)
        story.inbox.finish(lease, Finish(running, TurnState.DONE, release=True))
    assert story.transcript.erase_text(ROOM, "mid-hello")
    first, second, leader = story.stored()
    assert (first.text, first.reply, second.text, leader.text) == ("", None, "can you", "help me?")
    assert leader.reply is None
    assert leader.state is (TurnState.DONE if is_answered else TurnState.RUNNING)
