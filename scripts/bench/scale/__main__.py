"""`python -m scripts.bench.scale`: simulates and measures a deployment at scale, and writes docs/scale.md."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import click

from scripts.bench.scale.figures import FULL, QUICK, Effort, Figures, grown, recorded, simulated
from scripts.bench.scale.page import render
from scripts.simulator.aws import Emulator
from scripts.stage.environment import ROOT

FIGURES = ROOT / "docs" / "scale.json"
PAGE = ROOT / "docs" / "scale.md"


@click.command()
@click.option("--quick", is_flag=True, help="Simulate and measure little, print the page and write nothing.")
@click.option("--turns", type=click.IntRange(min=40), help="Turns over which memory is measured.  [default: 5000]")
@click.option("--store", "only_store", is_flag=True, help="Keep what grows and the memory as they were measured last.")
@click.option("--render", "only_render", is_flag=True, help="Write the page again from the figures of the last run.")
def main(*, quick: bool, turns: int | None, only_store: bool, only_render: bool) -> None:
    """Simulate and measure, and write docs/scale.json and docs/scale.md."""
    if only_render:
        _write(PAGE, render(_last()))
        return
    effort = QUICK if quick else FULL
    effort = replace(effort, memory_turns=turns) if turns else effort
    found = _with_emulator(effort, _last()["growth"] if only_store else None)
    if quick:
        click.echo(render(found))
    else:
        _write(FIGURES, json.dumps(found, indent=1) + "\n")
        _write(PAGE, render(found))


def _with_emulator(effort: Effort, growth_of: Figures | None) -> Figures:
    emulator, command = Emulator(), _command()
    emulator.start()
    try:
        growth_of = growth_of or grown(emulator.url, effort, command=command, say=_say)
        return simulated(recorded(emulator.url, effort, say=_say), effort, growth_of, command=command, say=_say)
    finally:
        emulator.stop()


def _last() -> Figures:
    """Return the figures of the last run. Raises FileNotFoundError."""
    found: Figures = json.loads(FIGURES.read_text())
    return found


def _say(what: str) -> None:
    click.echo(f"{what} …", err=True)


def _command() -> str:
    return " ".join([".venv/bin/python -m scripts.bench.scale", *sys.argv[1:]])


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    click.echo(f"wrote {path.relative_to(ROOT)}", err=True)


if __name__ == "__main__":
    main()
