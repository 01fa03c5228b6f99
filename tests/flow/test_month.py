"""The month's budget, as people and the owner meet it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.access.budget import Budget, Price, Usage, usd
from chalicelib.access.person import Access
from chalicelib.access.todays_budget import TodaysBudget
from chalicelib.content import persona
from tests.fakes.adapters import FakeClock
from tests.fakes.memory import Memory
from tests.fakes.spend import FakeSpending
from tests.flow.bot import SAYS, Bot
from tests.flow.chat import Chat

BERLIN = ZoneInfo("Europe/Berlin")
MOST = persona.load("assistant").max_output_tokens
"""Micro-USD that one call can cost on Messenger."""
FIRST_OF_DECEMBER = "1 December 2026"
SPENT, SHARE = SAYS("month_spent", day=FIRST_OF_DECEMBER), SAYS("month_share_spent", day=FIRST_OF_DECEMBER)
DAY_MS = 24 * 60 * 60 * 1000


def prepare(bot: Bot, *, month: int, day: int = 100, person_share: str = "1") -> Bot:
    """Answers cost all that they may; the month and the day bear so many of them."""
    bot.price = Price(Decimal(0), Decimal(0), Decimal(1))
    bot.model.usage = Usage(input=100, output=MOST)
    bot.may_spend(usd(day * MOST), month=usd(month * MOST), person_share=person_share)
    bot.limits_to(100)
    return bot


def ask(bot: Bot, psid: str, times: int = 1) -> list[str]:
    before = len(bot.sent_to(psid))
    for number in range(times):
        bot.receives(psid, f"question number {number}")
    return bot.sent_to(psid)[before:]


def owner_learned(bot: Bot) -> list[str]:
    return [text for subject, text in bot.notifier.told if subject == SAYS("owner_month_subject")]


def test_when_the_months_money_is_spent_people_learn_when_there_is_some_again(bot: Bot):
    prepare(bot, month=3)
    assert ask(bot, "anna", 4) == ["An answer."] * 3 + [SPENT]
    assert (bot.used("anna"), len(bot.asked)) == (3, 3)
    bot.clock.tick(days=1)
    assert ask(bot, "anna") == [SPENT]
    assert bot.log_lines("refuse")[-1]["reason"] == "month_spent"


def test_the_next_month_has_money_again(bot: Bot):
    prepare(bot, month=3)
    ask(bot, "anna", 4)
    bot.clock.tick(days=10, hours=12)
    assert ask(bot, "anna", 4) == ["An answer."] * 3 + [SAYS("month_spent", day="1 January 2027")]


def test_what_earlier_days_have_used_is_missing_today(bot: Bot):
    prepare(bot, month=5)
    assert ask(bot, "anna", 2) == ["An answer."] * 2
    bot.clock.tick(days=1)
    assert ask(bot, "anna", 4) == ["An answer."] * 3 + [SPENT]


def test_the_days_budget_holds_beside_the_months(bot: Bot):
    prepare(bot, month=50, day=4)
    assert ask(bot, "anna", 4)[-1] == SAYS("budget_spent", time="00:00", zone="Europe/Berlin")


def test_a_person_has_a_share_of_the_month_and_others_are_answered(bot: Bot):
    prepare(bot, month=8, person_share="0.25")
    assert ask(bot, "anna", 3) == ["An answer."] * 2 + [SHARE]
    bot.clock.tick(days=1)
    assert ask(bot, "anna") == [SHARE]
    assert ask(bot, "bert") == ["An answer."]
    assert bot.log_lines("refuse")[-1]["reason"] == "month_share_spent"
    assert owner_learned(bot) == []


def test_unlimited_people_have_no_share_but_the_month_holds(bot: Bot):
    prepare(bot, month=8, person_share="0.25")
    bot.receives("anna", "/help")
    bot.decides("anna", Access.UNLIMITED)
    assert ask(bot, "anna", 9) == ["An answer."] * 8 + [SPENT]


def test_forgetting_is_no_way_to_another_share_of_the_month(bot: Bot):
    prepare(bot, month=8, person_share="0.25")
    ask(bot, "anna", 2)
    bot.receives("anna", "/forget")
    bot.receives("anna", "/forget yes")
    assert ask(bot, "anna") == [SHARE]


def test_the_owner_is_warned_at_half_at_four_fifths_and_when_all_is_spent_once_a_month(bot: Bot):
    prepare(bot, month=10)
    heard = []
    for _ in range(12):
        ask(bot, "anna")
        heard.append(len(owner_learned(bot)))
        bot.clock.tick(hours=14)
    assert heard == [0] * 5 + [1] * 3 + [2] * 2 + [3] * 2
    shown = {"budget": usd(10 * MOST), "day": FIRST_OF_DECEMBER}
    kinds = ("half_spent", "nearly_spent", "spent")
    assert owner_learned(bot) == [SAYS(f"owner_month_{kind}", **shown) for kind in kinds]


def test_a_visitor_of_the_web_chat_gets_a_code_for_it(chat: Chat):
    prepare(chat.bot, month=0)
    tab = chat.opens("cleo")
    tab.says("Hello?")
    [notice] = tab.got("notice")
    assert (notice["code"], notice["message"]) == ("month_spent", SPENT)


def test_a_container_whose_clock_is_late_sets_money_aside_on_the_next_day(bot: Bot):
    """Another one has begun that, and counts on the old day as it was."""
    prepare(bot, month=3)
    bot.accepts("anna", "just before midnight")
    tomorrow = replace(bot.clock, now=bot.clock() + DAY_MS)
    others = TodaysBudget(bot.budget, bot.spending, tomorrow, BERLIN)
    others.reserve(Usage(output=MOST))
    bot.works()
    assert bot.sent_to("anna") == ["An answer."]
    assert (bot.spent().calls, bot.spent("2026-11-21").calls) == (0, 1)
    assert bot.known("anna").quota == {"2026-11-20": 1}


def test_money_that_earlier_days_give_back_is_found_after_a_minute(bot: Bot):
    memory, clock = Memory(), FakeClock()
    spending = FakeSpending(memory)
    budget = Budget(10**9, Price(Decimal(0), Decimal(0), Decimal(1)), Decimal(1), month_cap=1000)
    today = TodaysBudget(budget, spending, clock, BERLIN)
    yesterday = replace(today.reserve(Usage(output=900)), day="2026-11-19", month=None)
    assert spending.reserve(yesterday)
    clock.tick(minutes=1)
    assert today.reserve(Usage(output=1)).month.before == 0  # type: ignore[union-attr]
    assert not today.read_again()
    fresh = TodaysBudget(budget, spending, clock, BERLIN)
    assert fresh.reserve(Usage(output=1)).month.before == 900  # type: ignore[union-attr]
    memory.spend["2026-11-19"] = replace(memory.spend["2026-11-19"], committed=100)
    assert not fresh.read_again()
    clock.tick(minutes=1)
    assert fresh.read_again()
    assert fresh.reserve(Usage(output=1)).month.before == 100  # type: ignore[union-attr]


@pytest.mark.parametrize("starts_at", [0, 11 * 60 - 1, 10 * 24 * 60 + 11 * 60 - 1])
def test_200_containers_at_the_last_cent_hold_the_month_at_noon_at_midnight_and_at_its_end(starts_at: int):
    """Each has a clock of its own, a few minutes early or late, and reads the earlier days by itself."""
    memory, clock = Memory(), FakeClock()
    clock.tick(minutes=starts_at)
    spending = FakeSpending(memory)
    budget = Budget(10**9, Price(Decimal(0), Decimal(0), Decimal(1)), Decimal(1), month_cap=10_000)

    def one(number: int) -> int:
        own = FakeClock(clock() + (number % 7 - 3) * 40_000)
        today = TodaysBudget(budget, spending, own, BERLIN)
        reserved = today.reserve(Usage(output=1000))
        if spending.reserve(reserved):
            return 1
        if reserved.day in memory.closed_days:
            today.go_past(reserved.day)
            return int(spending.reserve(today.reserve(Usage(output=1000))))
        return 0

    with ThreadPoolExecutor(20) as pool:
        made = sum(pool.map(one, range(200)))
    months = dict.fromkeys(("2026-11", "2026-12"), 0)
    for day, spent in memory.spend.items():
        months[day[:7]] += spent.committed
    assert max(months.values()) <= 10_000
    assert sum(months.values()) == made * 1000
    assert made >= 10


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 400), st.integers(-3, 30)), max_size=40))
def test_no_order_of_calls_and_clocks_breaks_the_month(steps: list[tuple[int, int, int]]):
    """Four containers, whose clocks differ, make calls of different costs while the days go by."""
    memory, now = Memory(), FakeClock()
    spending = FakeSpending(memory)
    budget = Budget(10**9, Price(Decimal(0), Decimal(0), Decimal(1)), Decimal(1), month_cap=1000)
    clocks = [FakeClock(now() + number * 60_000) for number in range(4)]
    containers = [TodaysBudget(budget, spending, clock, BERLIN) for clock in clocks]
    for number, cost, hours in steps:
        for clock in clocks:
            clock.tick(hours=max(hours, 0))
        spending.reserve(containers[number].reserve(Usage(output=cost)))
        months: dict[str, int] = {}
        for day, spent in memory.spend.items():
            months[day[:7]] = months.get(day[:7], 0) + spent.committed
        assert max(months.values(), default=0) <= 1000
