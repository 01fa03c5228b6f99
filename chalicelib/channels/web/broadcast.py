"""Streams one turn to all connections of its conversation; a slow connection does not delay the others.

on_delta ──▶ queue ──batch──▶ TurnFrames ──▶ one ConnectionWriter for each connection
               every second: list_connections ──▶ a new connection begins with the text so far
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from chalicelib.channels.web.threads import Threads
from chalicelib.channels.web.turn_frames import TurnFrames
from chalicelib.channels.web.writer import ConnectionWriter, Timing
from chalicelib.conversation.connection import Connection
from chalicelib.conversation.connection_ports import ConnectionApi
from chalicelib.conversation.turn import Reply, Turn
from chalicelib.errors import StoreError
from chalicelib.ids import ConnectionId


class Broadcast:
    """Sends one turn's frames to every connection that `list_connections` returns.

    Calls `on_closed` in a writer's thread when API Gateway says that a connection is gone, and `report` in any thread
    with an error that no port promises.
    """

    def __init__(
        self,
        turn: Turn,
        connection_api: ConnectionApi,
        *,
        list_connections: Callable[[], Sequence[Connection]],
        on_closed: Callable[[Connection], None],
        report: Callable[[Exception], None],
        timing: Timing,
        threads: Threads,
    ) -> None:
        self.turn = turn
        self._connection_api = connection_api
        self._list_connections = list_connections
        self._on_closed = on_closed
        self._report = report
        self._timing = timing
        self._threads = threads
        self._changed = threads.condition()
        self._frames = TurnFrames(turn)
        self._queue: list[str] = []
        self._writers: dict[ConnectionId, ConnectionWriter] = {}
        self._streaming = self._cancelled = False

    @contextmanager
    def streaming(self) -> Iterator[None]:
        """Turn deltas into frames and look for new connections, for as long as the context lasts.

        At its end every delta is in a frame. Not every frame is sent by then: `close` waits for that.
        """
        self._streaming = True
        threads = [self._threads.start(work) for work in (self._batch_deltas, self._poll_connections)]
        try:
            yield
        finally:
            with self._changed:
                self._streaming = False
                self._changed.notify_all()
            for thread in threads:
                thread.join()

    def on_delta(self, text: str, *, instead: bool = False) -> bool:
        """Queue the next part of the answer without waiting; False if the person has cancelled the turn.

        With `instead`, clients remove what they have of the answer.
        """
        with self._changed:
            if instead:
                self._queue.clear()
                self._frames.withdraw()
            self._queue.append(text)
            self._changed.notify_all()
        return not self._cancelled

    def refresh(self) -> None:
        """Query the connections once: start, restart and close writers, and see whether the person cancelled.

        Raises StoreError.
        """
        connections = self._list_connections()
        with self._changed:
            self._cancelled |= any(
                connection.cancels == self.turn.id and connection.person == self.turn.person
                for connection in connections
            )
            for left in self._writers.keys() - {connection.id for connection in connections}:
                self._writers.pop(left).close()
            for connection in connections:
                self._start_or_restart(connection)
            self._changed.notify_all()

    def end(self, reply: Reply | None) -> None:
        """Add the last frames: those of the stored reply, or of a dropped turn for None."""
        with self._changed:
            self._frames.end(reply)
            self._changed.notify_all()

    def close(self, *, within_s: float) -> None:
        """Wait at most `within_s` seconds for the writers, then close them all. Raises ChannelBroken."""
        with self._changed:
            writers = list(self._writers.values())
            self._changed.wait_for(lambda: all(writer.is_idle for writer in writers), timeout=within_s)
            for writer in writers:
                writer.close()
            self._changed.notify_all()
        for writer in writers:
            if writer.broken:
                raise writer.broken

    def _start_or_restart(self, connection: Connection) -> None:
        """Give the connection a writer; restart one whose client has sent `resume`, and replace one that ended."""
        writer = self._writers.get(connection.id)
        if writer and writer.connection.resumed == connection.resumed:
            return
        if writer and not writer.has_ended:
            writer.restart(connection)
            return
        self._writers[connection.id] = ConnectionWriter(
            connection,
            self._frames.whole if connection.whole_answers else self._frames,
            self._connection_api,
            changed=self._changed,
            on_closed=self._on_closed,
            report=self._report,
            timing=self._timing,
            threads=self._threads,
        )

    def _batch_deltas(self) -> None:
        with self._changed:
            while self._streaming:
                self._changed.wait_for(lambda: bool(self._queue) or not self._streaming)
                self._flush()
                self._changed.wait_for(lambda: not self._streaming, timeout=self._timing.batch_s)
            self._flush()

    def _flush(self) -> None:
        """Turn the queued deltas into frames. Call it while you hold `changed`."""
        self._frames.add("".join(self._queue))
        self._queue.clear()
        self._changed.notify_all()

    def _poll_connections(self) -> None:
        while not self._ends_within(self._timing.poll_s):
            # After an error the connections already known go on; the next query is a second away.
            try:
                self.refresh()
            except StoreError:
                pass
            except Exception as exc:  # noqa: BLE001 (without queries a person could not cancel the answer)
                self._report(exc)

    def _ends_within(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: not self._streaming, timeout=seconds)
