"""One turn on its way to every socket of its conversation, none of which waits for another.

hear ──▶ heard ──pump──▶ script ──▶ a line for each socket, at its own pace
           each second: who is here now? ──▶ whoever is new begins with what was said so far
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from chalicelib.channels.web.turn_frames import TurnFrames
from chalicelib.channels.web.writer import ConnectionWriter, Timing
from chalicelib.conversation.connection import Connection
from chalicelib.conversation.ports import ConnectionApi
from chalicelib.conversation.turn import Reply, Turn
from chalicelib.errors import StoreError
from chalicelib.ids import ConnectionId


class Broadcast:
    """Sends one turn's frames to whoever `look` finds; `gone` is told of sockets that are closed."""

    def __init__(
        self,
        turn: Turn,
        connection_api: ConnectionApi,
        *,
        look: Callable[[], Sequence[Connection]],
        gone: Callable[[Connection], None],
        pace: Timing,
    ) -> None:
        self.turn = turn
        self._connection_api = connection_api
        self._look = look
        self._gone = gone
        self._pace = pace
        self._changed = threading.Condition()
        self._script = TurnFrames(turn)
        self._heard: list[str] = []
        self._lines: dict[ConnectionId, ConnectionWriter] = {}
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
            for left in self._lines.keys() - {connection.id for connection in here}:
                self._lines.pop(left).close()
            for connection in here:
                self._admit(connection)
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

    def _admit(self, connection: Connection) -> None:
        line = self._lines.get(connection.id)
        if line and line.connection.resumed == connection.resumed:
            return
        if line and not line.has_ended:
            line.begin_anew(connection)
        else:
            self._lines[connection.id] = ConnectionWriter(
                connection, self._script, self._connection_api, changed=self._changed, gone=self._gone, pace=self._pace
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
