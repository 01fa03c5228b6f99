"""In-memory twins of the open WebSockets and of the way to them."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from chalicelib.errors import ChannelBroken, DeliveryError, SocketGone, StoreError
from chalicelib.messages import ConversationId, PersonId, TurnId
from chalicelib.messages_web import Socket, SocketId, SocketState
from chalicelib.store.schema_web import SOCKET_KEPT_S
from chalicelib.store.sockets import LINGERS_MS
from tests.fakes.memory import KeptSocket, Memory, atomic

_PATIENCE_S: Final = 20.0
"""Far more than anything takes that does not hang."""


@dataclass
class FakeSockets:
    """`ports_web.Sockets`."""

    memory: Memory = field(default_factory=Memory)
    fails: bool = False
    """Nobody can be found."""
    failed: int = 0
    """How often somebody was looked for in vain."""

    @atomic
    def open(self, socket: Socket, *, now: int) -> None:
        self.memory.sockets[socket.id] = KeptSocket(socket, _expires_at(now), due_at=now + LINGERS_MS)

    @atomic
    def get(self, socket: SocketId, *, now: int) -> Socket | None:
        kept = self.memory.sockets.get(socket)
        return kept.socket if kept and kept.is_there(now=now) else None

    @atomic
    def admit(self, socket: Socket, person: PersonId, conversation: ConversationId, *, now: int) -> Socket | None:
        kept = self._in(socket.id, SocketState.CONNECTED)
        if kept is None:
            return None
        ready = replace(socket, state=SocketState.READY, person=person, conversation=conversation)
        kept.socket = ready
        self.memory.seats[conversation, socket.id] = KeptSocket(ready, _expires_at(now))
        return ready

    @atomic
    def reject(self, socket: Socket) -> None:
        kept = self._in(socket.id, SocketState.CONNECTED)
        if kept:
            kept.socket = replace(kept.socket, state=SocketState.REJECTED)

    @atomic
    def move(self, socket: Socket, conversation: ConversationId, *, now: int) -> Socket:
        moved = replace(socket, conversation=conversation, cancels=None)
        kept = self._in(socket.id, SocketState.READY)
        if kept and kept.socket.conversation and kept.socket.conversation != conversation:
            del self.memory.seats[kept.socket.conversation, socket.id]
            kept.socket = replace(kept.socket, conversation=conversation)
            self.memory.seats[conversation, socket.id] = KeptSocket(kept.socket, _expires_at(now))
        return moved

    @atomic
    def resume(self, socket: Socket) -> None:
        seat = self._seat(socket)
        if seat:
            seat.socket = replace(seat.socket, resumed=seat.socket.resumed + 1)

    @atomic
    def cancel(self, socket: Socket, turn: TurnId) -> None:
        seat = self._seat(socket)
        if seat:
            seat.socket = replace(seat.socket, cancels=turn)

    @atomic
    def close(self, socket: SocketId) -> None:
        kept = self.memory.sockets.pop(socket, None)
        if kept and kept.socket.conversation:
            self.memory.seats.pop((kept.socket.conversation, socket), None)

    @atomic
    def of(self, conversation: ConversationId, *, now: int) -> Sequence[Socket]:
        self.failed += self.fails
        if self.fails:
            raise StoreError("DynamoDB is out of reach: ConnectTimeoutError")
        seats = sorted(self.memory.seats.items())
        return [seat.socket for (where, _), seat in seats if where == conversation and seat.is_there(now=now)]

    @atomic
    def lingering(self, *, now: int) -> Iterator[Socket]:
        waiting = [
            (kept.due_at, kept.socket)
            for kept in self.memory.sockets.values()
            if kept.is_there(now=now) and kept.due_at <= now and kept.socket.state is not SocketState.READY
        ]
        return iter([socket for _, socket in sorted(waiting, key=lambda found: found[0])])

    def _in(self, socket: SocketId, state: SocketState) -> KeptSocket | None:
        kept = self.memory.sockets.get(socket)
        return kept if kept and kept.socket.state is state else None

    def _seat(self, socket: Socket) -> KeptSocket | None:
        return self.memory.seats.get((socket.conversation, socket.id)) if socket.conversation else None


@dataclass
class RememberingConnections:
    """`ports_web.Connections`: keeps what each socket was sent, in order, and fails as it is told."""

    sent: dict[SocketId, list[str]] = field(default_factory=lambda: defaultdict(list))
    gone: set[SocketId] = field(default_factory=set)
    fails: dict[SocketId, int] = field(default_factory=dict)
    """So many times more, each."""
    blocked: dict[SocketId, threading.Event] = field(default_factory=dict)
    """Nothing arrives until the event is set."""
    waiting: list[SocketId] = field(default_factory=list)
    """Where somebody has found out."""
    broken: bool = False
    """Nobody can be written to."""
    closed: list[SocketId] = field(default_factory=list)
    """Those that were ended from here."""
    _changed: threading.Condition = field(default_factory=threading.Condition, repr=False)

    def send(self, socket: Socket, frame: str) -> None:
        waits = self.blocked.get(socket.id)
        if waits:
            with self._changed:
                self.waiting.append(socket.id)
                self._changed.notify_all()
            waits.wait(_PATIENCE_S)
        with self._changed:
            self._changed.notify_all()
            self._fail(socket.id)
            self.sent[socket.id].append(frame)

    def close(self, socket: Socket) -> None:
        with self._changed:
            self._fail_unless_gone(socket.id)
            self.closed.append(socket.id)
            self.gone.add(socket.id)
            self._changed.notify_all()

    def wait_for(self, holds: Callable[[], bool]) -> bool:
        """Until it holds of what was sent; False when it never does."""
        with self._changed:
            return self._changed.wait_for(holds, timeout=_PATIENCE_S)

    def _fail(self, socket: SocketId) -> None:
        if socket in self.gone:
            raise SocketGone("the connection is closed")
        self._fail_unless_gone(socket)

    def _fail_unless_gone(self, socket: SocketId) -> None:
        if self.broken:
            raise ChannelBroken("the web chat may not be written to")
        if self.fails.get(socket, 0) > 0:
            self.fails[socket] -= 1
            raise DeliveryError("API Gateway refused: LimitExceededException")


def _expires_at(now: int) -> int:
    return now // 1000 + SOCKET_KEPT_S
