"""Ends the wait for a server in time: a timeout of a socket begins again with each byte that a server sends."""

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Final, TypeVar

T = TypeVar("T")

_SPARE_S: Final = 1.0
"""By which what is asked may end itself, with its own reason."""


def in_time(asked: Callable[[], T], *, seconds: float) -> T:
    """Return what `asked` returns, or raise what it raises; TimeoutError a little after `seconds`.

    It then goes on in its thread until a timeout of its own ends it: it must begin nothing new after `seconds`.
    """
    found, errors, ended = list[T](), list[BaseException](), SimpleQueue[None]()

    def ask() -> None:
        try:
            found.append(asked())
        except BaseException as exc:  # noqa: BLE001 (raised where the caller waits)
            errors.append(exc)
        ended.put(None)

    threading.Thread(target=ask, name="tool", daemon=True).start()
    try:
        ended.get(timeout=max(0.0, seconds) + _SPARE_S)
    except Empty:
        raise TimeoutError from None
    if errors:
        raise errors.pop()
    return found[0]
