"""The contract of `conversation.connection_ports.ConnectionStore`: how many frames a connection may send."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from chalicelib.conversation.connection import Connection, ConnectionState
from chalicelib.conversation.connection_ports import ConnectionStore
from chalicelib.conversation.frame_place import FramePlace
from chalicelib.conversation.limits import FRAMES_OF_A_CONNECTION
from chalicelib.ids import ConnectionId, ConversationId
from tests.contract.stores import Store
from tests.contract.test_connection_store import ANNA, HOME, KEPT_MS, MINUTE, NEW, ROOM, admitted, named, opened
from tests.fakes.adapters import FakeClock

FRAME = FramePlace(received_at=0)
BURST, EVERY_MS = FRAMES_OF_A_CONNECTION.burst, FRAMES_OF_A_CONNECTION.every_ms


@pytest.fixture
def connections(store: Store) -> ConnectionStore:
    return store.connections


def frames(connections: ConnectionStore, clock: FakeClock, number: int) -> list[bool]:
    """Of each frame of the new connection: whether it is too fast."""
    counted = [connections.count_frame(NEW.id, FRAME, now=clock()) for _ in range(number)]
    return [connection.too_fast for connection in counted if connection]


def test_a_counted_frame_brings_the_connection_as_it_was_written(connections: ConnectionStore, clock: FakeClock):
    opened(connections, clock)
    assert connections.count_frame(NEW.id, FRAME, now=clock()) == NEW
    ready = connections.mark_authenticated(NEW, ANNA, HOME, now=clock())
    assert connections.count_frame(NEW.id, FRAME, now=clock()) == ready == connections.get(NEW.id, now=clock())


def test_what_is_more_than_the_burst_is_too_fast_and_is_the_same_connection(
    connections: ConnectionStore, clock: FakeClock
):
    ready = admitted(connections, clock)
    assert frames(connections, clock, BURST + 3) == [False] * BURST + [True] * 3
    assert connections.count_frame(NEW.id, FRAME, now=clock()) == replace(ready, too_fast=True)
    assert connections.get(NEW.id, now=clock()) == ready


def test_one_token_comes_back_each_second(connections: ConnectionStore, clock: FakeClock):
    opened(connections, clock)
    frames(connections, clock, BURST)
    clock.now += EVERY_MS - 1
    assert frames(connections, clock, 1) == [True]
    clock.now += 1
    assert frames(connections, clock, 2) == [False, True]


def test_a_bucket_holds_no_more_than_the_burst(connections: ConnectionStore, clock: FakeClock):
    opened(connections, clock)
    frames(connections, clock, BURST)
    clock.tick(hours=1)
    assert frames(connections, clock, BURST + 1) == [False] * BURST + [True]


def test_frames_that_were_too_fast_delay_no_later_one(connections: ConnectionStore, clock: FakeClock):
    opened(connections, clock)
    frames(connections, clock, 3 * BURST)
    clock.now += EVERY_MS
    assert frames(connections, clock, 1) == [False]


def test_each_connection_has_a_bucket_of_its_own(connections: ConnectionStore, clock: FakeClock):
    opened(connections, clock)
    other = opened(connections, clock, named(1))
    frames(connections, clock, BURST + 1)
    assert connections.count_frame(other.id, FRAME, now=clock()) == other


def test_frames_sent_at_once_get_no_more_than_the_burst(busy_store: Store, clock: FakeClock):
    opened(busy_store.connections, clock)
    with ThreadPoolExecutor(10) as pool:
        counted = list(
            pool.map(lambda _: busy_store.connections.count_frame(NEW.id, FRAME, now=clock()), range(2 * BURST))
        )
    assert sum(not connection.too_fast for connection in counted if connection) == BURST


@pytest.mark.parametrize("tries", [1, BURST + 1])
def test_a_frame_of_an_unknown_connection_leaves_nothing(connections: ConnectionStore, clock: FakeClock, tries: int):
    assert [connections.count_frame(NEW.id, FRAME, now=clock()) for _ in range(tries)] == [None] * tries
    assert connections.get(NEW.id, now=clock()) is None


def test_a_frame_of_an_expired_connection_is_of_nobody(connections: ConnectionStore, clock: FakeClock):
    opened(connections, clock)
    clock.now += KEPT_MS
    assert frames(connections, clock, BURST + 1) == []


# Who is expelled.


def test_who_is_expelled_is_rejected_and_in_no_conversation(connections: ConnectionStore, clock: FakeClock):
    ready = admitted(connections, clock)
    assert connections.expel(ready, now=clock())
    kept = connections.get(NEW.id, now=clock())
    assert kept == replace(ready, state=ConnectionState.REJECTED)
    assert connections.in_conversation(HOME, now=clock()) == []
    assert list(connections.to_close(now=clock())) == [kept]


def test_who_was_never_authenticated_can_be_expelled_too(connections: ConnectionStore, clock: FakeClock):
    opened(connections, clock)
    assert connections.expel(NEW, now=clock())
    assert connections.mark_authenticated(NEW, ANNA, HOME, now=clock()) is None
    assert [found.id for found in connections.to_close(now=clock())] == [NEW.id]


def test_a_connection_is_expelled_once(connections: ConnectionStore, clock: FakeClock):
    ready = admitted(connections, clock)
    assert [connections.expel(ready, now=clock()) for _ in range(3)] == [True, False, False]


def test_who_moved_meanwhile_is_expelled_where_it_is(connections: ConnectionStore, clock: FakeClock):
    ready = admitted(connections, clock)
    connections.move(ready, ROOM, now=clock())
    assert connections.expel(ready, now=clock())
    assert [connections.in_conversation(where, now=clock()) for where in (HOME, ROOM)] == [[], []]


def test_who_is_expelled_moves_to_no_room(connections: ConnectionStore, clock: FakeClock):
    ready = admitted(connections, clock)
    connections.expel(ready, now=clock())
    connections.move(ready, ROOM, now=clock())
    assert connections.in_conversation(ROOM, now=clock()) == []


@pytest.mark.parametrize("where", [HOME, None])
def test_a_closed_connection_is_not_expelled(
    connections: ConnectionStore, clock: FakeClock, where: ConversationId | None
):
    ready = admitted(connections, clock)
    connections.close(NEW.id)
    assert not connections.expel(replace(ready, conversation=where), now=clock())
    assert list(connections.to_close(now=clock() + MINUTE)) == []


def test_of_many_who_expel_a_connection_at_once_one_does(busy_store: Store, clock: FakeClock):
    ready: Connection = admitted(busy_store.connections, clock)
    with ThreadPoolExecutor(8) as pool:
        expelled = list(pool.map(lambda _: busy_store.connections.expel(ready, now=clock()), range(8)))
    assert sum(expelled) == 1
    busy_store.connections.close(ConnectionId(NEW.id))
    assert list(busy_store.connections.to_close(now=clock())) == []
