"""Calls that one thread hands over to another, so that all that acts runs in one."""

from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any

Handed = SimpleQueue[Callable[[], None] | None]


def elsewhere(handed: Handed, act: Callable[..., Any]) -> Callable[..., Any]:
    """The same, done by the thread that takes from the queue; this one waits for what comes of it."""

    def hand_over(*args: Any, **named: Any) -> Any:
        outcome: Future[Any] = Future()

        def done() -> None:
            try:
                outcome.set_result(act(*args, **named))
            except BaseException as error:  # noqa: BLE001 (a crash too is what came of it)
                outcome.set_exception(error)

        handed.put(done)
        return outcome.result(timeout=60)

    return hand_over


class Elsewhere:
    """A client whose calls are made by another thread."""

    def __init__(self, handed: Handed, client: object) -> None:
        self._handed, self._client = handed, client

    def __getattr__(self, method: str) -> Any:
        found = getattr(self._client, method)
        return elsewhere(self._handed, found) if callable(found) else found
