"""What the chat page says in its languages."""

import re
from importlib.resources import files

import pytest

from chalicelib.settings.languages import LANGUAGES

GERMAN = files("chalicelib").joinpath("content", "static", "chat", "words_de.js").read_text("utf-8")
FAMILIAR = re.compile(
    r"\b(?:du|dir|dich|dein\w*|\w+st du)\b|\bbitte (?:beginne|frage?|fass|lade|melde|stell|versuche?|warte)\b|\blade\b",
    re.IGNORECASE,
)


def test_the_german_page_says_neither_du_nor_sie_since_each_persona_has_its_own():
    assert FAMILIAR.findall(GERMAN) == []
    assert re.findall(r"\b(?:Ihnen|Ihr(?:e[nmrs]?)?)\b|\w+en Sie\b", GERMAN) == []


WORDS = {
    tag.partition("-")[0]: files("chalicelib")
    .joinpath("content", "static", "chat", f"words_{tag.partition('-')[0]}.js")
    .read_text("utf-8")
    for tag in LANGUAGES
}
KEY = re.compile(r"^( *)(\w+):", re.MULTILINE)
BLANK = re.compile(r"\{(\w+)\}")


@pytest.mark.parametrize("language", WORDS)
def test_the_page_says_the_same_things_in_every_language(language: str):
    assert KEY.findall(WORDS[language]) == KEY.findall(WORDS["en"])


@pytest.mark.parametrize("language", WORDS)
def test_each_text_of_the_page_has_the_blanks_of_the_english_one(language: str):
    english, own = ([line for line in WORDS[tag].splitlines() if BLANK.search(line)] for tag in ("en", language))
    assert [sorted(BLANK.findall(line)) for line in own] == [sorted(BLANK.findall(line)) for line in english]


def test_the_page_offers_every_language_of_the_bot():
    source = files("chalicelib").joinpath("content", "static", "chat", "words.js").read_text("utf-8")
    [offered] = re.findall(r"LANGUAGES = \{(.*?)\}", source)
    assert sorted(re.findall(r"(\w+):", offered)) == sorted(WORDS)
