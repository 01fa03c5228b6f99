"""Runs coroutines beside the event loop of a browser, and checks that a test leaves no thread running."""

import asyncio
import threading
from asyncio.events import _get_running_loop, _set_running_loop
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
def no_loop_of_a_browser() -> Iterator[None]:
    """Hide the event loop that a browser of an earlier test leaves running in this thread."""
    running = _get_running_loop()
    _set_running_loop(None)
    try:
        yield
    finally:
        _set_running_loop(running)


@contextmanager
def no_thread_left() -> Iterator[None]:
    """Wait for the threads that start in the context. Raises AssertionError if one does not end."""
    before = set(threading.enumerate())
    yield
    started = set(threading.enumerate()) - before
    for thread in started:
        thread.join(PATIENCE_S)
    assert [thread for thread in started if thread.is_alive()] == []
