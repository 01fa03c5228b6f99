"""Prints the steps of a plan, runs them with their times, and says how to continue if one fails."""

import textwrap
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Final

import click

from chalicelib.errors import ConfigError, ParleyError
from scripts.deploy.steps import Step

_NAME_WIDTH: Final = 12


def show_plan(steps: Sequence[Step]) -> None:
    """Print each step with its number, name and plan, in 80 columns."""
    for number, step in enumerate(steps, start=1):
        first = f"  {number}  {step.name:{_NAME_WIDTH}}"
        others = " " * len(first)
        plan = textwrap.fill(step.plan, 80, initial_indent=first, subsequent_indent=others, break_on_hyphens=False)
        click.echo(plan)


def run_steps(steps: Sequence[Step], *, explaining: Callable[[], AbstractContextManager[None]], again: str) -> None:
    """Run the steps in order. Raises ConfigError that lists finished and open steps, and the command `again`."""
    for number, step in enumerate(steps, start=1):
        click.secho(f"[{number}/{len(steps)}] {step.name}", bold=True)
        started = time.monotonic()
        try:
            with explaining():
                result = step.run(_say)
        except (ParleyError, KeyboardInterrupt) as exc:
            why = str(exc) if isinstance(exc, ParleyError) else "interrupted"
            done, open_ = (_names(part) for part in (steps[: number - 1], steps[number - 1 :]))
            raise ConfigError(f"{step.name}: {why}\nDone: {done}. Not done: {open_}.\nTo continue: {again}") from exc
        click.echo(f"      {result} ({time.monotonic() - started:.1f} s)")


def _names(steps: Sequence[Step]) -> str:
    return ", ".join(step.name for step in steps) or "nothing"


def _say(line: str) -> None:
    click.secho(f"      {line}", dim=True)
