"""Parses the messages of the dead-letter queue: which conversation was to be worked on, and why it failed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.ids import ConversationId

_UNKNOWN: Final = "-"


@dataclass(frozen=True)
class DeadLetter:
    """A request to work on a conversation that failed for good, or a message that is not such a request."""

    wake: ConversationId | None
    """The conversation to work on; None if the message names none."""
    condition: str
    """Why Lambda or SQS gave up, in Lambda's words."""
    error: str
    """The error of the worker's last try; `-` if unknown."""


def read(body: str) -> DeadLetter:
    """Parse Lambda's record of a failed asynchronous invocation, or a wake message of the FIFO queue. Never raises."""
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
