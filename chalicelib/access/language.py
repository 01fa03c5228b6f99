"""Finds out in which language a person writes, from the script and the usual words of a message; no I/O.

The functions that receive messages use it, so it is small. A message that tells too little has no language.
"""

import re
from collections.abc import Mapping
from typing import Final

from chalicelib.settings.languages import LANGUAGES

_MOST: Final = 400
"""Characters that are looked at."""
_SURE: Final = 2
"""Points from which a language counts as found, if no other has as many. A usual word has one, a sign has two."""
_WORD: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_ADDRESS: Final = re.compile(r"\S*[/@]\S*")
_SCRIPTS: Final[Mapping[str, re.Pattern[str]]] = {"ko": re.compile("[\uac00-\ud7a3\u3131-\u318e]")}
_WORDS: Final[Mapping[str, str]] = {
    "en": "the is are was what how where when who why can could would please you your my me and for with have has do "
    "does this that it i'm don't which there of to tell about should much many will we they",
    "de": "der das ist sind war wie wo wann wer warum wieso kann kannst könnte könntest bitte du dein deine mein meine "
    "mir mich und für mit habe hast hat nicht ein eine einen ich wir ihr sie es gibt zu was auf heute im vom zum",
}
_SIGNS: Final[Mapping[str, str]] = {
    "en": "hello thanks thank",
    "de": "hallo danke servus moin tschüss guten",
}
"""Words that hardly any other of these languages has, such as greetings, and letters."""
_LETTERS: Final[Mapping[str, str]] = {"de": "ßäöü"}


def written_in(text: str) -> str:
    """Return the tag of the language that a message is written in; empty for none of ours, and for commands."""
    if text.lstrip().startswith("/"):
        return ""
    begin = _ADDRESS.sub("", text[:_MOST].lower()).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    for tag, script in _SCRIPTS.items():
        if script.search(begin):
            return tag if tag in LANGUAGES else ""
    points = {tag: _points(tag, begin) for tag in LANGUAGES if tag in _WORDS}
    best = max(points.values())
    found = [tag for tag, reached in points.items() if reached == best]
    return found[0] if best >= _SURE and len(found) == 1 else ""


def _points(tag: str, text: str) -> int:
    words = _WORD.findall(text)
    usual, signs = _WORDS[tag].split(), _SIGNS[tag].split()
    letters = any(letter in text for letter in _LETTERS.get(tag, ""))
    return sum((word in usual) + 2 * (word in signs) for word in words) + 2 * letters
