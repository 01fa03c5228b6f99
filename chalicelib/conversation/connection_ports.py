"""What `conversation` needs for WebSocket connections, as Protocols; no code. Contract tests check each docstring.

Times are milliseconds since 1970 unless the name says otherwise.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from chalicelib.conversation.connection import Connection
from chalicelib.conversation.frame_place import FramePlace
from chalicelib.ids import ConnectionId, ConversationId, KeyId, PersonId, TurnId


class ConnectionStore(Protocol):
    """Open WebSocket connections and their users. All methods raise StoreError. Every write is atomic.

    A write that would exceed MAX_CONNECTIONS in a conversation raises ConversationFull and changes nothing, also if
    many come at the same time; one that would exceed CONNECTIONS_OF_A_PERSON raises TooManyConnections in the same way.
    Connections that are closed, expelled or expired do not count. A connection is deleted after two hours and a
    quarter. API Gateway closes it after two.
    """

    def open(self, connection: Connection, *, now: int) -> None:
        """Store a new connection, which is not authenticated."""

    def get(self, connection: ConnectionId, *, now: int) -> Connection | None:
        """Return the connection as last written, None if unknown.

        Without `resumed`, `cancels` and `conversation_id`: only `in_conversation` returns them.
        """

    def count_frame(self, connection: ConnectionId, place: FramePlace, *, now: int) -> Connection | None:
        """Count one frame and return its connection as `get` does.

        A frame over FRAMES_OF_A_CONNECTION is not counted; the connection is then returned with `too_fast`. If it is
        the next frame, it has begun. Otherwise the connection is returned with `waits`. A frame over WAITING_FRAMES
        does not wait, but begins as with `at_last`.
        """

    def begin_frame(
        self, connection: ConnectionId, place: FramePlace, *, now: int, at_last: bool = False
    ) -> Connection | None:
        """Let a frame begin that waits, and return its connection as `get` does; None if it has to wait on.

        With `at_last` it begins in any case, and frames with smaller numbers are not waited for any more. Also None if
        the connection is closed.
        """

    def frame_done(self, connection: ConnectionId, number: int | None) -> None:
        """Store that a frame was handled that might have moved its connection, so that later ones need not wait.

        `mark_authenticated`, `move` and `leave` do so for a frame without a number, if they change anything. Ignored if
        the connection is closed.
        """

    def mark_authenticated(
        self, connection: Connection, person: PersonId, conversation: ConversationId, *, now: int
    ) -> Connection | None:
        """Mark the connection as authenticated: READY, in a conversation. None if it was not CONNECTED any more.

        Raises TooManyConnections and ConversationFull.
        """

    def reject(self, connection: Connection) -> None:
        """Reject a connection that failed to authenticate, for good. Ignored if it is READY or closed by now."""

    def expel(self, connection: Connection, *, now: int) -> bool:
        """Reject a connection for good, READY or not; it leaves its conversation. False if it is rejected or closed."""

    def move(
        self,
        connection: Connection,
        conversation: ConversationId,
        *,
        now: int,
        conversation_id: str = "",
        keeps: bool = False,
    ) -> Connection | None:
        """Move the connection from its conversation, whichever it is by now, to another. None if it is not READY.

        With `keeps` it goes on following those that it follows, as `Connection.moved` says. `conversation_id` is what
        its client calls the room. Raises ConversationFull, as `mark_authenticated` does; the connection then stays
        where it is.
        """

    def leave(self, connection: Connection, conversation: ConversationId, *, now: int) -> Connection | None:
        """Let the connection follow a conversation no more, and return it as it then is. None if it is not READY.

        Without any other it is in the person's own conversation. Raises ConversationFull, as `move` does.
        """

    def resume(self, connection: Connection) -> None:
        """Request that the worker of its conversation sends the client what it has missed. Ignored if it is closed."""

    def cancel(self, connection: Connection, turn: TurnId) -> None:
        """Request that the answer to the turn is cancelled. Ignored if the connection is closed."""

    def close(self, connection: ConnectionId) -> None:
        """Delete the connection, in its conversation too. Ignored if it is unknown."""

    def in_conversation(self, conversation: ConversationId, *, now: int) -> Sequence[Connection]:
        """Return the READY connections in the conversation, as last written."""

    def of_key(self, key: KeyId, *, now: int) -> Sequence[Connection]:
        """Return the READY connections of all who came with the API key, each in its first conversation."""

    def of_person(self, person: PersonId, *, now: int) -> Sequence[Connection]:
        """Return the person's READY connections, as `of_key` does; the one that was authenticated first comes first."""

    def to_close(self, *, now: int) -> Iterator[Connection]:
        """Return the connections to close: not authenticated within 60 seconds, or expelled; the oldest first."""


class ConnectionApi(Protocol):
    """Sends to open WebSocket connections and closes them."""

    def send(self, connection: Connection, frame: str) -> None:
        """Send one text frame of at most 32 KB.

        Raises ConnectionGone if the client is gone, ChannelBroken if no connection can be sent to until the owner
        acts, and DeliveryError for other failures.
        """

    def close(self, connection: Connection) -> None:
        """Close the connection if it is still open. Raises DeliveryError."""
