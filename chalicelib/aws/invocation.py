"""Writes and parses the events with which Parley's functions invoke each other."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.errors import ConfigError
from chalicelib.ids import ConversationId, PersonId

PING: Final = {"ping": True}
"""Keeps the worker warm."""
WEBSOCKET_PING: Final = {
    **PING,
    "requestContext": dict.fromkeys(("apiId", "stage", "domainName", "connectionId"), "ping"),
}
"""Keeps a WebSocket function warm. Chalice reads these fields before it calls the handler, and fails without them."""
HEALTH_CHECK: Final = {"checkup": True}
"""Starts a health check in the worker, the only function that may read all secrets."""
NEW_PEOPLE: Final = {"new_people": True}
"""Lets the worker, which may write on Messenger, notify the owners of the new people who wait."""

WEEKLY_REPORT: Final = {"report": "week"}
"""Starts the weekly message to the owners, in the worker too."""


@dataclass(frozen=True)
class Ping:
    """Keeps the function warm, with what the next answer needs."""


@dataclass(frozen=True)
class RunHealthCheck:
    """Requests a health check."""


@dataclass(frozen=True)
class TellOfNewPeople:
    """Requests the notice of the new people who wait."""


@dataclass(frozen=True)
class SendWeeklyReport:
    """Requests the weekly message to the owners."""


@dataclass(frozen=True)
class TellOfRemovedOwner:
    """Requests a notice to the other owners, from the command line."""

    person: PersonId


@dataclass(frozen=True)
class AnswerConversation:
    """Requests answers to the open turns of one conversation."""

    conversation: ConversationId


Job = RunHealthCheck | TellOfNewPeople | TellOfRemovedOwner | SendWeeklyReport
"""Requested by the heartbeat."""
WorkerEvent = Ping | Job | AnswerConversation


def owner_removed(person: PersonId) -> Mapping[str, str]:
    """Return the event that lets the worker notify the other owners."""
    return {"owner_removed": person}


def wake_event(conversation: ConversationId) -> str:
    """Return the JSON that wakes the worker for a conversation, for Lambda and for SQS."""
    return json.dumps({"conversation": conversation})


def is_ping(event: Mapping[str, Any]) -> bool:
    """Whether the event only keeps the function warm. No client can send one: its data is never at the event's top."""
    return event.get("ping") is True


def parse(event: Mapping[str, Any]) -> WorkerEvent:
    """Return what the worker is to do. Raises ConfigError when the event is not one of Parley's."""
    if job := _job(event):
        return job
    match event:
        case {"ping": True}:
            return Ping()
        case {"Records": [{"eventSource": "aws:sqs", "body": str(body)}]}:
            event = _parsed(body)
        case {"Records": [_, _, *_]}:
            raise ConfigError(
                "the worker got several messages at once; its event source mapping needs a batch size of 1"
            )
    match event:
        case {"conversation": str(conversation)}:
            return AnswerConversation(ConversationId(conversation))
    raise ConfigError("the worker was invoked with something that is no wake; only Parley's functions may wake it")


def _job(event: Mapping[str, Any]) -> Job | None:
    match event:
        case {"checkup": True}:
            return RunHealthCheck()
        case {"new_people": True}:
            return TellOfNewPeople()
        case {"owner_removed": str(person)}:
            return TellOfRemovedOwner(PersonId(person))
        case {"report": "week"}:
            return SendWeeklyReport()
    return None


def _parsed(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError as exc:
        raise ConfigError("a message in the wake queue is not JSON; only Parley's functions may write to it") from exc
