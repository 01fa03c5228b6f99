import asyncio
from collections.abc import Iterator

import httpx2
import pytest

from chalicelib.llm.kept_connections import KEPT_S, KeptConnections


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kept(clock: Clock) -> Iterator[KeptConnections]:
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200))
    kept = KeptConnections(lambda: httpx2.AsyncClient(transport=transport), clock)
    yield kept
    kept.close()


def test_the_next_request_within_four_minutes_finds_the_same_connections(kept: KeptConnections, clock: Clock):
    loop, client = kept.loop(), kept.client()
    clock.now += KEPT_S
    assert (kept.loop(), kept.client()) == (loop, client)


def test_after_a_freeze_of_more_than_four_minutes_none_is_used_again(kept: KeptConnections, clock: Clock):
    loop, client = kept.loop(), kept.client()
    clock.now += KEPT_S + 1
    assert kept.loop() is not loop
    assert (loop.is_closed(), client.is_closed, kept.client() is client) == (True, True, False)


def test_pings_of_every_minute_keep_them_for_hours(kept: KeptConnections, clock: Clock):
    loop = kept.loop()
    for _ in range(180):
        clock.now += 60
        assert kept.loop() is loop


def test_what_still_runs_in_a_loop_is_left_alone_and_the_next_request_gets_another(kept: KeptConnections):
    loop, client = kept.loop(), kept.client()
    still_running = loop.create_task(asyncio.sleep(3600))
    assert kept.loop() is not loop
    assert kept.client() is not client
    assert not loop.is_closed()
    still_running.cancel()
    loop.run_until_complete(asyncio.wait({still_running}))
    loop.close()
