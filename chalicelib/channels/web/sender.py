"""Sends answers to the web chat: streamed to all connections of a conversation, and ended by the stored reply."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

from chalicelib.access.authentication import REVOKED
from chalicelib.channels.web import server_frames
from chalicelib.channels.web.broadcast import Broadcast
from chalicelib.channels.web.closing import ConnectionCloser
from chalicelib.channels.web.threads import ProcessThreads, Threads
from chalicelib.channels.web.writer import Timing
from chalicelib.clock import Clock
from chalicelib.conversation.connection import Connection
from chalicelib.conversation.connection_ports import ConnectionApi, ConnectionStore
from chalicelib.conversation.ports import OnDelta
from chalicelib.conversation.turn import Reply, Turn
from chalicelib.errors import ChannelBroken, ModelError, ParleyError, StoreError

Receipts = Callable[[], frozenset[int]]


@dataclass
class WebSender:
    """`conversation.ports.Sender` over WebSockets; not thread-safe, as a worker answers one turn at a time.

    A stored reply counts as delivered, although no client may be connected: a client that connects later gets it in
    `ready`.
    """

    connections: ConnectionStore
    connection_api: ConnectionApi
    clock: Clock
    report: Callable[[Exception], None]
    """Logs an error of a thread, which has no caller that could handle it."""
    timing: Timing = field(default_factory=Timing)
    threads: Threads = field(default_factory=ProcessThreads)
    _current: Broadcast | None = field(default=None, repr=False)
    """The turn that is being answered."""

    @contextmanager
    def responding(self, turn: Turn) -> Iterator[OnDelta]:
        broadcast = self._begin(turn)
        with suppress(StoreError):  # only the streaming fails then: `deliver` queries the connections again
            broadcast.refresh()
        try:
            with broadcast.streaming():
                yield broadcast.on_delta
        except ModelError:  # a notice follows, and ends the turn on these connections
            raise
        except BaseException:
            self._abandon()
            raise

    def deliver(self, turn: Turn, reply: Reply, *, receipts: Receipts, seconds: float) -> None:  # noqa: ARG002 (WebSockets have no receipts)
        if reply.ends_access:
            return self._dismiss(turn)
        return self._end(turn, reply, within_s=min(seconds, self.timing.end_s))

    def _dismiss(self, turn: Turn) -> None:
        """Close every connection of the conversation: its people all came with the key that is not valid any more."""
        closer = ConnectionCloser(self.connections, self.connection_api, self.clock, self.report)
        for connection in self._list_connections(turn):
            closer.dismiss(connection, server_frames.error(REVOKED.code, REVOKED.message))

    def end_silently(self, turn: Turn) -> None:
        with suppress(ParleyError):  # the turn is already closed; a client that sends `resume` gets `dropped`
            self._end(turn, turn.reply, within_s=self.timing.end_s)

    def _begin(self, turn: Turn) -> Broadcast:
        self._abandon()
        self._current = self._broadcast(turn)
        return self._current

    def _broadcast(self, turn: Turn) -> Broadcast:
        return Broadcast(
            turn,
            self.connection_api,
            list_connections=partial(self._list_connections, turn),
            on_closed=self._on_closed,
            report=self.report,
            timing=self.timing,
            threads=self.threads,
        )

    def _abandon(self) -> None:
        """Send no more frames of a turn that has no end yet: the next worker sends its end."""
        abandoned, self._current = self._current, None
        if abandoned:
            with suppress(ChannelBroken):
                abandoned.close(within_s=0)

    def _list_connections(self, turn: Turn) -> Sequence[Connection]:
        return self.connections.in_conversation(turn.conversation, now=self.clock())

    def _end(self, turn: Turn, reply: Reply | None, *, within_s: float) -> None:
        if self._current and self._current.turn.id == turn.id:
            broadcast = self._current
            broadcast.refresh()
            broadcast.end(reply)
            self._current = None
        else:  # connections that find the end already there are spared the empty text of a second attempt
            self._abandon()
            broadcast = self._broadcast(turn)
            broadcast.end(reply)
            broadcast.refresh()
        broadcast.close(within_s=within_s)

    def _on_closed(self, connection: Connection) -> None:
        with suppress(StoreError):  # the next sender finds the connection gone, and closes it
            self.connections.close(connection.id)
