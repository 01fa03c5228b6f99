"""The promises of `ports_web.Sockets`."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Final

import pytest

from chalicelib.messages import ConversationId, PersonId, TurnId
from chalicelib.messages_web import Socket, SocketId, SocketState
from chalicelib.ports_web import Sockets
from tests.contract.stores import Store
from tests.fakes.rim import FakeClock

ANNA, BERT = PersonId("web:shop:anna"), PersonId("web:shop:bert")
HOME, ROOM, HALL = ConversationId(ANNA), ConversationId("room:shop:r"), ConversationId("room:shop:r2")
NEW: Final = Socket(SocketId("L0SM9cOFvHcCIhw="), "https://api.example/dev", origin="https://shop.example")
TURN: Final = TurnId("1795176000000#a")
KEPT_MS: Final = (2 * 60 + 15) * 60_000
MINUTE: Final = 60_000


@pytest.fixture
def sockets(store: Store) -> Sockets:
    return store.sockets


def named(number: int) -> Socket:
    return replace(NEW, id=SocketId(f"socket-{number:03}="))


def opened(sockets: Sockets, clock: FakeClock, socket: Socket = NEW) -> Socket:
    sockets.open(socket, now=clock())
    return socket


def admitted(
    sockets: Sockets, clock: FakeClock, where: ConversationId = HOME, *, socket: Socket = NEW, person: PersonId = ANNA
) -> Socket:
    ready = sockets.admit(opened(sockets, clock, socket), person, where, now=clock())
    assert ready
    return ready


def at_once(*actions: Callable[[], object]) -> None:
    ready = Barrier(len(actions))

    def wait_and_act(action: Callable[[], object]) -> object:
        ready.wait()
        return action()

    with ThreadPoolExecutor(len(actions)) as pool:
        list(pool.map(wait_and_act, actions))


# Who is there.


def test_a_new_socket_is_kept_as_it_came_and_sees_nothing(sockets: Sockets, clock: FakeClock):
    opened(sockets, clock)
    assert sockets.get(NEW.id, now=clock()) == NEW
    assert sockets.of(HOME, now=clock()) == []


def test_a_socket_that_never_came_is_not_there(sockets: Sockets, clock: FakeClock):
    opened(sockets, clock)
    assert sockets.get(SocketId("L0SM9cOFvHcCIhw"), now=clock()) is None


def test_who_has_proved_who_they_are_is_ready_and_sees_the_conversation(sockets: Sockets, clock: FakeClock):
    ready = admitted(sockets, clock)
    assert ready == replace(NEW, state=SocketState.READY, person=ANNA, conversation=HOME)
    assert sockets.get(NEW.id, now=clock()) == ready
    assert sockets.of(HOME, now=clock()) == [ready]


def test_nobody_is_admitted_twice(sockets: Sockets, clock: FakeClock):
    ready = admitted(sockets, clock)
    assert sockets.admit(NEW, BERT, ROOM, now=clock()) is None
    assert sockets.get(NEW.id, now=clock()) == ready
    assert (sockets.of(HOME, now=clock()), sockets.of(ROOM, now=clock())) == ([ready], [])


def test_a_socket_that_is_closed_is_not_admitted(sockets: Sockets, clock: FakeClock):
    opened(sockets, clock)
    sockets.close(NEW.id)
    assert sockets.admit(NEW, ANNA, HOME, now=clock()) is None
    assert sockets.get(NEW.id, now=clock()) is None
    assert sockets.of(HOME, now=clock()) == []


def test_of_many_who_admit_a_socket_at_once_one_does(busy_store: Store, clock: FakeClock):
    opened(busy_store.sockets, clock)
    rooms = [ConversationId(f"room:shop:{number}") for number in range(20)]
    with ThreadPoolExecutor(20) as pool:
        tried = list(pool.map(lambda room: busy_store.sockets.admit(NEW, ANNA, room, now=clock()), rooms))
    [ready] = [one for one in tried if one]
    seen = [socket for room in rooms for socket in busy_store.sockets.of(room, now=clock())]
    assert seen == [ready] == [busy_store.sockets.get(NEW.id, now=clock())]


def test_a_rejected_socket_is_never_admitted(sockets: Sockets, clock: FakeClock):
    opened(sockets, clock)
    sockets.reject(NEW)
    assert sockets.admit(NEW, ANNA, HOME, now=clock()) is None
    assert sockets.get(NEW.id, now=clock()) == replace(NEW, state=SocketState.REJECTED)
    assert sockets.of(HOME, now=clock()) == []


def test_a_second_proof_that_fails_takes_nothing_from_the_first(sockets: Sockets, clock: FakeClock):
    """Two frames of a socket may be read at once; both find it CONNECTED."""
    ready = admitted(sockets, clock)
    sockets.reject(NEW)
    assert sockets.get(NEW.id, now=clock()) == ready
    assert sockets.of(HOME, now=clock()) == [ready]


def test_rejecting_a_closed_socket_makes_nothing(sockets: Sockets, clock: FakeClock):
    sockets.reject(NEW)
    assert sockets.get(NEW.id, now=clock()) is None


# Who sees what.


def test_a_conversation_is_seen_by_all_of_its_sockets_and_no_others(sockets: Sockets, clock: FakeClock):
    anna = admitted(sockets, clock, ROOM, socket=named(1))
    bert = admitted(sockets, clock, ROOM, socket=named(2), person=BERT)
    admitted(sockets, clock, HALL, socket=named(3))
    opened(sockets, clock, named(4))
    sockets.reject(opened(sockets, clock, named(5)))
    assert sockets.of(ROOM, now=clock()) == [anna, bert]


def test_a_room_of_hundreds_is_seen_by_all(sockets: Sockets, clock: FakeClock):
    everybody = [admitted(sockets, clock, ROOM, socket=named(number)) for number in range(120)]
    assert sockets.of(ROOM, now=clock()) == everybody


def test_the_turns_of_a_conversation_are_no_sockets_and_sockets_no_turns(store: Store, clock: FakeClock):
    ready = admitted(store.sockets, clock)
    assert store.sockets.of(HOME, now=clock()) == [ready]
    assert list(store.transcript.turns(HOME, now=clock())) == []


def test_who_moves_sees_the_new_conversation_and_the_old_one_no_more(sockets: Sockets, clock: FakeClock):
    ready = admitted(sockets, clock)
    moved = sockets.move(ready, ROOM, now=clock())
    assert moved == replace(ready, conversation=ROOM)
    assert sockets.get(NEW.id, now=clock()) == moved
    assert (sockets.of(HOME, now=clock()), sockets.of(ROOM, now=clock())) == ([], [moved])


def test_who_moves_to_where_they_are_stays_there(sockets: Sockets, clock: FakeClock):
    ready = admitted(sockets, clock, ROOM)
    assert sockets.move(ready, ROOM, now=clock()) == ready
    assert sockets.of(ROOM, now=clock()) == [ready]


def test_who_moves_wants_nothing_of_the_old_conversation_any_more(sockets: Sockets, clock: FakeClock):
    ready = admitted(sockets, clock)
    sockets.cancel(ready, TURN)
    sockets.resume(ready)
    moved = sockets.move(ready, ROOM, now=clock())
    assert sockets.of(ROOM, now=clock()) == [moved]
    assert (moved.cancels, moved.resumed) == (None, 0)


def test_whoever_was_moved_already_leaves_where_they_are_by_now(sockets: Sockets, clock: FakeClock):
    ready = admitted(sockets, clock)
    sockets.move(ready, ROOM, now=clock())
    moved = sockets.move(ready, HALL, now=clock())
    assert [sockets.of(where, now=clock()) for where in (HOME, ROOM, HALL)] == [[], [], [moved]]


def test_who_moves_to_many_rooms_at_once_is_in_one(busy_store: Store, clock: FakeClock):
    sockets = busy_store.sockets
    ready = admitted(sockets, clock)
    rooms = [ConversationId(f"room:shop:{number}") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda room: sockets.move(ready, room, now=clock()), rooms))
    [seen] = [socket for room in (HOME, *rooms) for socket in sockets.of(room, now=clock())]
    assert seen == sockets.get(NEW.id, now=clock())


def test_who_is_closed_moves_nowhere(sockets: Sockets, clock: FakeClock):
    ready = admitted(sockets, clock)
    sockets.close(NEW.id)
    sockets.move(ready, ROOM, now=clock())
    assert sockets.get(NEW.id, now=clock()) is None
    assert (sockets.of(HOME, now=clock()), sockets.of(ROOM, now=clock())) == ([], [])


# What their clients ask for.


def test_each_wish_to_be_brought_up_to_date_is_counted(sockets: Sockets, clock: FakeClock):
    ready = admitted(sockets, clock)
    for _ in range(3):
        sockets.resume(ready)
    assert sockets.of(HOME, now=clock()) == [replace(ready, resumed=3)]


def test_a_turn_that_is_to_stop_is_noted_at_the_socket_that_says_so(sockets: Sockets, clock: FakeClock):
    anna = admitted(sockets, clock, ROOM, socket=named(1))
    bert = admitted(sockets, clock, ROOM, socket=named(2), person=BERT)
    sockets.cancel(bert, TURN)
    assert sockets.of(ROOM, now=clock()) == [anna, replace(bert, cancels=TURN)]


@pytest.mark.parametrize("where", [HOME, None])
def test_wishes_of_a_closed_socket_are_ignored(sockets: Sockets, clock: FakeClock, where: ConversationId | None):
    ready = admitted(sockets, clock)
    sockets.close(NEW.id)
    sockets.resume(replace(ready, conversation=where))
    sockets.cancel(replace(ready, conversation=where), TURN)
    assert sockets.of(HOME, now=clock()) == []
    assert sockets.get(NEW.id, now=clock()) is None


# Who is gone.


def test_a_closed_socket_is_forgotten_in_its_conversation_too(sockets: Sockets, clock: FakeClock):
    admitted(sockets, clock)
    sockets.close(NEW.id)
    assert sockets.get(NEW.id, now=clock()) is None
    assert sockets.of(HOME, now=clock()) == []


def test_a_socket_is_forgotten_where_it_moved_to(sockets: Sockets, clock: FakeClock):
    sockets.move(admitted(sockets, clock), ROOM, now=clock())
    sockets.close(NEW.id)
    assert sockets.of(ROOM, now=clock()) == []


@pytest.mark.parametrize("state", [SocketState.CONNECTED, SocketState.REJECTED])
def test_a_socket_that_never_got_in_is_forgotten(sockets: Sockets, clock: FakeClock, state: SocketState):
    opened(sockets, clock)
    if state is SocketState.REJECTED:
        sockets.reject(NEW)
    sockets.close(NEW.id)
    assert sockets.get(NEW.id, now=clock()) is None
    assert list(sockets.lingering(now=clock.tick(minutes=2))) == []


def test_closing_what_is_not_known_changes_nothing(sockets: Sockets, clock: FakeClock):
    other = admitted(sockets, clock, socket=named(1))
    sockets.close(NEW.id)
    assert sockets.of(HOME, now=clock()) == [other]


@pytest.mark.parametrize("attempt", range(4))
def test_who_is_closed_while_being_admitted_or_moved_leaves_nothing_behind(
    busy_store: Store, clock: FakeClock, attempt: int
):
    sockets = busy_store.sockets
    if attempt % 2:
        ready = admitted(sockets, clock)
        at_once(lambda: sockets.close(NEW.id), lambda: sockets.move(ready, ROOM, now=clock()))
    else:
        opened(sockets, clock)
        at_once(lambda: sockets.close(NEW.id), lambda: sockets.admit(NEW, ANNA, HOME, now=clock()))
    assert sockets.get(NEW.id, now=clock()) is None
    assert [*sockets.of(HOME, now=clock()), *sockets.of(ROOM, now=clock())] == []


def test_a_socket_is_forgotten_when_api_gateway_has_long_closed_it(sockets: Sockets, clock: FakeClock):
    ready = admitted(sockets, clock)
    clock.now += KEPT_MS - 1000
    assert sockets.get(NEW.id, now=clock()) == ready
    assert sockets.of(HOME, now=clock()) == [ready]
    clock.now += 1000
    assert sockets.get(NEW.id, now=clock()) is None
    assert sockets.of(HOME, now=clock()) == []


def test_what_expired_is_deleted(store: Store, clock: FakeClock):
    admitted(store.sockets, clock)
    store.expire(clock.tick(hours=3))
    assert store.sockets.get(NEW.id, now=clock() - KEPT_MS) is None
    assert store.sockets.of(HOME, now=clock() - KEPT_MS) == []


# Who lingers.


def test_who_does_not_say_who_they_are_lingers_after_a_minute(sockets: Sockets, clock: FakeClock):
    opened(sockets, clock)
    assert list(sockets.lingering(now=clock() + MINUTE - 1)) == []
    assert list(sockets.lingering(now=clock() + MINUTE)) == [NEW]


def test_who_is_ready_does_not_linger(sockets: Sockets, clock: FakeClock):
    admitted(sockets, clock)
    assert list(sockets.lingering(now=clock.tick(hours=1))) == []


def test_who_was_rejected_and_is_still_there_lingers(sockets: Sockets, clock: FakeClock):
    opened(sockets, clock)
    sockets.reject(NEW)
    assert list(sockets.lingering(now=clock.tick(minutes=1))) == [replace(NEW, state=SocketState.REJECTED)]


def test_who_lingers_longest_comes_first(sockets: Sockets, clock: FakeClock):
    for number in (3, 1, 2):
        opened(sockets, clock, named(number))
        clock.tick(seconds=1)
    assert list(sockets.lingering(now=clock.tick(minutes=1))) == [named(3), named(1), named(2)]


def test_who_lingered_until_they_expired_is_gone(sockets: Sockets, clock: FakeClock):
    opened(sockets, clock)
    assert list(sockets.lingering(now=clock() + KEPT_MS)) == []


def test_lingering_sockets_are_no_overdue_conversations(store: Store, clock: FakeClock):
    opened(store.sockets, clock)
    assert list(store.inbox.overdue(now=clock.tick(hours=1))) == []
    assert list(store.deletions.open(now=clock())) == []
