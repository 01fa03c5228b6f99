"""Parses a JSON file that people write; an error names file, line and what to change."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from chalicelib.errors import ConfigError

_TOKEN: Final = re.compile(r'(?P<name>"(?:[^"\\]|\\.)*")(?=\s*:)|"(?:[^"\\]|\\.)*"|(?P<opens>[{\[])|(?P<closes>[}\]])')
_COMMENT: Final = ("//", "/*", "#")
_QUOTES: Final = tuple("'`‘’“”„«")  # noqa: RUF001 (what word processors make of quotes)


@dataclass(frozen=True)
class JsonText:
    """A parsed file, whose top level is an object."""

    name: str
    """Its path as it is shown, such as `.chalice/config.json`."""
    values: Mapping[str, Any] = field(repr=False)
    lines: Mapping[tuple[str, ...], int] = field(repr=False)
    """The line of each name, counted from 1; a name's path has the names of the objects around it first."""

    def error(self, reason: str, *path: str) -> ConfigError:
        """Return the error to raise because of the value at `path`: `<file>, line <number>: <reason>`.

        The reason may have a name of the file, of which it shows as `?` what would break the line or the terminal.
        """
        shown = "".join(character if character.isprintable() else "?" for character in reason)
        return ConfigError(f"{self.where(*path)}: {shown}")

    def where(self, *path: str) -> str:
        """Return file and line of the value at `path`, or only the file if it has no such value."""
        line = self.lines.get(path)
        return f"{self.name}, line {line}" if line else self.name


def load(path: Path, name: str) -> JsonText:
    """Read and parse a file. Raises ConfigError."""
    try:
        return parse(name, path.read_bytes().decode("utf-8"))
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{name}: it must be saved as UTF-8") from exc
    except OSError as exc:
        raise ConfigError(f"{name} cannot be read: {exc.strerror}") from exc


def parse(name: str, source: str) -> JsonText:
    """Parse the text of a file. Raises ConfigError, also for a name that an object has twice."""
    try:
        values: Any = json.loads(source)
    except json.JSONDecodeError as exc:
        at, reason = _explained(source, exc.pos, exc.msg)
        raise ConfigError(f"{name}, line {_line(source, at)}: {reason}") from exc
    except (ValueError, RecursionError) as exc:
        raise ConfigError(f"{name} cannot be read: {exc}") from exc
    if not isinstance(values, dict):
        raise ConfigError(f"{name}, line 1: it must be a JSON object, which begins with {{ and ends with }}")
    return JsonText(name, values, _lines(name, source))


def _lines(name: str, source: str) -> Mapping[tuple[str, ...], int]:
    """Return the line of each name of valid JSON. Raises ConfigError for a name that is there twice."""
    lines: dict[tuple[str, ...], int] = {}
    path: list[str] = []
    for token in _TOKEN.finditer(source):
        if token["opens"]:
            here = f"at {token.start()}"  # in place of a name, which elements of a list do not have
            if path and path[-1].startswith("at "):
                path[-1] = here
            path.append(here)
        elif token["closes"]:
            path.pop()
        elif token["name"]:
            path[-1] = json.loads(token["name"])
            line = _line(source, token.start())
            if (first := lines.setdefault(tuple(path), line)) != line:
                raise ConfigError(f'{name}, line {line}: "{path[-1]}" is already in line {first}: remove one of them')
    return lines


def _explained(source: str, at: int, message: str) -> tuple[int, str]:
    """Return where the cause of a syntax error is, and what to change. `at` and `message` are the parser's."""
    if "trailing comma" in message:  # Python 3.13 names the comma, older versions what follows it
        at += 1
    before, rest = source[:at].rstrip(), source[at:].lstrip()
    place = len(source) - len(rest)
    if source.startswith("\ufeff"):
        return 0, "it begins with a byte order mark: save it as UTF-8 without BOM"
    if rest.startswith(_COMMENT):
        return place, "JSON has no comments: remove this one"
    if rest.startswith(_QUOTES):
        return place, 'names and texts are in straight double quotes: "…"'
    if rest.startswith(("}", "]")) and before.endswith(","):
        return len(before) - 1, f"there is a comma too many before the {rest[0]}: remove it"
    if rest.startswith(",") and before.endswith(","):
        return place, "there is a comma too many: remove it"
    if not rest:
        return len(before), "it ends too early: a quote, } or ] is missing" if before else "it is empty"
    return _in_other_words(before, at, place, message)


def _in_other_words(before: str, at: int, place: int, message: str) -> tuple[int, str]:
    match message.partition(" ")[0]:
        case "Expecting" if "',' delimiter" in message:
            return len(before), 'a comma is missing after this; a quote inside a text is written as \\"'
        case "Expecting" if "':' delimiter" in message:
            return len(before), "a colon is missing after the name"
        case "Expecting" if "value" in message:
            return place, 'a text must be in double quotes: "…"'
        case "Expecting":
            return place, 'the next name must be in double quotes: "…"'
        case "Invalid" | "Unterminated" if "escape" not in message:
            return at, "a text in this line has no closing quote"
        case "Extra":
            return place, "it must end before this: a } or ] is too many"
    return at, f"it is not valid JSON: {message}"


def _line(source: str, at: int) -> int:
    return source.count("\n", 0, at) + 1
