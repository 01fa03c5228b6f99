"""The words of a report, in the message that the owner gets each week."""

from dataclasses import replace
from datetime import date
from typing import Final

import pytest

from chalicelib.access.ledger import ANSWER_MS
from chalicelib.content import text
from chalicelib.operations import report_text
from chalicelib.operations.period import Period
from chalicelib.operations.report import OTHER, Bucket
from chalicelib.operations.report_words import ReportWords
from tests.reports import a_report

WORDS: Final = ReportWords(text.load("en"))


def test_a_week_is_a_message_that_fits_a_phone():
    assert report_text.as_message(a_report(), WORDS).splitlines() == [
        "14 to 20 November 2026",
        "",
        "Questions: 21 (none in the week before)",
        "▁▃▄▅▆▇█",
        "Cost of the model: $0.021000 (none in the week before)",
        "▁▃▄▅▆▇█",
        "People: 3 (1 of them new, 4 known in all)",
        "Without an answer: 0",
        "Half of the answers came within 30 s.",
        "",
        "Who asked in November 2026: 9f86d081 (9), Shop: 3 visitors (4)",
    ]


def test_a_month_says_what_it_will_cost():
    month = replace(a_report(span="month"), forecast=2_345_678)
    assert "about $2.35 by the end of the month" in report_text.as_message(month, WORDS)
    limited = replace(month, monthly_budget=5_000_000)
    assert "a month may cost $5" in report_text.as_message(limited, WORDS).splitlines()


def test_what_went_wrong_is_told_apart():
    report = a_report()
    wrong = replace(report, totals=replace(report.totals, failures=2, unanswered=1, refunds=3))
    line = "Without an answer: 3 (2 failed, 1 not delivered, 3 given back)"
    assert line in report_text.as_message(wrong, WORDS).splitlines()


def test_a_week_without_questions_names_no_person():
    empty = a_report(rows=())
    assert "Who asked" not in report_text.as_message(empty, WORDS)


@pytest.mark.parametrize(
    ("micro", "short", "exact", "coarse"),
    [
        (0, "$0", "$0", "$0"),
        (1, "<$0.0001", "$0.000001", "$0.000001"),
        (100, "$0.0001", "$0.000100", "$0.0001"),
        (500_000, "$0.50", "$0.500000", "$0.50"),
        (1_234_567, "$1.23", "$1.234567", "$1.234567"),
        (12_345_000_000, "$12,345.00", "$12,345.000000", "$12,345"),
    ],
)
def test_money_is_short_exact_or_round(micro: int, short: str, exact: str, coarse: str):
    assert (WORDS.money(micro), WORDS.exact(micro), WORDS.coarse(micro)) == (short, exact, coarse)


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (112, 100, "12 % more than in the week before"),
        (50, 100, "50 % less than in the week before"),
        (0, 100, "100 % less than in the week before"),
        (1001, 1000, "as in the week before"),
        (5, 0, "none in the week before"),
        (5_000, 2, "249,900 % more than in the week before"),
    ],
)
def test_a_number_is_compared_with_the_days_before(now: int, before: int, said: str):
    assert WORDS.change(now, before, Period.week(date(2026, 11, 20))) == said


def test_a_month_is_compared_with_the_same_days_of_the_month_before():
    month = Period.month(date(2026, 1, 20))
    assert WORDS.change(112, 100, month) == "12 % more than in the same days of December 2025"


def test_numbers_and_months_are_written_as_the_language_has_them():
    german = ReportWords(text.Texts("de", {"owner_report_month": "{month} {year}"}))
    assert [german.number(1234), german.money(1_234_567), german.exact(1)] == ["1.234", "$1,23", "$0,000001"]
    assert german.month("2026-03") == "März 2026"


@pytest.mark.parametrize(
    ("until", "said"),
    [
        (date(2026, 11, 20), "14 to 20 November 2026"),
        (date(2026, 11, 3), "28 October to 3 November 2026"),
        (date(2026, 1, 4), "29 December 2025 to 4 January 2026"),
    ],
)
def test_a_week_is_named_by_its_days(until: date, said: str):
    assert WORDS.period(Period.week(until)) == said


def test_the_first_day_of_a_month_is_one_day():
    assert WORDS.period(Period.month(date(2026, 12, 1))) == "1 December 2026"


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([0] * 8, ""),
        ([1, 0, 0, 0, 0, 0, 0, 0], "Half of the answers came within 1 s."),
        ([1, 0, 1, 2, 0, 0, 0, 0], "Half of the answers came within 4 s."),
        ([1, 0, 0, 0, 0, 0, 2, 0], "Half of the answers came within 1 min."),
        ([1, 0, 0, 0, 0, 0, 0, 3], ""),
    ],
)
def test_the_time_of_half_of_the_answers_is_said_if_it_is_known(answers: list[int], said: str):
    buckets = [Bucket(bound, number) for bound, number in zip(ANSWER_MS, answers, strict=True)]
    assert WORDS.half(replace(a_report(), answer_times=buckets)) == said


def test_parts_of_the_cost_have_names_that_people_know():
    assert [WORDS.part(name) for name in ("messenger", "web", "gpt-6-luna", OTHER)] == [
        "Messenger",
        "the web chat",
        "gpt-6-luna",
        "other",
    ]
