"""Whether a question waits for one that was sent before it, as a rule over times and numbers."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.conversation.late_frames import LATE_MS, complete_at, pause_ms, settled
from chalicelib.conversation.order import in_order
from chalicelib.conversation.turn import Received, Thread, Turn, TurnState
from chalicelib.ids import ConnectionId, ConversationId, PersonId, TurnId
from tests.fakes.adapters import NOON

BUSY_MS = 100
ANNA = PersonId("web:key:anna")
times = st.integers(NOON, NOON + 10_000)
numbers = st.none() | st.integers(1, 9)


def turn(
    at: int,
    n: int | None = None,
    *,
    follows: bool = False,
    socket: str | None = "one",
    state: TurnState = TurnState.QUEUED,
    name: str = "",
) -> Turn:
    received = Received(at, ConnectionId(socket), n, follows) if socket else None
    where = ConversationId(ANNA)
    return Turn(TurnId(f"{at}#{socket}#{n}#{name}"), where, ANNA, at, state, "Hello?", received=received)


turns = st.builds(
    turn, times, numbers, follows=st.booleans(), socket=st.sampled_from(["one", "two", None]), name=st.uuids().map(str)
)
threads = st.builds(
    lambda open_, closed: Thread(tuple(in_order(open_)), tuple(in_order(closed))),
    st.lists(turns, min_size=1, max_size=5),
    st.lists(turns.map(lambda each: turn(each.asked_at, state=TurnState.DONE, name=each.id)), max_size=3),
)


def waits(first: Turn, *others: Turn) -> bool:
    return complete_at(first, (first, *others)) > first.asked_at


def test_a_question_alone_waits_for_nothing():
    assert not waits(turn(NOON))
    assert not waits(turn(NOON, 3))


def test_a_question_waits_when_its_connection_sent_another_one_shortly_before_or_after():
    assert waits(turn(NOON), turn(NOON + 1))
    assert waits(turn(NOON + LATE_MS), turn(NOON, state=TurnState.DONE))
    assert not waits(turn(NOON + LATE_MS + 1), turn(NOON, state=TurnState.DONE))


def test_a_question_of_another_connection_is_not_waited_for():
    assert not waits(turn(NOON), turn(NOON + 1, socket="two"))
    assert not waits(turn(NOON), turn(NOON + 1, socket=None))


def test_a_numbered_question_waits_only_while_the_question_before_it_is_being_stored():
    assert waits(turn(NOON, 3, follows=True), turn(NOON, 1))
    assert not waits(turn(NOON, 3, follows=True), turn(NOON, 2))
    assert not waits(turn(NOON, 3, follows=True), turn(NOON - 60_000, 2), turn(NOON, 4))
    assert not waits(turn(NOON, 3), turn(NOON, 1))
    assert waits(turn(NOON, 3, follows=True), turn(NOON, 2, socket="two"), turn(NOON, 5))


def test_what_has_begun_waits_for_nothing():
    for state in set(TurnState) - {TurnState.QUEUED}:
        assert not waits(turn(NOON, state=state), turn(NOON))


@given(threads, times)
def test_what_is_settled_begins_the_open_turns_and_stays_settled(thread: Thread, now: int):
    ready = settled(thread, now=now)
    assert ready == thread.open[: len(ready)]
    assert len(settled(thread, now=now + 1)) >= len(ready)
    assert settled(thread, now=NOON + 20_000) == thread.open


@given(threads, times)
def test_all_waiting_for_the_first_turn_ends_within_the_time_and_after_few_reads(thread: Thread, now: int):
    waited, reads = 0, 1
    while pause := pause_ms(thread.open[0], thread, now=now, waited=waited):
        now, waited, reads = now + pause, waited + pause, reads + 1
    assert waited <= LATE_MS
    assert reads <= 8
    assert settled(thread, now=now)[:1] == thread.open[:1] or waited in (LATE_MS, 1000)


@given(threads, times)
def test_a_clock_that_stands_still_does_not_wait_for_ever(thread: Thread, now: int):
    waited = 0
    while pause := pause_ms(thread.open[0], thread, now=now, waited=waited):
        waited += pause
    assert waited <= LATE_MS


late = st.lists(st.tuples(st.integers(5, 200) | st.integers(5, 3000), st.integers(0, 3000)), min_size=1, max_size=5)


@given(late, st.integers(1, 4000))
def test_frames_at_least_five_ms_apart_are_asked_in_order_if_the_first_is_not_late(
    sent: list[tuple[int, int]], takes: int
):
    """A worker over one list of frames, each so many ms after the one before and so late; an answer takes some time.

    A frame finds a function that is warm and not busy if none was received in the 100 ms before.
    """
    sent = [(sent[0][0], 0), *((gap, is_late if gap <= BUSY_MS else 0) for gap, is_late in sent[1:])]
    received = [NOON + sum(gap for gap, _ in sent[: number + 1]) for number in range(len(sent))]
    frames = [turn(at) for at in received]
    arrives = {each.id: each.asked_at + is_late for each, (_, is_late) in zip(frames, sent, strict=True)}
    now, asked = NOON, list[Turn]()
    while len(asked) < len(frames):
        there = [each for each in frames if arrives[each.id] <= now]
        thread = Thread(tuple(in_order(each for each in there if each not in asked)), tuple(asked))
        ready = settled(thread, now=now)
        asked += ready[:1]
        now += takes if ready else 10
    assert asked == frames
