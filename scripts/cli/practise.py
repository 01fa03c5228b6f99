"""`parley practise`: two personas talk with each other, so that the owner sees how they behave before people do."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import click

from chalicelib.errors import ModelError, ParleyError
from scripts.cli.personas_files import named
from scripts.cli.practise_model import models, why
from scripts.cli.terminal import counted, folded, print_json, width
from scripts.stage.environment import UsageError
from scripts.stage.trial import BudgetSpent, Line, Trial

_MICRO: Final = 1_000_000
_MOST_TURNS: Final = 100
_AROUND_A_NAME: Final = 7
"""Columns of the number of a turn, and of the blanks beside a name."""


def _amount(_: click.Context, __: click.Parameter, value: float) -> int:
    """Return an amount in micro-USD."""
    if not math.isfinite(value):
        raise click.BadParameter("must be an amount such as 0.05")
    return round(value * _MICRO)


@dataclass(frozen=True)
class _Output:
    """Prints the lines as they come: who speaks, and what, in the columns of the terminal."""

    column: int
    """The columns of the longer name."""

    def line(self, number: int, line: Line) -> None:
        """Print a line; `number` counts from 0."""
        from rich.cells import set_cell_size  # noqa: PLC0415 (slow; `--help` does without)

        turn = f"{number // 2 + 1:>3}" if number % 2 == 0 else "   "
        name = set_cell_size(line.by.name, self.column)
        cut = " [cut by max_output_tokens]" if line.was_cut else ""
        indent = self.column + _AROUND_A_NAME
        first, *others = folded(" ".join(f"{line.text}{cut}".split()), max(20, width() - indent))
        click.echo(f"{turn}  {click.style(name, bold=True)}  {first}")
        for other in others:
            click.echo(" " * indent + other)


@click.command()
@click.argument("first", metavar="FIRST")
@click.argument("second", metavar="SECOND")
@click.option(
    "--turns", type=click.IntRange(1, _MOST_TURNS), default=10, show_default=True, help="How often each speaks."
)
@click.option("--begin", metavar="TEXT", help="What FIRST says at the beginning, instead of its opening.")
@click.option(
    "--budget",
    type=click.FloatRange(min=0),
    default=0.05,
    show_default=True,
    callback=_amount,
    metavar="USD",
    help="The most that the trial may cost; it stops before.",
)
@click.option("--json", "is_json", is_flag=True, help="Print one JSON document.")
def practise(first: str, second: str, *, turns: int, begin: str | None, budget: int, is_json: bool) -> None:
    """Let two personas talk with each other, and print what they say.

    FIRST and SECOND are names of personas that ship with the bot, or files that end with .toml. Try `practise buyer
    seller`. The model is that of the settings, at your cost (OPENAI_API_KEY); without a key it is the demo's fake
    model. Nothing is stored.
    """
    try:
        pair = named(first), named(second)
        opening = (begin or "").strip() or pair[0].welcome.opening
        if not opening:
            raise UsageError(f"{first} has no opening: say with --begin how it begins")
        with models(pair, os.environ) as (chosen, called):
            _practise(Trial(chosen, pair, budget), opening, turns=turns, called=called, is_json=is_json)
    except ParleyError as exc:
        raise click.ClickException(str(exc)) from exc


def _practise(trial: Trial, opening: str, *, turns: int, called: str, is_json: bool) -> None:
    from rich.cells import cell_len  # noqa: PLC0415

    output = _Output(max(cell_len(who.name) for who in trial.pair))
    end = ""
    if not is_json:
        click.echo("\n".join(folded(_head(trial, turns, called), width())) + "\n")
    try:
        for number, line in enumerate(trial.run(opening, turns=turns)):
            if not is_json:
                output.line(number, line)
    except BudgetSpent as exc:
        end = f"Stopped: the next answer may cost {_usd(exc.most)} USD, which the budget has no room for."
    except ModelError as exc:
        raise click.ClickException(_failure(exc, trial)) from exc
    if is_json:
        print_json(_document(trial, called, end))
        return
    click.echo("\n" + "\n".join(folded(" ".join(filter(None, (end, _summary(trial)))), width())))


def _head(trial: Trial, turns: int, called: str) -> str:
    both = " and ".join(who.name for who in trial.pair)
    free = "which costs nothing" if trial.is_free else f"for at most {_usd(trial.budget)} USD"
    return f"{both}: {counted(turns, 'turn', 'turns')} with {called}, {free}."


def _summary(trial: Trial) -> str:
    cost = "" if trial.is_free else f" They cost {_usd(trial.spent)} USD."
    return f"max_output_tokens cut {trial.cut} of {trial.asked} answers.{cost}"


def _failure(error: ModelError, trial: Trial) -> str:
    return f"{why(error, os.environ)} {_summary(trial)}"


def _document(trial: Trial, called: str, end: str) -> Mapping[str, Any]:
    return {
        "model": called,
        "lines": [
            {"name": line.by.name, "text": line.text, "cut": line.was_cut, "usd": line.cost / _MICRO}
            for line in trial.lines
        ],
        "answers": trial.asked,
        "cut": trial.cut,
        "usd": trial.spent / _MICRO,
        "stopped": end or None,
    }


def _usd(micro: int) -> str:
    return f"{Decimal(micro) / _MICRO:f}"
