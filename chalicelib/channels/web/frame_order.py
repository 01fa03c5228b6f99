"""Handles the frames of a connection in the order in which its client sent them, although functions start late."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.channels.web.client_frames import (
    AboutRoom,
    Authenticate,
    ClientFrame,
    Follow,
    InvalidFrame,
    Join,
    Leave,
    Ping,
    Regenerate,
    SendMessage,
)
from chalicelib.clock import Clock
from chalicelib.conversation.connection import Connection
from chalicelib.conversation.connection_ports import ConnectionStore
from chalicelib.conversation.frame_place import FramePlace
from chalicelib.conversation.late_frames import MOST_WAIT_MS
from chalicelib.ids import ConnectionId

_FIRST_PAUSE_MS: Final = 25
_LONGEST_PAUSE_MS: Final = 500


@dataclass(frozen=True)
class FrameOrder:
    """Lets a frame wait for earlier ones, until MOST_WAIT_MS after it was received. All methods raise StoreError."""

    connections: ConnectionStore
    clock: Clock
    sleep: Callable[[float], None]

    def arrive(
        self, connection_id: ConnectionId, frame: ClientFrame | InvalidFrame, *, received_at: int
    ) -> Connection | None:
        """Count the frame, wait until it may begin, and return its connection; None if that is unknown or closed."""
        place = _place_of(frame, received_at)
        connection = self.connections.count_frame(connection_id, place, now=self.clock())
        if connection and connection.waits:
            connection = self._wait(connection_id, place)
        return connection

    def done(self, connection: Connection, frame: Authenticate | AboutRoom, moved: Connection | None) -> None:
        """Let later frames begin; `moved` is the connection as the frame moved it, None if it did not.

        Without a number, the write that moved the connection has done so.
        """
        if frame.n or moved is None or moved.followed == connection.followed:
            self.connections.frame_done(connection.id, frame.n)

    def _wait(self, connection_id: ConnectionId, place: FramePlace) -> Connection | None:
        """Try again after pauses that double, since the earlier frame may be handled any moment."""
        waited = 0
        while True:
            now = self.clock()
            left = min(place.received_at + MOST_WAIT_MS - now, MOST_WAIT_MS - waited)
            if left <= 0:
                return self._go_first(connection_id, place, now=now)
            if connection := self.connections.begin_frame(connection_id, place, now=now):
                return connection
            pause = min(left, max(_FIRST_PAUSE_MS, waited), _LONGEST_PAUSE_MS)
            self.sleep(pause / 1000)
            waited += pause

    def _go_first(self, connection_id: ConnectionId, place: FramePlace, *, now: int) -> Connection | None:
        """Let the frame begin although one is missing; the worker waits for others that begin at the same time."""
        connection = self.connections.begin_frame(connection_id, place, now=now, at_last=True)
        return connection and replace(connection, after_question=place.number is not None and place.asks_in is not None)


def _place_of(frame: ClientFrame | InvalidFrame, received_at: int) -> FramePlace:
    match frame:
        case SendMessage(room=room) | Regenerate(room=room):
            return FramePlace(received_at, frame.n, asks_in=room.name if room else "")
        case Authenticate() | Join() | Follow() | Leave():
            return FramePlace(received_at, frame.n, moves=True)
        case Ping() | InvalidFrame() if frame.n is None:
            return FramePlace(received_at=0)  # waits for nothing, whatever the connection is doing
    return FramePlace(received_at, frame.n)
