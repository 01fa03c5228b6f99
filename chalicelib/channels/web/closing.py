"""Closes the WebSocket connections of people who may not use the bot any more."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from chalicelib.channels.web import simple_frames
from chalicelib.clock import Clock
from chalicelib.conversation.connection import Connection
from chalicelib.conversation.connection_ports import ConnectionApi, ConnectionStore
from chalicelib.errors import DeliveryError
from chalicelib.ids import KeyId, PersonId

_REQUESTS: Final = 50
"""Requests to API Gateway at once: as many as its client keeps connections. They take most of the time."""
_DELETIONS: Final = 10
"""Deletions at once: as many as DynamoDB's client keeps connections."""


@dataclass(frozen=True)
class ConnectionCloser:
    """`access.ports.LiveConnections`. `report` gets each error of API Gateway that nobody else handles.

    A connection that API Gateway does not close is deleted all the same: it gets no frame any more, and its own frames
    are ignored.
    """

    connections: ConnectionStore
    connection_api: ConnectionApi
    clock: Clock
    report: Callable[[Exception], None]

    def close_of_key(self, key: KeyId) -> None:
        self._close(self.connections.of_key(key, now=self.clock()))

    def close_of_person(self, person: PersonId) -> None:
        self._close(self.connections.of_person(person, now=self.clock()))

    def dismiss(self, connection: Connection, farewell: str) -> None:
        """Delete one connection, send its client a last frame, and close it. Raises StoreError."""
        self.connections.close(connection.id)
        with suppress(DeliveryError):
            for frame in simple_frames.for_client(connection, farewell):
                self.connection_api.send(connection, frame)
        self.hang_up(connection)

    def hang_up(self, connection: Connection) -> None:
        """Close one connection; a failure is only reported."""
        try:
            self.connection_api.close(connection)
        except DeliveryError as exc:
            self.report(exc)

    def _close(self, found: Sequence[Connection]) -> None:
        """Close all before the first is deleted: that takes two requests more for each, which can wait."""
        with ThreadPoolExecutor(_REQUESTS) as pool:
            list(pool.map(self.hang_up, found))
        with ThreadPoolExecutor(_DELETIONS) as pool:
            list(pool.map(self.connections.close, [connection.id for connection in found]))
