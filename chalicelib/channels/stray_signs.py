"""Signs that are left in a text without Markdown, and that an app of a channel would read as marks of its own."""

import re
from typing import Final

_HALF: Final = re.compile(r"\*\*+|__+|~~+")
_WORD: Final = re.compile(r"[A-Za-z0-9]")
_RUNS: Final = {sign: re.compile(rf"\{sign}+") for sign in "*~"}
_BARS: Final = re.compile(r"(?<![A-Za-z0-9_])_(?=[^\s_])|(?<=[^\s_])_(?![A-Za-z0-9_])")
"""Single underscores at one end of a word; those inside, as in `a__b`, are no marks anywhere, nor is a blank `____`."""
_TICKS: Final = re.compile(r"`+")
_TIMES: Final = re.compile(r"(?<=\d)\*(?=\d)")
_ALIKE: Final = str.maketrans({"*": "\u2217", "~": "\u223c"})
"""What looks alike and is no mark anywhere: the asterisk and tilde operators."""


def without_pairs(line: str, beside: str = "") -> str:
    """Return a line in which no star, underscore, tilde or backtick stands in a pair around words.

    `beside` is what the line has that must stay exactly, such as an address. A star, tilde or backtick of it makes no
    pair with one of the line either. An underscore at the end of an address may be a part of that, so it stays.

    Doubled signs at one side of a word are half of a mark that was not understood, and go. Single ones are meant as
    they are: `2*3*4` becomes a product with crosses, and `~5~10` gets signs that look alike. Takes linear time.
    """
    line = _HALF.sub(_kept, line)
    if _has_pair(line, "*"):
        line = _TIMES.sub("\u00d7", line)
    for sign in "*~":
        if sign in beside or _has_pair(line, sign):
            line = line.replace(sign, sign.translate(_ALIKE))
    if len(_BARS.findall(line)) > 1:
        line = _BARS.sub("", line)
    return line.replace("`", "'") if len(_TICKS.findall(line)) > ("`" not in beside) else line


def _kept(found: re.Match[str]) -> str:
    """Keep a run of signs inside a word, as in `2**10`, and one that touches no word, as in `****`."""
    before, after = _beside(found)
    is_inside = bool(_WORD.match(before) and _WORD.match(after))
    return found.group() if is_inside or not (before + after).strip() else ""


def _has_pair(line: str, sign: str) -> bool:
    """Whether a run of the sign has something behind it, and a later one something before it."""
    runs = list(_RUNS[sign].finditer(line))
    opening = [found.start() for found in runs if _beside(found)[1].strip()]
    closing = [found.start() for found in runs if _beside(found)[0].strip()]
    return bool(opening and closing) and opening[0] < closing[-1]


def _beside(found: re.Match[str]) -> tuple[str, str]:
    """Return the characters before and after what was found; nothing at an end."""
    return found.string[max(found.start() - 1, 0) : found.start()], found.string[found.end() : found.end() + 1]
