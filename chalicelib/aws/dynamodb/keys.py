"""Every key, prefix and index name of the table; no key string is made anywhere else. No I/O."""

from typing import Final

from chalicelib.conversation.turn import IncomingMessage, message_digest
from chalicelib.ids import ConnectionId, ConversationId, KeyId, PersonId, TurnId

Key = dict[str, str]

DUE_INDEX: Final = "due"
DUE_BUCKET: Final = "0"
DELETIONS_BUCKET: Final = "deletions"
PEOPLE_INDEX: Final = "people"

TURN_PREFIX: Final = "TURN#"


def person_key(person: PersonId) -> Key:
    """A person's item."""
    return {"pk": f"PERSON#{person}", "sk": "PERSON"}


def conversation_key(conversation: ConversationId) -> Key:
    """A conversation's own item."""
    return {"pk": f"CONV#{conversation}", "sk": "CONV"}


def turn_key(conversation: ConversationId, turn: TurnId) -> Key:
    """A turn's item, in the conversation's partition."""
    return {"pk": f"CONV#{conversation}", "sk": f"{TURN_PREFIX}{turn}"}


def seen_key(message: IncomingMessage) -> Key:
    """Stands for a message whose time is not signed, so that it is known again under another time."""
    return {"pk": f"CONV#{message.conversation}", "sk": f"SEEN#{message_digest(message.id)}"}


def alert_key(kind: str) -> Key:
    """What the owner was last told of this kind."""
    return {"pk": "OWNER", "sk": f"ALERT#{kind}"}


def deletion_key(code: str) -> Key:
    """A request for deletion."""
    return {"pk": f"DELETION#{code}", "sk": "DELETION"}


def spend_key(day: str) -> Key:
    """What the model calls of a day cost."""
    return {"pk": f"SPEND#{day}", "sk": "SPEND"}


def conversation_of(key: str) -> ConversationId:
    """The conversation of a partition key."""
    return ConversationId(key.removeprefix("CONV#"))


KEYS: Final = "KEYS"
"""All API keys stand together: they are few, and listed."""
API_KEY_PREFIX: Final = "KEY#"
CONNECTION_PREFIX: Final = "SOCKET#"
MEMBER_PREFIX: Final = "SOCKET#"
"""Of a socket's place in its conversation."""
CONNECTIONS_BUCKET: Final = "sockets"


def api_key_key(key: KeyId) -> Key:
    """An API key's item."""
    return {"pk": KEYS, "sk": f"{API_KEY_PREFIX}{key}"}


def connection_key(connection: ConnectionId) -> Key:
    """A socket's own item."""
    return {"pk": f"{CONNECTION_PREFIX}{connection}", "sk": "SOCKET"}


def member_key(conversation: ConversationId, connection: ConnectionId) -> Key:
    """Its place in a conversation."""
    return {**conversation_key(conversation), "sk": f"{MEMBER_PREFIX}{connection}"}


def tickets_key(key: KeyId, address: str, *, hour: str) -> Key:
    """How many tickets an address was given in an hour."""
    return {"pk": f"TICKETS#{hour}", "sk": f"{key}#{address}"}
