"""What Meta posts: how a bot reads it, and how API Gateway hands it to a function."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

APP_SECRET: Final = "secret"  # noqa: S105
SIGNATURE: Final = "x-hub-signature-256"


@dataclass(frozen=True)
class Message:
    """One message of a person to the page."""

    id: str
    person: str
    text: str


def messages(body: bytes) -> list[Message]:
    """Return all messages in a body, in its order."""
    return [
        Message(item["message"]["mid"], item["sender"]["id"], item["message"]["text"])
        for entry in json.loads(body)["entry"]
        for item in entry["messaging"]
    ]


def signature(body: bytes) -> str:
    """Return the value of Meta's header."""
    return "sha256=" + hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()


def is_signed(body: bytes, header: str) -> bool:
    """Return whether Meta sent the body."""
    return hmac.compare_digest(signature(body), header)


def posted(body: bytes) -> dict[str, Any]:
    """Return the event of API Gateway for a call of Meta."""
    return event(body, {SIGNATURE: signature(body)})


def event(body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    """Return the event of a REST API for a POST to `/webhook`."""
    headers = {"content-type": "application/json", **headers}
    return {
        "resource": "/webhook",
        "path": "/webhook",
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": "/webhook",
            "httpMethod": "POST",
            "path": "/api/webhook",
            "requestId": "request",
            "identity": {"sourceIp": "192.0.2.1"},
        },
        "body": body.decode(),
        "isBase64Encoded": False,
    }
