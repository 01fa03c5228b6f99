"""Checks that a test leaves no thread running."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

PATIENCE_S: Final = 20.0


@contextmanager
def no_thread_left() -> Iterator[None]:
    """Wait for the threads that start in the context. Raises AssertionError if one does not end."""
    before = set(threading.enumerate())
    yield
    started = set(threading.enumerate()) - before
    for thread in started:
        thread.join(PATIENCE_S)
    assert [thread for thread in started if thread.is_alive()] == []
