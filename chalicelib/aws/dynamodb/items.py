"""Converts values to DynamoDB items and back.

`expires_at` is in seconds since 1970, as DynamoDB's time to live demands; all other times are in milliseconds.
"""

from datetime import UTC, datetime
from typing import Any, Final

from chalicelib.access.own_conversations import OwnConversation
from chalicelib.access.retention import (
    CONNECTION_KEPT_S,
    REPEATED_MS,
    SPEND_KEPT_S,
    TICKETS_KEPT_S,
    TURN_KEPT_S,
)
from chalicelib.aws.dynamodb import summary_items
from chalicelib.aws.dynamodb.followed import others_of
from chalicelib.aws.dynamodb.index_keys import CONNECTIONS_BUCKET
from chalicelib.aws.dynamodb.keys import (
    CONNECTION_PREFIX,
    MEMBER_PREFIX,
    TURN_PREFIX,
    Key,
    connection_key,
    conversation_of,
    member_key,
    turn_key,
)
from chalicelib.conversation.connection import Connection, ConnectionState
from chalicelib.conversation.turn import (
    Choice,
    Feedback,
    IncomingMessage,
    Lease,
    Overdue,
    Received,
    Reply,
    Turn,
    TurnState,
    turn_id,
)
from chalicelib.ids import ConnectionId, ConversationId, PersonId, TurnId

Item = dict[str, Any]

TURNS_A_PAGE: Final = 30
"""Turns that one query reads: the worker rarely needs a second page."""


def spend_expires_at(day: str) -> int:
    """The time at which a day's costs expire."""
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) + SPEND_KEPT_S


def key_of(item: Item) -> Key:
    """The table's key of an item, also of one that an index returned."""
    return {"pk": item["pk"], "sk": item["sk"]}


def queued_item(message: IncomingMessage, *, now: int) -> Item:
    """The item of a new turn."""
    return {
        **turn_key(message.conversation, turn_id(message)),
        "state": TurnState.QUEUED.value,
        "person": message.person,
        "at": message.at,
        "text": message.text,
        "attachments": list(message.attachments),
        "place": message.place,
        "model_calls": 0,
        "expires_at": now // 1000 + TURN_KEPT_S,
        **({"replaces": message.replaces} if message.replaces else {}),
        **({"received": _received_item(message.received)} if message.received else {}),
        **({"opens": True} if message.opens else {}),
        **({"language": message.language} if message.language else {}),
    }


def overflow_item(message: IncomingMessage, *, now: int) -> Item:
    """The item of a turn whose reply tells the user that messages were lost; it has no text."""
    return {**queued_item(message, now=now), "text": "", "attachments": [], "overflow": True}


def erased_item(erased: Turn, *, now: int) -> Item:
    """The item that replaces an erased turn until its message cannot be delivered again; it has no text."""
    return {
        **turn_key(erased.conversation, erased.id),
        "state": TurnState.DROPPED.value,
        "person": erased.person,
        "at": erased.at,
        "erased": True,
        "expires_at": (now + REPEATED_MS) // 1000,
    }


def is_there(item: Item, *, now: int) -> bool:
    """Whether the item is neither erased nor expired; DynamoDB may delete expired items days later."""
    return bool(item["expires_at"] * 1000 > now and not item.get("erased"))


def turn(item: Item) -> Turn:
    """The turn of an item."""
    return Turn(
        id=TurnId(item["sk"].removeprefix(TURN_PREFIX)),
        conversation=conversation_of(item["pk"]),
        person=PersonId(item["person"]),
        at=int(item["at"]),
        state=TurnState(item["state"]),
        text=item.get("text", ""),
        attachments=tuple(item.get("attachments", ())),
        reply=_reply(item),
        charged_day=item.get("charged_day"),
        model_calls=int(item.get("model_calls", 0)),
        rounds=int(item.get("rounds", 0)),
        calls_before=int(item.get("calls_before", 0)),
        deliveries=int(item.get("deliveries", 0)),
        overflow=bool(item.get("overflow", False)),
        receipts=frozenset(int(part) for part in item.get("receipts", ())),
        place=int(item.get("place", 0)),
        replaces=TurnId(item["replaces"]) if "replaces" in item else None,
        feedback=Feedback(item["feedback"]) if "feedback" in item else None,
        received=_received(item["received"]) if "received" in item else None,
        opens=bool(item.get("opens", False)),
        joined=item.get("joined"),
        says_ai=bool(item.get("says_ai", False)),
        language=item.get("language", ""),
    )


def _received_item(received: Received) -> Item:
    item: Item = {"at": received.at, "socket": received.socket}
    if received.number is not None:
        item["n"] = received.number
    return {**item, "follows": True} if received.after_question else item


def _received(item: Item) -> Received:
    number = int(item["n"]) if "n" in item else None
    return Received(int(item["at"]), ConnectionId(item["socket"]), number, bool(item.get("follows", False)))


def answered_values(reply: Reply) -> Item:
    """The attributes of a turn's item that a recorded reply changes, without the empty ones."""
    values: Item = {"state": TurnState.ANSWERED.value, "deliveries": 1, "answer": reply.text}
    if reply.footer:
        values["footer"] = reply.footer
    if reply.code:
        values["code"] = reply.code
    if reply.left is not None:
        values["left"] = reply.left
    if reply.choices:
        values["choices"] = [[choice.title, choice.command] for choice in reply.choices]
    return values


def _reply(item: Item) -> Reply | None:
    if "answer" not in item:
        return None
    choices = tuple(Choice(title, command) for title, command in item.get("choices", ()))
    left = item.get("left")
    return Reply(
        item["answer"], item.get("footer", ""), choices, item.get("code", ""), None if left is None else int(left)
    )


def lease(item: Item, *, owner: str, fence: int) -> Lease:
    """The lease of a worker on the conversation of an item."""
    return Lease(
        conversation=conversation_of(item["pk"]),
        owner=owner,
        fence=fence,
        arrivals=int(item.get("arrivals", 0)),
        open_turns=int(item.get("open_turns", 0)),
        history_from=int(item.get("history_from", 0)),
        paused_until=int(item.get("paused_until", 0)),
        due_at=int(item.get("due_at", 0)),
        opened_by=PersonId(item["opened_by"]) if "opened_by" in item else None,
        **summary_items.of_lease(item),
    )


def own(item: Item, *, now: int) -> OwnConversation | None:
    """The person's own conversation of an item; None if it is expired, or if its person has written nothing there."""
    if "used_at" not in item or ("expires_at" in item and item["expires_at"] * 1000 <= now):
        return None
    return OwnConversation(conversation_of(item["pk"]), item.get("title", ""), int(item["used_at"]))


def overdue(item: Item) -> Overdue:
    """The overdue conversation of an entry in the due index."""
    return Overdue(conversation_of(item["pk"]), since=int(item["due_at"]))


def connection_item(connection: Connection, *, now: int, auth_until: int) -> Item:
    """The item of a new connection; it is in the due index until it is authenticated."""
    return {
        **connection_key(connection.id),
        "endpoint": connection.endpoint,
        "origin": connection.origin,
        "state": connection.state.value,
        "due_bucket": CONNECTIONS_BUCKET,
        "due_at": auth_until,
        "expires_at": connection_expires_at(now),
        **({"config": connection.config} if connection.config else {}),
        **({"proven": connection.proven} if connection.proven else {}),
        **client_values(connection),
    }


def connection_expires_at(now: int) -> int:
    """The time at which everything about a connection expires."""
    return now // 1000 + CONNECTION_KEPT_S


def member_item(connection: Connection, *, now: int) -> Item:
    """The item of a ready connection in its conversation. Raises ValueError when it has no conversation."""
    if connection.conversation is None:
        raise ValueError("a connection without a conversation cannot be a member")
    return {
        **member_key(connection.conversation, connection.id),
        "endpoint": connection.endpoint,
        "origin": connection.origin,
        "person": connection.person,
        "expires_at": connection_expires_at(now),
        **client_values(connection),
        **({"conversation_id": connection.conversation_id} if connection.conversation_id else {}),
    }


def connection(item: Item) -> Connection:
    """The connection of its own item."""
    return Connection(
        id=ConnectionId(item["pk"].removeprefix(CONNECTION_PREFIX)),
        endpoint=item["endpoint"],
        origin=item["origin"],
        config=item.get("config", ""),
        proven=PersonId(item["proven"]) if "proven" in item else None,
        state=ConnectionState(item["state"]),
        person=PersonId(item["person"]) if "person" in item else None,
        holds_key=bool(item.get("holds_key", False)),
        whole_answers=bool(item.get("whole_answers", False)),
        generation=int(item["generation"]) if "generation" in item else None,
        conversation=ConversationId(item["conversation"]) if "conversation" in item else None,
        by_id=bool(item.get("by_id", False)),
        others=others_of(item),
    )


def member(item: Item) -> Connection:
    """The connection of a member item."""
    return Connection(
        id=ConnectionId(item["sk"].removeprefix(MEMBER_PREFIX)),
        endpoint=item["endpoint"],
        origin=item["origin"],
        state=ConnectionState.READY,
        person=PersonId(item["person"]),
        holds_key=bool(item.get("holds_key", False)),
        whole_answers=bool(item.get("whole_answers", False)),
        generation=int(item["generation"]) if "generation" in item else None,
        conversation=conversation_of(item["pk"]),
        by_id="conversation_id" in item,
        conversation_id=item.get("conversation_id", ""),
        resumed=int(item.get("resumed", 0)),
        cancels=TurnId(item["cancels"]) if "cancels" in item else None,
    )


def tickets_expire_at(hour: str) -> int:
    """The time at which the ticket counts of an hour, `2026-11-20T12` in UTC, expire."""
    return int(datetime.fromisoformat(hour).replace(tzinfo=UTC).timestamp()) + TICKETS_KEPT_S


def client_values(connection: Connection) -> Item:
    """The attributes of what a connection's client has and reads, where it is not the usual."""
    values: Item = {"holds_key": connection.holds_key, "whole_answers": connection.whole_answers}
    values["generation"] = connection.generation
    return {name: value for name, value in values.items() if value}
