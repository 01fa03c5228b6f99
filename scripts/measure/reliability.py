"""Measures what survives crashes, and writes `docs/reliability.md`: `python -m scripts.measure.reliability`.

The figures go to `docs/reliability.json`, from which the page is rendered; a test compares the two.
"""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any, Final

import click

from scripts.measure.reliability_page import render
from scripts.measure.source import ROOT
from scripts.peers.bots import BOTS
from tests.faults.comparison import Tally, of_parley, of_peer
from tests.faults.peer_world import aws
from tests.faults.steps import all_steps

FIGURES: Final = ROOT / "docs" / "reliability.json"
PAGE: Final = ROOT / "docs" / "reliability.md"
PARLEY: Final = "Parley"
PART: Final = 50
"""Schedules that a process runs before it reports."""
_FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@click.option("--schedules", default=1000, show_default=True, help="How many, for Parley and for each peer.")
@click.option("--stories", type=_FILE, help="The JSON of random stories of all kinds: `tests.faults.run --json`.")
@click.option("--adapter", type=_FILE, help="What `tests.faults.adapter_counts` prints.")
@click.option(
    "--measure",
    type=click.Choice(("all", "steps", "peers", "nothing")),
    default="all",
    show_default=True,
    help="What to run: crashes at each step, the schedules of Parley and its peers, or nothing but the rendering.",
)
def main(schedules: int, stories: Path | None, adapter: Path | None, measure: str) -> None:
    """Run crashes and schedules, and write docs/reliability.json and docs/reliability.md.

    Figures that are neither measured nor given stay as they are.
    """
    figures: dict[str, Any] = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    if stories:
        figures["stories"] = _circumstances() | json.loads(stories.read_text())
    if adapter:
        figures["adapter"] = _circumstances() | {"kinds": json.loads(adapter.read_text())}
    if measure in ("all", "steps"):
        figures["steps"] = _circumstances() | all_steps()
    if measure in ("all", "peers"):
        figures["peers"] = _circumstances() | {"schedules": schedules, "bots": _compared(schedules)}
    FIGURES.write_text(json.dumps(figures, indent=1) + "\n")
    PAGE.write_text(render(figures))
    click.echo(f"wrote {PAGE.relative_to(ROOT)}")


def _circumstances() -> dict[str, str]:
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return {"date": datetime.now(UTC).date().isoformat(), "machine": machine}


def _compared(schedules: int) -> Sequence[Mapping[str, Any]]:
    """Run all schedules with all bots, in as many processes as there are cores."""
    starts = range(0, schedules, PART)
    numbers = [None, *range(len(BOTS))]
    parts = [(number, range(at, min(at + PART, schedules))) for at, number in product(starts, numbers)]
    tallies = {number: Tally() for number in numbers}
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        for (number, seeds), tally in zip(parts, processes.map(tallied, *zip(*parts, strict=True)), strict=True):
            tallies[number] += tally
            if number is numbers[-1]:
                click.echo(f"{seeds.stop:,} of {schedules:,} schedules", err=True)
    return [
        {
            "name": PARLEY if number is None else BOTS[number].name,
            "version": "" if number is None else BOTS[number].version,
            "tally": asdict(tally),
        }
        for number, tally in tallies.items()
    ]


def tallied(bot: int | None, seeds: range) -> Tally:
    """Run these schedules with one of the bots; with Parley if it is None."""
    tally = Tally()
    if bot is None:
        for seed in seeds:
            tally.add(*of_parley(seed))
        return tally
    with aws() as world:
        for seed in seeds:
            tally.add(*of_peer(world, BOTS[bot].make, seed, str(bot)))
    return tally


if __name__ == "__main__":
    main()
