"""`python -m scripts.bench.scale`: simulates and measures a deployment at scale, and writes docs/scale.md."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from scripts.bench.scale.figures import FULL, QUICK, figures
from scripts.bench.scale.page import render
from scripts.simulator.aws import Emulator
from scripts.stage.environment import ROOT

FIGURES = ROOT / "docs" / "scale.json"
PAGE = ROOT / "docs" / "scale.md"


@click.command()
@click.option("--quick", is_flag=True, help="Simulate and measure little, print the page and write nothing.")
@click.option("--turns", type=click.IntRange(min=40), help="Turns over which the memory is measured.  [default: 5000]")
@click.option("--render", "only_render", is_flag=True, help="Write the page again from the figures of the last run.")
def main(*, quick: bool, turns: int | None, only_render: bool) -> None:
    """Simulate and measure, and write docs/scale.json and docs/scale.md."""
    if only_render:
        PAGE.write_text(render(json.loads(FIGURES.read_text())))
        return
    effort = QUICK if quick else FULL
    effort = replace(effort, memory_turns=turns) if turns else effort
    found = _with_emulator(effort, command=_command())
    if quick:
        click.echo(render(found))
    else:
        _write(FIGURES, json.dumps(found, indent=1) + "\n")
        _write(PAGE, render(found))


def _with_emulator(effort: Any, *, command: str) -> Any:
    emulator = Emulator()
    emulator.start()
    try:
        return figures(emulator.url, effort, command=command, say=lambda what: click.echo(f"{what} …", err=True))
    finally:
        emulator.stop()


def _command() -> str:
    return " ".join([".venv/bin/python -m scripts.bench.scale", *sys.argv[1:]])


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    click.echo(f"wrote {path.relative_to(ROOT)}", err=True)


if __name__ == "__main__":
    main()
