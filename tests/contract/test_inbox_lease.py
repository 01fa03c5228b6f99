from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.access.budget import Settlement
from chalicelib.conversation.inbox_steps import Finish, Record
from chalicelib.conversation.turn import Lease, Turn, TurnState
from chalicelib.errors import LeaseLost
from tests.contract.story import ANNA, BERT, CALL, DAY, REPLY, ROOM, Story

Step = Callable[[Story, Lease, Turn], object]

FOR_QUEUED: dict[str, Step] = {
    "charge": lambda story, lease, turn: story.charge(lease, turn),
    "charge an unlimited person": lambda story, lease, turn: story.charge(lease, turn, limit=None),
    "record": lambda story, lease, turn: story.inbox.record(
        lease, Record(turn, REPLY, forget_before=story.clock()), until=story.until
    ),
    "refuse": lambda story, lease, turn: story.inbox.refuse(
        lease, turn, REPLY, day=DAY, now=story.clock(), until=story.until
    ),
    "finish": lambda story, lease, turn: story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=False)),
    "finish and release": lambda story, lease, turn: story.inbox.finish(
        lease, Finish(turn, TurnState.DONE, release=True)
    ),
    "finish and scrub": lambda story, lease, turn: story.inbox.finish(
        lease, Finish(turn, TurnState.DROPPED, release=True, scrub=True)
    ),
    "release": lambda story, lease, turn: story.inbox.release(lease),
    "hand back": lambda story, lease, turn: story.inbox.hand_back(lease),
    "hand back until later": lambda story, lease, turn: story.inbox.hand_back(lease, due_at=story.until),
}
FOR_ANSWERED: dict[str, Step] = {
    "deliver again": lambda story, lease, turn: story.inbox.deliver_again(lease, turn, until=story.until),
}
FOR_RUNNING: dict[str, Step] = {
    "call again": lambda story, lease, turn: story.inbox.call_again(lease, turn, reserve=CALL, until=story.until),
    "record": lambda story, lease, turn: story.inbox.record(lease, Record(turn, REPLY), until=story.until),
    "record and settle": lambda story, lease, turn: story.inbox.record(
        lease, Record(turn, REPLY, settlement=Settlement(CALL, 7)), until=story.until
    ),
    "record and refund": lambda story, lease, turn: story.inbox.record(
        lease, Record(turn, REPLY, refund=True), until=story.until
    ),
    "finish": lambda story, lease, turn: story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=False)),
    "finish and refund": lambda story, lease, turn: story.inbox.finish(
        lease, Finish(turn, TurnState.DROPPED, release=False, refund=True)
    ),
    "finish, refund and release": lambda story, lease, turn: story.inbox.finish(
        lease, Finish(turn, TurnState.DROPPED, release=True, refund=True)
    ),
    "release": lambda story, lease, turn: story.inbox.release(lease),
    "hand back": lambda story, lease, turn: story.inbox.hand_back(lease),
}


def _everything(story: Story) -> object:
    """All that the ports show, the newest lease included."""
    newest = story.take("looker")
    assert newest, "the lost lease's holder may not have changed who works, nor until when"
    return story.stored(), story.known(), story.spent(), replace(newest, fence=0), story.overdue()


def _assert_it_writes_nothing(story: Story, step: Step, lease: Lease, turn: Turn) -> None:
    story.clock.tick(minutes=2)
    before = _everything(story)
    with pytest.raises(LeaseLost):
        step(story, lease, turn)
    assert story.take("third") is None, "the newest holder still works here"
    story.clock.tick(seconds=61)
    assert _everything(story) == before


@pytest.mark.parametrize("step", FOR_QUEUED.values(), ids=FOR_QUEUED)
def test_without_the_lease_nothing_is_written_for_a_queued_turn(story: Story, step: Step):
    lease, turn = story.begin()
    _assert_it_writes_nothing(story, step, lease, turn)


@pytest.mark.parametrize("step", FOR_RUNNING.values(), ids=FOR_RUNNING)
def test_without_the_lease_nothing_is_written_for_a_running_turn(story: Story, step: Step):
    lease, turn = story.begin_charged()
    _assert_it_writes_nothing(story, step, lease, turn)


@pytest.mark.parametrize("step", FOR_ANSWERED.values(), ids=FOR_ANSWERED)
def test_without_the_lease_nothing_is_written_for_an_answered_turn(story: Story, step: Step):
    _assert_it_writes_nothing(story, step, *_begin_answered(story))


def _begin_answered(story: Story) -> tuple[Lease, Turn]:
    lease, turn = story.begin_charged()
    story.inbox.record(lease, Record(turn, REPLY), until=story.until)
    return lease, story.read(lease).open[0]


@pytest.mark.parametrize("step", FOR_QUEUED.values(), ids=FOR_QUEUED)
def test_the_fence_tells_apart_two_leases_of_the_same_worker(story: Story, step: Step):
    lease, turn = story.begin()
    story.inbox.hand_back(lease)
    assert story.hold(lease.owner).fence == lease.fence + 1
    with pytest.raises(LeaseLost):
        step(story, lease, turn)


@pytest.mark.parametrize("step", FOR_QUEUED.values(), ids=FOR_QUEUED)
def test_nothing_is_written_after_the_lease_was_handed_back(story: Story, step: Step):
    lease, turn = story.begin()
    story.inbox.hand_back(lease)
    with pytest.raises(LeaseLost):
        step(story, lease, turn)


@pytest.mark.parametrize("step", FOR_QUEUED.values(), ids=FOR_QUEUED)
def test_a_worker_of_a_former_life_of_the_conversation_writes_nothing(story: Story, step: Step):
    lease, turn = story.begin()
    story.clock.tick(minutes=2)
    story.transcript.erase(ROOM, now=story.clock())
    story.accept()
    assert story.hold("two").fence == lease.fence
    with pytest.raises(LeaseLost):
        step(story, lease, turn)


def test_one_worker_at_a_time_works_on_a_conversation(story: Story):
    story.accept()
    assert story.take("one")
    assert story.take("two") is None


def test_a_worker_that_has_the_lease_gets_the_same_one_when_its_request_is_sent_again(story: Story):
    story.accept()
    lease = story.take("one")
    assert lease
    assert story.take("one") == lease
    story.inbox.hand_back(lease)
    assert story.hold("one").fence == lease.fence + 1


def test_different_conversations_are_worked_on_in_parallel(story: Story):
    for person in (ANNA, BERT):
        story.accept(story.message(person=person))
    assert story.take("one", ROOM)
    assert story.take("two", story.message(person=BERT).conversation)


def test_a_conversation_whose_worker_died_can_be_taken_over_once_its_time_is_over(story: Story):
    story.accept()
    lease = story.hold("one")
    story.clock.tick(seconds=60)
    assert story.take("two") is None
    story.clock.tick(seconds=0.001)
    taken_over = story.hold("two")
    assert (taken_over.owner, taken_over.fence) == ("two", lease.fence + 1)


def test_there_is_nothing_to_take_where_nobody_wrote(story: Story):
    assert story.take() is None
    story.accept()
    story.finish_all()
    assert story.take() is None


def test_a_lease_says_how_the_conversation_is(story: Story):
    for _ in range(2):
        story.accept()
    lease = story.hold()
    assert (lease.conversation, lease.owner) == (ROOM, "one")
    assert (lease.arrivals, lease.open_turns, lease.history_from, lease.paused_until) == (2, 2, 0, 0)
    assert lease.due_at == story.clock()


@pytest.mark.parametrize("name", ["charge", "record", "refuse"])
def test_each_step_of_a_queued_turn_extends_the_lease(story: Story, name: str):
    lease, turn = story.begin()
    _assert_it_extends(story, FOR_QUEUED[name], lease, turn)


@pytest.mark.parametrize("name", ["call again", "record"])
def test_each_step_of_a_running_turn_extends_the_lease(story: Story, name: str):
    lease, turn = story.begin_charged()
    _assert_it_extends(story, FOR_RUNNING[name], lease, turn)


def test_another_attempt_to_deliver_extends_the_lease(story: Story):
    _assert_it_extends(story, FOR_ANSWERED["deliver again"], *_begin_answered(story))


def _assert_it_extends(story: Story, step: Step, lease: Lease, turn: Turn) -> None:
    story.clock.tick(seconds=40)
    step(story, lease, turn)
    story.clock.tick(seconds=60)
    assert story.take("two") is None
    story.clock.tick(seconds=1)
    assert story.take("two")


def test_a_lease_that_is_given_back_leaves_nothing_to_do(story: Story):
    lease, turn = story.begin()
    left = story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=False))
    assert left
    assert story.inbox.release(left) is None
    assert story.take() is None
    assert story.overdue() == []


def test_a_lease_is_not_given_back_while_new_messages_wait(story: Story):
    lease, turn = story.begin()
    left = story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=False))
    assert left
    story.accept()
    again = story.inbox.release(left)
    assert again == replace(lease, arrivals=2, open_turns=1)
    assert story.take("two") is None
    assert [turn.state for turn in story.read(again).open] == [TurnState.QUEUED]


def test_a_refused_release_shows_the_pause_that_came_meanwhile(story: Story):
    lease, _ = story.begin()
    story.inbox.pause(ROOM, until=story.until)
    story.accept()
    again = story.inbox.release(lease)
    assert again
    assert again.paused_until == story.until


def test_a_count_of_open_turns_that_went_wrong_is_mended_by_releasing_nothing(story: Story):
    lease, _ = story.begin()
    assert story.inbox.release(lease) is None
    assert story.take() is None
    story.accept()
    assert story.hold().open_turns == 1


def test_a_lease_that_is_handed_back_leaves_its_turns_to_the_heartbeat(story: Story):
    lease, turn = story.begin()
    story.clock.tick(seconds=10)
    story.inbox.hand_back(lease)
    assert story.overdue() == [ROOM]
    again = story.hold("two")
    assert story.read(again).open == (turn,)


def test_a_lease_that_is_handed_back_until_later_is_overdue_then_and_not_before(story: Story):
    lease, turn = story.begin()
    story.inbox.hand_back(lease, due_at=story.clock() + 60_000)
    assert story.overdue() == []
    story.clock.tick(seconds=60)
    assert story.overdue() == [ROOM]
    again = story.hold("two")
    assert again.due_at == story.clock()
    assert story.read(again).open == (turn,)


def test_a_conversation_that_waits_can_be_taken_for_a_new_message_and_tells_what_it_waits_for(story: Story):
    lease, turn = story.begin()
    later = story.clock() + 60_000
    story.inbox.hand_back(lease, due_at=later)
    story.accept()
    again = story.hold("two")
    assert (again.due_at, again.open_turns) == (later, 2)
    assert story.read(again).open[0] == turn
    assert story.overdue() == []


def test_what_was_handed_back_until_later_can_be_made_due(story: Story):
    lease, _ = story.begin()
    story.inbox.hand_back(lease, due_at=story.clock() + 60_000)
    story.inbox.make_due(ROOM, now=story.clock())
    assert story.overdue() == [ROOM]
    assert story.hold("two").due_at == story.clock()


@pytest.mark.parametrize("waiting", ["nobody wrote", "all is done", "it is due already", "a worker has it"])
def test_to_make_due_what_does_not_wait_changes_nothing(story: Story, waiting: str):
    if waiting != "nobody wrote":
        story.accept()
    if waiting == "all is done":
        story.finish_all()
    if waiting == "a worker has it":
        story.hold()
    before = list(story.inbox.overdue(now=story.clock()))
    story.clock.tick(seconds=1)
    story.inbox.make_due(ROOM, now=story.clock())
    assert list(story.inbox.overdue(now=story.clock())) == before
    assert (story.take("two") is None) == (waiting != "it is due already")


def test_a_conversation_stays_overdue_while_a_worker_has_it(story: Story):
    story.begin_charged()
    assert story.overdue() == [ROOM]
