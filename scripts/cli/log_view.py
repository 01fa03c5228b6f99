"""Formats log lines: as JSON for programs, as readable text for the owner."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import click

from scripts.cli.log_lines import Line
from scripts.cli.terminal import counted, folded

_STAGE, _CORR, _PERSON = 9, 8, 4
_INDENT: Final = " " * len(f"00:00:00  {'':{_STAGE}}  {'':{_CORR}}  ")
_NARROWEST: Final = 20
_TENTH_S: Final = 100
_COLOURS: Final = {"accept": "cyan", "model": "magenta", "turn": "green"}


def _span(ms: Any) -> str:
    return f"{ms / 1000:.1f} s" if ms >= _TENTH_S else f"{ms} ms"


def _unless_none(words: str) -> Callable[[Any], str]:
    return lambda number: words.format(number) if number else ""


_WORDS: Final[Mapping[str, Callable[[Any], str]]] = {
    "path": "at {}".format,
    "place": "in {}".format,
    "call": str,
    "outcome": str,
    "state": str,
    "reason": str,
    "kind": str,
    "events": lambda events: counted(events, "event", "events"),
    "kept": _unless_none("kept {}"),
    "duplicates": _unless_none("{} again"),
    "ms": _span,
    "waited_ms": lambda ms: f"waited {_span(ms)}",
    "gen_ai.usage.input_tokens": "{} in".format,
    "gen_ai.usage.cache_read.input_tokens": _unless_none("{} cached"),
    "gen_ai.usage.output_tokens": "{} out".format,
    "tokens_in": "{} in".format,
    "tokens_cached": _unless_none("{} cached"),
    "tokens_out": "{} out".format,
    "cost_usd": _unless_none("${:.6f}"),
    "warmed": "warmed {}".format,
    "swept": "swept {}".format,
    "closed": _unless_none("closed {}"),
    "findings": lambda findings: counted(findings, "finding", "findings"),
    "model_calls": lambda calls: f"{calls} model calls" if calls > 1 else "",
    "oldest_ms": lambda ms: f"oldest waits {_span(ms)}" if ms else "",
    "used_pct": "{} % used".format,
    "cold": _unless_none("cold start"),
    "person": lambda pseudonym: f"person {str(pseudonym)[:_PERSON]}",
}
"""How known values are written, in this order; other values follow as k=v."""
_ELSEWHERE: Final = frozenset({"ts", "stage", "function", "corr", "error", "message"})
_HIDDEN: Final = frozenset(
    {
        "level",
        "request_id",
        "conversation",
        "from",
        "to",
        "failed",
        "refused",
        "broken",
        "gen_ai.operation.name",
        "gen_ai.provider.name",
        "gen_ai.request.model",
        "gen_ai.response.time_to_first_chunk",
    }
)
"""Values that do not help the owner; `--json` prints them."""


def as_json(line: Line) -> str:
    """Serialise a line to one JSON document, on one line."""
    return json.dumps(line.values, ensure_ascii=False)


@dataclass
class LogView:
    """Formats lines with times in the owner's time zone, and a heading when the day changes."""

    zone: ZoneInfo
    day: date
    """The day of the last line; today before the first."""
    width: int | None
    """Columns of the terminal; None without a terminal, where lines are not wrapped."""

    def show(self, lines: Sequence[Line]) -> Iterator[str]:
        """Yield the text to print, with colours; click removes them unless it prints to a terminal."""
        for line in lines:
            moment = datetime.fromtimestamp(line.at / 1000, self.zone)
            if moment.date() != self.day:
                self.day = moment.date()
                yield click.style(f"{moment:%a} {moment.day} {moment:%b %Y}", bold=True)
            yield self._line(line, f"{moment:%H:%M:%S}")

    def _line(self, line: Line, time: str) -> str:
        head = f"{time}  {_stage(line):{_STAGE}}  {line.corr[:_CORR]:{_CORR}}  "
        text = f"{head}{self._folded(in_words(line.values))}".rstrip()
        if line.is_error:
            return click.style(text, fg="red")
        is_quiet = line.stage == "heartbeat" and not line.values.get("swept")
        return click.style(text, fg=_COLOURS.get(line.stage), dim=True if is_quiet else None)

    def _folded(self, words: str) -> str:
        if self.width is None:
            return words
        room = max(self.width - len(_INDENT), _NARROWEST)
        return f"\n{_INDENT}".join(folded(words, room))


def in_words(values: Mapping[str, Any]) -> str:
    """Describe a line in words: errors first, then known values, then the others."""
    error = ": ".join(str(values[name]) for name in ("error", "message") if values.get(name))
    known = [_said(name, values[name]) for name in _WORDS if values.get(name) is not None]
    shown = _ELSEWHERE | _HIDDEN | _WORDS.keys()
    others = [f"{name}={value}" for name, value in values.items() if name not in shown and value is not None]
    return printable(", ".join(filter(None, [error, *known, *others])))


def _said(name: str, value: Any) -> str:
    try:
        return _WORDS[name](value)
    except (TypeError, ValueError):  # another version logs another type under this name
        return f"{name}={value}"


def _stage(line: Line) -> str:
    """Return the name of the step; for a report of Lambda, the name of the function."""
    function = str(line.values.get("function", ""))
    return function.rpartition("-")[2] or line.stage


def printable(text: str) -> str:
    """Replace control characters, which a terminal would interpret, with spaces."""
    return "".join(character if character.isprintable() else " " for character in text)
