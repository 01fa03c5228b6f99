"""The contract of `access.ports.LiveConnections`: which connections are closed, over every store."""

import pytest

from chalicelib.access import identity
from chalicelib.access.ports import LiveConnections
from chalicelib.channels.web.closing import ConnectionCloser
from chalicelib.conversation.connection import Connection
from chalicelib.ids import ConnectionId, ConversationId, KeyId, PersonId
from tests.contract.stores import Store
from tests.fakes.adapters import FakeClock, unexpected
from tests.fakes.connections import RememberingConnectionApi

Here = dict[PersonId, list[ConnectionId]]

SHOP, BLOG = KeyId("shopshopsh"), KeyId("blogblogbl")
ANNA, BERT, STRANGER = (identity.visitor(key, name) for key, name in ((SHOP, "anna"), (SHOP, "bert"), (BLOG, "anna")))


@pytest.fixture
def api() -> RememberingConnectionApi:
    return RememberingConnectionApi()


@pytest.fixture
def live(store: Store, clock: FakeClock, api: RememberingConnectionApi) -> LiveConnections:
    return ConnectionCloser(store.connections, api, clock, unexpected)


@pytest.fixture
def here(store: Store, clock: FakeClock) -> Here:
    """Everybody's connections: one in their own conversation, one in a room."""
    found: Here = {}
    for person in (ANNA, BERT, STRANGER):
        for number in range(2):
            new = Connection(ConnectionId(f"{identity.pseudonym(person)}-{number}="), "https://sockets.example/dev")
            store.connections.open(new, now=clock())
            ready = store.connections.mark_authenticated(new, person, ConversationId(person), now=clock())
            assert ready
            if number:
                store.connections.move(ready, identity.room(person, "kitchen"), now=clock())
            found.setdefault(person, []).append(new.id)
    return found


def left(store: Store, clock: FakeClock, here: Here) -> list[PersonId]:
    """Whose connections are stored, one name for each."""
    return [who for who, ids in here.items() for each in ids if store.connections.get(each, now=clock())]


def test_of_a_key_all_connections_are_closed_in_every_conversation(
    live: LiveConnections,
    store: Store,
    clock: FakeClock,
    api: RememberingConnectionApi,
    here: Here,
):
    live.close_of_key(SHOP)
    assert sorted(api.closed) == sorted(here[ANNA] + here[BERT])
    assert left(store, clock, here) == [STRANGER] * 2
    assert store.connections.in_conversation(identity.room(ANNA, "kitchen"), now=clock()) == []
    assert len(store.connections.in_conversation(identity.room(STRANGER, "kitchen"), now=clock())) == 1


def test_of_a_person_only_their_own_connections_are_closed(
    live: LiveConnections,
    store: Store,
    clock: FakeClock,
    api: RememberingConnectionApi,
    here: Here,
):
    live.close_of_person(ANNA)
    assert sorted(api.closed) == sorted(here[ANNA])
    assert left(store, clock, here) == [BERT, BERT, STRANGER, STRANGER]


@pytest.mark.usefixtures("here")
def test_where_nobody_is_connected_nothing_is_closed(live: LiveConnections, api: RememberingConnectionApi):
    live.close_of_key(KeyId("unknownkey"))
    live.close_of_person(PersonId("messenger:1:2"))
    assert api.closed == []


def test_closing_again_changes_nothing(live: LiveConnections, api: RememberingConnectionApi, here: Here):
    live.close_of_key(SHOP)
    live.close_of_key(SHOP)
    assert len(api.closed) == len(here[ANNA] + here[BERT])
