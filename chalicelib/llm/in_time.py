"""Runs an asynchronous stream for a caller with threads, who never waits for longer than a tick.

An event loop can give up whatever it waits for (a name server, a handshake, a byte), which a thread cannot.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import suppress
from typing import Final, TypeVar

T = TypeVar("T")

TICK_S: Final = 1.0
_GOODBYE_S: Final = 1.0
"""How long the end of a connection may take; then it is dropped."""


def in_time(
    stream: AsyncIterator[T], *, loop: asyncio.AbstractEventLoop, left: Callable[[], float], tick_s: float = TICK_S
) -> Generator[T | None]:
    """Yield what the stream yields in the loop, and None after each `tick_s` seconds without any.

    Raises what the stream raises, and TimeoutError as soon as `left`, the seconds that remain, is not positive. What
    the stream then waits for is cancelled; so it is when the generator is closed. What cannot be cancelled stays in
    the loop, which no other stream may then use.
    """
    items: deque[T] = deque()
    arrived = asyncio.Event()
    task = loop.create_task(_collect(stream, items, arrived))
    try:
        while not task.done():
            if (seconds := left()) <= 0:
                raise TimeoutError
            arrived.clear()  # before the loop runs: the stream may go on, or end, before `_wait` does
            loop.run_until_complete(_wait(arrived, min(tick_s, seconds)))
            if not items and not task.done():
                yield None
            while items:
                yield items.popleft()
        task.result()
    finally:
        task.cancel()
        loop.run_until_complete(asyncio.wait({task}, timeout=_GOODBYE_S))
        if task.done() and not task.cancelled():
            task.exception()  # it was raised above, or came after the caller had lost interest


async def _collect(stream: AsyncIterator[T], items: deque[T], arrived: asyncio.Event) -> None:
    try:
        async for item in stream:
            items.append(item)
            arrived.set()
    finally:
        arrived.set()


async def _wait(arrived: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(arrived.wait(), seconds)
