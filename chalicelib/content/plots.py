"""Draws plots as HTML without scripts: an SVG, and behind it a table with the same numbers.

A plot needs `templates/plots.css`, and no style of its own, so that the header Content-Security-Policy may forbid
inline styles. Places are percentages from left to right and pixels from top to bottom: the SVG fills any width without
stretching its letters. All texts are escaped.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import count
from typing import Final

_ABOVE: Final = 22
"""Pixels above the highest column, for its value."""
_TALL: Final = 120
_BELOW: Final = 24
"""Pixels for the labels."""
_FILLED: Final = 0.72
"""The part of its place that a column fills."""
_ROUND: Final = 3
_THINNEST: Final = 2
"""Pixels of the lowest column that is not zero."""
_FEWEST_PLACES: Final = 7
"""So few columns are not as wide as the plot: the right part of it stays empty."""
_MOST_LABELS: Final = 8
_MOST_STEPS: Final = 4
_EDGE: Final = 8
"""Per cent from an edge within which a value is written towards the middle."""
_BLOCKS: Final = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Column:
    """One column of a plot, and one row of its table."""

    label: str
    """What is written below it, if there is room."""
    name: str
    """The same in full, for the table."""
    value: int
    """Not negative."""
    shown: str
    """The value in words, such as `12` or `$0.003120`."""
    brief: str = ""
    """The same with fewer digits, to be written above the column; empty if it is short anyway."""
    is_open: bool = False
    """Whether the value still grows, as today's; the column is drawn lighter."""


@dataclass(frozen=True)
class Plot:
    """Values that are drawn as columns."""

    title: str
    summary: str
    """A sentence that says what the plot shows; screen readers read it in place of the picture."""
    columns: Sequence[Column]
    heads: tuple[str, str]
    """The headers of the table's columns: those of the names and of the values."""
    axis: Callable[[int], str]
    """Writes a value of the scale."""
    table: str
    """What opens the table, such as `Numbers`."""
    empty: str
    """What is written in place of picture and table if all values are zero."""


@dataclass(frozen=True)
class Bar:
    """One row of a list of bars."""

    name: str
    value: int
    """Not negative."""
    cells: Sequence[str]
    """What is written to the right of name and bar."""


def figure(plot: Plot) -> str:
    """Draw the plot with its title, summary and table; without picture and table if all values are zero."""
    if not any(column.value for column in plot.columns):
        return f'<figure class="plot">{_head(plot.title, plot.empty)}</figure>'
    rows = "".join(
        f'<tr><th scope="row">{escape(each.name)}</th><td>{escape(each.shown)}</td></tr>' for each in plot.columns
    )
    heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in plot.heads)
    return (
        f'<figure class="plot">{_head(plot.title, plot.summary)}{picture(plot)}'
        f"<details><summary>{escape(plot.table)}</summary>"
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></details></figure>"
    )


def picture(plot: Plot) -> str:
    """Draw the plot alone, as an SVG; a value must not be zero."""
    ticks = scale(max(column.value for column in plot.columns))
    height = _ABOVE + _TALL + _BELOW
    lines = "".join(_line(_y(tick, ticks), plot.axis(tick)) for tick in ticks)
    drawn = "".join(_column(number, plot.columns, ticks) for number in range(len(plot.columns)))
    return (
        f'<svg class="plot-picture" role="img" aria-label="{escape(f"{plot.title}. {plot.summary}")}" '
        f'width="100%" height="{height}">{lines}{drawn}</svg>'
    )


def bars(title: str, rows: Sequence[Bar], *, heads: Sequence[str]) -> str:
    """Draw a table whose rows have a bar each, as long as its part of the greatest value.

    `heads` are the headers of the names and of the cells. The bar is below the name, so that a phone has room for both.
    """
    most = max((row.value for row in rows), default=0)
    top = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    body = "".join(_bar(row, most) for row in rows)
    caption = f"<caption>{escape(title)}</caption>" if title else ""
    return f'<table class="bars">{caption}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'


def sparkline(values: Sequence[int]) -> str:
    """Draw values as a line of block letters for a terminal or a chat, one letter each; zero is the lowest block."""
    most = max(values, default=0)
    last = len(_BLOCKS) - 1
    return "".join(_BLOCKS[-(-value * last // most) if most else 0] for value in values)


def scale(most: int) -> Sequence[int]:
    """Return the values of an axis from 0 up to at least `most`, which is positive: at most four whole steps.

    A step is 1, 2 or 5, with zeros.
    """
    steps = (digit * 10**power for power in count() for digit in (1, 2, 5))
    step = next(step for step in steps if step * _MOST_STEPS >= most)
    return [step * number for number in range(-(-most // step) + 1)]


def _head(title: str, said: str) -> str:
    return f"<figcaption><h3>{escape(title)}</h3><p>{escape(said)}</p></figcaption>"


def _bar(row: Bar, most: int) -> str:
    length = 100 * row.value / most if most else 0
    picture = (
        '<svg class="plot-line" aria-hidden="true" width="100%" height="6">'
        '<rect class="plot-track" width="100%" height="6" rx="3"/>'
        f'<rect class="plot-column" width="{length:.2f}%" height="6" rx="3"/></svg>'
    )
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in row.cells)
    return f'<tr><th scope="row">{escape(row.name)}{picture}</th>{cells}</tr>'


def _line(y: float, shown: str) -> str:
    return (
        f'<line class="plot-rule" x1="0" x2="100%" y1="{y:g}" y2="{y:g}"/>'
        f'<text class="plot-scale" x="-8" y="{y + 4:g}">{escape(shown)}</text>'
    )


def _column(number: int, columns: Sequence[Column], ticks: Sequence[int]) -> str:
    """Draw a column, its label and its hint; above the first of the highest ones its value."""
    column, wide = columns[number], 100 / max(len(columns), _FEWEST_PLACES)
    middle = wide * (number + 0.5)
    floor, top = _ABOVE + _TALL, _y(column.value, ticks)
    kind = "plot-column plot-open" if column.is_open else "plot-column"
    hint = f"<title>{escape(f'{column.name}: {column.shown}')}</title>"
    parts = [f'<g class="plot-place"><rect class="plot-reach" x="{middle - wide / 2:.3f}%" y="0" width="{wide:.3f}%"']
    parts.append(f' height="{floor + _BELOW}"/>{hint}')
    if column.value:
        tall = max(floor - top, _THINNEST)
        parts.append(
            f'<rect class="{kind}" x="{middle - wide * _FILLED / 2:.3f}%" y="{floor - tall:g}" '
            f'width="{wide * _FILLED:.3f}%" height="{tall:g}" rx="{min(_ROUND, tall / 2):g}"/>'
        )
    most = max(each.value for each in columns)
    if column.value and number == next(place for place, each in enumerate(columns) if each.value == most):
        parts.append(
            f'<text class="plot-most {_towards_the_middle(middle)}" x="{middle:.3f}%" y="{top - 7:g}">'
            f"{escape(column.brief or column.shown)}</text>"
        )
    if number % -(-len(columns) // _MOST_LABELS) == 0:
        parts.append(
            f'<text class="plot-label" x="{middle:.3f}%" y="{floor + _BELOW - 6}">{escape(column.label)}</text>'
        )
    return "".join([*parts, "</g>"])


def _towards_the_middle(place: float) -> str:
    return "plot-from" if place < _EDGE else "plot-to" if place > 100 - _EDGE else "plot-middle"


def _y(value: int, ticks: Sequence[int]) -> float:
    return _ABOVE + _TALL * (1 - value / ticks[-1])
