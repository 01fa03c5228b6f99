"""The contract of `conversation.connection_ports.ConnectionStore`."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Final

import pytest

from chalicelib.conversation.connection import Connection, ConnectionState
from chalicelib.conversation.connection_ports import ConnectionStore
from chalicelib.conversation.limits import MAX_CONNECTIONS
from chalicelib.errors import ConversationFull
from chalicelib.ids import ConnectionId, ConversationId, KeyId, PersonId, TurnId
from tests.contract.stores import Store
from tests.fakes.adapters import FakeClock

ANNA, BERT = PersonId("web:shop:anna"), PersonId("web:shop:bert")
STRANGER, SHOP = PersonId("web:blog:anna"), KeyId("shop")
HOME, ROOM, HALL = ConversationId(ANNA), ConversationId("room:shop:r"), ConversationId("room:shop:r2")
NEW: Final = Connection(ConnectionId("L0SM9cOFvHcCIhw="), "https://api.example/dev", origin="https://shop.example")
TURN: Final = TurnId("1795176000000#a")
KEPT_MS: Final = (2 * 60 + 15) * 60_000
MINUTE: Final = 60_000


@pytest.fixture
def connections(store: Store) -> ConnectionStore:
    return store.connections


def named(number: int) -> Connection:
    return replace(NEW, id=ConnectionId(f"socket-{number:03}="))


def visitor(number: int) -> PersonId:
    """One of many, because one person has few connections."""
    return PersonId(f"web:shop:visitor-{number:03}")


def opened(connections: ConnectionStore, clock: FakeClock, connection: Connection = NEW) -> Connection:
    connections.open(connection, now=clock())
    return connection


def admitted(
    connections: ConnectionStore,
    clock: FakeClock,
    where: ConversationId = HOME,
    *,
    connection: Connection = NEW,
    person: PersonId = ANNA,
) -> Connection:
    ready = connections.mark_authenticated(opened(connections, clock, connection), person, where, now=clock())
    assert ready
    return ready


def moved_to(where: ConversationId, connections: ConnectionStore, clock: FakeClock, one: Connection) -> Connection:
    moved = connections.move(one, where, now=clock())
    assert moved
    return moved


def at_once(*actions: Callable[[], object]) -> None:
    ready = Barrier(len(actions))

    def wait_and_act(action: Callable[[], object]) -> object:
        ready.wait()
        return action()

    with ThreadPoolExecutor(len(actions)) as pool:
        list(pool.map(wait_and_act, actions))


def test_what_its_address_proved_is_stored_with_a_new_connection(connections: ConnectionStore, clock: FakeClock):
    shown = opened(connections, clock, replace(NEW, proven=ANNA, whole_answers=True, generation=2))
    assert connections.get(NEW.id, now=clock()) == shown
    ready = connections.mark_authenticated(shown, ANNA, HOME, now=clock())
    assert ready
    assert (ready.person, ready.whole_answers, ready.generation) == (ANNA, True, 2)
    assert connections.of_person(ANNA, now=clock())


# Who is there.


def test_a_new_socket_is_kept_as_it_came_and_sees_nothing(connections: ConnectionStore, clock: FakeClock):
    opened(connections, clock)
    assert connections.get(NEW.id, now=clock()) == NEW
    assert connections.in_conversation(HOME, now=clock()) == []


def test_a_socket_that_never_came_is_not_there(connections: ConnectionStore, clock: FakeClock):
    opened(connections, clock)
    assert connections.get(ConnectionId("L0SM9cOFvHcCIhw"), now=clock()) is None


def test_an_authenticated_connection_is_ready_and_in_the_conversation(connections: ConnectionStore, clock: FakeClock):
    ready = admitted(connections, clock)
    assert ready == replace(NEW, state=ConnectionState.READY, person=ANNA, conversation=HOME)
    assert connections.get(NEW.id, now=clock()) == ready
    assert connections.in_conversation(HOME, now=clock()) == [ready]


def test_a_connection_is_authenticated_only_once(connections: ConnectionStore, clock: FakeClock):
    ready = admitted(connections, clock)
    assert connections.mark_authenticated(NEW, BERT, ROOM, now=clock()) is None
    assert connections.get(NEW.id, now=clock()) == ready
    assert (connections.in_conversation(HOME, now=clock()), connections.in_conversation(ROOM, now=clock())) == (
        [ready],
        [],
    )


def test_a_socket_that_is_closed_is_not_admitted(connections: ConnectionStore, clock: FakeClock):
    opened(connections, clock)
    connections.close(NEW.id)
    assert connections.mark_authenticated(NEW, ANNA, HOME, now=clock()) is None
    assert connections.get(NEW.id, now=clock()) is None
    assert connections.in_conversation(HOME, now=clock()) == []


def test_of_many_who_admit_a_socket_at_once_one_does(busy_store: Store, clock: FakeClock):
    opened(busy_store.connections, clock)
    rooms = [ConversationId(f"room:shop:{number}") for number in range(20)]
    with ThreadPoolExecutor(20) as pool:
        tried = list(
            pool.map(lambda room: busy_store.connections.mark_authenticated(NEW, ANNA, room, now=clock()), rooms)
        )
    [ready] = [one for one in tried if one]
    seen = [connection for room in rooms for connection in busy_store.connections.in_conversation(room, now=clock())]
    assert seen == [ready] == [busy_store.connections.get(NEW.id, now=clock())]


def test_a_rejected_socket_is_never_admitted(connections: ConnectionStore, clock: FakeClock):
    opened(connections, clock)
    connections.reject(NEW)
    assert connections.mark_authenticated(NEW, ANNA, HOME, now=clock()) is None
    assert connections.get(NEW.id, now=clock()) == replace(NEW, state=ConnectionState.REJECTED)
    assert connections.in_conversation(HOME, now=clock()) == []


def test_a_second_proof_that_fails_takes_nothing_from_the_first(connections: ConnectionStore, clock: FakeClock):
    """Two frames of a socket may be read at once; both find it CONNECTED."""
    ready = admitted(connections, clock)
    connections.reject(NEW)
    assert connections.get(NEW.id, now=clock()) == ready
    assert connections.in_conversation(HOME, now=clock()) == [ready]


def test_rejecting_a_closed_socket_makes_nothing(connections: ConnectionStore, clock: FakeClock):
    connections.reject(NEW)
    assert connections.get(NEW.id, now=clock()) is None


# Who sees what.


def test_a_conversation_is_seen_by_all_of_its_sockets_and_no_others(connections: ConnectionStore, clock: FakeClock):
    anna = admitted(connections, clock, ROOM, connection=named(1))
    bert = admitted(connections, clock, ROOM, connection=named(2), person=BERT)
    admitted(connections, clock, HALL, connection=named(3))
    opened(connections, clock, named(4))
    connections.reject(opened(connections, clock, named(5)))
    assert connections.in_conversation(ROOM, now=clock()) == [anna, bert]


def test_a_full_room_is_seen_by_all(connections: ConnectionStore, clock: FakeClock):
    everybody = fill(connections, clock)
    assert connections.in_conversation(ROOM, now=clock()) == everybody


def test_the_turns_of_a_conversation_are_no_sockets_and_sockets_no_turns(store: Store, clock: FakeClock):
    ready = admitted(store.connections, clock)
    assert store.connections.in_conversation(HOME, now=clock()) == [ready]
    assert list(store.transcript.turns(HOME, now=clock())) == []


def test_a_moved_connection_is_only_in_the_new_conversation(connections: ConnectionStore, clock: FakeClock):
    ready = admitted(connections, clock)
    moved = connections.move(ready, ROOM, now=clock())
    assert moved == replace(ready, conversation=ROOM)
    assert connections.get(NEW.id, now=clock()) == moved
    assert (connections.in_conversation(HOME, now=clock()), connections.in_conversation(ROOM, now=clock())) == (
        [],
        [moved],
    )


def test_a_move_to_the_same_conversation_changes_nothing(connections: ConnectionStore, clock: FakeClock):
    ready = admitted(connections, clock, ROOM)
    assert connections.move(ready, ROOM, now=clock()) == ready
    assert connections.in_conversation(ROOM, now=clock()) == [ready]


def test_a_move_drops_the_requests_in_the_old_conversation(connections: ConnectionStore, clock: FakeClock):
    ready = admitted(connections, clock)
    connections.cancel(ready, TURN)
    connections.resume(ready)
    moved = moved_to(ROOM, connections, clock, ready)
    assert connections.in_conversation(ROOM, now=clock()) == [moved]
    assert (moved.cancels, moved.resumed) == (None, 0)


def test_a_move_with_an_old_value_leaves_the_present_conversation(connections: ConnectionStore, clock: FakeClock):
    ready = admitted(connections, clock)
    connections.move(ready, ROOM, now=clock())
    moved = connections.move(ready, HALL, now=clock())
    assert [connections.in_conversation(where, now=clock()) for where in (HOME, ROOM, HALL)] == [[], [], [moved]]


def test_a_move_back_with_an_old_value_moves_it_back(connections: ConnectionStore, clock: FakeClock):
    ready = admitted(connections, clock)
    connections.move(ready, ROOM, now=clock())
    assert connections.move(ready, HOME, now=clock()) == ready
    assert (connections.in_conversation(HOME, now=clock()), connections.in_conversation(ROOM, now=clock())) == (
        [ready],
        [],
    )


def test_concurrent_moves_end_in_one_room(busy_store: Store, clock: FakeClock):
    connections = busy_store.connections
    ready = admitted(connections, clock)
    rooms = [ConversationId(f"room:shop:{number}") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda room: connections.move(ready, room, now=clock()), rooms))
    [seen] = [connection for room in (HOME, *rooms) for connection in connections.in_conversation(room, now=clock())]
    assert seen == connections.get(NEW.id, now=clock())


@pytest.mark.parametrize("where", [ROOM, HOME])
@pytest.mark.parametrize("how", ["closed", "expelled"])
def test_a_closed_connection_is_not_moved(
    connections: ConnectionStore, clock: FakeClock, how: str, where: ConversationId
):
    ready = admitted(connections, clock)
    if how == "closed":
        connections.close(NEW.id)
    else:
        connections.expel(ready, now=clock())
    assert connections.move(ready, where, now=clock()) is None
    assert (connections.in_conversation(HOME, now=clock()), connections.in_conversation(ROOM, now=clock())) == ([], [])


# What their clients ask for.


def test_each_wish_to_be_brought_up_to_date_is_counted(connections: ConnectionStore, clock: FakeClock):
    ready = admitted(connections, clock)
    for _ in range(3):
        connections.resume(ready)
    assert connections.in_conversation(HOME, now=clock()) == [replace(ready, resumed=3)]


def test_a_turn_that_is_to_stop_is_noted_at_the_socket_that_says_so(connections: ConnectionStore, clock: FakeClock):
    anna = admitted(connections, clock, ROOM, connection=named(1))
    bert = admitted(connections, clock, ROOM, connection=named(2), person=BERT)
    connections.cancel(bert, TURN)
    assert connections.in_conversation(ROOM, now=clock()) == [anna, replace(bert, cancels=TURN)]


@pytest.mark.parametrize("where", [HOME, None])
def test_wishes_of_a_closed_socket_are_ignored(
    connections: ConnectionStore, clock: FakeClock, where: ConversationId | None
):
    ready = admitted(connections, clock)
    connections.close(NEW.id)
    connections.resume(replace(ready, conversation=where))
    connections.cancel(replace(ready, conversation=where), TURN)
    assert connections.in_conversation(HOME, now=clock()) == []
    assert connections.get(NEW.id, now=clock()) is None


# Who is gone.


def test_a_closed_socket_is_forgotten_in_its_conversation_too(connections: ConnectionStore, clock: FakeClock):
    admitted(connections, clock)
    connections.close(NEW.id)
    assert connections.get(NEW.id, now=clock()) is None
    assert connections.in_conversation(HOME, now=clock()) == []


def test_a_socket_is_forgotten_where_it_moved_to(connections: ConnectionStore, clock: FakeClock):
    connections.move(admitted(connections, clock), ROOM, now=clock())
    connections.close(NEW.id)
    assert connections.in_conversation(ROOM, now=clock()) == []


@pytest.mark.parametrize("state", [ConnectionState.CONNECTED, ConnectionState.REJECTED])
def test_a_socket_that_never_got_in_is_forgotten(
    connections: ConnectionStore, clock: FakeClock, state: ConnectionState
):
    opened(connections, clock)
    if state is ConnectionState.REJECTED:
        connections.reject(NEW)
    connections.close(NEW.id)
    assert connections.get(NEW.id, now=clock()) is None
    assert list(connections.to_close(now=clock.tick(minutes=2))) == []


def test_closing_what_is_not_known_changes_nothing(connections: ConnectionStore, clock: FakeClock):
    other = admitted(connections, clock, connection=named(1))
    connections.close(NEW.id)
    assert connections.in_conversation(HOME, now=clock()) == [other]


@pytest.mark.parametrize("attempt", range(4))
def test_closing_during_authentication_or_a_move_leaves_no_item(busy_store: Store, clock: FakeClock, attempt: int):
    connections = busy_store.connections
    if attempt % 2:
        ready = admitted(connections, clock)
        at_once(lambda: connections.close(NEW.id), lambda: connections.move(ready, ROOM, now=clock()))
    else:
        opened(connections, clock)
        at_once(lambda: connections.close(NEW.id), lambda: connections.mark_authenticated(NEW, ANNA, HOME, now=clock()))
    assert connections.get(NEW.id, now=clock()) is None
    assert [*connections.in_conversation(HOME, now=clock()), *connections.in_conversation(ROOM, now=clock())] == []


def test_a_socket_is_forgotten_when_api_gateway_has_long_closed_it(connections: ConnectionStore, clock: FakeClock):
    ready = admitted(connections, clock)
    clock.now += KEPT_MS - 1000
    assert connections.get(NEW.id, now=clock()) == ready
    assert connections.in_conversation(HOME, now=clock()) == [ready]
    clock.now += 1000
    assert connections.get(NEW.id, now=clock()) is None
    assert connections.in_conversation(HOME, now=clock()) == []


def test_expired_connections_are_deleted(store: Store, clock: FakeClock):
    admitted(store.connections, clock)
    store.expire(clock.tick(hours=3))
    assert store.connections.get(NEW.id, now=clock() - KEPT_MS) is None
    assert store.connections.in_conversation(HOME, now=clock() - KEPT_MS) == []


# Who lingers.


def test_a_connection_without_authentication_is_listed_after_a_minute(connections: ConnectionStore, clock: FakeClock):
    opened(connections, clock)
    assert list(connections.to_close(now=clock() + MINUTE - 1)) == []
    assert list(connections.to_close(now=clock() + MINUTE)) == [NEW]


def test_an_authenticated_connection_is_not_listed_as_unauthenticated(connections: ConnectionStore, clock: FakeClock):
    admitted(connections, clock)
    assert list(connections.to_close(now=clock.tick(hours=1))) == []


def test_a_rejected_connection_that_is_open_is_listed(connections: ConnectionStore, clock: FakeClock):
    opened(connections, clock)
    connections.reject(NEW)
    assert list(connections.to_close(now=clock.tick(minutes=1))) == [replace(NEW, state=ConnectionState.REJECTED)]


def test_the_oldest_unauthenticated_connection_comes_first(connections: ConnectionStore, clock: FakeClock):
    for number in (3, 1, 2):
        opened(connections, clock, named(number))
        clock.tick(seconds=1)
    assert list(connections.to_close(now=clock.tick(minutes=1))) == [named(3), named(1), named(2)]


def test_an_expired_connection_is_no_longer_listed(connections: ConnectionStore, clock: FakeClock):
    opened(connections, clock)
    assert list(connections.to_close(now=clock() + KEPT_MS)) == []


def test_lingering_sockets_are_no_overdue_conversations(store: Store, clock: FakeClock):
    opened(store.connections, clock)
    assert list(store.inbox.overdue(now=clock.tick(hours=1))) == []
    assert list(store.deletions.open(now=clock())) == []


# Whose they are.


def test_the_connections_of_a_key_are_found_in_every_conversation(connections: ConnectionStore, clock: FakeClock):
    anna = admitted(connections, clock, connection=named(1))
    bert = admitted(connections, clock, ROOM, connection=named(2), person=BERT)
    admitted(connections, clock, ConversationId(STRANGER), connection=named(3), person=STRANGER)
    opened(connections, clock, named(4))
    connections.move(anna, HALL, now=clock())
    assert connections.of_key(SHOP, now=clock()) == [anna, bert]
    assert connections.of_key(KeyId("sho"), now=clock()) == []


def test_the_connections_of_a_person_are_only_theirs(connections: ConnectionStore, clock: FakeClock):
    mine = [admitted(connections, clock, connection=named(number)) for number in (1, 2)]
    for number, name in enumerate(("ann", "anna.", "annaa", "bert"), 3):
        person = PersonId(f"web:shop:{name}")
        admitted(connections, clock, ROOM, connection=named(number), person=person)
    assert connections.of_person(ANNA, now=clock()) == mine
    assert connections.of_person(PersonId("messenger:1:2"), now=clock()) == []


def test_a_closed_or_expired_connection_is_nobodys(connections: ConnectionStore, clock: FakeClock):
    admitted(connections, clock)
    connections.close(NEW.id)
    assert connections.of_key(SHOP, now=clock()) == connections.of_person(ANNA, now=clock()) == []
    admitted(connections, clock)
    assert connections.of_key(SHOP, now=clock() + KEPT_MS) == []


def test_a_connection_knows_whether_its_client_has_the_key(connections: ConnectionStore, clock: FakeClock):
    holder = admitted(
        connections, clock, connection=replace(named(1), holds_key=True, whole_answers=True, generation=7)
    )
    visitor = admitted(connections, clock, connection=named(2))
    found = [connections.get(connection.id, now=clock()) for connection in (holder, visitor)]
    assert [connection and connection.holds_key for connection in found] == [True, False]
    assert [connection and connection.whole_answers for connection in found] == [True, False]
    assert [connection and connection.generation for connection in found] == [7, None]


def test_more_connections_of_a_key_than_one_request_reads_are_all_found(connections: ConnectionStore, clock: FakeClock):
    everybody = [
        admitted(
            connections, clock, ConversationId(f"room:shop:{number}"), connection=named(number), person=visitor(number)
        )
        for number in range(120)
    ]
    assert connections.of_key(SHOP, now=clock()) == everybody


# How many.


def fill(connections: ConnectionStore, clock: FakeClock, count: int = MAX_CONNECTIONS) -> list[Connection]:
    return [
        admitted(connections, clock, ROOM, connection=named(number), person=visitor(number)) for number in range(count)
    ]


def test_a_full_conversation_takes_no_other_connection(connections: ConnectionStore, clock: FakeClock):
    members = fill(connections, clock)
    late = admitted(connections, clock, connection=named(98))
    with pytest.raises(ConversationFull):
        connections.move(late, ROOM, now=clock())
    with pytest.raises(ConversationFull):
        admitted(connections, clock, ROOM, connection=named(99))
    assert connections.get(late.id, now=clock()) == late
    assert connections.in_conversation(ROOM, now=clock()) == members
    assert connections.in_conversation(HOME, now=clock()) == [late]


def test_a_member_of_a_full_conversation_may_join_it_again(connections: ConnectionStore, clock: FakeClock):
    first, *_ = fill(connections, clock)
    assert connections.move(first, ROOM, now=clock()) == first


@pytest.mark.parametrize("how", ["closed", "moved", "expired"])
def test_whoever_leaves_makes_room_for_another(store: Store, clock: FakeClock, how: str):
    connections = store.connections
    first, *_ = fill(connections, clock)
    match how:
        case "closed":
            connections.close(first.id)
        case "moved":
            connections.move(first, HALL, now=clock())
        case "expired":
            clock.now += KEPT_MS
    admitted(connections, clock, ROOM, connection=named(99))
    assert len(connections.in_conversation(ROOM, now=clock())) == (1 if how == "expired" else MAX_CONNECTIONS)


def test_a_connection_that_comes_and_goes_is_counted_once(connections: ConnectionStore, clock: FakeClock):
    *_, last = fill(connections, clock, MAX_CONNECTIONS - 1)
    for _ in range(3):
        last = moved_to(ROOM, connections, clock, moved_to(HALL, connections, clock, last))
    admitted(connections, clock, ROOM, connection=named(98))
    with pytest.raises(ConversationFull):
        admitted(connections, clock, ROOM, connection=named(99))


@pytest.mark.parametrize("way", ["authenticate", "move"])
def test_of_sixty_four_who_come_at_once_fifty_get_in(busy_store: Store, clock: FakeClock, way: str):
    connections = busy_store.connections
    crowd = [opened(connections, clock, named(number)) for number in range(64)]
    if way == "move":
        homes = [ConversationId(f"web:shop:{number}") for number in range(64)]
        people = map(visitor, range(64))
        crowd = [
            connections.mark_authenticated(one, person, home, now=clock()) or one
            for one, person, home in zip(crowd, people, homes, strict=True)
        ]

    def comes(number: int) -> bool:
        try:
            if way == "move":
                connections.move(crowd[number], ROOM, now=clock())
            else:
                connections.mark_authenticated(crowd[number], visitor(number), ROOM, now=clock())
        except ConversationFull:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        got_in = sum(pool.map(comes, range(64)))
    assert got_in == len(connections.in_conversation(ROOM, now=clock())) == MAX_CONNECTIONS
