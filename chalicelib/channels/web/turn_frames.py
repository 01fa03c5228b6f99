"""Keeps the frames of one turn in order, for clients that read along or come late."""

from collections.abc import Sequence
from typing import Protocol

from chalicelib.channels.web import server_frames, simple_frames
from chalicelib.conversation.turn import Reply, Turn


class Frames(Protocol):
    """The frames of one turn in one shape, as a writer reads them; callers hold a lock."""

    def __len__(self) -> int:
        """The number of frames so far, without those that only `replay` has."""

    def frames_after(self, position: int) -> Sequence[str]:
        """Return the frames after the first `position`, for a client that has received those."""

    def replay(self) -> Sequence[str]:
        """Return all that a client needs that has nothing of the turn."""


class TurnFrames:
    """Grows with the answer; a frame once added is never changed. Not thread-safe: callers hold a lock."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._parts: list[str] = []
        self._withdrawn = 0
        """How many parts were removed; the numbers of the others go on after theirs."""
        self._frames: list[str] = []
        self._ending: list[str] = []
        self.whole = WholeAnswer()
        """The same turn for clients that get whole answers."""

    def __len__(self) -> int:
        """The number of frames so far, without the `question` frame."""
        return len(self._frames)

    def add(self, text: str) -> None:
        """Add the next part of the answer, as one `delta` for each 4,000 characters; an empty text adds nothing."""
        for part in server_frames.split(text):
            self._parts.append(part)
            self._frames.append(server_frames.delta(self._turn.id, self._last, part))

    def withdraw(self) -> None:
        """Add an empty `snapshot`, which removes the text so far; none if there is no text."""
        if self._parts:
            self._withdrawn, self._parts = self._last, []
            self._frames += self._snapshot()

    def end(self, reply: Reply | None) -> None:
        """Add the last frames: those of the stored reply, or `dropped` for None.

        If the text so far differs from the reply, a snapshot or notice with the reply's text replaces it.
        """
        if reply is None:
            self._ending = [server_frames.dropped(self._turn.id)]
        else:
            self._end_with(reply)
            self.whole.end(reply)
        self._frames += self._ending

    def frames_after(self, position: int) -> Sequence[str]:
        """Return the frames after the first `position`, for a client that has received those."""
        return self._frames[position:]

    def replay(self) -> Sequence[str]:
        """Return all that a client needs that has nothing of the turn: `question`, the text so far, and the end."""
        return [server_frames.question(self._turn), *self._text_so_far(), *self._ending]

    def _end_with(self, reply: Reply) -> None:
        if server_frames.is_notice(reply):
            self._parts = []
        elif "".join(self._parts) != reply.text:
            self._parts = server_frames.split(reply.text)
            self._frames += self._snapshot()
        self._ending = server_frames.ending(self._turn.id, reply, seq=self._last)

    @property
    def _last(self) -> int:
        """The number of the last part."""
        return self._withdrawn + len(self._parts)

    def _snapshot(self) -> Sequence[str]:
        return server_frames.snapshot(self._turn.id, self._parts, last=self._last)

    def _text_so_far(self) -> Sequence[str]:
        if self._last:
            return self._snapshot()
        # An empty snapshot clears what an earlier worker streamed before it crashed.
        is_second_attempt = self._turn.was_begun and not self._ending
        return server_frames.snapshot(self._turn.id, []) if is_second_attempt else []


class WholeAnswer:
    """The frames of one turn in the simple shape: none until the answer is finished. Not thread-safe, as above."""

    def __init__(self) -> None:
        self._frames: list[str] = []

    def __len__(self) -> int:
        """The number of frames so far."""
        return len(self._frames)

    def end(self, reply: Reply) -> None:
        """Add the stored reply."""
        self._frames = simple_frames.answer(reply)

    def frames_after(self, position: int) -> Sequence[str]:
        """Return the frames after the first `position`, for a client that has received those."""
        return self._frames[position:]

    def replay(self) -> Sequence[str]:
        """Return all frames."""
        return tuple(self._frames)
