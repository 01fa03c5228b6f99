"""Measures Parley's webhook and worker beside peers, in one run, and writes `docs/speed.md`.

Run it as `.venv/bin/python -m scripts.bench.peers`. All times are of the CPU of the measured process, whose calls a
stub answers at once. In each round every handler has its turn, and ratios are of the same round, so that what else the
machine does changes both sides.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from scripts.bench import machine
from scripts.bench.peers import figures, page
from scripts.bench.peers.figures import Figures, Memory, Row, Start, Warm
from scripts.bench.peers.handlers import CLIENTS, DOORS, NAIVE, WORKERS, Handler
from scripts.bench.peers.processes import Place, deployed, installed, started
from scripts.bench.peers.stub import Stub, served_stub

_WARM_UP: Final = 20
_STEPS: Final = 10
_LINE: Final = 1000
"""The most events that are sent to a process at once."""
Round = Mapping[str, Any]
Rounds = Mapping[Handler, Sequence[Round]]


@click.command()
@click.option("--rounds", type=click.IntRange(min=1), default=15, show_default=True, help="Rounds of each measurement.")
@click.option("--messages", type=click.IntRange(min=1), default=100, show_default=True, help="Messages of a round.")
@click.option("--turns", type=click.IntRange(min=10), default=10_000, show_default=True, help="Turns for the memory.")
@click.option("--quick", is_flag=True, help="One round of few messages, without zips; writes nothing.")
@click.option("--page-only", is_flag=True, help="Measure nothing: write the page again from docs/speed.json.")
def main(rounds: int, messages: int, turns: int, *, quick: bool, page_only: bool) -> None:
    """Measure all handlers, and print and write the page."""
    if page_only:
        page.write(figures.loaded(page.FIGURES.read_text()))
        return
    if quick:
        rounds, messages, turns = 1, 3, 10
    with served_stub() as stub, places(stub.url, quick=quick) as where:
        found = Figures(
            date=datetime.now(UTC).date().isoformat(),
            machine=machine.described(),
            command=f"python -m scripts.bench.peers --rounds {rounds} --messages {messages} --turns {turns}",
            rounds=rounds,
            messages=messages,
            doors=measured(DOORS, where, stub, rounds=rounds, messages=messages, starts_as=CLIENTS),
            workers=measured(WORKERS, where, stub, rounds=rounds, messages=messages, starts_as=NAIVE),
            memory=[memory(handlers[0], where[-1], turns) for handlers in (DOORS, WORKERS)],
        )
    click.echo(page.rendered(found))
    if not quick:
        page.write(found)


@contextmanager
def places(stub: str, *, quick: bool) -> Iterator[Sequence[Place]]:
    """Yield where handlers are imported from: what Lambda unpacks, without and with bytecode."""
    with tempfile.TemporaryDirectory() as scratch:
        if quick:
            yield [installed(stub)]
        else:
            yield [deployed(Path(scratch), stub, bytecode=bytecode) for bytecode in (False, True)]


def measured(
    handlers: Sequence[Handler], where: Sequence[Place], stub: Stub, *, rounds: int, messages: int, starts_as: str
) -> Sequence[Row]:
    """Measure these handlers: cold in every place, and warm in the last one. `starts_as` names the peer of starts."""
    cold = {place.name: cold_rounds(handlers, place, rounds) for place in where}
    warm, calls = warm_rounds(handlers, where[-1], stub, rounds=rounds, messages=messages)
    named = {handler.name: handler for handler in handlers}
    return [
        Row(
            one.name,
            one.what,
            {state: Start.of(found[one], found[named[starts_as]]) for state, found in cold.items()},
            Warm.of(warm[one], warm[named[NAIVE]]),
            {name: number / messages / rounds for name, number in calls[one].items()},
        )
        for one in handlers
    ]


def cold_rounds(handlers: Sequence[Handler], place: Place, rounds: int) -> Rounds:
    """Start each handler once a round, after a round that is not counted and fills the disk's cache.

    There is no such round before a single one.
    """
    found: dict[Handler, list[Round]] = {handler: [] for handler in handlers}
    for number in range(1 if rounds == 1 else 0, rounds + 1):
        for handler in handlers:
            with started(handler, place) as process:
                if number:
                    found[handler].append(process.first)
    return found


def warm_rounds(
    handlers: Sequence[Handler], place: Place, stub: Stub, *, rounds: int, messages: int
) -> tuple[Rounds, Mapping[Handler, Mapping[str, int]]]:
    """Have each handler handle messages in every round, in a process that lives on; count the calls to AWS."""
    found: dict[Handler, list[Round]] = {handler: [] for handler in handlers}
    calls: dict[Handler, dict[str, int]] = {handler: {} for handler in handlers}
    with ExitStack() as stack:
        processes = [stack.enter_context(started(handler, place)) for handler in handlers]
        for process in processes:
            process.handles(_WARM_UP)
        stub.counted()
        for _ in range(rounds):
            for process in processes:
                found[process.handler].append(process.handles(messages))
                for name, number in stub.counted().items():
                    calls[process.handler][name] = calls[process.handler].get(name, 0) + number
    return found, calls


def memory(handler: Handler, place: Place, turns: int) -> Memory:
    """Have one process handle many events, and look at its memory ten times."""
    after, kb = list[int](), list[int]()
    with started(handler, place) as process:
        for step in range(1, _STEPS + 1):
            todo = turns // _STEPS
            while todo:
                last = process.handles(min(todo, _LINE))
                todo -= min(todo, _LINE)
            after.append(step * (turns // _STEPS))
            kb.append(int(last["rss_kb"]))
    return Memory(handler.what, after, kb)


if __name__ == "__main__":
    main()
