"""WebSockets over DynamoDB: each under its own id, and again in its conversation, where those who answer find it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from boto3.dynamodb.conditions import Key

from chalicelib.aws.dynamodb import items, keys
from chalicelib.aws.dynamodb.conditions import EXISTS, UNAUTHENTICATED, still_in
from chalicelib.aws.dynamodb.table import ConditionFailed, Table, TransactionRefused, Update, Write, delete, put, update
from chalicelib.conversation.connection import Connection, ConnectionState
from chalicelib.ids import ConnectionId, ConversationId, PersonId, TurnId

AUTH_TIMEOUT_MS: Final = 60_000
"""So long a socket may be without having said who it is."""


@dataclass(frozen=True)
class DynamoConnections:
    """`ports_web.Sockets` over one table."""

    table: Table

    def open(self, connection: Connection, *, now: int) -> None:
        self.table.write(put(items.connection_item(connection, now=now, lingers_until=now + AUTH_TIMEOUT_MS)))

    def get(self, connection: ConnectionId, *, now: int) -> Connection | None:
        item = self.table.get(keys.connection_key(connection))
        return items.connection(item) if item and items.is_there(item, now=now) else None

    def mark_authenticated(
        self, connection: Connection, person: PersonId, conversation: ConversationId, *, now: int
    ) -> Connection | None:
        ready = replace(connection, state=ConnectionState.READY, person=person, conversation=conversation)
        values = {"state": ready.state.value, "person": person, "conversation": conversation}
        change = Update(put=values, remove=["due_bucket", "due_at"])
        known = update(keys.connection_key(connection.id), change, when=UNAUTHENTICATED)
        try:
            self.table.transact(known, put(items.member_item(ready, now=now)))
        except TransactionRefused:
            return None
        return ready

    def reject(self, connection: Connection) -> None:
        change = Update(put={"state": ConnectionState.REJECTED.value})
        self._if_open(update(keys.connection_key(connection.id), change, when=UNAUTHENTICATED))

    def move(self, connection: Connection, conversation: ConversationId, *, now: int) -> Connection:
        moved = replace(connection, conversation=conversation, cancels=None)
        if conversation == connection.conversation or connection.conversation is None:
            return moved
        change = Update(put={"conversation": conversation})
        known = update(keys.connection_key(connection.id), change, when=still_in(connection))
        left = delete(keys.member_key(connection.conversation, connection.id))
        try:
            self.table.transact(known, put(items.member_item(moved, now=now)), left)
        except TransactionRefused:
            there = self.get(connection.id, now=now)
            return self.move(there, conversation, now=now) if there else moved
        return moved

    def resume(self, connection: Connection) -> None:
        self._sit(connection, Update(count={"resumed": 1}))

    def cancel(self, connection: Connection, turn: TurnId) -> None:
        self._sit(connection, Update(put={"cancels": turn}))

    def close(self, connection: ConnectionId) -> None:
        item = self.table.get(keys.connection_key(connection))
        if item is None:
            return
        known = items.connection(item)
        seat = [delete(keys.member_key(known.conversation, connection))] if known.conversation else []
        try:
            self.table.transact(delete(keys.connection_key(connection), when=still_in(known)), *seat)
        except TransactionRefused:  # it has moved, or is closed already
            self.close(connection)

    def in_conversation(self, conversation: ConversationId, *, now: int) -> Sequence[Connection]:
        partition = keys.conversation_key(conversation)["pk"]
        seats = Key("pk").eq(partition) & Key("sk").begins_with(keys.MEMBER_PREFIX)
        return [
            items.member(item) for page in self.table.pages(seats) for item in page if items.is_there(item, now=now)
        ]

    def unauthenticated(self, *, now: int) -> Iterator[Connection]:
        waiting = Key("due_bucket").eq(keys.CONNECTIONS_BUCKET) & Key("due_at").lte(now)
        for page in self.table.pages(waiting, index=keys.DUE_INDEX):
            for found in page:
                connection = self.get(ConnectionId(found["pk"].removeprefix(keys.CONNECTION_PREFIX)), now=now)
                if connection and connection.state is not ConnectionState.READY:
                    yield connection

    def _sit(self, connection: Connection, change: Update) -> None:
        if connection.conversation:
            self._if_open(update(keys.member_key(connection.conversation, connection.id), change, when=EXISTS))

    def _if_open(self, write: Write) -> None:
        try:
            self.table.write(write)
        except ConditionFailed:
            return
