from collections.abc import Mapping

import pytest

from chalicelib.operations import aws_prices
from scripts.bench.scale.people import BUSIEST_MINUTE, DAY_CURVE, HABITS, Habit, Limit, limits, month, peak_share
from scripts.stage.environment import memory_mb

UNITS = 33
A_MILLION_A_MONTH = Habit(1 / 30, 1)


def by_name() -> Mapping[str, Limit]:
    return {limit.name: limit for limit in limits(UNITS)}


def test_a_tenth_of_a_million_people_with_five_questions_each_ask_half_a_million():
    assert Habit(0.10, 5).a_day == 500_000


def test_the_busiest_minute_follows_from_the_curve_of_the_day():
    assert len(DAY_CURVE) == 24
    assert peak_share() == max(DAY_CURVE) / sum(DAY_CURVE) * BUSIEST_MINUTE
    assert Habit(1.0, 1).peak == pytest.approx(1_000_000 * peak_share() / 3600)


def test_the_last_habit_makes_the_thousand_turns_a_second_of_the_simulation():
    assert 950 < HABITS[-1].peak < 1050


@pytest.mark.parametrize(
    ("name", "bears"),
    [
        ("workers, by default", 10 / 4),
        ("workers of one API key, by default", 5 / 4),
        ("conversations that the heartbeat wakes again", 200 / 60),
        ("requests to the webhook", 100 / 2),
        ("functions at a time", 1000 / 4.1),
        ("write units of a table", 40_000 / UNITS),
        ("requests to a model, tier 5", 30_000 / 60),
    ],
)
def test_what_a_limit_bears_follows_from_what_a_turn_takes_of_it(name: str, bears: float):
    assert by_name()[name].bears == pytest.approx(bears)


def test_the_lowest_limit_comes_first_and_a_new_one_takes_its_place_among_them():
    lowest = Limit("none at all", "Parley", 0.0, "", "")
    found = limits(UNITS, [lowest])
    assert found[0] is lowest
    assert [limit.bears for limit in found] == sorted(limit.bears for limit in found)


def test_every_limit_names_its_source():
    assert [limit.name for limit in limits(UNITS) if not limit.source] == []


@pytest.mark.parametrize("web", [False, True])
def test_a_month_costs_at_aws_what_the_same_messages_cost_by_the_price_table(web: bool):  # noqa: FBT001
    listed, memory = aws_prices.load(), memory_mb("prod")
    items = aws_prices.web_message(listed, memory) if web else aws_prices.message(listed, memory)
    once_an_hour = [item for item in items if item.what.startswith("KMS")]
    each = aws_prices.total(items) - aws_prices.total(once_an_hour)
    cost = month(A_MILLION_A_MONTH, web=web, index_share=0.25)
    turns = A_MILLION_A_MONTH.a_day * aws_prices.MONTH_DAYS
    apart = ("the model", "heartbeats", "DynamoDB, stored turns")
    assert sum(usd for part, usd in cost.items() if part not in apart) == pytest.approx(float(each) * turns)


def test_the_writes_of_indexes_are_their_share_of_all_writes():
    cost = month(A_MILLION_A_MONTH, web=False, index_share=0.25)
    assert cost["DynamoDB, writes of indexes"] * 3 == pytest.approx(cost["DynamoDB, writes of items"])


def test_a_thousand_answers_of_the_model_cost_what_the_readme_says():
    cost = month(A_MILLION_A_MONTH, web=False, index_share=0)["the model"]
    assert round(cost / (A_MILLION_A_MONTH.a_day * 30) * 1000, 2) == 0.31
