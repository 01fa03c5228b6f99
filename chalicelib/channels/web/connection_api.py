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


@dataclass(frozen=True)
class ApiGatewayConnections:
    """`conversation.connection_ports.ConnectionApi` over API Gateway."""

    create: Callable[[str], "ApiGatewayManagementApiClient"]
    """Creates the client for an endpoint, which is kept, because it reuses its HTTP connections."""
    _clients: "dict[str, ApiGatewayManagementApiClient]" = field(default_factory=dict, init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def send(self, connection: Connection, frame: str) -> None:
        with _translated_errors():
            self._client(connection).post_to_connection(ConnectionId=connection.id, Data=frame.encode())

    def close(self, connection: Connection) -> None:
        with suppress(ConnectionGone), _translated_errors():
            self._client(connection).delete_connection(ConnectionId=connection.id)

    def _client(self, connection: Connection) -> "ApiGatewayManagementApiClient":
        with self._lock:  # many threads send, and a session of boto3 may create only one client at a time
            if connection.endpoint not in self._clients:
                self._clients[connection.endpoint] = self.create(connection.endpoint)
            return self._clients[connection.endpoint]


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
