"""Sends frames to WebSocket connections through API Gateway's `@connections` API."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.conversation.connection import Connection
from chalicelib.errors import ChannelBroken, ConnectionGone, DeliveryError

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient

_GONE: Final = frozenset({"GoneException", "410"})
_NOT_ALLOWED: Final = frozenset({"ForbiddenException", "AccessDeniedException", "403"})
_NOBODY: Final = "nobody"
"""The id of no connection. To delete it needs no permission that the function lacks, and is no message that is paid."""


@dataclass(frozen=True)
class ApiGatewayConnections:
    """`conversation.connection_ports.ConnectionApi` over API Gateway."""

    create: Callable[[str], "ApiGatewayManagementApiClient"]
    """Creates the client for an endpoint, which is kept, because it reuses its HTTP connections."""
    _clients: "dict[str, ApiGatewayManagementApiClient]" = field(default_factory=dict, init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def send(self, connection: Connection, frame: str) -> None:
        with _translated_errors():
            self._client(connection.endpoint).post_to_connection(ConnectionId=connection.id, Data=frame.encode())

    def close(self, connection: Connection) -> None:
        with suppress(ConnectionGone), _translated_errors():
            self._client(connection.endpoint).delete_connection(ConnectionId=connection.id)

    def warm(self, endpoint: str | None) -> None:
        """Send a request on the connection to each endpoint in use, and to `endpoint`; it closes no client's.

        Any response shows that the connection is open. Raises DeliveryError without one.
        """
        for known in {*self._clients, *([endpoint] if endpoint else [])}:
            try:
                self._client(known).delete_connection(ConnectionId=_NOBODY)
            except ClientError:
                continue
            except BotoCoreError as exc:
                raise DeliveryError(f"API Gateway is out of reach: {type(exc).__name__}") from exc

    def _client(self, endpoint: str) -> "ApiGatewayManagementApiClient":
        with self._lock:  # many threads send, and a session of boto3 may create only one client at a time
            if endpoint not in self._clients:
                self._clients[endpoint] = self.create(endpoint)
            return self._clients[endpoint]


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except ClientError as exc:
        code = exc.response.get("Error", {}).get("Code", "unknown")
        if code in _GONE:
            raise ConnectionGone("the connection is closed") from exc
        if code in _NOT_ALLOWED:
            raise ChannelBroken("the web chat may not be written to: execute-api:ManageConnections is missing") from exc
        raise DeliveryError(f"API Gateway refused: {code}") from exc
    except BotoCoreError as exc:
        raise DeliveryError(f"API Gateway is out of reach: {type(exc).__name__}") from exc
