"""Text for a terminal of 80 columns, and JSON for programs; nothing here knows what is shown."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

if TYPE_CHECKING:
    from rich.table import Table as Grid


def date_of(at: int, *, now: int, zone: ZoneInfo) -> str:
    """A day of this year, a month of another."""
    moment, today = (datetime.fromtimestamp(time / 1000, zone) for time in (at, now))
    return f"{moment.day} {moment:%b}" if moment.year == today.year else f"{moment:%b %Y}"


def print_json(document: Any) -> None:
    """One document on standard output, in UTF-8 whatever the terminal's encoding is."""
    click.echo(as_text(document).encode())


def as_text(document: Any) -> str:
    """The document as it is printed or saved."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def counted(number: int, one: str, many: str) -> str:
    """A number with its word."""
    return f"{number} {one if number == 1 else many}"


def plain(text: str, style: str = "") -> Any:
    """Text in which rich finds no markup, emoji or numbers to paint."""
    from rich.text import Text as RichText  # noqa: PLC0415

    return RichText(text, style=style)


def print_fitting(grids: "Sequence[Grid]") -> None:
    """Print the first that fits the terminal, or else the last."""
    from rich.console import Console  # noqa: PLC0415 (slow; programs do without)

    console = Console(highlight=False)
    fitting = (grid for grid in grids if console.measure(grid, options=_endless(console)).maximum <= console.width)
    console.print(next(fitting, grids[-1]))


def _endless(console: Any) -> Any:
    return console.options.update(width=10_000)
