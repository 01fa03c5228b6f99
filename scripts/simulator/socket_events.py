"""Builds the events that API Gateway sends to the functions of a WebSocket API."""

import base64
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from secrets import token_bytes
from typing import Any

API = "simulator"
STAGE = "api"


def _now() -> int:
    return time.time_ns() // 1_000_000


def _connection_id() -> str:
    return base64.urlsafe_b64encode(token_bytes(11)).decode()


@dataclass(frozen=True)
class Caller:
    """The client of a connection, with the headers and query of its handshake."""

    headers: Mapping[str, str]
    """Header names are capitalised, as API Gateway passes them on; of several with one name, the last counts."""
    query: Mapping[str, str]
    source_ip: str
    id: str = field(default_factory=_connection_id)
    connected_at: int = field(default_factory=_now)

    @property
    def identity(self) -> dict[str, str]:
        """The client's address and user agent; @connections returns them too."""
        return {"sourceIp": self.source_ip, "userAgent": self.headers.get("User-Agent", "")}

    def connect(self) -> dict[str, Any]:
        """Build the event of the handshake."""
        event = self._event("$connect", "CONNECT", headers=dict(self.headers))
        return {**event, "queryStringParameters": dict(self.query)} if self.query else event

    def message(self, body: str) -> dict[str, Any]:
        """Build the event of a message from the client."""
        event = self._event("$default", "MESSAGE", body=body)
        event["requestContext"]["messageId"] = _connection_id()
        return event

    def disconnect(self, code: int, reason: str) -> dict[str, Any]:
        """Build the event of the end of the connection."""
        event = self._event("$disconnect", "DISCONNECT", headers={"Host": self.headers.get("Host", "")})
        event["requestContext"] |= {"disconnectStatusCode": code, "disconnectReason": reason}
        return event

    def _event(self, route: str, kind: str, **more: Any) -> dict[str, Any]:
        now = _now()
        context = {
            "routeKey": route,
            "eventType": kind,
            "messageDirection": "IN",
            "apiId": API,
            "stage": STAGE,
            "domainName": self.headers.get("Host", ""),
            "connectionId": self.id,
            "connectedAt": self.connected_at,
            "requestId": str(uuid.uuid4()),
            "extendedRequestId": _connection_id(),
            "requestTime": f"{datetime.fromtimestamp(now / 1000, UTC):%d/%b/%Y:%H:%M:%S +0000}",
            "requestTimeEpoch": now,
            "identity": self.identity,
        }
        return {**more, "requestContext": context, "isBase64Encoded": False}


def failure(event: Mapping[str, Any]) -> dict[str, str]:
    """Return the frame that the client gets when a function failed on an event."""
    context = event["requestContext"]
    return {
        "message": "Internal server error",
        "connectionId": context["connectionId"],
        "requestId": context["requestId"],
    }
