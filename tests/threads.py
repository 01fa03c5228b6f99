"""Runs coroutines in a thread of their own, and checks that a test leaves no thread running."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final, TypeVar

T = TypeVar("T")
PATIENCE_S: Final = 20.0


def run(story: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end. In the main thread an event loop runs already, once a browser was started."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, story).result()


@contextmanager
def no_thread_left() -> Iterator[None]:
    """Wait for the threads that start in the context. Raises AssertionError if one does not end."""
    before = set(threading.enumerate())
    yield
    started = set(threading.enumerate()) - before
    for thread in started:
        thread.join(PATIENCE_S)
    assert [thread for thread in started if thread.is_alive()] == []
