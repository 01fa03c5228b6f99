from dataclasses import replace
from decimal import Decimal

import pytest

from chalicelib.access.budget import Budget, DaySpend, MonthCap, Price, Reservation, Settlement, Usage, usd
from chalicelib.ids import Channel
from chalicelib.llm import prices
from chalicelib.llm.prices import FREE
from chalicelib.settings.stage import Settings

DAY = "2026-11-20"
BUDGET = Budget(cap=1000, price=Price(Decimal(1), Decimal("0.1"), Decimal(5)), person_share=Decimal("0.25"))
MOST = Usage(input=100, output=20)


def test_the_most_that_a_call_can_cost_is_set_aside_within_the_days_budget():
    assert BUDGET.reserve(MOST, day=DAY) == Reservation(DAY, amount=200, cap=1000)


def test_a_model_that_costs_nothing_has_nothing_set_aside():
    assert Budget(0, FREE, Decimal(1)).reserve(MOST, day=DAY).amount == 0


@pytest.mark.parametrize(
    ("env", "price"),
    [
        ({}, prices.find("gpt-6-luna")),
        ({"PARLEY_MODEL": "gpt-5.4-mini"}, prices.find("gpt-5.4-mini")),
        ({"PARLEY_MODEL": "gpt-7"}, prices.find("gpt-6-astra")),
        ({"PARLEY_MODEL": "llama3.2", "OPENAI_BASE_URL": "http://192.168.0.7:11434/v1"}, FREE),
    ],
)
def test_openais_models_are_paid_for_and_those_on_other_servers_are_not(env: dict[str, str], price: Price):
    settings = Settings.from_env({**env, "PARLEY_DAILY_BUDGET_USD": "2"})
    budget = Budget(settings.limits.daily_budget, prices.price_of(settings.model), settings.limits.person_share)
    assert budget == Budget(2_000_000, price, Decimal("0.25"))
    assert budget.price.is_free is (price == FREE)


def test_a_settlement_is_what_was_used():
    reserved = BUDGET.reserve(MOST, day=DAY)
    settlement = BUDGET.settle(reserved, Usage(input=50, cached=10, output=3), at_most=MOST)
    assert (settlement.reserved, settlement.cost, settlement.usage) == (reserved, 40 + 1 + 15, Usage(50, 10, 3))


@pytest.mark.parametrize("usage", [None, Usage()])
@pytest.mark.parametrize(("at_most", "cost"), [(MOST, 200), (Usage(input=40, output=3), 55), (Usage(input=900), 200)])
def test_what_the_provider_does_not_tell_is_the_most_it_can_be_and_never_more_than_was_set_aside(
    usage: Usage | None, at_most: Usage, cost: int
):
    reserved = BUDGET.reserve(MOST, day=DAY)
    assert BUDGET.settle(reserved, usage, at_most=at_most) == Settlement(reserved, cost, usage)


def test_an_answer_without_output_costs_its_input():
    reserved = BUDGET.reserve(MOST, day=DAY)
    assert BUDGET.settle(reserved, Usage(input=50), at_most=MOST).cost == 50


def test_usage_that_is_told_counts_even_beyond_what_was_set_aside():
    reserved = BUDGET.reserve(MOST, day=DAY)
    assert BUDGET.settle(reserved, Usage(input=300, output=1), at_most=MOST).cost == 305


@pytest.mark.parametrize(
    ("cap", "amount", "of_person", "of_channel"),
    [(1000, 200, 250, 750), (1000, 300, 300, 750), (1000, 900, 900, 900), (100, 200, 200, 200), (0, 0, 0, 0)],
)
def test_a_person_and_a_channel_have_parts_of_the_budget_that_bear_one_call(
    cap: int, amount: int, of_person: int, of_channel: int
):
    budget = Budget(cap, Price(Decimal(0), Decimal(0), Decimal(1)), Decimal("0.25"))
    reserved = budget.for_turn(budget.reserve(Usage(output=amount), day=DAY), is_unlimited=False)
    assert reserved == Reservation(DAY, amount, cap, person_cap=of_person, channel_cap=of_channel)


@pytest.mark.parametrize(("share", "is_unlimited"), [("0.25", True), ("1", False), ("1", True)])
def test_an_unlimited_person_and_a_whole_share_have_no_limit_but_the_channels(share: str, *, is_unlimited: bool):
    budget = replace(BUDGET, person_share=Decimal(share))
    reserved = budget.for_turn(budget.reserve(MOST, day=DAY), is_unlimited=is_unlimited)
    assert reserved == Reservation(DAY, 200, 1000, person_cap=None, channel_cap=750)


def test_a_channel_that_is_alone_may_use_the_whole_budget():
    budget = replace(BUDGET, is_shared=False)
    reserved = budget.for_turn(budget.reserve(MOST, day=DAY), is_unlimited=True)
    assert reserved == Reservation(DAY, 200, 1000, person_cap=None, channel_cap=1000)


def test_a_month_has_a_budget_of_its_own_and_a_person_the_same_share_of_it():
    budget = replace(BUDGET, person_share=Decimal("0.25"), month_cap=4000)
    whole = budget.reserve(MOST, day=DAY, before=3500)
    assert (whole.month, whole.most) == (MonthCap(4000, 3500), 500)
    reserved = budget.for_turn(whole, is_unlimited=False)
    assert (reserved.person_cap, reserved.month) == (250, MonthCap(4000, 3500, of_person=1000))
    assert budget.for_turn(whole, is_unlimited=True).month == whole.month


@pytest.mark.parametrize(("before", "most"), [(0, 1000), (3000, 1000), (3999, 1), (5000, -1000)])
def test_a_day_has_no_more_than_its_budget_and_the_rest_of_the_months(before: int, most: int):
    assert replace(BUDGET, month_cap=4000).reserve(MOST, day=DAY, before=before).most == most


@pytest.mark.parametrize(
    ("committed", "web", "messenger", "used"),
    [(0, 0, 0, "0"), (500, 0, 0, "0.5"), (600, 600, 0, "0.8"), (900, 150, 750, "1"), (1000, 500, 500, "1")],
)
def test_what_is_used_up_furthest_is_what_is_used(committed: int, web: int, messenger: int, used: str):
    spent = DaySpend(DAY, committed, channels={Channel.WEB: web, Channel.MESSENGER: messenger})
    assert spent.used(1000, of_channel=750) == Decimal(used)


@pytest.mark.parametrize(
    ("micro_usd", "shown"), [(1_000_000, "1"), (500_000, "0.5"), (1_336, "0.001336"), (0, "0"), (12_000_000, "12")]
)
def test_the_owner_reads_dollars(micro_usd: int, shown: str):
    assert usd(micro_usd) == shown
