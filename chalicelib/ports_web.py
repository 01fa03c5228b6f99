"""What the web chat needs of the world beside `ports`, as small Protocols whose docstrings the contract tests hold.

No implementation lives here. Times are milliseconds since 1970 unless the name says otherwise.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from chalicelib.messages import ConversationId, PersonId, TurnId
from chalicelib.messages_web import ApiKey, KeyId, Socket, SocketId


class Sockets(Protocol):
    """The open WebSockets, and whose they are. All methods raise StoreError; every write is atomic as a whole.

    A socket is forgotten after two hours and a bit, when API Gateway has long closed it.
    """

    def open(self, socket: Socket, *, now: int) -> None:
        """Keep a new one, which has not said who it is."""

    def get(self, socket: SocketId, *, now: int) -> Socket | None:
        """The socket as last written; what its client asks for is told by `of` alone."""

    def admit(self, socket: Socket, person: PersonId, conversation: ConversationId, *, now: int) -> Socket | None:
        """It has proved who it is: ready, in a conversation. None when it was not CONNECTED any more."""

    def reject(self, socket: Socket) -> None:
        """It could not prove who it is; final. Ignored when it has proved it meanwhile, or is closed."""

    def move(self, socket: Socket, conversation: ConversationId, *, now: int) -> Socket:
        """It leaves its conversation, whichever that is by now, for another one. Ignored when it is closed."""

    def resume(self, socket: Socket) -> None:
        """Its client is to be brought up to date by whoever answers in its conversation. Ignored when it is closed."""

    def cancel(self, socket: Socket, turn: TurnId) -> None:
        """Its person wants no more of the turn. Ignored when it is closed."""

    def close(self, socket: SocketId) -> None:
        """Forget it, in its conversation too; nothing happens when it is not known."""

    def of(self, conversation: ConversationId, *, now: int) -> Sequence[Socket]:
        """Those who see the conversation, READY each, as last written."""

    def lingering(self, *, now: int) -> Iterator[Socket]:
        """Those who have not said within 60 seconds who they are, longest first."""


class Connections(Protocol):
    """The way to an open WebSocket."""

    def send(self, socket: Socket, frame: str) -> None:
        """Send one text frame of at most 32 KB.

        Raises SocketGone when nobody is there any more, ChannelBroken when no socket can be written to until the owner
        acts, and DeliveryError otherwise.
        """

    def close(self, socket: Socket) -> None:
        """End the connection, if there still is one. Raises DeliveryError."""


class Keys(Protocol):
    """API keys. All methods raise StoreError."""

    def create(self, key: ApiKey) -> bool:
        """Keep a new key; False when there is one of that id already."""

    def get(self, key: KeyId) -> ApiKey | None:
        """The key as last written, valid or not."""

    def list(self) -> Iterator[ApiKey]:
        """All of them, in the order of their ids."""

    def revoke(self, key: KeyId, *, now: int) -> bool:
        """Never accept it again; False when there is none. One that is revoked already keeps its time."""


class Tickets(Protocol):
    """How many tickets were handed out. Raises StoreError."""

    def count(self, key: KeyId, address: str, *, hour: str, most: int) -> bool:
        """Count one more for a visitor's address in an hour, `2026-11-20T12` in UTC; False, uncounted, beyond `most`.

        `address` is stored as it is given: give a hash. Counts are forgotten two hours after their hour began.
        """


class Tokens(Protocol):
    """Whoever signs people in elsewhere."""

    def subject(self, token: str) -> str:
        """Whom an OpenID Connect ID token is about. Raises InvalidToken, or TokensOutOfReach."""
