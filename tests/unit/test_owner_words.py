"""The words of the owner's page in each language: complete, with the same blanks, and used."""

import re
from datetime import date
from importlib.resources import files
from string import Formatter
from typing import Final

import pytest
from babel import Locale
from babel.dates import format_date

from chalicelib.content import owner_html
from chalicelib.content.owner_html import Html, fill
from chalicelib.settings.languages import ENGLISH, LANGUAGES, preferred

FOLDER: Final = files("chalicelib").joinpath("content", "owner_page")
TEMPLATES: Final = {
    file.name.removesuffix(".html"): file.read_text("utf-8") for file in FOLDER.iterdir() if file.name.endswith(".html")
}


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_all_words_with_the_same_blanks(language: str):
    english, there = owner_html.words(ENGLISH).texts, owner_html.words(language).texts
    assert there.keys() == english.keys()
    assert [name for name in english if blanks(there[name]) != blanks(english[name])] == []
    assert [name for name, text in there.items() if not text.strip() or text.count("{") != text.count("}")] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_week_has_seven_days_and_the_tabs_fit_on_a_phone(language: str):
    words = owner_html.words(language)
    assert len(words("weekdays").split()) == 7
    assert max(len(words(f"tab_{name}")) for name in ("today", "people", "money", "bot")) <= 12


@pytest.mark.parametrize("day", [date(2026, 11, 30 - back) for back in range(7)], ids=str)
@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {ENGLISH}))
def test_a_day_of_the_week_is_written_beside_the_date_as_the_language_has_it(language: str, day: date):
    with_year = format_date(day, "full", locale=Locale.parse(language, sep="-"))
    without_year = re.sub(r"^2026년 | (?:de )?2026$", "", with_year)
    assert owner_html.words(language).weekday_and_day(day) == without_year != with_year


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_word_of_a_template_is_there(name: str):
    words = owner_html.words(ENGLISH).texts
    assert set(re.findall(r"\$w_(\w+)", TEMPLATES[name])) <= words.keys()


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "$up", "&lt;", "'x"]
)
@pytest.mark.parametrize("name", [name for name in TEMPLATES if name not in ("frame", "alone", "shell")])
def test_a_value_never_becomes_html(name: str, hostile: str):
    values = dict.fromkeys(re.findall(r"\$\{?(?!w_)(\w+)", TEMPLATES[name]), hostile)
    filled = fill(name, owner_html.words(ENGLISH), **values).text
    assert "<script" not in filled
    assert "<img" not in filled
    assert fill(name, owner_html.words(ENGLISH), **dict.fromkeys(values, Html("<b>x</b>"))).text.count("<b>x") == len(
        re.findall(r"\$\{?(?!w_)(\w+)", TEMPLATES[name])
    )


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("ko", "ko"),
        ("pt-PT", "pt-BR"),
        ("xx,fr;q=0.5", "fr"),
        ("", "ko"),
        ("*", "ko"),
        ("<script>", "ko"),
        (",;q=,,", "ko"),
    ],
)
def test_the_page_speaks_the_first_language_of_the_browser_that_it_has_or_the_deployments(header: str, language: str):
    assert preferred(header, "ko") == language


def test_numbers_and_plurals_are_those_of_the_language():
    assert owner_html.words("en").count("questions", 1234) == "1,234 questions"
    assert owner_html.words("de").count("questions", 1) == "1 Frage"
    assert owner_html.words("fr").count("questions", 0) == "0 question"
    assert owner_html.words("de").count("questions", 1234) == "1.234 Fragen"
