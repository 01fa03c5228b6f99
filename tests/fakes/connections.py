"""Fakes of the connection store and of API Gateway's connection API, in memory."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from chalicelib.access import identity
from chalicelib.access.retention import CONNECTION_KEPT_S
from chalicelib.conversation.connection import Connection, ConnectionState
from chalicelib.conversation.frame_place import Arrival, FramePlace, Progress
from chalicelib.conversation.limits import (
    AUTH_TIMEOUT_MS,
    CONNECTIONS_OF_A_PERSON,
    FRAMES_OF_A_CONNECTION,
    IDLE_TIMEOUT_MS,
    MAX_CONNECTIONS,
    WAITING_FRAMES,
)
from chalicelib.errors import (
    ChannelBroken,
    ConnectionGone,
    ConversationFull,
    DeliveryError,
    StoreError,
    TooManyConnections,
)
from chalicelib.ids import ConnectionId, ConversationId, KeyId, PersonId, TurnId
from tests.fakes.memory import Memory, StoredConnection, atomic

_PATIENCE_S: Final = 20.0
"""Far more seconds than anything takes that does not hang."""


@dataclass
class FakeConnections:
    """`conversation.connection_ports.ConnectionStore`."""

    memory: Memory = field(default_factory=Memory)
    fails: bool = False
    """Whether `in_conversation` raises StoreError."""
    failed: int = 0
    """The number of queries that failed."""

    @atomic
    def open(self, connection: Connection, *, now: int) -> None:
        self.memory.connections[connection.id] = StoredConnection(
            connection,
            _expires_at(now),
            due_at=now + (IDLE_TIMEOUT_MS if connection.enters_with_its_first_frame else AUTH_TIMEOUT_MS),
        )

    @atomic
    def get(self, connection: ConnectionId, *, now: int) -> Connection | None:
        kept = self.memory.connections.get(connection)
        return kept.connection if kept and kept.is_there(now=now) else None

    @atomic
    def count_frame(self, connection: ConnectionId, place: FramePlace, *, now: int) -> Connection | None:
        kept = self.memory.connections.get(connection)
        if kept is None or not kept.is_there(now=now):
            return None
        bucket, waits = FRAMES_OF_A_CONNECTION, kept.progress.arrival_of(place, now=now) is Arrival.EARLY
        if not bucket.has_token(kept.full_at, now=now):
            return replace(kept.connection, too_fast=True)
        kept.full_at = bucket.taken(kept.full_at, now=now)
        if waits and WAITING_FRAMES.has_token(kept.waits_at, now=now):
            kept.waits_at = WAITING_FRAMES.taken(kept.waits_at, now=now)
            return replace(kept.connection, waits=True)
        return _begin(kept, place, now=now, at_last=waits)

    @atomic
    def begin_frame(
        self, connection: ConnectionId, place: FramePlace, *, now: int, at_last: bool = False
    ) -> Connection | None:
        kept = self.memory.connections.get(connection)
        if kept is None or not kept.is_there(now=now):
            return None
        if not at_last and kept.progress.arrival_of(place, now=now) is Arrival.EARLY:
            return None
        return _begin(kept, place, now=now, at_last=at_last)

    @atomic
    def frame_done(self, connection: ConnectionId, number: int | None) -> None:
        kept = self.memory.connections.get(connection)
        if kept and number is None:
            kept.progress = replace(kept.progress, moving=0)
        elif kept and number and kept.progress.number < number:
            kept.progress = Progress(number)

    @atomic
    def mark_authenticated(
        self, connection: Connection, person: PersonId, conversation: ConversationId, *, now: int
    ) -> Connection | None:
        kept = self._in(connection.id, ConnectionState.CONNECTED)
        if kept is None:
            return None
        ready = replace(connection, state=ConnectionState.READY, person=person, conversation=conversation)
        self._refuse_if_too_many(person, now=now)
        self._refuse_if_full(conversation, now=now)
        kept.connection = kept.as_listed = ready
        kept.progress = replace(kept.progress, moving=0)
        kept.since = now
        self.memory.members[conversation, connection.id] = StoredConnection(ready, _expires_at(now))
        return ready

    @atomic
    def reject(self, connection: Connection) -> None:
        kept = self._in(connection.id, ConnectionState.CONNECTED)
        if kept:
            kept.connection = replace(kept.connection, state=ConnectionState.REJECTED)

    @atomic
    def expel(self, connection: Connection, *, now: int) -> bool:
        kept = self.memory.connections.get(connection.id)
        if kept is None or kept.connection.state is ConnectionState.REJECTED:
            return False
        self._unseat(kept.connection)
        kept.connection, kept.due_at = replace(kept.connection, state=ConnectionState.REJECTED), now
        kept.as_listed = None
        return True

    @atomic
    def move(
        self,
        connection: Connection,
        conversation: ConversationId,
        *,
        now: int,
        conversation_id: str = "",
        keeps: bool = False,
    ) -> Connection | None:
        return self._change(
            connection, lambda one: one.moved(conversation, keeps=keeps, conversation_id=conversation_id), now=now
        )

    @atomic
    def leave(self, connection: Connection, conversation: ConversationId, *, now: int) -> Connection | None:
        own = identity.conversation_of(connection.person) if connection.person else conversation
        return self._change(connection, lambda one: one.without(conversation, otherwise=own), now=now)

    @atomic
    def resume(self, connection: Connection) -> None:
        seat = self._seat(connection)
        if seat:
            seat.connection = replace(seat.connection, resumed=seat.connection.resumed + 1)

    @atomic
    def cancel(self, connection: Connection, turn: TurnId) -> None:
        seat = self._seat(connection)
        if seat:
            seat.connection = replace(seat.connection, cancels=turn)

    @atomic
    def close(self, connection: ConnectionId) -> None:
        kept = self.memory.connections.pop(connection, None)
        if kept:
            self._unseat(kept.connection)

    @atomic
    def in_conversation(self, conversation: ConversationId, *, now: int) -> Sequence[Connection]:
        self.failed += self.fails
        if self.fails:
            raise StoreError("DynamoDB is out of reach: ConnectTimeoutError")
        seats = sorted(self.memory.members.items())
        return [seat.connection for (where, _), seat in seats if where == conversation and seat.is_there(now=now)]

    @atomic
    def of_key(self, key: KeyId, *, now: int) -> Sequence[Connection]:
        return [found for found in self._listed(now=now) if found.person and identity.key_of(found.person) == key]

    @atomic
    def of_person(self, person: PersonId, *, now: int) -> Sequence[Connection]:
        mine = [found for found in self._listed(now=now) if found.person == person]
        return sorted(mine, key=lambda found: self.memory.connections[found.id].since)

    @atomic
    def to_close(self, *, now: int) -> Iterator[Connection]:
        waiting = [
            (kept.due_at, kept.connection)
            for kept in self.memory.connections.values()
            if kept.is_there(now=now) and kept.due_at <= now and kept.connection.state is not ConnectionState.READY
        ]
        return iter([connection for _, connection in sorted(waiting, key=lambda found: found[0])])

    def _change(
        self, connection: Connection, step: Callable[[Connection], Connection], *, now: int
    ) -> Connection | None:
        kept = self._in(connection.id, ConnectionState.READY)
        if kept is None:
            return None
        before, after = kept.connection, step(kept.connection)
        if after.conversation and after.followed[-1] not in before.followed:
            if not before.follows(after.conversation):
                self._refuse_if_full(after.conversation, now=now)
            seat = replace(after, others=())
            self.memory.members[after.conversation, connection.id] = StoredConnection(seat, _expires_at(now))
        for one in before.followed:
            if not after.follows(one.conversation):
                self.memory.members.pop((one.conversation, connection.id), None)
        if after.followed != before.followed:
            kept.progress = replace(kept.progress, moving=0)
        kept.connection = replace(after, conversation_id="")
        return after

    def _unseat(self, connection: Connection) -> None:
        for one in connection.followed:
            self.memory.members.pop((one.conversation, connection.id), None)

    def _listed(self, *, now: int) -> list[Connection]:
        listed = [kept.as_listed for kept in self.memory.connections.values() if kept.is_there(now=now)]
        ready = [connection for connection in listed if connection]
        return sorted(ready, key=lambda connection: (str(connection.person), connection.id))

    def _refuse_if_too_many(self, person: PersonId, *, now: int) -> None:
        ready = [kept for kept in self.memory.connections.values() if kept.as_listed]
        mine = [kept for kept in ready if kept.connection.person == person and kept.is_there(now=now)]
        if len(mine) >= CONNECTIONS_OF_A_PERSON:
            raise TooManyConnections("as many connections as there may be")

    def _refuse_if_full(self, conversation: ConversationId, *, now: int) -> None:
        seats = [seat for (where, _), seat in self.memory.members.items() if where == conversation]
        if sum(seat.is_there(now=now) for seat in seats) >= MAX_CONNECTIONS:
            raise ConversationFull("the conversation has as many connections as it may have")

    def _in(self, connection: ConnectionId, state: ConnectionState) -> StoredConnection | None:
        kept = self.memory.connections.get(connection)
        return kept if kept and kept.connection.state is state else None

    def _seat(self, connection: Connection) -> StoredConnection | None:
        return self.memory.members.get((connection.conversation, connection.id)) if connection.conversation else None


def _begin(kept: StoredConnection, place: FramePlace, *, now: int, at_last: bool) -> Connection:
    """Let a frame begin, unless a later one did before; the connection as the frame finds it."""
    before, own = kept.progress, kept.progress.arrival_of(place, now=now) is Arrival.NEXT
    connection = replace(kept.connection, waits=False, after_question=False)
    here = connection.room
    if place.moves:
        kept.progress = replace(before, moving=place.received_at)
    elif place.number and before.number < place.number:
        kept.progress = replace(before, number=place.number, mark=place.mark)
        return replace(connection, after_question=own and not at_last and place.is_right_after(before.mark, here=here))
    return connection


@dataclass(frozen=True)
class NoLiveConnections:
    """`access.ports.LiveConnections` of a stage that nobody is connected to."""

    def close_of_key(self, key: KeyId) -> None: ...

    def close_of_person(self, person: PersonId) -> None: ...


@dataclass
class RememberingConnectionApi:
    """`conversation.connection_ports.ConnectionApi`: records the frames of each connection, and fails as set."""

    sent: dict[ConnectionId, list[str]] = field(default_factory=lambda: defaultdict(list))
    gone: set[ConnectionId] = field(default_factory=set)
    fails: dict[ConnectionId, int] = field(default_factory=dict)
    """The number of requests for each connection that will fail."""
    surprises: dict[ConnectionId, list[Exception]] = field(default_factory=dict)
    """Errors that no port promises, for the next requests for each connection."""
    blocked: dict[ConnectionId, threading.Event] = field(default_factory=dict)
    """Events for which a send waits, by connection."""
    waiting: list[ConnectionId] = field(default_factory=list)
    """The connections whose send waits or has waited, in order."""
    broken: bool = False
    """Whether every request raises ChannelBroken."""
    closed: list[ConnectionId] = field(default_factory=list)
    """The connections that `close` ended, in order."""
    _changed: threading.Condition = field(default_factory=threading.Condition, repr=False)

    def send(self, connection: Connection, frame: str) -> None:
        event = self.blocked.get(connection.id)
        if event:
            with self._changed:
                self.waiting.append(connection.id)
                self._changed.notify_all()
            event.wait(_PATIENCE_S)
        with self._changed:
            self._changed.notify_all()
            self._fail(connection.id)
            self.sent[connection.id].append(frame)

    def close(self, connection: Connection) -> None:
        with self._changed:
            self._fail_unless_gone(connection.id)
            self.closed.append(connection.id)
            self.gone.add(connection.id)
            self._changed.notify_all()

    def wait_for(self, holds: Callable[[], bool]) -> bool:
        """Wait until `holds`, which is called after each request; False if it never does."""
        with self._changed:
            return self._changed.wait_for(holds, timeout=_PATIENCE_S)

    def _fail(self, connection: ConnectionId) -> None:
        if self.surprises.get(connection):
            raise self.surprises[connection].pop(0)
        if connection in self.gone:
            raise ConnectionGone("the connection is closed")
        self._fail_unless_gone(connection)

    def _fail_unless_gone(self, connection: ConnectionId) -> None:
        if self.broken:
            raise ChannelBroken("the web chat may not be written to")
        if self.fails.get(connection, 0) > 0:
            self.fails[connection] -= 1
            raise DeliveryError("API Gateway refused: LimitExceededException")


def _expires_at(now: int) -> int:
    return now // 1000 + CONNECTION_KEPT_S
