"""The report is a sum over the ledger, whatever happened; nothing in it comes from logs."""

from dataclasses import replace
from datetime import date
from typing import Final

import pytest

from chalicelib.access import identity
from chalicelib.access.budget import DaySpend
from chalicelib.ids import Channel
from chalicelib.operations.period import Period, last_day_of_month
from chalicelib.operations.report import OTHER, Report, Reports, Share
from tests.fakes.api_keys import FakeApiKeys
from tests.flow.bot import Bot, person_of

TODAY: Final = date(2026, 11, 20)


def report(bot: Bot, period: Period | None = None) -> Report:
    reports = Reports(
        "prod",
        bot.settings.limits.zone,
        bot.settings.limits.daily_budget,
        bot.spending,
        bot.people,
        FakeApiKeys(bot.memory),
    )
    now = bot.clock()
    return reports.of(period or Period.month(reports.date_of(now)), now=now)


def spends(bot: Bot, *days: DaySpend) -> None:
    bot.memory.spend |= {day.day: day for day in days}


def test_a_week_is_seven_days_and_is_compared_with_the_seven_before():
    week = Period.week(TODAY)
    assert (week.since, week.days) == (date(2026, 11, 14), 7)
    assert (week.before.since, week.before.until) == (date(2026, 11, 7), date(2026, 11, 13))


@pytest.mark.parametrize(
    ("until", "since", "last"),
    [
        (date(2026, 11, 20), date(2026, 10, 1), date(2026, 10, 20)),
        (date(2026, 3, 31), date(2026, 2, 1), date(2026, 2, 28)),
        (date(2026, 1, 1), date(2025, 12, 1), date(2025, 12, 1)),
        (date(2028, 3, 30), date(2028, 2, 1), date(2028, 2, 29)),
    ],
)
def test_a_month_is_compared_with_as_many_days_of_the_month_before(until: date, since: date, last: date):
    before = Period.month(until).before
    assert (before.since, before.until) == (since, last)


@pytest.mark.parametrize(("day", "last"), [("2026-11-01", 30), ("2026-12-31", 31), ("2028-02-29", 29)])
def test_the_last_day_of_a_month_is_known(day: str, last: int):
    assert last_day_of_month(date.fromisoformat(day)).day == last


def test_a_stage_without_people_has_a_report_of_zeros(bot: Bot):
    empty = report(bot)
    assert (empty.totals.cost, empty.people.known, empty.people.rows, empty.channels) == (0, 0, [], [])
    assert len(empty.days) == empty.period.days
    assert empty.forecast == 0


def test_the_report_sums_up_what_people_asked_and_what_it_cost(bot: Bot):
    bot.receives("anna", "Hello")
    bot.receives("anna", "How are you?")
    made = report(bot)
    [row] = made.people.rows
    ledger = bot.memory.spend[TODAY.isoformat()]
    assert made.totals.cost == ledger.committed > 0
    assert (row.name, row.questions, row.cost) == (identity.pseudonym(person_of("anna")), 2, ledger.committed)
    assert (made.people.known, made.people.new, made.people.active, made.people.rest) == (1, 1, 1, 0)
    assert made.channels == [Share("messenger", ledger.committed)]


def test_days_before_the_period_are_for_comparison_only(bot: Bot):
    spends(bot, DaySpend("2026-11-13", 5), DaySpend("2026-11-14", 7), DaySpend("2026-11-20", 11))
    week = report(bot, Period.week(TODAY))
    assert (week.totals.cost, week.before.cost) == (18, 5)
    assert [day.committed for day in week.days] == [7, 0, 0, 0, 0, 0, 11]


def test_what_no_channel_used_is_named_so_that_the_parts_are_the_whole(bot: Bot):
    spends(bot, replace(DaySpend("2026-11-20", 100), channels={Channel.WEB: 60, Channel.MESSENGER: 30}))
    assert report(bot).channels == [Share("web", 60), Share("messenger", 30), Share(OTHER, 10)]


def test_the_forecast_goes_on_like_the_last_seven_days(bot: Bot):
    spends(bot, *(DaySpend(f"2026-11-{day:02}", 1_000_000) for day in range(14, 21)))
    assert report(bot).forecast == 7_000_000 + 10 * 1_000_000
    assert report(bot, Period.week(TODAY)).forecast is None
    assert report(bot, Period.month(date(2026, 10, 31))).forecast is None
