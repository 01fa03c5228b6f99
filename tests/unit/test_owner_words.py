"""What the owner's page says in its languages."""

from string import Formatter

import pytest

from chalicelib.content import owner_html
from chalicelib.content.locale_rules import RULES
from chalicelib.settings.languages import LANGUAGES

ENGLISH = owner_html.words("en")


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_the_same_things_in_every_language_with_the_same_blanks(language: str):
    own = owner_html.words(language).texts
    assert own.keys() == ENGLISH.texts.keys()
    assert [name for name, text in own.items() if blanks(text) != blanks(ENGLISH.texts[name])] == []
    assert [name for name, text in own.items() if not text.strip()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_months_and_weekdays_have_the_names_of_the_language(language: str):
    own = owner_html.words(language)
    assert tuple(own("months").split()) == RULES[language].months
    assert len(own("weekdays").split()) == 7
