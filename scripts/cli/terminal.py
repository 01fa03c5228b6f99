"""Prints tables that fit the terminal, dates and JSON documents. Knows nothing about people, keys or costs."""

import json
import shutil
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import click

from scripts.stage import colours

if TYPE_CHECKING:
    from rich.table import Table as Grid

_ENDLESS: Final = 10_000
_WIDEST: Final = 80


def date_of(at: int, *, now: int, zone: ZoneInfo) -> str:
    """Return `21 Nov` for a date of this year, and `Nov 2025` for one of another year; times are in milliseconds."""
    moment, today = (datetime.fromtimestamp(time / 1000, zone) for time in (at, now))
    return f"{moment.day} {moment:%b}" if moment.year == today.year else f"{moment:%b %Y}"


def moment_of(at: int, *, zone: ZoneInfo) -> str:
    """Return `2026-11-20 13:00` for a time in milliseconds since 1970."""
    return f"{datetime.fromtimestamp(at / 1000, zone):%Y-%m-%d %H:%M}"


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


def width() -> int:
    """Return the columns of the terminal; 80 without one, unless COLUMNS says otherwise."""
    return shutil.get_terminal_size().columns


def print_fitting(grids: "Sequence[Grid]", stacked: Iterable[tuple[str, str]]) -> None:
    """Print the first table that fits the terminal's width.

    If none fits, print each row of `stacked` in two parts, the second indented below the first. Both are folded at
    spaces only, so that an id stays whole.
    """
    from rich.console import Console  # noqa: PLC0415 (slow; programs do without)

    console = Console(highlight=False, width=width(), color_system=None if colours.are_unwanted() else "auto")
    for grid in grids:
        if console.measure(grid, options=console.options.update(width=_ENDLESS)).maximum <= console.width:
            console.print(grid)
            return
    for first, others in stacked:
        click.echo("\n".join(folded(first, width())))
        click.echo("\n".join(f"  {line}" for line in folded(others, width() - 2)))


def print_values(rows: Sequence[tuple[str, str]]) -> None:
    """Print names in bold with their values; a value is folded at spaces only, so that an id stays whole."""
    begin = max(len(name) for name, _ in rows) + 2
    for name, value in rows:
        lines = folded(value, width() - begin)
        click.echo(click.style(f"{name:{begin}}", bold=True) + f"\n{' ' * begin}".join(lines))


def print_prose(text: str) -> None:
    """Print lines of prose, folded at spaces to the terminal's width, 80 columns at most; no command may be in them."""
    lines = [part for line in text.split("\n") for part in folded(line, min(_WIDEST, width()))]
    click.echo("\n".join(lines))


def folded(text: str, room: int) -> list[str]:
    """Fold a text into lines of so many columns, at spaces only; a longer word, such as an id, stays whole."""
    lines: list[str] = []
    for word in text.strip().replace("\n", " ").split(" "):
        if lines and _columns(lines[-1]) + 1 + _columns(word) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return [line.rstrip() for line in lines]


def _columns(text: str) -> int:
    """Return how many columns of a terminal a text takes: Korean, Japanese and Chinese letters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
