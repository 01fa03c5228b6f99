"""The contract of `conversation.connection_ports.ConnectionStore`: whose turn it is on a connection."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chalicelib.access import identity
from chalicelib.conversation.connection import Connection
from chalicelib.conversation.connection_ports import ConnectionStore
from chalicelib.conversation.frame_place import FramePlace
from chalicelib.conversation.late_frames import LATE_MS
from chalicelib.conversation.limits import FRAMES_OF_A_CONNECTION, WAITING_FRAMES
from tests.contract.stores import Store, dynamo_store
from tests.contract.test_connection_store import ANNA, HOME, NEW, ROOM, admitted, opened
from tests.fakes.adapters import FakeClock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BURST = FRAMES_OF_A_CONNECTION.burst


@pytest.fixture
def connections(store: Store) -> ConnectionStore:
    return store.connections


@pytest.fixture
def comes(connections: ConnectionStore, clock: FakeClock) -> Callable[[FramePlace], Connection]:
    """A frame comes; the connection as it gets it."""
    admitted(connections, clock)

    def come(place: FramePlace) -> Connection:
        connection = connections.count_frame(NEW.id, place, now=clock())
        assert connection
        return connection

    return come


Comes = Callable[[FramePlace], Connection]


def question(clock: FakeClock, n: int | None = None, room: str = "") -> FramePlace:
    return FramePlace(clock(), n, asks_in=room)


def join(clock: FakeClock, n: int | None = None) -> FramePlace:
    return FramePlace(clock(), n, moves=True)


def test_numbered_frames_that_come_in_their_order_wait_for_nothing(comes: Comes, clock: FakeClock):
    assert [comes(question(clock, n)).waits for n in (1, 2, 3, 4)] == [False] * 4


def test_frames_without_numbers_wait_for_nothing_on_a_connection_with_numbers(comes: Comes, clock: FakeClock):
    comes(question(clock, 1))
    comes(question(clock, 5))
    assert not comes(question(clock)).waits


@pytest.mark.parametrize("number", [2, 5])
def test_a_first_frame_with_a_later_number_waits(
    connections: ConnectionStore, comes: Comes, clock: FakeClock, number: int
):
    assert comes(question(clock, number)).waits
    assert connections.begin_frame(NEW.id, question(clock, number), now=clock()) is None


def test_a_frame_begins_when_the_number_before_it_has_begun(
    connections: ConnectionStore, comes: Comes, clock: FakeClock
):
    two, three = question(clock, 2), question(clock, 3)
    assert comes(three).waits
    assert comes(two).waits
    assert not comes(question(clock, 1)).waits
    assert connections.begin_frame(NEW.id, three, now=clock()) is None
    begun = connections.begin_frame(NEW.id, two, now=clock())
    assert begun == replace(admitted_now(connections, clock), after_question=True)
    assert connections.begin_frame(NEW.id, three, now=clock()) == begun
    assert not comes(question(clock, 4)).waits


def admitted_now(connections: ConnectionStore, clock: FakeClock) -> Connection:
    connection = connections.get(NEW.id, now=clock())
    assert connection
    return replace(connection, waits=False, after_question=False)


def test_a_frame_that_begins_at_last_is_the_end_of_the_wait_for_the_others_before_it(
    connections: ConnectionStore, comes: Comes, clock: FakeClock
):
    assert comes(question(clock, 3)).waits
    begun = connections.begin_frame(NEW.id, question(clock, 3), now=clock(), at_last=True)
    assert begun
    assert not begun.after_question
    assert not comes(question(clock, 4)).waits
    late = comes(question(clock, 2))
    assert (late.waits, late.after_question) == (False, False)
    assert not comes(question(clock, 5)).waits, "the late one has not changed whose turn it is"


def test_a_number_that_comes_twice_waits_for_nothing_and_changes_nothing(
    connections: ConnectionStore, comes: Comes, clock: FakeClock
):
    for number in (1, 2, 2, 1):
        assert not comes(question(clock, number)).waits
    assert connections.begin_frame(NEW.id, question(clock, 1), now=clock(), at_last=True)
    assert not comes(question(clock, 3)).waits


@pytest.mark.parametrize("numbers", [(None, None), (1, 2)])
def test_frames_wait_for_a_join_until_its_connection_has_moved(
    connections: ConnectionStore, comes: Comes, clock: FakeClock, numbers: tuple[int | None, int | None]
):
    joins = join(clock, numbers[0])
    ready = comes(joins)
    clock.now += 1
    asks = question(clock, numbers[1])
    assert comes(asks).waits
    assert connections.begin_frame(NEW.id, asks, now=clock()) is None
    assert connections.move(ready, ROOM, now=clock())
    if numbers[0]:
        assert connections.begin_frame(NEW.id, asks, now=clock()) is None
        connections.frame_done(NEW.id, joins.number)
    begun = connections.begin_frame(NEW.id, asks, now=clock())
    assert begun
    assert begun.conversation == ROOM


@pytest.mark.parametrize("number", [None, 1])
def test_frames_wait_for_an_authentication_until_it_is_done(
    connections: ConnectionStore, clock: FakeClock, number: int | None
):
    opened(connections, clock)
    authenticates, asks = join(clock, number), question(clock, number and 2)
    connection = connections.count_frame(NEW.id, authenticates, now=clock())
    assert connection
    assert not connection.waits
    waiting = connections.count_frame(NEW.id, asks, now=clock())
    assert waiting
    assert waiting.waits
    assert connections.mark_authenticated(connection, ANNA, HOME, now=clock())
    if number:
        connections.frame_done(NEW.id, authenticates.number)
    begun = connections.begin_frame(NEW.id, asks, now=clock())
    assert begun
    assert begun.person == ANNA


def test_a_join_that_is_done_without_a_move_is_waited_for_no_more(
    connections: ConnectionStore, comes: Comes, clock: FakeClock
):
    comes(join(clock))
    connections.frame_done(NEW.id, None)
    assert not comes(question(clock)).waits


def test_a_frame_that_was_received_before_the_join_does_not_wait_for_it(comes: Comes, clock: FakeClock):
    before = question(clock)
    clock.now += 1
    comes(join(clock))
    assert not comes(before).waits


def test_a_join_whose_function_died_is_not_waited_for_longer_than_a_function_may_be_late(
    connections: ConnectionStore, comes: Comes, clock: FakeClock
):
    comes(join(clock))
    clock.now += LATE_MS - 1
    asks = question(clock)
    assert comes(asks).waits
    clock.now += 1
    assert connections.begin_frame(NEW.id, asks, now=clock())
    assert not comes(question(clock)).waits


def test_two_joins_are_handled_one_after_the_other(connections: ConnectionStore, comes: Comes, clock: FakeClock):
    comes(join(clock))
    clock.now += 5
    second = join(clock)
    assert comes(second).waits
    connections.frame_done(NEW.id, None)
    assert connections.begin_frame(NEW.id, second, now=clock())
    clock.now += 5
    assert comes(question(clock)).waits


def test_a_question_follows_another_one_that_its_client_sent_right_before_it_to_the_same_place(
    connections: ConnectionStore, comes: Comes, clock: FakeClock
):
    assert [comes(question(clock, n)).after_question for n in (1, 2)] == [False, True]
    assert not comes(question(clock, 3, "kitchen")).after_question
    assert comes(question(clock, 4, "kitchen")).after_question
    clock.now += LATE_MS + 1
    assert not comes(question(clock, 5, "kitchen")).after_question
    assert not comes(FramePlace(clock(), 6)).after_question
    assert not comes(question(clock, 7)).after_question
    joins = join(clock, 8)
    comes(joins)
    connections.frame_done(NEW.id, joins.number)
    assert not comes(question(clock, 9)).after_question
    assert not comes(question(clock)).after_question


def test_a_question_that_names_the_room_where_its_connection_is_follows_one_without_a_name_and_the_other_way_round(
    connections: ConnectionStore, comes: Comes, clock: FakeClock
):
    assert connections.move(comes(FramePlace(0)), ROOM, now=clock())
    name = identity.room_of(ROOM) or ""
    rooms = ["", name, "", "kitchen", "", "kitchen"]
    follow = [comes(question(clock, number, room)).after_question for number, room in enumerate(rooms, 1)]
    assert follow == [False, True, True, False, False, False]
    waits = question(clock, len(rooms) + 2, name)
    assert comes(waits).waits
    comes(question(clock, len(rooms) + 1))
    begun = connections.begin_frame(NEW.id, waits, now=clock())
    assert begun
    assert begun.after_question


def test_of_many_frames_only_some_wait_so_that_they_keep_few_functions_and_the_others_go_first(
    comes: Comes, clock: FakeClock
):
    for _ in range(WAITING_FRAMES.burst):
        assert comes(question(clock, 9)).waits
    frame = comes(question(clock, 9))
    assert (frame.waits, frame.too_fast, frame.after_question) == (False, False, False)
    assert not comes(question(clock, 10)).waits
    clock.now += WAITING_FRAMES.every_ms
    assert [comes(question(clock, 19)).waits for _ in range(2)] == [True, False]


def test_frames_that_wait_take_no_more_of_the_connections_bucket_than_others(comes: Comes, clock: FakeClock):
    assert [comes(question(clock, 2 * number + 2)).too_fast for number in range(BURST + 1)] == [False] * BURST + [True]


def test_a_connection_that_is_closed_has_no_turns(connections: ConnectionStore, comes: Comes, clock: FakeClock):
    comes(question(clock, 2))
    connections.close(NEW.id)
    assert connections.begin_frame(NEW.id, question(clock, 2), now=clock()) is None
    assert connections.begin_frame(NEW.id, question(clock), now=clock()) is None
    assert connections.begin_frame(NEW.id, question(clock, 2), now=clock(), at_last=True) is None
    connections.frame_done(NEW.id, 1)
    assert connections.get(NEW.id, now=clock()) is None


def test_a_frame_in_its_turn_costs_one_call_with_a_number_as_without(
    emulator: "DynamoDBClient", called: list[str], clock: FakeClock
):
    connections = dynamo_store(emulator).connections
    admitted(connections, clock)
    called.clear()
    for place in (question(clock), question(clock, 1), question(clock, 2), join(clock)):
        clock.tick(seconds=1)
        connections.count_frame(NEW.id, place, now=clock())
        assert called == ["UpdateItem"]
        called.clear()
