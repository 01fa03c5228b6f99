"""One socket's way through the frames of a turn, at its own pace, in a thread of its own."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.channels.web.turn_frames import TurnFrames
from chalicelib.conversation.connection import Connection
from chalicelib.conversation.ports import ConnectionApi
from chalicelib.errors import ChannelBroken, ConnectionGone, DeliveryError

_TRIES: Final = 5


@dataclass(frozen=True)
class Timing:
    """How long is waited for what, in seconds."""

    joined: float = 0.12
    """Words that come within so long after a frame share the next one."""
    look: float = 1.0
    """How often it is asked who is here."""
    again: float = 0.5
    """After a failure that may pass."""


class ConnectionWriter:
    """Sends until it is `closed`, or nobody is there any more. A frame that fails is not skipped: all begins anew.

    `changed` guards the script, and is notified of all that is new in it and here. Make it under `changed`: from that
    moment on, it misses nothing.
    """

    def __init__(
        self,
        connection: Connection,
        script: TurnFrames,
        connection_api: ConnectionApi,
        *,
        changed: threading.Condition,
        gone: Callable[[Connection], None],
        pace: Timing,
    ) -> None:
        self.connection = connection
        self.broken: ChannelBroken | None = None
        """Why nobody can be written to."""
        self._script = script
        self._connection_api = connection_api
        self._changed = changed
        self._gone = gone
        self._pace = pace
        self._failures = 0
        self._closed = False
        self.has_ended = False
        """Nothing more will be sent. Ask under `changed`."""
        self._begin()
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def is_idle(self) -> bool:
        """Whether all there is by now was sent, or cannot be. Ask under `changed`."""
        return self.has_ended or (self._sent_all and self._at == len(self._script))

    def begin_anew(self, connection: Connection) -> None:
        """Its client has missed something. Call under `changed`."""
        self.connection, self._failures = connection, 0
        self._begin()

    def close(self) -> None:
        """Send nothing more. Call under `changed`."""
        self._closed = True

    def _begin(self) -> None:
        """As for somebody who knows nothing of the turn; what is said from now on comes after it."""
        self._missed: Sequence[str] = self._script.after(None)
        self._at = len(self._script)
        self._sent_all = False

    def _run(self) -> None:
        try:
            while self._send_next():
                pass
        except ConnectionGone:
            self._gone(self.connection)
        except ChannelBroken as exc:
            self.broken = exc
        finally:
            with self._changed:
                self.has_ended = True
                self._changed.notify_all()

    def _send_next(self) -> bool:
        """Send what there is; False when that was the last. Raises SocketGone and ChannelBroken."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self.is_idle)
            if self._closed:
                return False
            frames = [*self._missed, *self._script.after(self._at)]
            self._missed, self._at, self._sent_all = (), len(self._script), False
        try:
            for frame in frames:
                if self._closed:
                    return False
                self._connection_api.send(self.connection, frame)
        except (ConnectionGone, ChannelBroken):
            raise
        except DeliveryError:
            return self._try_again()
        with self._changed:
            self._failures = 0
            self._sent_all = not self._missed
            self._changed.notify_all()
        return True

    def _try_again(self) -> bool:
        with self._changed:
            self._failures += 1
            self._changed.wait_for(lambda: self._closed, timeout=self._pace.again)
            self._begin()
            self.has_ended = self._failures >= _TRIES
        return not self.has_ended
