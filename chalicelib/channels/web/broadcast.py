"""One turn on its way to every socket of its conversation, none of which waits for another.

hear ──▶ heard ──pump──▶ script ──▶ a line for each socket, at its own pace
           each second: who is here now? ──▶ whoever is new begins with what was said so far
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from chalicelib.channels.web.line import Line, Pace
from chalicelib.channels.web.script import Script
from chalicelib.errors import StoreError
from chalicelib.messages import Reply, Turn
from chalicelib.messages_web import Socket, SocketId
from chalicelib.ports_web import Connections


class Broadcast:
    """Sends one turn's frames to whoever `look` finds; `gone` is told of sockets that are closed."""

    def __init__(
        self,
        turn: Turn,
        connections: Connections,
        *,
        look: Callable[[], Sequence[Socket]],
        gone: Callable[[Socket], None],
        pace: Pace,
    ) -> None:
        self.turn = turn
        self._connections = connections
        self._look = look
        self._gone = gone
        self._pace = pace
        self._changed = threading.Condition()
        self._script = Script(turn)
        self._heard: list[str] = []
        self._lines: dict[SocketId, Line] = {}
        self._speaking = self._stopped = False

    @contextmanager
    def speaking(self) -> Iterator[None]:
        """While it lasts, what is heard becomes frames and newcomers are let in; at its end nothing is left over."""
        self._speaking = True
        threads = [threading.Thread(target=work, daemon=True) for work in (self._pump, self._watch)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            with self._changed:
                self._speaking = False
                self._changed.notify_all()
            for thread in threads:
                thread.join()

    def hear(self, words: str) -> bool:
        """`ports.Hear`."""
        with self._changed:
            self._heard.append(words)
            self._changed.notify_all()
        return not self._stopped

    def refresh(self) -> None:
        """See who is here now, and whether the person has had enough. Raises StoreError."""
        here = self._look()
        with self._changed:
            self._stopped |= any(one.cancels == self.turn.id and one.person == self.turn.person for one in here)
            for left in self._lines.keys() - {socket.id for socket in here}:
                self._lines.pop(left).close()
            for socket in here:
                self._admit(socket)
            self._changed.notify_all()

    def end(self, reply: Reply | None) -> None:
        """The reply stands, or there is none: say what is missing, and that it is over."""
        with self._changed:
            self._script.end(reply)
            self._changed.notify_all()

    def close(self, *, within_s: float) -> None:
        """Wait for the lines, at most so long, and cut off what is slower. Raises ChannelBroken."""
        with self._changed:
            lines = list(self._lines.values())
            self._changed.wait_for(lambda: all(line.is_idle for line in lines), timeout=within_s)
            for line in lines:
                line.close()
            self._changed.notify_all()
        for line in lines:
            if line.broken:
                raise line.broken

    def _admit(self, socket: Socket) -> None:
        line = self._lines.get(socket.id)
        if line and line.socket.resumed == socket.resumed:
            return
        if line and not line.has_ended:
            line.begin_anew(socket)
        else:
            self._lines[socket.id] = Line(
                socket, self._script, self._connections, changed=self._changed, gone=self._gone, pace=self._pace
            )

    def _pump(self) -> None:
        with self._changed:
            while self._speaking:
                self._changed.wait_for(lambda: bool(self._heard) or not self._speaking)
                self._say()
                self._changed.wait_for(lambda: not self._speaking, timeout=self._pace.joined)
            self._say()

    def _say(self) -> None:
        self._script.say("".join(self._heard))
        self._heard.clear()
        self._changed.notify_all()

    def _watch(self) -> None:
        while not self._is_over_within(self._pace.look):
            with suppress(StoreError):  # those who are here go on; the next look is a second away
                self.refresh()

    def _is_over_within(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: not self._speaking, timeout=seconds)
