"""The estimate of tokens, against counts of the vocabulary o200k_base that `tests/tokens/count.mjs` has measured."""

import json
from pathlib import Path
from typing import Final

import pytest

from chalicelib.content.token_estimate import most_tokens, tokens

TOKENS: Final = Path(__file__).parents[1] / "tokens"
COUNTS: Final[dict[str, int]] = json.loads((TOKENS / "counts.json").read_text())
LANGUAGES: Final = sorted(name for name in COUNTS if "-" in name)
NO_PROSE: Final = sorted(set(COUNTS) - set(LANGUAGES))
SURROUNDING: Final = tokens("")


def messages(name: str) -> list[str]:
    return [line for line in (TOKENS / "corpus" / f"{name}.txt").read_text().splitlines() if line]


def estimated(name: str) -> int:
    return sum(tokens(text) - SURROUNDING for text in messages(name))


def test_the_corpus_has_conversations_in_more_than_ten_languages_and_all_are_counted():
    assert len({name.partition("-")[0] for name in LANGUAGES}) >= 12
    assert {path.stem for path in (TOKENS / "corpus").iterdir()} == set(COUNTS)


@pytest.mark.parametrize("name", LANGUAGES)
def test_what_people_write_in_a_language_is_estimated_within_fifteen_per_cent(name: str):
    assert abs(estimated(name) - COUNTS[name]) <= 0.15 * COUNTS[name]


@pytest.mark.parametrize("name", NO_PROSE)
def test_code_tables_numbers_and_emoji_are_estimated_within_a_fifth(name: str):
    assert abs(estimated(name) - COUNTS[name]) <= 0.2 * COUNTS[name]


def test_the_same_conversation_takes_no_more_than_twice_the_estimate_in_any_language():
    same = [estimated(name) for name in LANGUAGES if name.endswith("-camera")]
    assert max(same) < 2 * min(same)


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_no_message_has_more_tokens_than_what_is_set_aside_for_it(name: str):
    most = sum(most_tokens(text) for text in messages(name))
    assert COUNTS[name] <= most
    assert estimated(name) < most


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n",
        "a",
        "ß",
        "\u0301",
        "ა",
        "አ",
        "ꦱ",
        "ㅋㅋㅋ",
        "🎉",
        "👨\u200d👩\u200d👧",
        "\ud800",
        "𠀀",
        "\x00",
        "\uffff",
    ],
)
def test_every_character_has_an_estimate_and_a_bound(text: str):
    assert SURROUNDING <= tokens(text) <= most_tokens(text)


def test_a_longer_text_has_no_lower_estimate():
    text = "Ich nehme 2 Kameras für 430 €, 보내 주세요! 🎉\n" * 3
    estimates = [tokens(text[:end]) for end in range(len(text))]
    assert estimates == sorted(estimates)


def test_the_longest_answer_is_estimated_at_once():
    assert tokens("가" * 66_666) > 50_000
