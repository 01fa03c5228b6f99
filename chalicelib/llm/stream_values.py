"""Reads single values of a response, whatever type they have. Pure; nothing here raises."""

from typing import Any, Final

_MOST: Final = 10**9
"""No response has as many tokens; a larger number is a mistake, and could not be stored."""
_MOST_DIGITS: Final = 10
_OF_WORDS: Final = (None, "text", "output_text", "refusal", "text_delta")
"""The types of parts that are for the person; others are thoughts, images or calls of tools."""


def mapping(value: object) -> dict[str, Any]:
    """Return an object unchanged, and an empty one for everything else."""
    return value if isinstance(value, dict) else {}


def dicts(value: object) -> list[dict[str, Any]]:
    """Return the objects of a list, or a single object as a list."""
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]


def text(value: object) -> str | None:
    """Return a string unchanged, and None for everything else."""
    return value if isinstance(value, str) else None


def number(value: object) -> int | None:
    """Return a count, which may be written as a string or with a decimal point; None for everything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST
    return value if is_count and isinstance(value, int) else None


def words_of(content: object) -> str:
    """Return the words of a content: a string, or a list of parts of which some are thoughts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else [content]
    return "".join(map(_words_of_part, parts))


def _words_of_part(part: object) -> str:
    if isinstance(part, str):
        return part
    told = mapping(part)
    if told.get("type") not in _OF_WORDS or told.get("thought"):
        return ""
    written = told.get("text")
    return text(written) or text(mapping(written).get("value")) or ""
