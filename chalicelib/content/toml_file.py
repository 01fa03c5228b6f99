"""Parses the TOML files that ship with the bot; an error names file, line and reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from importlib.resources import files
from typing import Any, Final

from chalicelib.errors import ConfigError

_UNCLOSED: Final = "a text is not closed: it needs double quotes at both ends"
_REASONS: Final = {
    "Illegal character '\\n'": _UNCLOSED,
    "Unterminated string": _UNCLOSED,
    "Invalid value": "invalid value; a text needs double quotes around it",
}
"""What the parser's messages mean to an owner, where the two differ."""


@dataclass(frozen=True)
class TomlFile:
    """A parsed file. Numbers with a decimal point are Decimals."""

    name: str
    """Its path below the package, such as `content/personas/santa.toml`."""
    source: str = field(repr=False)
    values: Mapping[str, Any] = field(repr=False)

    def error(self, reason: str, *path: str) -> ConfigError:
        """The error to raise because of the value at `path`, its tables' names first.

        The message is `<file>, line <number>: <reason>`, without a line when there is no such value.
        """
        line = _line(self.source, path)
        return ConfigError(f"{self.name}, line {line}: {reason}" if line else f"{self.name}: {reason}")

    def check_keys(self, known: Sequence[str], *path: str) -> None:
        """Raise ConfigError for the first key that is not in `known`, in the table at `path`."""
        for key in _value(self.values, path) or ():
            if key not in known:
                raise self.error(f'unknown key "{key}"; there are {", ".join(known)}', *path, key)


def load(*path: str) -> TomlFile:
    """Read and parse a file below the package. Raises ConfigError; FileNotFoundError when there is no such file."""
    name = "/".join(path)
    try:
        source = files("chalicelib").joinpath(*path).read_text("utf-8")
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{name}: it must be saved as UTF-8") from exc
    return parse(name, source)


def parse(name: str, source: str) -> TomlFile:
    """Parse a file's text. Raises ConfigError with the line and the reason."""
    import tomllib  # noqa: PLC0415 (slow to import, and the webhook reads no file)

    try:
        return TomlFile(name, source, tomllib.loads(source, parse_float=Decimal))
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(_malformed(name, str(exc))) from exc
    except RecursionError as exc:
        raise ConfigError(f"{name}: it is nested too deeply") from exc


def _malformed(name: str, message: str) -> str:
    """Return the message of an error for the parser's, such as `Invalid value (at line 1, column 8)`."""
    reason, _, place = message.rpartition(" (at ")
    line, _, _ = place.partition(",")
    where = f"{name}, {line}" if line.startswith("line ") else name
    plain = _REASONS.get(reason) or (reason[:1].lower() + reason[1:])
    return f"{where}: {plain}"


def _value(values: Any, path: Sequence[str]) -> Any:
    """The value at `path`; None when there is none."""
    for key in path:
        values = values.get(key) if isinstance(values, Mapping) else None
    return values


def _line(source: str, path: Sequence[str]) -> int | None:
    """The number of the line on which the value at `path` begins.

    tomllib keeps no positions. But the lines before a value are TOML without it, and the lines up to the value's end
    are TOML with it: the value begins after the last line that completes a file without it.
    """
    import tomllib  # noqa: PLC0415 (as in parse)

    lines, complete = source.split("\n"), 0
    for number in range(1, len(lines) + 1):
        try:
            values = tomllib.loads("\n".join(lines[:number]))
        except tomllib.TOMLDecodeError:
            continue
        if _value(values, path) is not None:
            return complete + 1
        complete = number
    return None
