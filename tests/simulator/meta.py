"""Builds requests as Meta sends them."""

import base64
import hashlib
import hmac
import itertools
import json
import time
from typing import Any

_NUMBERS = itertools.count()


def signed(body: bytes, secret: str) -> dict[str, str]:
    """Return the headers of a signed webhook request."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={digest}"}


def deletion_form(user: Any, secret: str, *, issued_at: int = 1291836800) -> bytes:
    """Return the body of a deletion request."""
    payload = {"user_id": user, "algorithm": "HMAC-SHA256", "issued_at": issued_at, "expires": issued_at + 3600}
    said = _base64(json.dumps(payload).encode())
    return b"signed_request=" + _base64(hmac.digest(secret.encode(), said, "sha256")) + b"." + said


def _base64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def text_item(person: str, text: str, *, page: str, mid: str | None = None, at: int | None = None) -> dict[str, Any]:
    """Return the item of a text message."""
    return {
        "sender": {"id": person},
        "recipient": {"id": page},
        "timestamp": at or time.time_ns() // 1_000_000,
        "message": {"mid": mid or f"m_{next(_NUMBERS)}", "text": text},
    }


def event(*items: Any, page: str) -> bytes:
    """Return a webhook body with these items."""
    entry = {"id": page, "time": time.time_ns() // 1_000_000, "messaging": list(items)}
    return json.dumps({"object": "page", "entry": [entry]}).encode()
