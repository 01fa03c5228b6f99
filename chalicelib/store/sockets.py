"""WebSockets over DynamoDB: each under its own id, and again in its conversation, where those who answer find it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from boto3.dynamodb.conditions import Key

from chalicelib.messages import ConversationId, PersonId, TurnId
from chalicelib.messages_web import Socket, SocketId, SocketState
from chalicelib.store import schema, schema_web
from chalicelib.store.conditions import THERE, UNPROVED, seated
from chalicelib.store.table import Change, ConditionFailed, Table, TransactionRefused, Write, delete, put, update

LINGERS_MS: Final = 60_000
"""So long a socket may be without having said who it is."""


@dataclass(frozen=True)
class DynamoSockets:
    """`ports_web.Sockets` over one table."""

    table: Table

    def open(self, socket: Socket, *, now: int) -> None:
        self.table.write(put(schema_web.new_socket_item(socket, now=now, lingers_until=now + LINGERS_MS)))

    def get(self, socket: SocketId, *, now: int) -> Socket | None:
        item = self.table.get(schema_web.socket_key(socket))
        return schema_web.socket(item) if item and schema.is_there(item, now=now) else None

    def admit(self, socket: Socket, person: PersonId, conversation: ConversationId, *, now: int) -> Socket | None:
        ready = replace(socket, state=SocketState.READY, person=person, conversation=conversation)
        values = {"state": ready.state.value, "person": person, "conversation": conversation}
        change = Change(put=values, remove=["due_bucket", "due_at"])
        known = update(schema_web.socket_key(socket.id), change, when=UNPROVED)
        try:
            self.table.transact(known, put(schema_web.seat_item(ready, now=now)))
        except TransactionRefused:
            return None
        return ready

    def reject(self, socket: Socket) -> None:
        change = Change(put={"state": SocketState.REJECTED.value})
        self._if_open(update(schema_web.socket_key(socket.id), change, when=UNPROVED))

    def move(self, socket: Socket, conversation: ConversationId, *, now: int) -> Socket:
        moved = replace(socket, conversation=conversation, cancels=None)
        if conversation == socket.conversation or socket.conversation is None:
            return moved
        change = Change(put={"conversation": conversation})
        known = update(schema_web.socket_key(socket.id), change, when=seated(socket))
        left = delete(schema_web.seat_key(socket.conversation, socket.id))
        try:
            self.table.transact(known, put(schema_web.seat_item(moved, now=now)), left)
        except TransactionRefused:
            there = self.get(socket.id, now=now)
            return self.move(there, conversation, now=now) if there else moved
        return moved

    def resume(self, socket: Socket) -> None:
        self._sit(socket, Change(count={"resumed": 1}))

    def cancel(self, socket: Socket, turn: TurnId) -> None:
        self._sit(socket, Change(put={"cancels": turn}))

    def close(self, socket: SocketId) -> None:
        item = self.table.get(schema_web.socket_key(socket))
        if item is None:
            return
        known = schema_web.socket(item)
        seat = [delete(schema_web.seat_key(known.conversation, socket))] if known.conversation else []
        try:
            self.table.transact(delete(schema_web.socket_key(socket), when=seated(known)), *seat)
        except TransactionRefused:  # it has moved, or is closed already
            self.close(socket)

    def of(self, conversation: ConversationId, *, now: int) -> Sequence[Socket]:
        partition = schema.conversation_key(conversation)["pk"]
        seats = Key("pk").eq(partition) & Key("sk").begins_with(schema_web.SEAT_PREFIX)
        return [
            schema_web.seat(item) for page in self.table.pages(seats) for item in page if schema.is_there(item, now=now)
        ]

    def lingering(self, *, now: int) -> Iterator[Socket]:
        waiting = Key("due_bucket").eq(schema_web.SOCKETS_BUCKET) & Key("due_at").lte(now)
        for page in self.table.pages(waiting, index=schema.DUE_INDEX):
            for found in page:
                socket = self.get(SocketId(found["pk"].removeprefix(schema_web.SOCKET_PREFIX)), now=now)
                if socket and socket.state is not SocketState.READY:
                    yield socket

    def _sit(self, socket: Socket, change: Change) -> None:
        if socket.conversation:
            self._if_open(update(schema_web.seat_key(socket.conversation, socket.id), change, when=THERE))

    def _if_open(self, write: Write) -> None:
        try:
            self.table.write(write)
        except ConditionFailed:
            return
