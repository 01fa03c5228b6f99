"""Converts authenticated connections to the items in the lists of their API keys, and back."""

from chalicelib.aws.dynamodb.items import Item, client_values, member, member_item
from chalicelib.aws.dynamodb.keys import listed_key, member_key
from chalicelib.conversation.connection import Connection
from chalicelib.ids import ConnectionId, ConversationId, PersonId


def ready_values(connection: Connection) -> Item:
    """The attributes of a connection's own item that authentication sets."""
    return {
        "state": connection.state.value,
        "person": connection.person,
        "conversation": connection.conversation,
        **client_values(connection),
    }


def listed_item(connection: Connection, person: PersonId, *, now: int) -> Item:
    """The item of a connection that becomes ready at `now`, in the list of its API key."""
    return {
        **member_item(connection, now=now),
        **listed_key(person, connection.id),
        "conversation": connection.conversation,
        "since": now,
    }


def listed(item: Item) -> Connection:
    """The connection of an item in the list of an API key."""
    conversation, connection = ConversationId(item["conversation"]), ConnectionId(item["sk"].partition("#")[2])
    return member({**item, **member_key(conversation, connection)})
