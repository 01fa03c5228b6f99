"""What a dead letter says, and which wake it was. No I/O."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.ids import ConversationId

_UNKNOWN: Final = "-"


@dataclass(frozen=True)
class DeadLetter:
    """A wake that came to nothing, or something that is no wake."""

    wake: ConversationId | None
    """Where the worker was sent; None when it is not known what the letter asks for."""
    condition: str
    """Why it was given up, as Lambda calls it."""
    error: str
    """What the worker ended with the last time."""


def read(body: str) -> DeadLetter:
    """Lambda's record of a failed asynchronous invocation, or a wake as the FIFO queue holds it."""
    try:
        document: Any = json.loads(body)
    except ValueError:
        document = None
    match document:
        case {"requestContext": {"condition": str(condition)}, "requestPayload": payload}:
            return DeadLetter(_wake(payload), condition, _error(document))
        case {"conversation": _}:
            return DeadLetter(_wake(document), "received too often", _UNKNOWN)
    return DeadLetter(None, _UNKNOWN, _UNKNOWN)


def _wake(payload: Any) -> ConversationId | None:
    match payload:
        case {"conversation": str(conversation), **others} if conversation and not others:
            return ConversationId(conversation)
    return None


def _error(record: Mapping[str, Any]) -> str:
    match record:
        case {"responsePayload": {"errorType": "Sandbox.Timedout"}}:
            return "timed out"
        case {"responsePayload": {"errorType": str(error)}}:
            return error
        case {"responsePayload": {"errorMessage": str(words)}} if "Task timed out" in words:
            return "timed out"
        case {"responseContext": {"functionError": str(error)}}:
            return error
    return _UNKNOWN
