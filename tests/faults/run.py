"""Plays stories by seed: `python -m tests.faults.run --schedules 100000`.

It ends at the first broken promise, with the command that tells that story again.
"""

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

import click

from tests.faults.kinds import KINDS
from tests.faults.played import Kind, Totals, played, told

PART: Final = 50
"""Schedules that a process plays before it reports."""
EVERY_S: Final = 30
"""Seconds between two lines of progress, where there is no terminal."""


class Shows(Protocol):
    """Shows what was played so far."""

    def __call__(self, total: Totals, /) -> None: ...


@click.command()
@click.option("--schedules", type=click.IntRange(1), help="How many; 1000, or 1 of a kind, by default.")
@click.option("--seed", default=0, show_default=True, help="The first one.")
@click.option("--kind", type=click.Choice(tuple(KINDS)), help="Play only this kind.")
@click.option("--json", "to", type=click.Path(path_type=Path, dir_okay=False), help="Write the result to this file.")
def main(schedules: int | None, seed: int, kind: str | None, to: Path | None) -> None:
    """Play random schedules of messages, crashes and errors. Exits with 1 at the first broken promise."""
    number = schedules or (1 if kind else 1000)
    started = time.monotonic()
    with _progress(number) as shows:
        total = _together(kind, range(seed, seed + number), shows)
    seconds = time.monotonic() - started
    if to:
        to.write_text(json.dumps(total.as_json() | {"seconds": round(seconds)}, indent=2) + "\n")
    click.echo(_sentence(total, seconds))
    for broken in total.broken:
        faults = "".join(f"\n  {fault}" for fault in told(broken.kind, KINDS, broken.seed).faults)
        click.echo(f"broken: {'; '.join(broken.promises)}{faults}\ntell it again: {broken.command}", err=True)
    sys.exit(bool(total.broken))


def _together(kind: str | None, seeds: Sequence[int], shows: Shows) -> Totals:
    """Play the stories in as many processes as there are cores."""
    parts = [range(seeds[at], min(seeds[at] + PART, seeds[-1] + 1)) for at in range(0, len(seeds), PART)]
    total = Totals()
    if len(parts) == 1:
        return played(_kinds(kind), parts[0])
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        for one in processes.map(_play, [kind] * len(parts), parts):
            total += one
            shows(total)
            if total.broken:
                processes.shutdown(cancel_futures=True)
                break
    return total


def _play(kind: str | None, seeds: range) -> Totals:
    return played(_kinds(kind), seeds)


def _kinds(kind: str | None) -> Mapping[str, Kind]:
    return {kind: KINDS[kind]} if kind else KINDS


@contextmanager
def _progress(number: int) -> Iterator[Shows]:
    """A bar on a terminal; otherwise a line now and then."""
    if not sys.stderr.isatty():
        yield _Lines(number)
        return
    from rich.console import Console  # noqa: PLC0415 (slow; `--help` does without)
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = TextColumn("schedules"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("schedules", total=number)
        yield lambda total: progress.update(task, completed=total.number)


class _Lines:
    """A line of progress every half a minute."""

    def __init__(self, number: int) -> None:
        self._number, self._next = number, time.monotonic() + EVERY_S

    def __call__(self, total: Totals, /) -> None:
        if time.monotonic() >= self._next:
            self._next += EVERY_S
            click.echo(f"{total.number:,} of {self._number:,} schedules", err=True)


def _sentence(total: Totals, seconds: float) -> str:
    crashes, errors = sum(total.crashes.values()), sum(total.errors.values())
    return (
        f"{total.number:,} schedules with {crashes:,} crashes and {errors:,} errors in {seconds:,.0f} s"
        f" ({total.number / max(seconds, 0.001):,.0f} a second):"
        f" {total.answers_repeated:,} answers repeated, the model asked again {total.model_asked_again:,} times,"
        f" {len(total.broken)} broken promises"
    )


if __name__ == "__main__":
    main()
