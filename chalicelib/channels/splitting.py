"""Splits an answer into parts of a channel's maximum length."""

import re
import unicodedata

_BREAKS = (
    re.compile(r"(?P<gap>\n[ \t]*\n\s*)"),
    re.compile(r"(?P<gap>\n\s*)"),
    re.compile(r"(?:[.!?…][\"'”\u2019)\]]*(?=\s)|[。\uff01\uff1f])(?P<gap>\s*)"),
    re.compile(r"(?P<gap>\s+)"),
)
"""Where a text may be split, best first: paragraph, line, sentence, word. The white space of the gap is dropped."""
_ZERO_WIDTH_JOINER = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)


def split(text: str, *, limit: int) -> list[str]:
    """Split `text` into non-blank parts of at most `limit` UTF-16 units, losing only white space; `limit` is >= 2.

    A part ends after a paragraph, a line, a sentence or a word, in this order of preference, if such a place is in
    its second half. Otherwise it is cut at the limit: never inside a code point, and if possible not inside a
    character that is made of several, such as an emoji with a skin tone.
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
    """Return where the part ends and where the next one starts, as indexes of `text`."""
    for pattern in _BREAKS:
        gaps = (match.span("gap") for match in pattern.finditer(text, 0, window + 1))
        late_enough = [gap for gap in gaps if window // 2 <= gap[0] <= window]
        if late_enough:
            return late_enough[-1]
    end = _between_characters(text, window)
    return end, end


def _between_characters(text: str, window: int) -> int:
    """Find the last place in the second half of the window that is not inside a character; else its end."""
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
    """Count the code points from the start that fit into `limit` UTF-16 units."""
    units = 0
    for index, char in enumerate(text):
        units += 2 if char > "\uffff" else 1
        if units > limit:
            return index
    return len(text)
