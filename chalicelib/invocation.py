"""What the worker is invoked with: written by those who wake it, read by the worker; pure, no way of waking is here."""

import json
from collections.abc import Mapping
from typing import Any, Final

from chalicelib.errors import ConfigError
from chalicelib.messages import ConversationId

PING: Final = {"ping": True}
"""Asks for nothing: the worker is only kept warm."""
CHECKUP: Final = {"checkup": True}
"""Has the worker look at everything the bot depends on: it may read all secrets."""


def wake(conversation: ConversationId) -> str:
    """The JSON that sends the worker to a conversation, whichever way it goes."""
    return json.dumps({"conversation": conversation})


def conversation_of(event: Mapping[str, Any]) -> ConversationId | None:
    """Where the worker is sent; nowhere by a ping. Raises ConfigError when the event is none of ours."""
    match event:
        case {"ping": True}:
            return None
        case {"Records": [{"eventSource": "aws:sqs", "body": str(body)}]}:
            event = _parsed(body)
        case {"Records": [_, _, *_]}:
            raise ConfigError(
                "the worker got several messages at once; its event source mapping needs a batch size of 1"
            )
    match event:
        case {"conversation": str(conversation)}:
            return ConversationId(conversation)
    raise ConfigError("the worker was invoked with something that is no wake; only Parley's functions may wake it")


def _parsed(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError as exc:
        raise ConfigError("a message in the wake queue is not JSON; only Parley's functions may write to it") from exc
