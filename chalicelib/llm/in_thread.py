"""Reads a blocking stream in a thread, for a caller who never waits for longer than a tick.

boto3 has no asynchronous streams, so `in_time` cannot read them.
"""

import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from queue import Empty, SimpleQueue
from typing import Any, Final, Protocol, TypeVar

T = TypeVar("T")

TICK_S: Final = 1.0


class Stream(Protocol):
    """An open response."""

    def __iter__(self) -> Iterator[Any]:
        """Block until the next event."""

    def end(self) -> None:
        """Let an iteration that blocks in another thread end at once, with an error or without. Raises nothing."""

    def close(self) -> None:
        """Close the response; only for the thread that reads it. Raises nothing."""


@dataclass
class Reading:
    """The reading of one stream, which `opened` requests."""

    opened: Callable[[], Stream]
    _items: "SimpleQueue[tuple[bool, Any]]" = field(default_factory=SimpleQueue, repr=False)
    """Events, marked True, and at last the error that ended the stream, or None."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _stream: Stream | None = None
    _is_given_up: bool = False

    def events(
        self, read: Callable[[Any], Iterable[T]], *, left: Callable[[], float], tick_s: float = TICK_S
    ) -> Generator[T | None]:
        """Yield what `read` makes of the stream's events, and None after each `tick_s` seconds without any.

        Raises what the stream and `read` raise, and TimeoutError as soon as `left`, the seconds that remain, is not
        positive. That, and closing the generator, ends the stream; a request without a response yet is ended as soon
        as its response begins.
        """
        threading.Thread(target=self._read, name="model", daemon=True).start()
        tick = time.monotonic() + tick_s
        try:
            while True:
                if (seconds := left()) <= 0:
                    raise TimeoutError
                arrived = self._next(min(tick - time.monotonic(), seconds))
                if arrived is None:
                    return
                for event in chain.from_iterable(map(read, arrived)):
                    yield event
                    tick = time.monotonic() + tick_s
                if time.monotonic() >= tick:
                    yield None
                    tick = time.monotonic() + tick_s
        finally:
            self._give_up()

    def _next(self, seconds: float) -> Sequence[Any] | None:
        """Return the stream's next event, nothing after `seconds` without one, None at its end. Raises its error."""
        try:
            is_event, item = self._items.get(timeout=max(0.0, seconds))
        except Empty:
            return ()
        if is_event:
            return (item,)
        if item is not None:
            raise item
        return None

    def _give_up(self) -> None:
        with self._lock:
            self._is_given_up = True
            if self._stream:
                self._stream.end()

    def _read(self) -> None:
        try:
            stream = self.opened()
            try:
                if self._keep(stream):
                    for event in stream:
                        self._items.put((True, event))
            finally:
                self._keep(None)
                stream.close()
        except Exception as exc:  # noqa: BLE001 (raised where the caller waits)
            self._items.put((False, exc))
        else:
            self._items.put((False, None))

    def _keep(self, stream: Stream | None) -> bool:
        """Keep the stream, so that it can be ended; return whether it is still wanted."""
        with self._lock:
            self._stream = stream
            return not self._is_given_up
