"""Every key and every item of the table, and back again; no key string is made anywhere else. Pure."""

import hashlib
from datetime import UTC, datetime
from typing import Any, Final

from chalicelib.messages import (
    Access,
    Choice,
    ConversationId,
    DaySpend,
    Deletion,
    IncomingMessage,
    Lease,
    Overdue,
    Person,
    PersonId,
    Reply,
    Turn,
    TurnId,
    TurnState,
)

Item = dict[str, Any]
Key = dict[str, str]

DUE_INDEX: Final = "due"
DUE_BUCKET: Final = "0"
DELETIONS_BUCKET: Final = "deletions"
PEOPLE_INDEX: Final = "people"

TURN_PREFIX: Final = "TURN#"
_DAY_S = 24 * 60 * 60
TURN_KEPT_S: Final = 30 * _DAY_S
"""How long turns are memory; must exceed the 36 hours for which Meta may repeat a delivery."""
REPEATED_MS: Final = 2 * _DAY_S * 1000
"""For so long Meta may deliver a message again: 36 hours, and some to spare."""
COUNTS_KEPT_S: Final = 3 * _DAY_S
DELETION_KEPT_S: Final = 90 * _DAY_S
BACKUP_S: Final = 35 * _DAY_S
"""How far back DynamoDB's point-in-time recovery reaches, unless it is told less."""
SPEND_KEPT_S: Final = 40 * _DAY_S
"""So that a month can be shown."""


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
    return {"pk": f"CONV#{message.conversation}", "sk": f"SEEN#{digest(message.id)}"}


def alert_key(kind: str) -> Key:
    """What the owner was last told of this kind."""
    return {"pk": "OWNER", "sk": f"ALERT#{kind}"}


def deletion_key(code: str) -> Key:
    """A request for deletion."""
    return {"pk": f"DELETION#{code}", "sk": "DELETION"}


def spend_key(day: str) -> Key:
    """What the model calls of a day cost."""
    return {"pk": f"SPEND#{day}", "sk": "SPEND"}


def spend_expires_at(day: str) -> int:
    """When a day's costs may be forgotten, in seconds."""
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) + SPEND_KEPT_S


def digest(message_id: str) -> str:
    """A message id as it is stored and logged."""
    return hashlib.sha256(message_id.encode()).hexdigest()


def turn_id(message: IncomingMessage) -> TurnId:
    """Made of the event only, so that every delivery of it has the same; zero-padded, so that it sorts by time."""
    return TurnId(f"{message.at:013d}#{digest(message.id)}")


def conversation_of(key: str) -> ConversationId:
    """The conversation of a partition key."""
    return ConversationId(key.removeprefix("CONV#"))


def queued_item(message: IncomingMessage, *, now: int) -> Item:
    """A new turn."""
    return {
        **turn_key(message.conversation, turn_id(message)),
        "state": TurnState.QUEUED.value,
        "person": message.person,
        "at": message.at,
        "text": message.text,
        "attachments": list(message.attachments),
        "model_calls": 0,
        "expires_at": now // 1000 + TURN_KEPT_S,
    }


def overflow_item(message: IncomingMessage, *, now: int) -> Item:
    """A turn that only says that messages were lost."""
    return {**queued_item(message, now=now), "text": "", "attachments": [], "overflow": True}


def erased_item(erased: Turn, *, now: int) -> Item:
    """What is left of a turn that is forgotten: that there was a message, until it cannot come again."""
    return {
        **turn_key(erased.conversation, erased.id),
        "state": TurnState.DROPPED.value,
        "person": erased.person,
        "at": erased.at,
        "erased": True,
        "expires_at": (now + REPEATED_MS) // 1000,
    }


def is_there(item: Item, *, now: int) -> bool:
    """Neither expired, which DynamoDB may notice days later, nor erased."""
    return bool(item["expires_at"] * 1000 > now and not item.get("erased"))


def turn(item: Item) -> Turn:
    """The turn an item holds."""
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
        overflow=bool(item.get("overflow", False)),
        receipts=frozenset(int(part) for part in item.get("receipts", ())),
    )


def reply_values(reply: Reply) -> Item:
    """A reply as a turn keeps it; only what is there."""
    values: Item = {"answer": reply.text}
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
    """A lease on the conversation an item holds."""
    return Lease(
        conversation=conversation_of(item["pk"]),
        owner=owner,
        fence=fence,
        arrivals=int(item.get("arrivals", 0)),
        open_turns=int(item.get("open_turns", 0)),
        history_from=int(item.get("history_from", 0)),
        paused_until=int(item.get("paused_until", 0)),
    )


def deletion_item(deletion: Deletion) -> Item:
    """A new request; among what is due until it is done."""
    return {
        **deletion_key(deletion.code),
        "user": deletion.user,
        "due_bucket": DELETIONS_BUCKET,
        "due_at": deletion.received_at,
        "received_at": deletion.received_at,
        "expires_at": deletion.received_at // 1000 + DELETION_KEPT_S,
    }


def deletion(item: Item) -> Deletion:
    """The request an item holds."""
    done_at = item.get("done_at")
    return Deletion(
        code=item["pk"].removeprefix("DELETION#"),
        received_at=int(item["received_at"]),
        user=item.get("user", ""),
        done_at=None if done_at is None else int(done_at),
    )


def overdue(item: Item) -> Overdue:
    """What the index of those that wait says."""
    return Overdue(conversation_of(item["pk"]), since=int(item["due_at"]))


def person(item: Item) -> Person:
    """The person an item holds."""
    limit = item.get("daily_limit")
    return Person(
        id=PersonId(item["pk"].removeprefix("PERSON#")),
        access=Access(item.get("access", Access.DEFAULT.value)),
        daily_limit=None if limit is None else int(limit),
        quota={day: int(used) for day, used in item.get("quota", {}).items()},
        told_day=item.get("told_day"),
        announced=bool(item.get("announced", False)),
        first_seen=int(item.get("first_seen", 0)),
        last_seen=int(item.get("last_seen", 0)),
        rooms=frozenset(ConversationId(room) for room in item.get("rooms", ())),
    )


def day_spend(item: Item) -> DaySpend:
    """The day an item holds."""
    return DaySpend(
        day=item["pk"].removeprefix("SPEND#"),
        committed=int(item.get("committed", 0)),
        tokens_in=int(item.get("tokens_in", 0)),
        tokens_cached=int(item.get("tokens_cached", 0)),
        tokens_out=int(item.get("tokens_out", 0)),
        answers=int(item.get("answers", 0)),
        calls=int(item.get("calls", 0)),
    )
