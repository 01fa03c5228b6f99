"""Prints tables that fit the terminal, dates and JSON documents. Knows nothing about people, keys or costs."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

if TYPE_CHECKING:
    from rich.table import Table as Grid


def date_of(at: int, *, now: int, zone: ZoneInfo) -> str:
    """Return `21 Nov` for a date of this year, and `Nov 2025` for one of another year; times are in milliseconds."""
    moment, today = (datetime.fromtimestamp(time / 1000, zone) for time in (at, now))
    return f"{moment.day} {moment:%b}" if moment.year == today.year else f"{moment:%b %Y}"


def print_json(document: Any) -> None:
    """Print a JSON document on standard output, in UTF-8 regardless of the terminal's encoding."""
    click.echo(as_text(document).encode())


def as_text(document: Any) -> str:
    """Serialise a document to indented JSON, as it is printed or saved."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its noun: `1 key`, `2 keys`."""
    return f"{number} {one if number == 1 else many}"


def plain(text: str, style: str = "") -> Any:
    """Return text that rich prints as it is, without markup, emoji or highlighted numbers."""
    from rich.text import Text as RichText  # noqa: PLC0415

    return RichText(text, style=style)


def print_fitting(grids: "Sequence[Grid]") -> None:
    """Print the first table that fits the terminal's width, or else the last."""
    from rich.console import Console  # noqa: PLC0415 (slow; programs do without)

    console = Console(highlight=False)
    fitting = (grid for grid in grids if console.measure(grid, options=_endless(console)).maximum <= console.width)
    console.print(next(fitting, grids[-1]))


def _endless(console: Any) -> Any:
    return console.options.update(width=10_000)
