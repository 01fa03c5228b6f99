"""The ConnectionStore port over DynamoDB.

Each connection has an item of its own and, once it is authenticated, a member item in its conversation, where the
worker that answers finds it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from chalicelib.aws.dynamodb import items, keys
from chalicelib.aws.dynamodb.conditions import (
    EXISTS,
    IS_READY,
    NOT_REJECTED,
    UNAUTHENTICATED,
    bucket_full,
    has_token,
    still_in,
)
from chalicelib.aws.dynamodb.items import Item
from chalicelib.aws.dynamodb.table import ConditionFailed, Table, TransactionRefused
from chalicelib.aws.dynamodb.writes import Update, Write, delete, put, update
from chalicelib.conversation.connection import Connection, ConnectionState
from chalicelib.conversation.limits import AUTH_TIMEOUT_MS, FRAMES_OF_A_CONNECTION
from chalicelib.ids import ConnectionId, ConversationId, PersonId, TurnId


@dataclass(frozen=True)
class DynamoConnections:
    """`conversation.ports.ConnectionStore` over one table."""

    table: Table

    def open(self, connection: Connection, *, now: int) -> None:
        self.table.write(put(items.connection_item(connection, now=now, auth_until=now + AUTH_TIMEOUT_MS)))

    def get(self, connection: ConnectionId, *, now: int) -> Connection | None:
        item = self.table.get(keys.connection_key(connection))
        return items.connection(item) if item and items.is_there(item, now=now) else None

    def count_frame(self, connection: ConnectionId, *, now: int) -> Connection | None:
        too_fast = False
        item: Item | None
        try:
            item = self._take_token(keys.connection_key(connection), now=now)
        except ConditionFailed as exc:
            item, too_fast = exc.item, True
        if item is None or not items.is_there(item, now=now):
            return None
        return replace(items.connection(item), too_fast=too_fast)

    def mark_authenticated(
        self, connection: Connection, person: PersonId, conversation: ConversationId, *, now: int
    ) -> Connection | None:
        ready = replace(connection, state=ConnectionState.READY, person=person, conversation=conversation)
        values = {"state": ready.state.value, "person": person, "conversation": conversation}
        change = Update(set=values, remove=["due_bucket", "due_at"])
        own = update(keys.connection_key(connection.id), change, when=UNAUTHENTICATED)
        try:
            self.table.transact(connection=own, member=put(items.member_item(ready, now=now)))
        except TransactionRefused:
            return None
        return ready

    def reject(self, connection: Connection) -> None:
        change = Update(set={"state": ConnectionState.REJECTED.value})
        self._write_if_open(update(keys.connection_key(connection.id), change, when=UNAUTHENTICATED))

    def expel(self, connection: Connection, *, now: int) -> bool:
        waits = {"due_bucket": keys.CONNECTIONS_BUCKET, "due_at": now}
        change = Update(set={"state": ConnectionState.REJECTED.value, **waits})
        own = update(keys.connection_key(connection.id), change, when=NOT_REJECTED & still_in(connection))
        try:
            self.table.transact(connection=own, member=_leave(connection))
        except TransactionRefused as exc:
            item = exc.failed["connection"]
            current = items.connection(item) if item else None
            if current is None or current.state is ConnectionState.REJECTED:
                return False
            return self.expel(current, now=now)  # it has moved meanwhile
        return True

    def move(self, connection: Connection, conversation: ConversationId, *, now: int) -> Connection:
        moved = replace(connection, conversation=conversation, cancels=None)
        if conversation == connection.conversation or connection.conversation is None:
            return moved
        change = Update(set={"conversation": conversation})
        own = update(keys.connection_key(connection.id), change, when=IS_READY & still_in(connection))
        old = delete(keys.member_key(connection.conversation, connection.id))
        try:
            self.table.transact(connection=own, member=put(items.member_item(moved, now=now)), old_member=old)
        except TransactionRefused:  # it has moved meanwhile, or is closed
            current = self.get(connection.id, now=now)
            is_ready = current and current.state is ConnectionState.READY
            return self.move(current, conversation, now=now) if current and is_ready else moved
        return moved

    def resume(self, connection: Connection) -> None:
        self._update_member(connection, Update(add={"resumed": 1}))

    def cancel(self, connection: Connection, turn: TurnId) -> None:
        self._update_member(connection, Update(set={"cancels": turn}))

    def close(self, connection: ConnectionId) -> None:
        item = self.table.get(keys.connection_key(connection))
        if item is None:
            return
        known = items.connection(item)
        gone = delete(keys.connection_key(connection), when=still_in(known))
        try:
            self.table.transact(connection=gone, member=_leave(known))
        except TransactionRefused:  # it has moved meanwhile, or is closed
            self.close(connection)

    def in_conversation(self, conversation: ConversationId, *, now: int) -> Sequence[Connection]:
        members = self.table.pages(keys.members_of(conversation))
        return [items.member(item) for page in members for item in page if items.is_there(item, now=now)]

    def unauthenticated(self, *, now: int) -> Iterator[Connection]:
        for page in self.table.pages(keys.due(keys.CONNECTIONS_BUCKET, now=now), index=keys.DUE_INDEX):
            for found in page:
                connection = self.get(ConnectionId(found["pk"].removeprefix(keys.CONNECTION_PREFIX)), now=now)
                if connection and connection.state is not ConnectionState.READY:
                    yield connection

    def _take_token(self, key: keys.Key, *, now: int) -> Item:
        """Count a frame with the update that reads the connection. Raises ConditionFailed for one that is too fast.

        DynamoDB cannot compute the later of two times. So the update assumes a full bucket, as a client has that sends
        its frames one by one; if tokens are missing, a second update takes one.
        """
        bucket = FRAMES_OF_A_CONNECTION
        first, another = Update(set={"full_at": bucket.taken(0, now=now)}), Update(add={"full_at": bucket.every_ms})
        try:
            return self.table.write(update(key, first, when=EXISTS & bucket_full(now)))
        except ConditionFailed as exc:
            if exc.item is None or not bucket.has_token(int(exc.item["full_at"]), now=now):
                raise
        return self.table.write(update(key, another, when=EXISTS & has_token(bucket, now=now)))

    def _update_member(self, connection: Connection, change: Update) -> None:
        if connection.conversation:
            self._write_if_open(update(keys.member_key(connection.conversation, connection.id), change, when=EXISTS))

    def _write_if_open(self, write: Write) -> None:
        try:
            self.table.write(write)
        except ConditionFailed:
            return


def _leave(connection: Connection) -> Write | None:
    """The write that removes a connection from its conversation; None if it is in none."""
    return delete(keys.member_key(connection.conversation, connection.id)) if connection.conversation else None
