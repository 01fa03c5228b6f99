"""A stream that is read for a caller with threads: what comes at once is not waited for."""

import asyncio
from collections.abc import AsyncIterator
from selectors import DefaultSelector, SelectorKey
from typing import Any

from chalicelib.llm.in_time import in_time


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


def test_a_stream_that_goes_on_before_the_loop_waits_is_not_waited_for():
    waits = Waits()
    loop = asyncio.SelectorEventLoop(waits)
    assert list(in_time(words(), loop=loop, left=lambda: 60.0, tick_s=0.01)) == ["It", "rains."]
    loop.close()
    assert waits.seconds == []
