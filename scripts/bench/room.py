"""What an answer costs in a room of three people on five sockets, and whether idle sockets elsewhere slow it.

Run as `.venv/bin/python -m scripts.bench.room`. What is asked of DynamoDB is counted by a proxy on the way there. All
is on this machine, and nothing is sent anywhere.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

import click

from scripts.bench.counting import Count, counted_dynamodb
from scripts.bench.demo import Chatter, Demo, machine, of_all, running_demo

_PEOPLE: Final = ("anna", "ben", "eve", "anna", "ben")
_AT_ONCE: Final = 20
_SETTLED_S: Final = 1.0
"""So long after an answer its worker has written all."""
_ANSWER: Final = " ".join(["word"] * 40)
_WORDS_A_SECOND: Final = 40


@dataclass(frozen=True)
class Cost:
    """Of one answer to the whole room."""

    first_ms: float
    """From the question to the first words on the last socket."""
    whole_ms: float
    frames: int
    calls: Counter[str]
    writes: int
    reads: int


@click.command()
@click.option("--idle", type=click.IntRange(min=1), default=1000, show_default=True, help="Sockets in other rooms.")
@click.option("--answers", type=click.IntRange(min=2), default=15, show_default=True, help="Answers to be timed.")
def main(idle: int, answers: int) -> None:
    """Measure, and print what came out."""
    with counted_dynamodb() as count, running_demo(AWS_ENDPOINT_URL_DYNAMODB=count.url) as demo:
        demo.behave(answer=_ANSWER, tokens_per_second=_WORDS_A_SECOND)
        click.echo(machine())
        asyncio.run(compare(demo, count, idle, answers))


async def compare(demo: Demo, count: Count, idle: int, answers: int) -> None:
    """The room alone, and with many elsewhere; once more alone, as machines have moods."""
    room = [await Chatter.enter(demo, name, room="room") for name in _PEOPLE]
    await ask(room, count, answers=2)
    before = await ask(room, count, answers=answers)
    elsewhere: list[Chatter] = []
    for start in range(0, idle, _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, idle))
        elsewhere += await asyncio.gather(
            *(Chatter.enter(demo, f"idle{number}", room=f"elsewhere{number // 10}") for number in numbers)
        )
    among = await ask(room, count, answers=answers)
    for start in range(0, idle, _AT_ONCE):
        await asyncio.gather(*(chatter.socket.close() for chatter in elsewhere[start : start + _AT_ONCE]))
    await forgotten(count)
    after = await ask(room, count, answers=answers)
    for name, costs in (("alone", before), (f"with {idle} idle sockets", among), ("alone again", after)):
        click.echo(f"{name}: {summary(costs)}")
    for name in ("first_ms", "whole_ms"):
        alone, crowded, again = (median(getattr(cost, name) for cost in costs) for costs in (before, among, after))
        click.echo(f"{name} with idle sockets / without: {crowded / ((alone + again) / 2):.2f}")
    await asyncio.gather(*(chatter.socket.close() for chatter in room))


async def forgotten(count: Count) -> None:
    """Until the last of those who have gone is noted as gone."""
    before = -1
    while before != count.writes:
        before = count.writes
        await asyncio.sleep(_SETTLED_S)


async def ask(room: Sequence[Chatter], count: Count, *, answers: int) -> Sequence[Cost]:
    """Everybody asks in turn, and everybody listens."""
    costs = []
    for number in range(answers):
        calls, writes, reads = Counter(count.calls), count.writes, count.reads
        began = time.time() * 1000
        await room[number % len(room)].say("send_message", message="What would you say?")
        heard = await asyncio.gather(*(chatter.answer() for chatter in room))
        await asyncio.sleep(_SETTLED_S)
        first = max(next(at for at, frame in frames if frame["type"] == "delta") for frames in heard)
        last = max(frames[-1][0] for frames in heard)
        sent = sum(map(len, heard))
        called = Counter(count.calls) - calls
        costs.append(Cost(first - began, last - began, sent, called, count.writes - writes, count.reads - reads))
    return costs


def summary(costs: Sequence[Cost]) -> str:
    """In a line."""
    first, whole = [cost.first_ms for cost in costs], [cost.whole_ms for cost in costs]
    return (
        f"first words {median(first):.0f} ms (p95 {of_all(first, 0.95):.0f}), whole answer {median(whole):.0f} ms "
        f"(p95 {of_all(whole, 0.95):.0f}); {median(cost.frames for cost in costs):.0f} frames, "
        f"{median(cost.writes for cost in costs):.0f} items written, {median(cost.reads for cost in costs):.0f} reads: "
        f"{dict(sorted(costs[len(costs) // 2].calls.items()))}"
    )


if __name__ == "__main__":
    main()
