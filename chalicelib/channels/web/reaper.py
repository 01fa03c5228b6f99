"""The heartbeat's job that closes WebSocket connections without authentication; open conversations are untouched."""

from dataclasses import dataclass
from itertools import islice
from typing import Final

from chalicelib.conversation.ports import ConnectionApi, ConnectionStore
from chalicelib.errors import DeliveryError, StoreError
from chalicelib.log import Log

MAX_CLOSED: Final = 200
"""Connections a beat."""
_MAX_FAILURES: Final = 5
"""Requests that may fail in one beat: each may take seconds, and so many failures are not about single connections."""


@dataclass(frozen=True)
class Reaper:
    """Closes connections whose client did not authenticate in time or was rejected."""

    connections: ConnectionStore
    connection_api: ConnectionApi
    log: Log

    def run(self, now: int) -> int:
        """Close at most MAX_CLOSED connections, the oldest first, and return the number of those closed.

        Raises neither DeliveryError nor StoreError: failures are logged, and the next beat tries again.
        """
        closed = failed = 0
        try:
            for connection in islice(self.connections.unauthenticated(now=now), MAX_CLOSED):
                try:
                    self.connection_api.close(connection)
                except DeliveryError as exc:
                    self.log.failure("hang_up", exc)
                    failed += 1
                    if failed == _MAX_FAILURES:
                        break
                else:
                    self.connections.close(connection.id)
                    closed += 1
        except StoreError as exc:
            self.log.failure("hang_up", exc)
        return closed
