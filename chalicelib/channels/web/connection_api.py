"""Sends frames to WebSocket connections through API Gateway's `@connections` API."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
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

    client: Callable[[str], "ApiGatewayManagementApiClient"]
    """Returns the client for an endpoint, the same at each call, because it reuses its HTTP connections."""

    def send(self, connection: Connection, frame: str) -> None:
        with _translated_errors():
            self.client(connection.endpoint).post_to_connection(ConnectionId=connection.id, Data=frame.encode())

    def close(self, connection: Connection) -> None:
        with suppress(ConnectionGone), _translated_errors():
            self.client(connection.endpoint).delete_connection(ConnectionId=connection.id)


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
