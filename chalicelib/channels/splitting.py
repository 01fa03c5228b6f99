"""Splits an answer into parts of a channel's maximum length, between the characters that a person sees."""

import re
from typing import Final

_BREAKS: Final = (
    re.compile(r"(?P<gap>\n[ \t]*\n\s*)"),
    re.compile(r"(?P<gap>\n\s*)"),
    re.compile(r"(?:[.!?…][\"'”\u2019)\]]*(?=\s)|[。\uff01\uff1f])(?P<gap>\s*)"),
    re.compile(r"(?P<gap>\s+)"),
)
"""Where a text may be split, best first: paragraph, line, sentence, word. The white space of the gap is dropped."""


def split(text: str, *, limit: int) -> list[str]:
    """Split `text` into non-blank parts of at most `limit` UTF-16 units, losing only white space; `limit` is >= 2.

    A part ends after a paragraph, a line, a sentence or a word, in this order of preference, if such a place is in
    its second half. Otherwise it is cut at the limit. It is never cut inside a grapheme cluster, such as a flag or a
    Hangul syllable of several code points, unless that one alone exceeds the limit.
    """
    parts = []
    rest = _stripped(text)
    while _units(rest) > limit:
        end, start = _cut(rest, _prefix(rest, limit))
        parts.append(_stripped(rest[:end]))
        rest = _stripped(rest[start:])
    return [part for part in (*parts, rest) if part]


def _cut(text: str, window: int) -> tuple[int, int]:
    """Return where the part ends and where the next one starts, as indexes of `text`."""
    clusters = _Clusters(text[: window + 2])
    for pattern in _BREAKS:
        gaps = [match.span("gap") for match in pattern.finditer(text, 0, window + 1)]
        for gap in reversed(gaps):
            if max(window // 2, 1) <= gap[0] <= window and all(clusters.end_at(index) for index in gap):
                return gap
    end = clusters.last_end(window) or window
    return end, end


class _Clusters:
    """The grapheme clusters of a text by Unicode Standard Annex 29; found at most once, as that takes milliseconds."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._ends: list[int] = []

    def end_at(self, index: int) -> bool:
        """Return whether a cluster ends before the character at `index`."""
        around = self._text[index - 1 : index + 1]
        if len(around) < 2 or (around.isascii() and around != "\r\n"):  # noqa: PLR2004 (the end of the text)
            return True
        return index in self._found()

    def last_end(self, most: int) -> int:
        """Return the last index, at most `most`, before which a cluster ends; 0 if there is none."""
        return most if self.end_at(most) else max((end for end in self._found() if end <= most), default=0)

    def _found(self) -> list[int]:
        if not self._ends:
            import regex  # noqa: PLC0415 (most answers are one part)

            self._ends = [cluster.end() for cluster in regex.finditer(r"\X", self._text)]
        return self._ends


def _stripped(text: str) -> str:
    """Drop white space at both ends, but keep a space that carries the combining mark after it."""
    start = len(text) - len(text.lstrip())
    carries = 0 < start < len(text) and not _Clusters(text[start - 1 : start + 1]).end_at(1)
    return text[start - carries :].rstrip()


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
