"""Measures an answer in a room of three people on five connections, alone and among many idle connections.

Run it as `.venv/bin/python -m scripts.bench.room`. A proxy counts the requests to DynamoDB. Everything runs on this
machine.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

import click

from scripts.bench import machine
from scripts.bench.counting import Count, counted_dynamodb
from scripts.bench.demo import ChatClient, Demo, percentile, running_demo

_PEOPLE: Final = ("anna", "ben", "eve", "anna", "ben")
_AT_ONCE: Final = 20
_SETTLED_S: Final = 1.0
"""The time after an answer until its worker has finished all writes."""
_ANSWER: Final = " ".join(["word"] * 40)
_WORDS_A_SECOND: Final = 40


@dataclass(frozen=True)
class Cost:
    """The time, frames and requests of one answer to the room."""

    first_ms: float
    """From the question to the first words on the last connection."""
    whole_ms: float
    frames: int
    calls: Counter[str]
    writes: int
    reads: int


@click.command()
@click.option("--idle", type=click.IntRange(min=1), default=1000, show_default=True, help="Connections in other rooms.")
@click.option(
    "--answers", type=click.IntRange(min=2), default=15, show_default=True, help="Number of answers to measure."
)
def main(idle: int, answers: int) -> None:
    """Measure and print the results."""
    with counted_dynamodb() as count, running_demo("--dynamodb-url", count.url) as demo:
        demo.behave(answer=_ANSWER, tokens_per_second=_WORDS_A_SECOND)
        click.echo(machine.described())
        asyncio.run(compare(demo, count, idle, answers))


async def compare(demo: Demo, count: Count, idle: int, answers: int) -> None:
    """Measure the room alone, with idle connections, and alone again, since a machine's speed varies."""
    room = [await ChatClient.enter(demo, name, room="room") for name in _PEOPLE]
    await ask(room, count, answers=2)
    before = await ask(room, count, answers=answers)
    elsewhere: list[ChatClient] = []
    for start in range(0, idle, _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, idle))
        elsewhere += await asyncio.gather(
            *(ChatClient.enter(demo, f"idle{number}", room=f"elsewhere{number // 10}") for number in numbers)
        )
    among = await ask(room, count, answers=answers)
    for start in range(0, idle, _AT_ONCE):
        await asyncio.gather(*(client.socket.close() for client in elsewhere[start : start + _AT_ONCE]))
    await all_closed(count)
    after = await ask(room, count, answers=answers)
    for name, costs in (("alone", before), (f"with {idle} idle connections", among), ("alone again", after)):
        click.echo(f"{name}: {summary(costs)}")
    for name in ("first_ms", "whole_ms"):
        alone, crowded, again = (median(getattr(cost, name) for cost in costs) for costs in (before, among, after))
        click.echo(f"{name} with idle connections / without: {crowded / ((alone + again) / 2):.2f}")
    await asyncio.gather(*(client.socket.close() for client in room))


async def all_closed(count: Count) -> None:
    """Wait until the bot has stored the end of all closed connections."""
    before = -1
    while before != count.writes:
        before = count.writes
        await asyncio.sleep(_SETTLED_S)


async def ask(room: Sequence[ChatClient], count: Count, *, answers: int) -> Sequence[Cost]:
    """Let one client after another ask, and measure until all clients have received the answer."""
    costs = []
    for number in range(answers):
        calls, writes, reads = Counter(count.calls), count.writes, count.reads
        began = time.time() * 1000
        await room[number % len(room)].ask("What would you say?")
        heard = await asyncio.gather(*(client.answer() for client in room))
        await asyncio.sleep(_SETTLED_S)
        first = max(next(at for at, frame in frames if frame["type"] == "delta") for frames in heard)
        last = max(frames[-1][0] for frames in heard)
        sent = sum(map(len, heard))
        called = Counter(count.calls) - calls
        costs.append(Cost(first - began, last - began, sent, called, count.writes - writes, count.reads - reads))
    return costs


def summary(costs: Sequence[Cost]) -> str:
    """Format the medians and percentiles of some answers in one line."""
    first, whole = [cost.first_ms for cost in costs], [cost.whole_ms for cost in costs]
    return (
        f"first words {median(first):.0f} ms (p95 {percentile(first, 0.95):.0f}), whole answer {median(whole):.0f} ms "
        f"(p95 {percentile(whole, 0.95):.0f}); {median(cost.frames for cost in costs):.0f} frames, "
        f"{median(cost.writes for cost in costs):.0f} items written, {median(cost.reads for cost in costs):.0f} reads: "
        f"{dict(sorted(costs[len(costs) // 2].calls.items()))}"
    )


if __name__ == "__main__":
    main()
