"""Writes the frames of one turn to one connection, in its own thread."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.channels.web.room_fields import with_room
from chalicelib.channels.web.threads import Condition, Threads
from chalicelib.channels.web.turn_frames import Frames
from chalicelib.conversation.connection import Connection
from chalicelib.conversation.connection_ports import ConnectionApi
from chalicelib.errors import ChannelBroken, ConnectionGone, DeliveryError

_MAX_FAILURES: Final = 5
"""Failed sends in a row after which the connection is given up.

With the default pause that is after about two seconds. Its client can then get the rest by `resume`.
"""


@dataclass(frozen=True)
class Timing:
    """How long the threads of a turn wait, in seconds."""

    batch_s: float = 0.12
    """Pause after a `delta` frame; the text that arrives meanwhile shares the next frame. Each frame is a request."""
    poll_s: float = 1.0
    """Pause between two queries for the connections of the conversation."""
    retry_s: float = 0.5
    """Pause before the retry of a failed send."""
    end_s: float = 3.0
    """How long a slow connection may delay the next turn; its client then gets the rest by `resume`."""


class ConnectionWriter:
    """Sends a turn's frames to one connection until `close`, or until the connection is gone.

    A frame that fails is never skipped: the writer starts again with the `question` and a snapshot, so that its client
    has no gap. `report` gets each error that no port promises; it counts as a failed send. `changed` guards `frames`
    and the writer, and is notified when either changes. Create the writer while you hold `changed`: it then sends every
    frame that is added later.
    """

    def __init__(
        self,
        connection: Connection,
        frames: Frames,
        connection_api: ConnectionApi,
        *,
        changed: Condition,
        on_closed: Callable[[Connection], None],
        report: Callable[[Exception], None],
        timing: Timing,
        threads: Threads,
    ) -> None:
        self.connection = connection
        self.broken: ChannelBroken | None = None
        """The error for which no connection can be written to; None if there was none."""
        self._frames = frames
        self._connection_api = connection_api
        self._changed = changed
        self._on_closed = on_closed
        self._report = report
        self._timing = timing
        self._failures = 0
        self._closed = False
        self.has_ended = False
        """Whether the thread has stopped sending. Read it while you hold `changed`."""
        self._send_from_start()
        threads.start(self._run)

    @property
    def is_idle(self) -> bool:
        """Whether every frame so far was sent, or no frame can be sent any more. Read it while you hold `changed`."""
        return self.has_ended or (self._sent_all and self._position == len(self._frames))

    def restart(self, connection: Connection) -> None:
        """Send the turn from its start to a client that has missed frames. Call it while you hold `changed`."""
        self.connection, self._failures = connection, 0
        self._send_from_start()

    def close(self) -> None:
        """Stop before the next frame. Call it while you hold `changed`, and notify `changed`."""
        self._closed = True

    def _send_from_start(self) -> None:
        """Queue what a client needs that has nothing of the turn; frames that are added from now on follow it."""
        self._pending: Sequence[str] = self._frames.replay()
        self._position = len(self._frames)
        self._sent_all = False

    def _run(self) -> None:
        try:
            while self._send_next():
                pass
        except ConnectionGone:
            self._on_closed(self.connection)
        except ChannelBroken as exc:
            self.broken = exc
        except Exception as exc:  # noqa: BLE001 (a thread has no caller who would see it)
            self._report(exc)
        finally:
            with self._changed:
                self.has_ended = True
                self._changed.notify_all()

    def _send_next(self) -> bool:
        """Wait for unsent frames and send them; False if there will be no more.

        Raises ConnectionGone and ChannelBroken.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self.is_idle)
            if self._closed:
                return False
            frames = [*self._pending, *self._frames.frames_after(self._position)]
            self._pending, self._position, self._sent_all = (), len(self._frames), False
        try:
            for frame in frames:
                if self._closed:
                    return False
                self._connection_api.send(self.connection, with_room(self.connection, frame))
        except (ConnectionGone, ChannelBroken):
            raise
        except DeliveryError:
            return self._wait_and_restart()
        except Exception as exc:  # noqa: BLE001 (the client still waits for the end of its turn)
            self._report(exc)
            return self._wait_and_restart()
        with self._changed:
            self._failures = 0
            self._sent_all = not self._pending  # `restart` may have queued frames during the sends
            self._changed.notify_all()
        return True

    def _wait_and_restart(self) -> bool:
        """Pause, then send from the start; False after too many failures."""
        with self._changed:
            self._failures += 1
            self._changed.wait_for(lambda: self._closed, timeout=self._timing.retry_s)
            self._send_from_start()
            self.has_ended = self._failures >= _MAX_FAILURES
        return not self.has_ended
