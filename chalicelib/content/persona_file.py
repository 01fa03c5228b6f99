"""Reads the plain values in a persona's file. All functions raise ConfigError with file, line and reason."""

import re
from decimal import Decimal
from enum import StrEnum
from typing import Final

from chalicelib.content.toml_file import TomlFile

MOST_OUTPUT_TOKENS: Final = 32_000
HIGHEST_TEMPERATURE: Final = 2
LONGEST_CUT_SHORT: Final = 160
"""Characters."""
LONGEST_ABOUT: Final = 100
"""Characters."""
LONGEST_MODEL: Final = 200
"""Characters: an inference profile of Bedrock may be named by its ARN."""
_LANGUAGE: Final = re.compile("[a-z]{2}")
_TOOL: Final = re.compile("[a-zA-Z0-9_-]{1,64}")


class Moderating(StrEnum):
    """What a persona does with the verdict of a moderation service on a question."""

    OFF = "off"
    """The service is not asked."""
    SCORE = "score"
    """The verdict is logged, and the model answers; only a question about self-harm gets the crisis text."""
    BLOCK = "block"
    """A flagged question gets a refusal in the bot's own words."""


def text(file: TomlFile, key: str, *, most: int) -> str:
    """Return the text at a key that every file has, without white space around it, of 1 to `most` characters."""
    value = file.values.get(key)
    if value is None:
        raise file.error(f"{key} is missing")
    return checked(file, value, key, most=most)


def checked(file: TomlFile, value: object, *path: str, most: int) -> str:
    """Return a value that must be text of 1 to `most` characters, without white space around it."""
    if not isinstance(value, str) or not 0 < len(value.strip()) <= most:
        raise file.error(f"{path[-1]} must be text of 1 to {most} characters", *path)
    return value.strip()


def language(file: TomlFile, value: object, *path: str) -> str:
    """Return a value that must be a language: two letters of ISO 639-1."""
    if not isinstance(value, str) or not _LANGUAGE.fullmatch(value):
        raise file.error("a language is two small letters, such as de", *path)
    return value


def tools(file: TomlFile) -> tuple[str, ...]:
    """Return the names of the tools that the model may call."""
    given = file.values.get("tools", [])
    if not isinstance(given, list) or not all(isinstance(name, str) and _TOOL.fullmatch(name) for name in given):
        raise file.error("tools must be a list of the tools' names, of letters, digits, _ and - each", "tools")
    return tuple(dict.fromkeys(given))


def cut_short(file: TomlFile) -> str | None:
    """Return what follows an answer that the limit cut, empty for nothing; None without the key."""
    value = file.values.get("cut_short")
    if value is None:
        return None
    return "" if value == "" else checked(file, value, "cut_short", most=LONGEST_CUT_SHORT)


def about(file: TomlFile) -> str:
    """Return what the persona is, in one line for the owner; empty without the key."""
    words = text(file, "about", most=LONGEST_ABOUT) if "about" in file.values else ""
    if not words.isprintable():
        raise file.error("about must be a single line", "about")
    return words


def model(file: TomlFile) -> str:
    """Return the name of the model that answers as the persona; empty without the key."""
    name = text(file, "model", most=LONGEST_MODEL) if "model" in file.values else ""
    if not name.isprintable() or " " in name:
        raise file.error("model must be a name in one word", "model")
    return name


def moderation(file: TomlFile) -> Moderating:
    """Return whether questions are moderated; they are not without the key."""
    given = file.values.get("moderation", Moderating.OFF)
    if not isinstance(given, str) or given not in set(Moderating):
        raise file.error(f"moderation must be one of {', '.join(Moderating)}", "moderation")
    return Moderating(given)


def output_tokens(file: TomlFile) -> int:
    """Return the longest answer in tokens."""
    key = "max_output_tokens"
    value = file.values.get(key)
    if value is None:
        raise file.error(f"{key} is missing")
    if type(value) is not int or not 0 < value <= MOST_OUTPUT_TOKENS:
        raise file.error(f"{key} must be a whole number from 1 to {MOST_OUTPUT_TOKENS}", key)
    return value


def temperature(file: TomlFile) -> float | None:
    """Return the temperature, from 0 to 2; None for the model's default."""
    value = file.values.get("temperature")
    if value is None:
        return None
    is_number = type(value) is int or (type(value) is Decimal and value.is_finite())
    if not is_number or not 0 <= value <= HIGHEST_TEMPERATURE:
        raise file.error(f"temperature must be a number from 0 to {HIGHEST_TEMPERATURE}", "temperature")
    return float(value)
