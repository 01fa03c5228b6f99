"""What functions are invoked with by each other: written and read in one place; pure, no way of invoking is here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.errors import ConfigError
from chalicelib.ids import ConversationId

PING: Final = {"ping": True}
"""Asks for nothing: the worker is only kept warm."""
SOCKET_PING: Final = {
    **PING,
    "requestContext": dict.fromkeys(("apiId", "stage", "domainName", "connectionId"), "ping"),
}
"""The same for the functions of WebSockets, in which Chalice reads whose event it is before they see it."""
CHECKUP: Final = {"checkup": True}
"""Has the worker look at everything the bot depends on: it may read all secrets."""


@dataclass(frozen=True)
class Ping:
    """Keeps the function warm; nothing is to be done."""


@dataclass(frozen=True)
class RunHealthCheck:
    """Asks for a health check."""


@dataclass(frozen=True)
class AnswerConversation:
    """Asks for answers in one conversation."""

    conversation: ConversationId


WorkerEvent = Ping | RunHealthCheck | AnswerConversation


def wake_event(conversation: ConversationId) -> str:
    """The JSON that sends the worker to a conversation, whichever way it goes."""
    return json.dumps({"conversation": conversation})


def is_ping(event: Mapping[str, Any]) -> bool:
    """Whether the function is only kept warm. No client can say so: what it sends comes further down in an event."""
    return event.get("ping") is True


def parse(event: Mapping[str, Any]) -> WorkerEvent:
    """What the worker is invoked for. Raises ConfigError when the event is none that Parley sends."""
    match event:
        case {"ping": True}:
            return Ping()
        case {"checkup": True}:
            return RunHealthCheck()
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


def _parsed(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError as exc:
        raise ConfigError("a message in the wake queue is not JSON; only Parley's functions may write to it") from exc
