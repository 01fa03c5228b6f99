import re
from itertools import accumulate

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.channels.splitting import split

EXAMPLES = settings().max_examples
"""Fewer with `scripts/check --fast`."""
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
TROUBLE = "ab.!?…\"')” \n\t\u00a0\u3000。é\u0301\u200d\u3042\U0001f468\U0001f3fd\U0001f389"

troublesome = st.text(alphabet=TROUBLE, max_size=60)
limits = st.integers(2, 24)


CLUSTERS = {
    "flags": "\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7",
    "an odd number of regional indicators": "\U0001f1e9\U0001f1ea\U0001f1eb",
    "the flag of England, written in tags": "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "the flag of a rainbow": "\U0001f3f3\ufe0f\u200d\U0001f308",
    "a family": FAMILY,
    "a family with skin tones": "\U0001f469\U0001f3fd\u200d\U0001f467\U0001f3ff",
    "a keycap": "1\ufe0f\u20e3",
    "Hangul jamo": "\u1112\u1161\u11ab\u1100\u1173\u11af",
    "a Devanagari conjunct": "\u0915\u094d\u0937\u093f",
    "a Bengali conjunct": "\u0995\u09cd\u09b7",
    "a Tamil vowel sign": "\u0ba8\u0bbf",
    "Thai sara am": "\u0e01\u0e33",
    "an Arabic number sign": "\u0600\u0661",
    "two accents": "e\u0301\u0323",
    "a space that carries an accent": "a \u0301b",
    "a line end of Windows": "a\r\nb",
}
scripts = st.lists(st.sampled_from(["a", " ", ". ", "\n\n", *CLUSTERS.values()]), max_size=30).map("".join)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _clusters(text: str) -> list[str]:
    return [str(cluster) for cluster in regex.findall(r"\X", text)]


def _ends(text: str, parts: list[str]) -> list[int]:
    """Where in the text the parts begin and end; both are its ends too where only white space is left."""
    ends, position = [], 0
    for part in parts:
        position = text.index(part, position)
        ends += [position, position + len(part)]
        position += len(part)
    return ends


@settings(max_examples=5 * EXAMPLES)
@given(text=troublesome, limit=limits)
@example(text='He said "No." Then he left.', limit=16)
def test_only_white_space_is_lost(text: str, limit: int):
    rest = text
    for part in split(text, limit=limit):
        before, found, rest = rest.partition(part)
        assert found
        assert not before.strip()
    assert not rest.strip()


@settings(max_examples=5 * EXAMPLES)
@given(text=troublesome, limit=limits)
def test_no_part_is_blank_or_too_long(text: str, limit: int):
    for part in split(text, limit=limit):
        assert part.rstrip() == part != ""
        assert part.lstrip() == part or len(_clusters(part)[0]) > 1
        assert _units(part) <= limit


@given(text=st.text(max_size=30), limit=limits)
def test_no_code_point_is_split(text: str, limit: int):
    for part in split(text, limit=limit):
        assert part.encode("utf-16").decode("utf-16") == part


@given(text=troublesome, limit=limits)
def test_a_text_that_fits_is_one_part(text: str, limit: int):
    if 0 < _units(text.strip()) <= limit:
        [part] = split(text, limit=limit)
        assert part.strip() == text.strip()


@given(words=st.lists(st.text("ab", min_size=1, max_size=6), min_size=1, max_size=20))
def test_words_stay_whole_when_there_is_room(words: list[str]):
    parts = split(" ".join(words), limit=13)
    assert " ".join(parts).split() == words


@pytest.mark.parametrize("blank", ["", " ", "\n \t\n", "\u00a0\u3000"])
def test_a_blank_text_has_no_parts(blank: str):
    assert split(blank, limit=10) == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Hi. Ho.\n\nHa he hi ho", ["Hi. Ho.", "Ha he hi ho"]),
        ("One two.\nThree. Four 5", ["One two.", "Three. Four 5"]),
        ("One two. Three four", ["One two.", "Three four"]),
        ("One! Two? Three four", ["One! Two?", "Three four"]),
        ('He said "No." I go on there', ['He said "No."', "I go on there"]),
        ("One two, three four", ["One two, three", "four"]),
        ("今日は良い天気です。明日も晴れるでしょうね", ["今日は良い天気です。", "明日も晴れるでしょうね"]),
        ("OnetwothreefourFivesix", ["Onetwothreefour", "Fivesix"]),
    ],
    ids=["paragraph", "line", "sentence", "later sentence", "quote", "word", "Japanese sentence", "no place at all"],
)
def test_a_part_ends_at_the_best_break(text: str, parts: list[str]):
    assert split(text, limit=15) == parts


def test_a_break_in_the_first_half_is_not_used():
    assert split("Hi. " + "a" * 20, limit=20) == ["Hi. " + "a" * 16, "aaaa"]


@pytest.mark.parametrize("script", CLUSTERS.values(), ids=CLUSTERS)
def test_no_character_of_any_script_is_cut_at_the_limit(script: str):
    for before in range(160, 201):
        text = "x" * before + script * 4
        parts = split(text, limit=200)
        assert set(_ends(text, parts)) <= {0, *accumulate(map(len, _clusters(text)))}, before
        assert len(parts) == 1 if _units(text) <= 200 else len(parts) > 1, before
        assert all(_units(part) <= 200 for part in parts), before
        assert "".join("".join(parts).split()) == "".join(text.split()), before


@settings(max_examples=5 * EXAMPLES)
@given(text=scripts, limit=st.integers(20, 60))
def test_no_part_begins_or_ends_inside_a_character(text: str, limit: int):
    parts = split(text, limit=limit)
    assert set(_ends(text, parts)) <= {0, *accumulate(map(len, _clusters(text)))}
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_a_character_that_alone_exceeds_the_limit_is_cut():
    assert "".join(split("a" + "\u0301" * 5000, limit=2000)) == "a" + "\u0301" * 5000


def test_a_text_whose_every_space_carries_an_accent_is_cut_quickly():
    assert len(split(" \u0301" * 20_000, limit=2000)) == 20


def test_a_family_emoji_is_not_split():
    assert split("a" * 10 + FAMILY, limit=15) == ["a" * 10, FAMILY]


def test_a_skin_tone_stays_with_its_hand():
    assert split("a" * 8 + "\U0001f44b\U0001f3fd", limit=10) == ["a" * 8, "\U0001f44b\U0001f3fd"]


def test_an_accent_stays_with_its_letter():
    assert split("a" * 9 + "e\u0301", limit=10) == ["a" * 9, "e\u0301"]


def test_a_text_without_a_gap_is_split_too():
    assert split(FAMILY * 3, limit=4)
    assert split("\u0301" * 9, limit=4) == ["\u0301" * 4, "\u0301" * 4, "\u0301"]


def test_an_emoji_across_the_limit_begins_the_next_part():
    assert split("a" * 1999 + "\U0001f389", limit=2000) == ["a" * 1999, "\U0001f389"]
    assert split("a" * 1998 + "\U0001f389", limit=2000) == ["a" * 1998 + "\U0001f389"]


def test_a_long_answer_is_few_parts():
    sentence = "This is a sentence of some forty-five letters. "
    parts = split(sentence * 200, limit=2000)
    assert len(parts) == 5
    assert all(re.search(r"letters\.$", part) for part in parts)


def test_a_very_long_text_is_cut_quickly():
    assert len(split("ab " * 40_000, limit=2000)) == 60
