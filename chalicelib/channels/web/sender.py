"""Answers on the web: streamed to every socket of the conversation as they come, and ended by what is kept."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from chalicelib.channels.web.broadcast import Broadcast
from chalicelib.channels.web.writer import Timing
from chalicelib.clock import Clock
from chalicelib.conversation.connection import Connection
from chalicelib.conversation.ports import ConnectionApi, ConnectionStore, OnDelta
from chalicelib.conversation.turn import Reply, Turn
from chalicelib.errors import ChannelBroken, ModelError, ParleyError, StoreError

Receipts = Callable[[], frozenset[int]]
_SLOWEST_S: Final = 3.0
"""So long the next turn waits for a socket that is behind; its client resumes."""


@dataclass
class WebSender:
    """`ports.Sender` over WebSockets.

    An answer counts as delivered once it is kept: whoever is not here reads it when they come back.
    """

    connections: ConnectionStore
    connection_api: ConnectionApi
    clock: Clock
    pace: Timing = field(default_factory=Timing)
    _current: Broadcast | None = field(default=None, repr=False)
    """The turn that is being answered: a worker answers one at a time."""

    @contextmanager
    def responding(self, turn: Turn) -> Iterator[OnDelta]:
        broadcast = self._begin(turn)
        with suppress(StoreError):  # a courtesy; whoever is here gets the whole answer at its end
            broadcast.refresh()
        try:
            with broadcast.speaking():
                yield broadcast.hear
        except ModelError:  # an apology follows
            raise
        except BaseException:
            self._abandon()
            raise

    def deliver(self, turn: Turn, reply: Reply, *, receipts: Receipts, seconds: float) -> None:  # noqa: ARG002 (none come)
        self._end(turn, reply, within_s=min(seconds, _SLOWEST_S))

    def end_silently(self, turn: Turn) -> None:
        with suppress(ParleyError):  # it is closed already, and whoever asks for it is told so
            self._end(turn, None, within_s=_SLOWEST_S)

    def _begin(self, turn: Turn) -> Broadcast:
        self._abandon()
        look = partial(self._look, turn)
        self._current = Broadcast(turn, self.connection_api, look=look, gone=self._forget, pace=self.pace)
        return self._current

    def _abandon(self) -> None:
        """Of a turn that was begun and not ended, say nothing more: somebody else tells its end."""
        left, self._current = self._current, None
        if left:
            with suppress(ChannelBroken):
                left.close(within_s=0)

    def _look(self, turn: Turn) -> Sequence[Connection]:
        return self.connections.in_conversation(turn.conversation, now=self.clock())

    def _end(self, turn: Turn, reply: Reply | None, *, within_s: float) -> None:
        broadcast = self._current if self._current and self._current.turn.id == turn.id else self._begin(turn)
        broadcast.refresh()
        broadcast.end(reply)
        self._current = None
        broadcast.close(within_s=within_s)

    def _forget(self, connection: Connection) -> None:
        with suppress(StoreError):  # whoever answers next meets it again
            self.connections.close(connection.id)
