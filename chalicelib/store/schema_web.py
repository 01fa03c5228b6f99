"""The web chat's keys and items of the table, and back again: the rest of `schema`. Pure."""

from datetime import UTC, datetime
from typing import Final

from chalicelib.messages import ConversationId, PersonId, TurnId
from chalicelib.messages_web import ApiKey, KeyId, Socket, SocketId, SocketState
from chalicelib.store.schema import Item, Key, conversation_key, conversation_of

KEYS: Final = "KEYS"
"""All API keys stand together: they are few, and listed."""
_KEY_PREFIX: Final = "KEY#"
SOCKET_PREFIX: Final = "SOCKET#"
SEAT_PREFIX: Final = "SOCKET#"
"""Of a socket's place in its conversation."""
SOCKETS_BUCKET: Final = "sockets"
SOCKET_KEPT_S: Final = 2 * 60 * 60 + 15 * 60
"""API Gateway closes every socket after two hours."""
_TICKETS_KEPT_S: Final = 2 * 60 * 60


def api_key_key(key: KeyId) -> Key:
    """An API key's item."""
    return {"pk": KEYS, "sk": f"{_KEY_PREFIX}{key}"}


def api_key_item(key: ApiKey) -> Item:
    """A new API key. It never leaves the table by itself: what has expired is still listed."""
    maybe = {
        "max_messages": key.max_messages,
        "daily_messages": key.daily_messages,
        "expires_at_ms": key.expires_at,
        "revoked_at": key.revoked_at,
    }
    return {
        **api_key_key(key.id),
        "name": key.name,
        "digest": key.digest,
        "persona": key.persona,
        "created_at": key.created_at,
        "used": key.used,
        "origins": list(key.origins),
        **{name: value for name, value in maybe.items() if value is not None},
    }


def api_key(item: Item) -> ApiKey:
    """The API key an item holds."""
    return ApiKey(
        id=KeyId(item["sk"].removeprefix(_KEY_PREFIX)),
        name=item["name"],
        digest=item["digest"],
        persona=item["persona"],
        created_at=int(item["created_at"]),
        max_messages=_number(item, "max_messages"),
        used=int(item["used"]),
        daily_messages=_number(item, "daily_messages"),
        origins=tuple(item["origins"]),
        expires_at=_number(item, "expires_at_ms"),
        revoked_at=_number(item, "revoked_at"),
    )


def socket_key(socket: SocketId) -> Key:
    """A socket's own item."""
    return {"pk": f"{SOCKET_PREFIX}{socket}", "sk": "SOCKET"}


def seat_key(conversation: ConversationId, socket: SocketId) -> Key:
    """Its place in a conversation."""
    return {**conversation_key(conversation), "sk": f"{SEAT_PREFIX}{socket}"}


def new_socket_item(socket: Socket, *, now: int, lingers_until: int) -> Item:
    """One that has not said who it is; due to be closed unless it does."""
    return {
        **socket_key(socket.id),
        "endpoint": socket.endpoint,
        "origin": socket.origin,
        "state": socket.state.value,
        "due_bucket": SOCKETS_BUCKET,
        "due_at": lingers_until,
        "expires_at": now // 1000 + SOCKET_KEPT_S,
    }


def seat_item(socket: Socket, *, now: int) -> Item:
    """A ready socket in its conversation."""
    if socket.conversation is None:
        raise ValueError("a socket without a conversation has no place")
    return {
        **seat_key(socket.conversation, socket.id),
        "endpoint": socket.endpoint,
        "origin": socket.origin,
        "person": socket.person,
        "expires_at": now // 1000 + SOCKET_KEPT_S,
    }


def socket(item: Item) -> Socket:
    """The socket an item holds."""
    return Socket(
        id=SocketId(item["pk"].removeprefix(SOCKET_PREFIX)),
        endpoint=item["endpoint"],
        origin=item["origin"],
        state=SocketState(item["state"]),
        person=PersonId(item["person"]) if "person" in item else None,
        conversation=ConversationId(item["conversation"]) if "conversation" in item else None,
    )


def seat(item: Item) -> Socket:
    """The socket that has this place."""
    return Socket(
        id=SocketId(item["sk"].removeprefix(SEAT_PREFIX)),
        endpoint=item["endpoint"],
        origin=item["origin"],
        state=SocketState.READY,
        person=PersonId(item["person"]),
        conversation=conversation_of(item["pk"]),
        resumed=int(item.get("resumed", 0)),
        cancels=TurnId(item["cancels"]) if "cancels" in item else None,
    )


def tickets_key(key: KeyId, address: str, *, hour: str) -> Key:
    """How many tickets an address was given in an hour."""
    return {"pk": f"TICKETS#{hour}", "sk": f"{key}#{address}"}


def tickets_expire_at(hour: str) -> int:
    """When an hour's counts may be forgotten, in seconds."""
    return int(datetime.fromisoformat(hour).replace(tzinfo=UTC).timestamp()) + _TICKETS_KEPT_S


def _number(item: Item, name: str) -> int | None:
    return int(item[name]) if name in item else None
