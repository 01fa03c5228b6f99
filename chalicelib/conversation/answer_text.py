"""Turns a model's deltas into the words of its answer; a delta may end inside a tag or a character. Pure.

Some servers leave the model's thoughts in the answer, between `<think>` and `</think>`. With some models the first tag
is part of the prompt, so that only the closing one is sent.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from chalicelib.conversation.surrogates import SurrogateJoiner

_NAMES: Final = ("think", "thinking", "thought", "reasoning")
_TAGS: Final = (
    *(f"<{slash}{name}>" for name in _NAMES for slash in ("", "/")),
    *("[THINK]", "[/THINK]", "◁think▷", "◁/think▷"),
)
_TAG: Final = re.compile(rf"(?i:</?(?:{'|'.join(_NAMES)})>)|\[/?THINK\]|◁/?think▷")
_LONGEST: Final = max(map(len, _TAGS))
_QUOTES: Final = ("`", "'", '"', "“", "\\")
"""A tag after one of these is a word of an answer about tags."""
_FENCE: Final = re.compile(r"[\s>*\d.)-]*(?:```|~~~)", re.ASCII)
"""How a line begins that opens or closes a block of code, also in a quotation or a list."""


@dataclass(frozen=True)
class Words:
    """The next words of the answer; with `instead`, they replace all before them, which were thoughts."""

    text: str = field(repr=False)
    instead: bool = False


class AnswerText:
    """Leaves out thoughts and joins halves of characters. Holds back only what may become a tag or a character.

    With `closes_only`, an earlier answer of the model had thoughts that only closed: all words are held back until they
    do, and returned at the end if they do not.
    """

    def __init__(self, *, closes_only: bool = False) -> None:
        self.closes_only = closes_only
        """Whether this answer has thoughts that only close."""
        self._joiner = SurrogateJoiner()
        self._held = ""
        self._thought: str | None = "" if closes_only else None
        """The thought so far, with its tag; None outside of thoughts."""
        self._last = ""
        """The last character passed on."""
        self._line = ""
        """The last line passed on, as far as it goes."""
        self._in_code = False
        """Whether that line is in a block of code, in which a tag that opens is a word as well."""
        self._may_be_words = closes_only
        """Whether the thought is a part of the answer if it does not close."""
        self._has_words = self._quotes_tags = False

    def add(self, delta: str) -> Words:
        """Return the words that are certain with this delta."""
        return self._read(self._joiner.add(delta), is_last=False)

    def end(self) -> Words:
        """Return the words held back. A tag that opened after words and did not close was no thought."""
        return self._read(self._joiner.end(), is_last=True)

    def _read(self, text: str, *, is_last: bool) -> Words:
        text, words = self._held + text, Words("")
        while tag := _TAG.search(text):
            before, text = text[: tag.start()], text[tag.end() :]
            words = (
                self._inside(words, before, tag[0]) if self._thought is not None else self._at(words, before, tag[0])
            )
        certain = len(text) - (0 if is_last else _may_become_tag(text))
        text, self._held = text[:certain], text[certain:]
        if self._thought is None:
            words = self._pass_on(words, text)
        else:
            self._thought += text
            if is_last and self._may_be_words:
                self.closes_only = False
                words = self._pass_on(words, self._thought)
        return words

    def _inside(self, words: Words, before: str, tag: str) -> Words:
        thought = f"{self._thought}{before}"
        is_quoted = self._may_be_words and thought[-1:] in _QUOTES
        if "/" not in tag and not thought.strip():
            self.closes_only = self._may_be_words = False
        self._thought = None if "/" in tag and not is_quoted else thought + tag
        return words

    def _at(self, words: Words, before: str, tag: str) -> Words:
        """Read a tag outside of thoughts."""
        words = self._pass_on(words, before)
        if self._last in _QUOTES or (self._quotes_tags if "/" in tag else self._in_code):
            self._quotes_tags = True
            return self._pass_on(words, tag)
        if "/" not in tag:
            self._thought, self._may_be_words = tag, self._has_words
            return words
        self._last, self._has_words, self.closes_only = "", False, True
        self._line, self._in_code = "", False
        return Words("", instead=True)

    def _pass_on(self, words: Words, text: str) -> Words:
        self._last = text[-1:] or self._last
        self._has_words |= bool(text.strip())
        *whole, self._line = f"{self._line}{text}".split("\n")
        self._in_code ^= sum(map(bool, map(_FENCE.match, whole))) % 2 == 1
        return Words(words.text + text, words.instead)


def _may_become_tag(text: str) -> int:
    """Return how many characters at the end may be the beginning of a tag."""
    for size in range(min(_LONGEST - 1, len(text)), 0, -1):
        tail = text[-size:]
        if any(tag.startswith((tail, tail.lower())) for tag in _TAGS):
            return size
    return 0
