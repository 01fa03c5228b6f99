"""The contract of `conversation.connection_ports.ConnectionStore`: the conversations that one connection follows."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.aws.dynamodb import keys
from chalicelib.conversation.connection import Connection, Followed
from chalicelib.conversation.connection_ports import ConnectionStore
from chalicelib.conversation.limits import CONNECTIONS_OF_A_PERSON, CONVERSATIONS_OF_A_CONNECTION, MAX_CONNECTIONS
from chalicelib.errors import ConversationFull
from chalicelib.ids import ConversationId
from tests.contract.stores import Store, dynamo_store
from tests.contract.test_connection_store import (
    ANNA,
    BERT,
    HALL,
    HOME,
    NEW,
    ROOM,
    TURN,
    admitted,
    at_once,
    named,
    visitor,
)
from tests.fakes.adapters import FakeClock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def connections(store: Store) -> ConnectionStore:
    return store.connections


def room(number: int) -> ConversationId:
    return ConversationId(f"room:shop:room-{number}")


def followed(
    connections: ConnectionStore, clock: FakeClock, one: Connection, *where: ConversationId, called: str = ""
) -> Connection:
    for conversation in where:
        following = connections.move(one, conversation, now=clock(), keeps=True, conversation_id=called)
        assert following
        one = following
    return one


def who_is_in(connections: ConnectionStore, clock: FakeClock, *where: ConversationId) -> list[int]:
    """How many are in each conversation."""
    return [len(connections.in_conversation(one, now=clock())) for one in where]


def fill(connections: ConnectionStore, clock: FakeClock, where: ConversationId) -> None:
    for number in range(MAX_CONNECTIONS):
        admitted(connections, clock, where, connection=named(100 + number), person=visitor(number))


def test_a_connection_that_keeps_its_conversations_is_in_all_of_them(connections: ConnectionStore, clock: FakeClock):
    one = followed(connections, clock, admitted(connections, clock), ROOM, HALL)
    assert (one.conversation, one.others) == (HALL, (Followed(HOME), Followed(ROOM)))
    assert connections.get(NEW.id, now=clock()) == one
    for where in (HOME, ROOM, HALL):
        [seen] = connections.in_conversation(where, now=clock())
        assert (seen.id, seen.person, seen.conversation) == (one.id, ANNA, where)


def test_the_one_that_it_turns_to_is_the_one_that_it_is_in(connections: ConnectionStore, clock: FakeClock):
    one = followed(connections, clock, admitted(connections, clock), ROOM, HALL, ROOM)
    assert [where.conversation for where in one.followed] == [HOME, HALL, ROOM]
    assert connections.get(NEW.id, now=clock()) == one
    assert who_is_in(connections, clock, HOME, ROOM, HALL) == [1, 1, 1]


def test_what_the_client_calls_a_room_is_kept_with_it(connections: ConnectionStore, clock: FakeClock):
    one = followed(connections, clock, admitted(connections, clock), ROOM, called="카메라 42")
    assert connections.in_conversation(ROOM, now=clock())[0].conversation_id == "카메라 42"
    known = connections.get(NEW.id, now=clock())
    assert known
    assert (known.by_id, known.conversation_id) == (True, "")
    one = followed(connections, clock, one, HALL)
    assert connections.get(NEW.id, now=clock()) == one
    assert one.followed == (Followed(HOME), Followed(ROOM, by_id=True), Followed(HALL))
    one = followed(connections, clock, one, ROOM)
    assert connections.in_conversation(ROOM, now=clock())[0].conversation_id == "카메라 42"
    one = followed(connections, clock, one, HALL, called="hall")
    assert connections.in_conversation(HALL, now=clock())[0].conversation_id == "hall"
    assert who_is_in(connections, clock, HOME, ROOM, HALL) == [1, 1, 1]
    assert one.followed == (Followed(HOME), Followed(ROOM, by_id=True), Followed(HALL, by_id=True))


def test_requests_are_kept_for_each_conversation(connections: ConnectionStore, clock: FakeClock):
    one = followed(connections, clock, admitted(connections, clock), ROOM, HALL)
    connections.resume(replace(one, conversation=ROOM))
    connections.cancel(replace(one, conversation=HOME), TURN)
    found = [connections.in_conversation(where, now=clock())[0] for where in (HOME, ROOM, HALL)]
    assert [(seen.resumed, seen.cancels) for seen in found] == [(0, TURN), (1, None), (0, None)]


def test_turning_to_a_conversation_keeps_the_requests_in_it(connections: ConnectionStore, clock: FakeClock):
    one = followed(connections, clock, admitted(connections, clock), ROOM, HALL)
    connections.resume(replace(one, conversation=ROOM))
    followed(connections, clock, one, ROOM)
    assert connections.in_conversation(ROOM, now=clock())[0].resumed == 1


def test_a_move_leaves_the_present_conversation_and_keeps_the_others(connections: ConnectionStore, clock: FakeClock):
    one = followed(connections, clock, admitted(connections, clock), ROOM)
    moved = connections.move(one, HALL, now=clock())
    assert moved
    assert moved.followed == (Followed(HOME), Followed(HALL))
    assert who_is_in(connections, clock, HOME, ROOM, HALL) == [1, 0, 1]


def test_of_more_than_ten_conversations_the_one_longest_ago_is_left(connections: ConnectionStore, clock: FakeClock):
    rooms = [room(number) for number in range(CONVERSATIONS_OF_A_CONNECTION)]
    one = followed(connections, clock, admitted(connections, clock), *rooms)
    assert who_is_in(connections, clock, HOME, rooms[0]) == [0, 1]
    one = followed(connections, clock, one, rooms[0], HALL)
    assert len(one.followed) == CONVERSATIONS_OF_A_CONNECTION
    assert who_is_in(connections, clock, rooms[0], rooms[1], rooms[2], HALL) == [1, 0, 1, 1]
    assert connections.get(NEW.id, now=clock()) == one


# Leaving.


def test_whoever_leaves_a_conversation_is_in_the_others(connections: ConnectionStore, clock: FakeClock):
    one = followed(connections, clock, admitted(connections, clock), ROOM, HALL)
    left = connections.leave(one, ROOM, now=clock())
    assert left
    assert left.followed == (Followed(HOME), Followed(HALL))
    assert connections.get(NEW.id, now=clock()) == left
    assert who_is_in(connections, clock, HOME, ROOM, HALL) == [1, 0, 1]


def test_whoever_leaves_the_present_one_is_in_the_one_before(connections: ConnectionStore, clock: FakeClock):
    one = followed(connections, clock, admitted(connections, clock), ROOM, HALL, called="x")
    left = connections.leave(one, HALL, now=clock())
    assert left
    assert (left.conversation, left.by_id, left.others) == (ROOM, True, (Followed(HOME),))
    assert connections.get(NEW.id, now=clock()) == left


def test_whoever_leaves_the_last_one_is_in_their_own(connections: ConnectionStore, clock: FakeClock):
    one = admitted(connections, clock, ROOM)
    left = connections.leave(one, ROOM, now=clock())
    assert left == replace(one, conversation=HOME)
    assert who_is_in(connections, clock, HOME, ROOM) == [1, 0]


def test_what_is_not_followed_is_left_already(connections: ConnectionStore, clock: FakeClock):
    one = followed(connections, clock, admitted(connections, clock), ROOM)
    assert connections.leave(one, HALL, now=clock()) == one
    assert who_is_in(connections, clock, HOME, ROOM, HALL) == [1, 1, 0]


@pytest.mark.parametrize("how", ["closed", "expelled", "expelled as it was before"])
def test_a_connection_that_ends_is_in_none_of_them(connections: ConnectionStore, clock: FakeClock, how: str):
    one = followed(connections, clock, admitted(connections, clock), ROOM, HALL)
    if how == "closed":
        connections.close(NEW.id)
    else:
        assert connections.expel(one if how == "expelled" else replace(one, others=()), now=clock())
    assert who_is_in(connections, clock, HOME, ROOM, HALL) == [0, 0, 0]
    assert connections.move(one, ROOM, now=clock(), keeps=True) is None
    assert connections.leave(one, ROOM, now=clock()) is None
    assert who_is_in(connections, clock, HOME, ROOM, HALL) == [0, 0, 0]


# With what was read before.


def test_an_old_value_of_the_connection_changes_what_it_follows_now(connections: ConnectionStore, clock: FakeClock):
    first = admitted(connections, clock)
    now = followed(connections, clock, first, ROOM, HALL)
    left = connections.leave(first, HALL, now=clock())
    assert left
    assert who_is_in(connections, clock, HOME, ROOM, HALL) == [1, 1, 0]
    again = connections.move(now, HALL, now=clock(), keeps=True)
    assert again
    assert who_is_in(connections, clock, HOME, ROOM, HALL) == [1, 1, 1]


def test_an_old_value_in_the_same_conversation_does_not_bring_back_what_was_left(
    connections: ConnectionStore, clock: FakeClock
):
    old = followed(connections, clock, admitted(connections, clock), ROOM)
    now = followed(connections, clock, old, HALL, ROOM)
    left = connections.leave(now, HOME, now=clock())
    assert left
    assert (left.conversation, left.others) == (old.conversation, (Followed(HALL),))
    den = room(1)
    there = connections.move(old, den, now=clock(), keeps=True)
    assert there
    assert [one.conversation for one in there.followed] == [HALL, ROOM, den]
    assert who_is_in(connections, clock, HOME, HALL, ROOM, den) == [0, 1, 1, 1]
    connections.close(NEW.id)
    assert who_is_in(connections, clock, HOME, HALL, ROOM, den) == [0, 0, 0, 0]


def test_an_item_of_an_older_version_follows_one_conversation(emulator: "DynamoDBClient", clock: FakeClock):
    connections: Any = dynamo_store(emulator).connections
    one = admitted(connections, clock, ROOM)
    [item] = connections.table.get_many([keys.connection_key(NEW.id)])
    assert item.keys() & {"others", "conversation_id"} == set()
    found = connections.get(NEW.id, now=clock())
    assert found.followed == (Followed(ROOM),)
    followed(connections, clock, one, HALL)
    assert who_is_in(connections, clock, ROOM, HALL) == [1, 1]


# How many, and at once.


def test_a_full_conversation_is_not_followed_and_nothing_changes(connections: ConnectionStore, clock: FakeClock):
    fill(connections, clock, HALL)
    one = followed(connections, clock, admitted(connections, clock), ROOM)
    with pytest.raises(ConversationFull):
        connections.move(one, HALL, now=clock(), keeps=True)
    assert connections.get(NEW.id, now=clock()) == one
    assert who_is_in(connections, clock, HOME, ROOM, HALL) == [1, 1, MAX_CONNECTIONS]


def test_whoever_leaves_makes_room(connections: ConnectionStore, clock: FakeClock):
    one = followed(connections, clock, admitted(connections, clock), ROOM)
    for number in range(MAX_CONNECTIONS - 1):
        admitted(connections, clock, ROOM, connection=named(100 + number), person=visitor(number))
    late = admitted(connections, clock, connection=named(1), person=BERT)
    with pytest.raises(ConversationFull):
        connections.move(late, ROOM, now=clock(), keeps=True)
    connections.leave(one, ROOM, now=clock())
    followed(connections, clock, late, ROOM)
    assert who_is_in(connections, clock, ROOM) == [MAX_CONNECTIONS]


def test_a_person_has_as_many_connections_as_ever(connections: ConnectionStore, clock: FakeClock):
    for number in range(CONNECTIONS_OF_A_PERSON):
        followed(connections, clock, admitted(connections, clock, connection=named(number)), ROOM, HALL)
    assert who_is_in(connections, clock, HOME, ROOM, HALL) == [CONNECTIONS_OF_A_PERSON] * 3
    assert len(connections.of_person(ANNA, now=clock())) == CONNECTIONS_OF_A_PERSON


@pytest.mark.parametrize("attempt", range(3))
def test_of_many_who_are_followed_at_once_all_are(busy_store: Store, clock: FakeClock, attempt: int):
    connections, rooms = busy_store.connections, [room(number) for number in range(6)]
    one = admitted(connections, clock)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda where: connections.move(one, where, now=clock(), keeps=True), rooms))
    assert who_is_in(connections, clock, HOME, *rooms) == [1] * 7
    now = connections.get(NEW.id, now=clock())
    assert now
    assert {where.conversation for where in now.followed} == {HOME, *rooms}


@pytest.mark.parametrize("attempt", range(3))
def test_closing_while_a_room_is_followed_leaves_no_item(busy_store: Store, clock: FakeClock, attempt: int):
    connections = busy_store.connections
    one = followed(connections, clock, admitted(connections, clock), ROOM)
    at_once(
        lambda: connections.close(NEW.id),
        lambda: connections.move(one, HALL, now=clock(), keeps=True),
        lambda: connections.leave(one, ROOM, now=clock()),
    )
    assert connections.get(NEW.id, now=clock()) is None
    assert who_is_in(connections, clock, HOME, ROOM, HALL) == [0, 0, 0]


def test_a_move_that_is_tried_with_an_old_copy_returns_what_the_connection_follows_now(
    connections: ConnectionStore, clock: FakeClock
):
    old = connections.move(admitted(connections, clock), ROOM, now=clock(), keeps=True)
    assert old
    connections.leave(old, HOME, now=clock())
    assert connections.move(old, ROOM, now=clock()) == connections.get(NEW.id, now=clock())
