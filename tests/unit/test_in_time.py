import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from selectors import DefaultSelector, SelectorKey
from typing import Any

import pytest

from chalicelib.llm.in_time import in_time

PATIENCE_S = 60.0


def left(seconds: float) -> Callable[[], float]:
    """The time left, counted from the first look at it."""
    began: list[float] = []

    def remaining() -> float:
        began.append(time.monotonic())
        return began[0] + seconds - began[-1]

    return remaining


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


class Stream:
    """Yields numbers with pauses, and remembers whether it was ended."""

    def __init__(self, *steps: float) -> None:
        self.steps = steps
        self.ended = False

    async def __call__(self) -> AsyncIterator[int]:
        try:
            for number, pause in enumerate(self.steps):
                await asyncio.sleep(pause)
                yield number
        finally:
            self.ended = True


def test_items_come_in_order_and_nothing_between_them_if_they_are_quick(loop: asyncio.AbstractEventLoop):
    assert list(in_time(Stream(0, 0, 0)(), loop=loop, left=left(PATIENCE_S), tick_s=PATIENCE_S)) == [0, 1, 2]


def test_a_tick_comes_while_there_is_none(loop: asyncio.AbstractEventLoop):
    events = in_time(Stream(0, PATIENCE_S)(), loop=loop, left=left(PATIENCE_S), tick_s=0.01)
    assert [next(events) for _ in range(4)] == [0, None, None, None]
    events.close()


@pytest.mark.parametrize("steps", [(PATIENCE_S,), (0, PATIENCE_S), (0.001,) * 100_000])
def test_the_end_of_the_time_ends_the_stream(loop: asyncio.AbstractEventLoop, steps: tuple[float, ...]):
    stream = Stream(*steps)
    with pytest.raises(TimeoutError):
        list(in_time(stream(), loop=loop, left=left(0.2), tick_s=0.05))
    assert stream.ended


def test_closing_ends_the_stream_at_once(loop: asyncio.AbstractEventLoop):
    stream, began = Stream(0, PATIENCE_S), time.monotonic()
    events = in_time(stream(), loop=loop, left=left(PATIENCE_S), tick_s=PATIENCE_S)
    assert next(events) == 0
    events.close()
    assert stream.ended
    assert time.monotonic() - began < PATIENCE_S


def test_an_error_of_the_stream_comes_after_its_items(loop: asyncio.AbstractEventLoop):
    async def fails() -> AsyncIterator[int]:
        yield 1
        raise ZeroDivisionError

    events = in_time(fails(), loop=loop, left=left(PATIENCE_S))
    assert next(events) == 1
    with pytest.raises(ZeroDivisionError):
        next(events)


def test_a_stream_that_cannot_be_cancelled_holds_up_for_a_second_only(loop: asyncio.AbstractEventLoop):
    async def stubborn() -> AsyncIterator[int]:
        yield 1
        while True:
            try:
                await asyncio.sleep(PATIENCE_S)
            except asyncio.CancelledError:
                await asyncio.sleep(1.5)
                return

    began = time.monotonic()
    events = in_time(stubborn(), loop=loop, left=left(PATIENCE_S))
    assert next(events) == 1
    events.close()
    assert time.monotonic() - began < PATIENCE_S


def test_several_threads_have_streams_of_their_own():
    got: list[int | None] = []

    def run() -> None:
        with closing(asyncio.new_event_loop()) as loop:
            got.extend(in_time(Stream(0.01, 0.01)(), loop=loop, left=left(PATIENCE_S)))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [number for number in got if number is not None].count(1) == 4


def test_one_loop_runs_one_stream_after_the_other(loop: asyncio.AbstractEventLoop):
    assert [list(in_time(Stream(0, 0)(), loop=loop, left=left(PATIENCE_S))) for _ in range(2)] == [[0, 1], [0, 1]]


class Waits(DefaultSelector):
    """Notes for how long a loop would wait, and lets it go on at once."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        self.seconds += [timeout] if timeout else []
        found: Any = super().select(0)
        return list(found)


async def words() -> AsyncIterator[str]:
    """All are there already."""
    yield "It"
    yield "rains."


def test_a_stream_that_ends_before_the_loop_waits_is_not_waited_for():
    waits = Waits()
    with closing(asyncio.SelectorEventLoop(waits)) as loop:
        assert list(in_time(words(), loop=loop, left=left(PATIENCE_S), tick_s=0.01)) == ["It", "rains."]
    assert waits.seconds == []
