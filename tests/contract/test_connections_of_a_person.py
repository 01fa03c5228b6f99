"""The contract of `conversation.connection_ports.ConnectionStore`: how many connections one person has."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.conversation.connection import Connection
from chalicelib.conversation.connection_ports import ConnectionStore
from chalicelib.conversation.limits import CONNECTIONS_OF_A_PERSON
from chalicelib.errors import TooManyConnections
from chalicelib.ids import ConversationId, PersonId
from tests.contract.stores import Store
from tests.contract.test_connection_store import (
    ANNA,
    BERT,
    HALL,
    HOME,
    KEPT_MS,
    ROOM,
    STRANGER,
    admitted,
    moved_to,
    named,
    opened,
)
from tests.fakes.adapters import FakeClock


@pytest.fixture
def connections(store: Store) -> ConnectionStore:
    return store.connections


def fill(connections: ConnectionStore, clock: FakeClock, count: int = CONNECTIONS_OF_A_PERSON) -> list[Connection]:
    return [admitted(connections, clock, connection=named(number)) for number in range(count)]


def test_a_person_gets_no_more_connections_than_the_limit(connections: ConnectionStore, clock: FakeClock):
    mine, late = fill(connections, clock), opened(connections, clock, named(99))
    for where in (HOME, ROOM):
        with pytest.raises(TooManyConnections):
            connections.mark_authenticated(late, ANNA, where, now=clock())
    assert connections.get(late.id, now=clock()) == late
    assert connections.in_conversation(HOME, now=clock()) == connections.of_person(ANNA, now=clock()) == mine
    assert connections.in_conversation(ROOM, now=clock()) == []


def test_the_connections_of_others_do_not_count(connections: ConnectionStore, clock: FakeClock):
    fill(connections, clock)
    for number, person in enumerate((BERT, STRANGER, PersonId(f"{ANNA}a")), 50):
        admitted(connections, clock, connection=named(number), person=person)


def test_connections_count_in_whatever_conversation_they_are(connections: ConnectionStore, clock: FakeClock):
    first, second, *_ = fill(connections, clock)
    moved_to(HALL, connections, clock, moved_to(ROOM, connections, clock, first))
    moved_to(ROOM, connections, clock, second)
    with pytest.raises(TooManyConnections):
        admitted(connections, clock, connection=named(99))


@pytest.mark.parametrize("how", ["closed", "closed in a room", "expelled", "expelled in a room", "expired"])
def test_whoever_leaves_frees_one_connection(store: Store, clock: FakeClock, how: str):
    connections = store.connections
    [first, *_] = fill(connections, clock)
    if "room" in how:
        first = moved_to(ROOM, connections, clock, first)
    if "closed" in how:
        connections.close(first.id)
    elif "expelled" in how:
        assert connections.expel(first, now=clock())
    else:
        clock.now += KEPT_MS
    admitted(connections, clock, connection=named(98))
    assert len(connections.of_person(ANNA, now=clock())) == (1 if how == "expired" else CONNECTIONS_OF_A_PERSON)


def test_a_connection_that_is_closed_twice_frees_one(connections: ConnectionStore, clock: FakeClock):
    first, *_ = fill(connections, clock)
    connections.expel(first, now=clock())
    connections.close(first.id)
    connections.close(first.id)
    admitted(connections, clock, connection=named(98))
    with pytest.raises(TooManyConnections):
        admitted(connections, clock, connection=named(99))


def test_a_second_proof_of_the_same_connection_is_not_counted_twice(connections: ConnectionStore, clock: FakeClock):
    [one] = fill(connections, clock, 1)
    for _ in range(CONNECTIONS_OF_A_PERSON):
        assert connections.mark_authenticated(named(0), ANNA, HOME, now=clock()) is None
    assert connections.of_person(ANNA, now=clock()) == [one]
    for number in range(1, CONNECTIONS_OF_A_PERSON):
        admitted(connections, clock, connection=named(number))


def test_the_connection_that_was_authenticated_first_comes_first(connections: ConnectionStore, clock: FakeClock):
    for number in (3, 1, 2):
        opened(connections, clock, named(number))
        clock.now += 1
    for number in (2, 3, 1):
        assert connections.mark_authenticated(named(number), ANNA, HOME, now=clock())
        clock.now += 1
    assert [one.id for one in connections.of_person(ANNA, now=clock())] == [named(number).id for number in (2, 3, 1)]


@pytest.mark.parametrize("rooms", [1, 64])
def test_of_sixty_four_of_one_person_who_come_at_once_ten_get_in(busy_store: Store, clock: FakeClock, rooms: int):
    connections = busy_store.connections
    crowd = [opened(connections, clock, named(number)) for number in range(64)]

    def comes(number: int) -> bool:
        room = ConversationId(f"room:shop:{number % rooms}")
        try:
            return connections.mark_authenticated(crowd[number], ANNA, room, now=clock()) is not None
        except TooManyConnections:
            return False

    with ThreadPoolExecutor(16) as pool:
        got_in = sum(pool.map(comes, range(64)))
    assert got_in == len(connections.of_person(ANNA, now=clock())) == CONNECTIONS_OF_A_PERSON


def test_those_who_come_and_go_at_once_are_counted_as_those_who_stay(busy_store: Store, clock: FakeClock):
    connections = busy_store.connections
    crowd = [opened(connections, clock, named(number)) for number in range(32)]

    def comes_and_goes(one: Connection) -> None:
        try:
            connections.mark_authenticated(one, ANNA, HOME, now=clock())
        except TooManyConnections:
            return
        connections.close(one.id)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(comes_and_goes, crowd))
    assert connections.of_person(ANNA, now=clock()) == []
    for number in range(50, 50 + CONNECTIONS_OF_A_PERSON):
        admitted(connections, clock, connection=named(number))
    with pytest.raises(TooManyConnections):
        admitted(connections, clock, connection=named(99))
