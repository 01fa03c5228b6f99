"""The ConnectionStore port over DynamoDB.

Each connection has an item of its own and, once it is authenticated, a member item in its conversation, where the
worker that answers finds it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.access import identity
from chalicelib.aws.dynamodb import index_keys, items, keys, listed_items
from chalicelib.aws.dynamodb.conditions import (
    EXISTS,
    IN_NO_CONVERSATION,
    IS_READY,
    NOT_REJECTED,
    UNAUTHENTICATED,
    counts_exactly,
    has_seat_for,
    still_in,
)
from chalicelib.aws.dynamodb.followed import ATTRIBUTES, followed_values
from chalicelib.aws.dynamodb.frame_progress import FrameProgress
from chalicelib.aws.dynamodb.items import Item
from chalicelib.aws.dynamodb.table import ConditionFailed, Table, TransactionRefused
from chalicelib.aws.dynamodb.writes import Update, Write, delete, put, update
from chalicelib.conversation.connection import Connection, ConnectionState
from chalicelib.conversation.frame_place import FramePlace
from chalicelib.conversation.limits import (
    AUTH_TIMEOUT_MS,
    CONNECTIONS_OF_A_PERSON,
    IDLE_TIMEOUT_MS,
    MAX_CONNECTIONS,
)
from chalicelib.errors import ConversationFull, ParleyError, TooManyConnections
from chalicelib.ids import ConnectionId, ConversationId, KeyId, PersonId, TurnId

_FULL: Final = "as many connections as there may be"


@dataclass(frozen=True)
class DynamoConnections:
    """`conversation.connection_ports.ConnectionStore` over one table."""

    table: Table

    def open(self, connection: Connection, *, now: int) -> None:
        waits_ms = IDLE_TIMEOUT_MS if connection.enters_with_its_first_frame else AUTH_TIMEOUT_MS
        self.table.write(put(items.connection_item(connection, now=now, auth_until=now + waits_ms)))

    def get(self, connection: ConnectionId, *, now: int) -> Connection | None:
        item = self.table.get(keys.connection_key(connection))
        return items.connection(item) if item and items.is_there(item, now=now) else None

    def count_frame(self, connection: ConnectionId, place: FramePlace, *, now: int) -> Connection | None:
        return self._frames_of(connection).count(place, now=now)

    def begin_frame(
        self, connection: ConnectionId, place: FramePlace, *, now: int, at_last: bool = False
    ) -> Connection | None:
        return self._frames_of(connection).begin(place, now=now, at_last=at_last)

    def frame_done(self, connection: ConnectionId, number: int | None) -> None:
        self._frames_of(connection).done(number)

    def mark_authenticated(
        self, connection: Connection, person: PersonId, conversation: ConversationId, *, now: int
    ) -> Connection | None:
        ready = replace(connection, state=ConnectionState.READY, person=person, conversation=conversation)
        change = Update(set=listed_items.ready_values(ready), remove=["due_bucket", "due_at", "moving"])
        own = update(keys.connection_key(connection.id), change, when=UNAUTHENTICATED)
        listed = put(listed_items.listed_item(ready, person, now=now))
        counted = _counting(keys.person_seats_key(person), ready.id, most=CONNECTIONS_OF_A_PERSON, now=now)
        try:
            self._enter(ready, conversation, now=now, connection=own, listed=listed, person_seat=counted)
        except TransactionRefused:
            return None
        return ready

    def reject(self, connection: Connection) -> None:
        change = Update(set={"state": ConnectionState.REJECTED.value})
        self._write_if_open(update(keys.connection_key(connection.id), change, when=UNAUTHENTICATED))

    def expel(self, connection: Connection, *, now: int) -> bool:
        waits = {"due_bucket": index_keys.CONNECTIONS_BUCKET, "due_at": now}
        change = Update(set={"state": ConnectionState.REJECTED.value, **waits})
        own = update(keys.connection_key(connection.id), change, when=NOT_REJECTED & still_in(connection))
        try:
            ending = _ending(connection, expires_at=items.connection_expires_at(now))
            self.table.transact(connection=own, **ending)
        except TransactionRefused as exc:
            item = exc.failed["connection"]
            current = items.connection(item) if item else None
            if current is None or current.state is ConnectionState.REJECTED:
                return False
            return self.expel(current, now=now)  # it has moved meanwhile
        return True

    def move(
        self,
        connection: Connection,
        conversation: ConversationId,
        *,
        now: int,
        conversation_id: str = "",
        keeps: bool = False,
    ) -> Connection | None:
        def moved(current: Connection) -> Connection:
            return current.moved(conversation, keeps=keeps, conversation_id=conversation_id)

        return self._change(connection, moved, now=now)

    def leave(self, connection: Connection, conversation: ConversationId, *, now: int) -> Connection | None:
        return self._change(connection, partial(_without, conversation=conversation), now=now)

    def resume(self, connection: Connection) -> None:
        self._update_member(connection, Update(add={"resumed": 1}))

    def cancel(self, connection: Connection, turn: TurnId) -> None:
        self._update_member(connection, Update(set={"cancels": turn}))

    def close(self, connection: ConnectionId) -> None:
        key = keys.connection_key(connection)
        try:
            self.table.write(delete(key, when=IN_NO_CONVERSATION))
        except ConditionFailed as exc:
            item = exc.item
        else:
            return  # one write suffices here; the heartbeat may close many such connections
        if item is None:
            return
        known = items.connection(item)
        own = delete(key, when=still_in(known))
        try:
            self.table.transact(connection=own, **_ending(known, expires_at=int(item["expires_at"])))
        except TransactionRefused:  # it has moved meanwhile, or is closed
            self.close(connection)

    def in_conversation(self, conversation: ConversationId, *, now: int) -> Sequence[Connection]:
        members = self.table.pages(keys.members_of(conversation))
        return [items.member(item) for page in members for item in page if items.is_there(item, now=now)]

    def of_key(self, key: KeyId, *, now: int) -> Sequence[Connection]:
        return [listed_items.listed(item) for item in self._listed(keys.listed_of_key(key), now=now)]

    def of_person(self, person: PersonId, *, now: int) -> Sequence[Connection]:
        found = self._listed(keys.listed_of_person(person), now=now)
        return [listed_items.listed(item) for item in sorted(found, key=lambda item: int(item.get("since", 0)))]

    def to_close(self, *, now: int) -> Iterator[Connection]:
        for page in self.table.pages(
            index_keys.due(index_keys.CONNECTIONS_BUCKET, now=now), index=index_keys.DUE_INDEX
        ):
            for found in page:
                connection = self.get(ConnectionId(found["pk"].removeprefix(keys.CONNECTION_PREFIX)), now=now)
                if connection and connection.state is not ConnectionState.READY:
                    yield connection

    def _change(
        self, connection: Connection, step: Callable[[Connection], Connection], *, now: int
    ) -> Connection | None:
        """Change which conversations the connection follows; None if it is not READY. Raises ConversationFull."""
        after = step(connection)
        if connection.conversation is None or after.followed == connection.followed:
            current = self._ready(connection, now=now)
            is_done = current is None or step(current).followed == current.followed
            return current and (step(current) if is_done else self._change(current, step, now=now))
        try:
            self._write_change(connection, after, now=now)
        except (TransactionRefused, ConditionFailed):  # it has moved meanwhile, or is closed
            current = self._ready(connection, now=now)
            return current and self._change(current, step, now=now)
        return after

    def _write_change(self, before: Connection, after: Connection, *, now: int) -> None:
        """Write a change of what the connection follows; a move to a conversation that it follows is one write.

        Raises TransactionRefused, ConditionFailed and ConversationFull.
        """
        own = update(keys.connection_key(before.id), _following(after), when=IS_READY & still_in(before))
        gone = [one.conversation for one in before.followed if not after.follows(one.conversation)]
        left = _leaving(before.id, gone, expires_at=items.connection_expires_at(now))
        if after.conversation and after.followed[-1] not in before.followed:
            self._enter(after, after.conversation, now=now, connection=own, **left)
        elif left:
            self.table.transact(connection=own, **left)
        else:
            self.table.write(own)

    def _ready(self, connection: Connection, *, now: int) -> Connection | None:
        """Return the connection as last written, None unless it is READY."""
        current = self.get(connection.id, now=now)
        return current if current and current.state is ConnectionState.READY else None

    def _frames_of(self, connection: ConnectionId) -> FrameProgress:
        return FrameProgress(self.table, keys.connection_key(connection))

    def _enter(self, entering: Connection, conversation: ConversationId, *, now: int, **writes: Write) -> None:
        """Write and count the member item, together with `writes`.

        Raises TransactionRefused, ConversationFull and TooManyConnections.
        """
        seat = _counting(keys.seats_key(conversation), entering.id, most=MAX_CONNECTIONS, now=now)
        try:
            self.table.transact(**writes, member=put(items.member_item(entering, now=now)), seat=seat)
        except TransactionRefused as exc:
            if exc.failed.keys() - {"seat", "person_seat"}:
                raise
            if "person_seat" in exc.failed and entering.person:
                here = self.of_person(entering.person, now=now)
                self._count_again(exc.failed["person_seat"] or {}, here, TooManyConnections(_FULL))
            if "seat" in exc.failed:
                here = self.in_conversation(conversation, now=now)
                self._count_again(exc.failed["seat"] or {}, here, ConversationFull(_FULL))
            self._enter(entering, conversation, now=now, **writes)

    def _count_again(self, full: Item, here: Sequence[Connection], error: ParleyError) -> None:
        """Remove from a full count the connections that expired without a `close`; raise the error if there are none.

        `here` was read after the count.
        """
        taken: set[str] = full["taken"]
        gone = taken - {connection.id for connection in here}
        if not gone:
            raise error
        with suppress(ConditionFailed):  # somebody came, left, or has counted again
            change = Update(remove_from_set={"taken": gone})
            self.table.write(update(items.key_of(full), change, when=counts_exactly(taken)))

    def _listed(self, condition: ConditionBase, *, now: int) -> list[Item]:
        found = (item for page in self.table.pages(condition) for item in page)
        return [item for item in found if items.is_there(item, now=now)]

    def _update_member(self, connection: Connection, change: Update) -> None:
        if connection.conversation:
            self._write_if_open(update(keys.member_key(connection.conversation, connection.id), change, when=EXISTS))

    def _write_if_open(self, write: Write) -> None:
        with suppress(ConditionFailed):
            self.table.write(write)


def _ending(connection: Connection, *, expires_at: int) -> dict[str, Write]:
    """The writes that end a connection beside that of its own item, by name; `expires_at` as in `_not_counting`."""
    writes = _leaving(connection.id, [one.conversation for one in connection.followed], expires_at=expires_at)
    if connection.person:
        writes["listed"] = delete(keys.listed_key(connection.person, connection.id))
        key = keys.person_seats_key(connection.person)
        writes["left_person"] = _not_counting(key, connection.id, expires_at=expires_at)
    return writes


def _leaving(connection: ConnectionId, conversations: Sequence[ConversationId], *, expires_at: int) -> dict[str, Write]:
    """The writes that take a connection out of conversations, by name; `expires_at` as in `_not_counting`."""
    writes: dict[str, Write] = {}
    for number, conversation in enumerate(conversations):
        writes[f"left_{number}"] = delete(keys.member_key(conversation, connection))
        writes[f"left_seat_{number}"] = _not_counting(keys.seats_key(conversation), connection, expires_at=expires_at)
    return writes


def _following(connection: Connection) -> Update:
    """The change of the connection's own item that stores what it follows."""
    values = followed_values(connection)
    return Update(set=values, remove=[*(name for name in ATTRIBUTES if name not in values), "moving"])


def _without(connection: Connection, *, conversation: ConversationId) -> Connection:
    if connection.person is None:
        return connection
    return connection.without(conversation, otherwise=identity.conversation_of(connection.person))


def _counting(key: keys.Key, connection: ConnectionId, *, most: int, now: int) -> Write:
    """The write that counts a connection, unless there are `most` already."""
    change = Update(add_to_set={"taken": {str(connection)}}, set={"expires_at": items.connection_expires_at(now)})
    return update(key, change, when=has_seat_for(connection, most=most))


def _not_counting(key: keys.Key, connection: ConnectionId, *, expires_at: int) -> Write:
    """The write that takes a connection from a count; `expires_at` is for a count not yet stored."""
    change = Update(remove_from_set={"taken": {str(connection)}}, set_if_absent={"expires_at": expires_at})
    return update(key, change)
