"""How numbers, dates, times and plurals are written, compared with Babel's data of the same languages."""

from datetime import date, time
from decimal import Decimal
from itertools import product

import pytest
from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal

from chalicelib.content.locale_rules import RULES
from chalicelib.settings.languages import LANGUAGES

COUNTS = [*range(130), 999, 1000, 1001, 10_000, 999_999, 1_000_000, 1_000_001, 2_000_000, 3_500_000]


def babels(tag: str) -> str:
    return {"en": "en_GB"}.get(tag, tag.replace("-", "_"))


def test_every_language_of_the_bot_has_rules():
    assert RULES.keys() >= LANGUAGES.keys()


@pytest.mark.parametrize("tag", RULES)
def test_the_plural_after_a_number_is_that_of_babel(tag: str):
    plural = Locale.parse(babels(tag)).plural_form
    assert [RULES[tag].plural(count) for count in COUNTS] == [plural(count) for count in COUNTS]


@pytest.mark.parametrize("tag", RULES)
@pytest.mark.parametrize(
    "number", [0, 7, 999, 1000, 4000, 12_345, 1_234_567, -1234, Decimal("0.5"), Decimal("1234.05")]
)
def test_numbers_are_written_as_babel_writes_them(tag: str, number: int | Decimal):
    assert RULES[tag].number(number) == format_decimal(number, locale=babels(tag))


@pytest.mark.parametrize("tag", RULES)
def test_dates_are_written_as_babel_writes_them(tag: str):
    for month, day in product(range(1, 13), (1, 9, 28)):
        at = date(2026, month, day)
        assert RULES[tag].date(at) == format_date(at, "long", locale=babels(tag))
        assert RULES[tag].day(at) == format_skeleton("MMMMd", at, locale=babels(tag))


@pytest.mark.parametrize("tag", RULES)
def test_times_are_written_as_babel_writes_them(tag: str):
    for hour in range(24):
        at = time(hour, 5)
        assert RULES[tag].clock(at) == format_time(at, "short", locale=babels(tag))


def test_an_amount_keeps_its_digits():
    assert RULES["de"].number(Decimal("0.50")) == "0,50"
