"""How an answer becomes parts that a channel takes: pure text rules, no channel."""

import re
import unicodedata

_KIND_PLACES = (
    re.compile(r"(?P<gap>\n[ \t]*\n\s*)"),
    re.compile(r"(?P<gap>\n\s*)"),
    re.compile(r"(?:[.!?…][\"'”\u2019)\]]*(?=\s)|[。\uff01\uff1f])(?P<gap>\s*)"),
    re.compile(r"(?P<gap>\s+)"),
)
"""Where a reader would pause, kindest first; the gap itself is left out."""
_ZERO_WIDTH_JOINER = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)


def split(text: str, *, limit: int) -> list[str]:
    """Cut `text` into non-blank parts of at most `limit` UTF-16 units, at least 2, losing nothing but white space.

    A part ends where a reader would pause, if there is such a place in its second half: after a paragraph, a line,
    a sentence, a word, in this order. Otherwise it is cut hard, but never inside a code point, and where there is a
    choice not inside what is seen as one character.
    """
    parts = []
    rest = text.strip()
    while _units(rest) > limit:
        window = _prefix(rest, limit)
        end, start = _cut(rest, window)
        parts.append(rest[:end].rstrip())
        rest = rest[start:].lstrip()
    return [*parts, rest] if rest else parts


def _cut(text: str, window: int) -> tuple[int, int]:
    """Where the part ends and where the next one starts."""
    for place in _KIND_PLACES:
        gaps = (match.span("gap") for match in place.finditer(text, 0, window + 1))
        found = [gap for gap in gaps if window // 2 <= gap[0] <= window]
        if found:
            return found[-1]
    hard = _between_characters(text, window)
    return hard, hard


def _between_characters(text: str, window: int) -> int:
    for end in range(window, window // 2, -1):
        if not _joins(text[end - 1], text[end]):
            return end
    return window


def _joins(before: str, after: str) -> bool:
    return (
        _ZERO_WIDTH_JOINER in (before, after)
        or unicodedata.category(after) in {"Mn", "Me", "Mc"}
        or ord(after) in _SKIN_TONES
    )


def _units(text: str) -> int:
    return len(text) + sum(char > "\uffff" for char in text)


def _prefix(text: str, limit: int) -> int:
    """How many code points from the start fit into `limit` units."""
    units = 0
    for index, char in enumerate(text):
        units += 2 if char > "\uffff" else 1
        if units > limit:
            return index
    return len(text)
