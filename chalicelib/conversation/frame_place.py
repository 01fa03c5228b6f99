"""Where a frame comes among those of its connection, and whether it has to wait for an earlier one. Pure rules.

A frame waits for the numbers before its own, if its client numbers its frames, and for an `authenticate` or `join`
whose function has begun. `Progress` is what is stored about it with the connection.
"""

from dataclasses import dataclass
from enum import Enum

from chalicelib.conversation.late_frames import LATE_MS


@dataclass(frozen=True)
class FramePlace:
    """One frame."""

    received_at: int
    """When API Gateway received it, in milliseconds since 1970."""
    number: int | None = None
    """Its `n`."""
    asks_in: str | None = None
    """For a question the room that it names, "" without one; None for other frames."""
    moves: bool = False
    """Whether it may put its connection into a conversation, so that later frames wait until it is handled."""

    @property
    def mark(self) -> str:
        """What is stored of the frame for the next one: of a question the time and the room."""
        return "" if self.asks_in is None else f"{self.received_at} {self.asks_in}"

    def is_right_after(self, mark: str, *, here: str) -> bool:
        """Whether the frame before, of which `mark` is stored, asked in the same place at nearly the same time.

        `here` is the room that the connection is in, "" for none: questions without a room are asked there.
        """
        at, _, room = mark.partition(" ")
        is_near = bool(at) and abs(self.received_at - int(at)) <= LATE_MS
        return is_near and self.asks_in is not None and (room or here) == (self.asks_in or here)


class Arrival(Enum):
    """When a frame comes, compared with the other frames of its connection."""

    NEXT = "next"
    """No earlier frame is waited for: it begins."""
    EARLY = "early"
    """Before an earlier frame, for which it waits."""
    LATE = "late"
    """After a frame with its number or a later one, so it waits for nothing."""


@dataclass(frozen=True)
class Progress:
    """How far the frames of a connection have been handled."""

    number: int = 0
    """The highest number of a frame that was handled, or has begun and needs not be waited for."""
    mark: str = ""
    """The `FramePlace.mark` of the frame with that number."""
    moving: int = 0
    """When the frame was received that is putting the connection into a conversation; 0 if there is none."""

    def arrival_of(self, place: FramePlace, *, now: int) -> Arrival:
        """Return how the frame comes at `now`, in milliseconds since 1970."""
        if self.moving and self.moving <= place.received_at and now < self.moving + LATE_MS:
            return Arrival.EARLY
        if place.number is None or self.number == place.number - 1:
            return Arrival.NEXT
        return Arrival.LATE if self.number >= place.number else Arrival.EARLY
