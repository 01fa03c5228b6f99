"""Verifies a request of Meta's and reads its messages: what every handler of a webhook has to do."""

import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chalice.app import Chalice, ForbiddenError


@dataclass(frozen=True)
class Message:
    """A message that a person wrote."""

    id: str
    person: str
    text: str


def messages_of(app: Chalice) -> Iterator[Message]:
    """Yield the messages of the app's request if it is signed. Raises ForbiddenError."""
    request: Any = app.current_request
    expected = hmac.new(os.environ["APP_SECRET"].encode(), request.raw_body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(f"sha256={expected}", request.headers.get("x-hub-signature-256", "")):
        raise ForbiddenError("signature")
    for entry in json.loads(request.raw_body)["entry"]:
        for item in entry["messaging"]:
            yield Message(item["message"]["mid"], item["sender"]["id"], item["message"]["text"])
