"""The threads that stream a turn, and the condition on which they wait for each other."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Protocol


class Condition(Protocol):
    """The part of `threading.Condition` that the threads of a turn use."""

    def __enter__(self) -> object: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

    def wait_for(self, predicate: Callable[[], bool], timeout: float | None = None) -> bool:
        """Wait until `predicate` holds; return False if it does not within `timeout` seconds."""

    def notify_all(self) -> None:
        """Let all that wait look at their predicates again."""


class Thread(Protocol):
    """A thread that was started."""

    def join(self) -> None:
        """Wait until it ends."""


class Threads(Protocol):
    """Starts threads. A test runs them in turns, so that what they do can be repeated."""

    def condition(self) -> Condition:
        """Return a new condition."""

    def start(self, work: Callable[[], None]) -> Thread:
        """Start a thread that does not keep the process alive."""


class ProcessThreads:
    """`Threads` of the operating system."""

    def condition(self) -> Condition:
        """Return a new condition."""
        return threading.Condition()

    def start(self, work: Callable[[], None]) -> Thread:
        """Start a thread that does not keep the process alive."""
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        return thread
