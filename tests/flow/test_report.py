"""The report is a sum over the ledger, whatever happened; nothing in it comes from logs."""

from dataclasses import replace
from datetime import date
from typing import Final

import pytest

from chalicelib.access import identity, invites
from chalicelib.access.api_key import ApiKey
from chalicelib.access.budget import DaySpend
from chalicelib.access.handles import handle_of
from chalicelib.access.invites import Grant, Invite
from chalicelib.access.ledger import MonthUse
from chalicelib.access.person import Person
from chalicelib.ids import Channel, KeyId
from chalicelib.operations.period import Period, last_day_of_month
from chalicelib.operations.report import OTHER, InviteUse, Report, Reports, Share
from tests.fakes.api_keys import FakeApiKeys
from tests.fakes.memory import KnownPerson
from tests.flow.bot import Bot, person_of

TODAY: Final = date(2026, 11, 20)


def report(bot: Bot, period: Period | None = None) -> Report:
    reports = Reports.for_stage(bot.settings, bot.spending, bot.people, FakeApiKeys(bot.memory), bot.invites)
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
    ledger = bot.memory.spend[TODAY.isoformat()]
    assert made.totals.cost == ledger.committed > 0
    assert (made.people.known, made.people.new, made.people.active) == (1, 1, 1)
    assert made.channels == [Share("messenger", ledger.committed)]


def test_people_are_ranked_by_the_questions_of_the_month(bot: Bot):
    for name, questions, cost in (("anna", 2, 30), ("bert", 9, 20), ("carl", 0, 0)):
        bot.receives(name, "Hello")
        bot.memory.people[person_of(name)].change(months={"2026-11": MonthUse(questions, cost)})
    spends(bot, DaySpend("2026-11-20", 57))
    people = report(bot).people
    assert [(row.name, row.questions, row.cost) for row in people.rows] == [
        (handle_of(person_of("bert")), 9, 20),
        (handle_of(person_of("anna")), 2, 30),
    ]
    assert (people.rest, people.known) == (7, 3)


def test_who_asked_is_about_the_whole_month_although_the_period_ended_before(bot: Bot):
    bot.receives("anna", "Hello")
    bot.memory.people[person_of("anna")].change(months={"2026-11": MonthUse(5, 50)})
    spends(bot, DaySpend("2026-11-10", 20), DaySpend("2026-11-20", 35))
    week = report(bot, Period.week(date(2026, 11, 15)))
    assert (week.totals.cost, week.people.rest) == (20, 5)
    assert report(bot, Period.week(date(2026, 10, 31))).people.rest == 0


def test_visitors_without_a_name_are_one_row_for_their_key(bot: Bot):
    key = ApiKey(KeyId("shopshopsh"), "Shop", "0" * 64, "web", created_at=0)
    FakeApiKeys(bot.memory).create(key)
    for name in ("visitor-1", "visitor-2"):
        person = identity.visitor(key.id, name)
        known = KnownPerson(Person(person, first_seen=1, months={"2026-11": MonthUse(3, 10)}))
        known.channel = Channel.WEB
        bot.memory.people[person] = known
    [row] = report(bot).people.rows
    assert (row.name, row.people, row.is_sum, row.questions, row.cost) == ("Shop", 2, True, 6, 20)


def test_hours_and_answer_times_are_summed_over_the_days(bot: Bot):
    days = (DaySpend(f"2026-11-{day}", questions=2, hours={9: 1, 23: 1}, answer_ms={1000: 2}) for day in (19, 20))
    spends(bot, *days)
    made = report(bot)
    assert (made.hours[9], made.hours[23], sum(made.hours)) == (2, 2, made.totals.questions)
    assert [bucket.answers for bucket in made.answer_times] == [4, 0, 0, 0, 0, 0, 0, 0]


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


def test_a_month_has_its_budget_if_there_is_one_and_a_week_has_none(bot: Bot):
    assert report(bot).monthly_budget is None
    limits = replace(bot.settings.limits, monthly_budget=5_000_000)
    bot.settings = replace(bot.settings, limits=limits)
    assert report(bot).monthly_budget == 5_000_000
    assert report(bot, Period.week(TODAY)).monthly_budget is None


def test_the_report_shows_who_came_through_what_in_the_period(bot: Bot):
    made = flyer, friends = invites.new_code(bytes), invites.new_code(lambda count: b"x" * count)
    for code, name in zip(made, ("Flyer", "Friends"), strict=True):
        bot.heard.append(code.text)
        ends = bot.clock() + 60 * 24 * 3_600_000
        bot.invites.create(Invite(code.id, name, code.digest, Grant(), uses=9, created_at=bot.clock(), expires_at=ends))
    bot.clock.tick(days=-40)
    bot.receives("long-ago", f"/invite {flyer.text}")
    bot.clock.tick(days=40)
    for psid, code in (("anna", friends), ("bert", flyer), ("carl", friends)):
        bot.receives(psid, f"/invite {code.text}")
    bot.receives("dora", "Hello")
    handles = {psid: handle_of(person_of(psid)) for psid in ("anna", "bert", "carl")}
    assert report(bot).people.invited == [
        InviteUse("Friends", [handles["anna"], handles["carl"]]),
        InviteUse("Flyer", [handles["bert"]]),
    ]
