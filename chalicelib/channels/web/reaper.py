"""The heartbeat's job that closes connections that are not authenticated or were expelled; no others are touched."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Final

from chalicelib.clock import Clock
from chalicelib.conversation.connection import Connection
from chalicelib.conversation.connection_ports import ConnectionApi, ConnectionStore
from chalicelib.errors import DeliveryError, StoreError
from chalicelib.log import Log

TIME_MS: Final = 40_000
"""The time in one beat, whose function has a minute; a beat ends at most one batch later."""
PARALLEL: Final = 8
"""Connections that are closed at the same time."""
_MAX_FAILURES: Final = 5
"""Requests that may fail in one beat: each may take seconds, and so many failures are not about single connections."""


@dataclass(frozen=True)
class Reaper:
    """Closes connections whose client did not authenticate in time or was rejected."""

    connections: ConnectionStore
    connection_api: ConnectionApi
    clock: Clock
    log: Log

    def run(self, now: int) -> int:
        """Close connections, the oldest first, until TIME_MS are over, and return the number of those closed.

        Raises neither DeliveryError nor StoreError: failures are logged, and the next beat tries again.
        """
        closed = failed = 0
        began = self.clock()
        try:
            with ThreadPoolExecutor(PARALLEL) as pool:
                for batch in self._batches(now):
                    failures = [failure for failure in pool.map(self._close, batch) if failure]
                    for failure in failures:
                        self.log.failure("hang_up", failure)
                    closed, failed = closed + len(batch) - len(failures), failed + len(failures)
                    if failed >= _MAX_FAILURES or self.clock() - began >= TIME_MS:
                        break
        except StoreError as exc:
            self.log.failure("hang_up", exc)
        return closed

    def _batches(self, now: int) -> Iterator[list[Connection]]:
        waiting = self.connections.to_close(now=now)
        while batch := list(islice(waiting, PARALLEL)):
            yield batch

    def _close(self, connection: Connection) -> DeliveryError | None:
        """Close one connection and delete it; return why it could not be closed. Raises StoreError."""
        try:
            self.connection_api.close(connection)
        except DeliveryError as exc:
            return exc
        self.connections.close(connection.id)
        return None
