"""Estimates how many tokens a model reads in a text, by the scripts that it is written in.

The rates are those of o200k_base, the vocabulary of OpenAI's models, in messages as people write them;
`tests/tokens` has the measured counts. Other vocabularies need up to half as many tokens again.
"""

from bisect import bisect
from collections import Counter
from functools import lru_cache
from typing import Final

_PER_MESSAGE: Final = 4
_MOST_PER_MESSAGE: Final = 12
_LETTER, _DIGIT, _SIGN, _LINE_END, _OTHER = 25, 50, 78, 50, 200
"""Hundredths of a token of each character; blanks mostly belong to the token of the word behind them."""
_FROM: Final = (
    (0x0080, 100),  # the signs of Latin-1
    (0x00C0, 110),  # letters with accents
    (0x0300, 150),  # accents by themselves
    (0x0370, 43),  # Greek
    (0x0400, 33),  # Cyrillic
    (0x0530, 30),  # Armenian
    (0x0590, 45),  # Hebrew
    (0x0600, 40),  # Arabic
    (0x0700, _OTHER),
    (0x0900, 39),  # Devanagari
    (0x0980, 45),  # other scripts of India
    (0x0E00, 45),  # Thai
    (0x0E80, 60),  # Lao, Tibetan, Burmese
    (0x10A0, 30),  # Georgian
    (0x1100, 87),  # Hangul by its letters
    (0x1200, _OTHER),
    (0x1780, 60),  # Khmer
    (0x1800, _OTHER),
    (0x1E00, 30),  # letters of Vietnamese
    (0x1F00, 110),  # Greek with accents
    (0x2000, 100),  # signs
    (0x3000, _SIGN),  # the punctuation of Chinese and Japanese
    (0x3040, 70),  # Kana
    (0x3100, 84),  # Han, and small Hangul letters
    (0xA000, _OTHER),
    (0xAC00, 87),  # Hangul
    (0xD7B0, _OTHER),
    (0xFF00, _SIGN),  # wide forms
    (0x10000, _OTHER),  # rare scripts, emoji
)
_STARTS: Final = tuple(start for start, _ in _FROM)


def tokens(text: str) -> int:
    """Estimate a message's tokens, with 4 for what surrounds it."""
    hundredths = sum(times * _weight(character) for character, times in Counter(text).items())
    return -(-hundredths // 100) + _PER_MESSAGE


def most_tokens(text: str) -> int:
    """Return an upper bound of a message's tokens in any vocabulary: a token has at least one byte."""
    return len(text.encode(errors="surrogatepass")) + _MOST_PER_MESSAGE


@lru_cache(1024)
def _weight(character: str) -> int:
    if not character.isascii():
        return _FROM[bisect(_STARTS, ord(character)) - 1][1]
    if character.isalpha():
        return _LETTER
    if character.isspace():
        return _LINE_END if character == "\n" else 0
    return _DIGIT if character.isdigit() else _SIGN
