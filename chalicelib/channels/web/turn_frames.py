"""The frames of one turn, in their order, for those who were there from the start and for those who come late. Pure."""

from collections.abc import Sequence

from chalicelib.channels.web import server_frames
from chalicelib.conversation.turn import Reply, Turn


class TurnFrames:
    """Grows by what is said; nothing in it is ever changed. Not for several threads at once."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._parts: list[str] = []
        self._frames: list[str] = []
        self._ending: list[str] = []

    def __len__(self) -> int:
        """How many frames there are by now."""
        return len(self._frames)

    def say(self, words: str) -> None:
        """The model's next words."""
        for part in server_frames.parts_of(words):
            self._parts.append(part)
            self._frames.append(server_frames.delta(self._turn.id, len(self._parts), part))

    def end(self, reply: Reply | None) -> None:
        """The reply stands: whatever was said, this is what counts. None: the turn was dropped."""
        if reply is None:
            self._ending = [server_frames.dropped(self._turn.id)]
        else:
            self._settle(reply)
        self._frames += self._ending

    def after(self, at: int | None) -> Sequence[str]:
        """What follows the first `at` frames; with None, everything for somebody who knows nothing of the turn."""
        return (
            self._frames[at:]
            if at is not None
            else [server_frames.question(self._turn), *self._so_far(), *self._ending]
        )

    def _settle(self, reply: Reply) -> None:
        if server_frames.is_notice(reply):
            self._parts = []
        elif "".join(self._parts) != reply.text:
            self._parts = server_frames.parts_of(reply.text)
            self._frames += server_frames.snapshot(self._turn.id, self._parts)
        self._ending = server_frames.ending(self._turn.id, reply, seq=len(self._parts))

    def _so_far(self) -> Sequence[str]:
        if self._parts:
            return server_frames.snapshot(self._turn.id, self._parts)
        began_again = self._turn.model_calls > 1 and not self._ending
        return server_frames.snapshot(self._turn.id, []) if began_again else []
