from collections import Counter
from decimal import Decimal

import pytest

from chalicelib.access.budget import Budget, Price, Usage
from chalicelib.access.shards import MOST_SHARDS, Headroom, shard_of

CENT = 10_000
DOLLAR = 100 * CENT


@pytest.mark.parametrize(
    ("cap", "amount"),
    [(DOLLAR // 2, 0), (DOLLAR // 2, 1), (DOLLAR, 300), (5 * DOLLAR - 1, 300), (100 * DOLLAR, DOLLAR)],
)
def test_a_budget_that_is_small_or_pays_for_few_calls_is_not_shared_out(cap: int, amount: int):
    assert shard_of("any", cap=cap, amount=amount) is None


@pytest.mark.parametrize(("dollars", "shards"), [(5, 2), (25, 10), (100, MOST_SHARDS), (1000, MOST_SHARDS)])
def test_a_large_budget_is_shared_out_evenly(dollars: int, shards: int):
    found = [shard_of(f"turn {number}", cap=dollars * DOLLAR, amount=1500) for number in range(100 * shards)]
    counted = Counter(shard.number for shard in found if shard)
    assert sorted(counted) == list(range(shards))
    assert max(counted.values()) < 200


def test_a_call_finds_its_shard_again():
    assert shard_of("turn", cap=DOLLAR * 90, amount=1) == shard_of("turn", cap=DOLLAR * 90, amount=2)


def test_without_a_name_a_call_counts_on_the_days_own_item():
    assert shard_of("", cap=DOLLAR * 90, amount=1) is None


def test_the_settings_of_a_shared_day_are_all_that_its_shards_depend_on():
    price, call = Price(Decimal(1), Decimal(1), Decimal(1)), Usage(1)
    budget = Budget(20 * DOLLAR, price, Decimal(1), month_cap=30 * DOLLAR)
    small = Budget(DOLLAR, price, Decimal(1))
    assert budget.reserve(call, day="2026-11-20").limits == f"{20 * DOLLAR}/{15 * DOLLAR}/{30 * DOLLAR}"
    assert small.reserve(call, day="2026-11-20").limits == ""


def test_a_shard_is_granted_less_the_less_is_left():
    shares = [Headroom(left, None, {}).share(10, "web", of=4) for left in (8010, 4010, 90, 10, 5)]
    assert shares == [1010, 510, 20, 10, 10]


def test_what_others_have_left_counts_and_only_the_channels_own_as_its_part():
    room = Headroom(0, 10, {"web.1": 100, "messenger.1": 1000, "web.2": -50})
    assert room.share(10, "web", of=1) == 10 + (110 - 10) // 2
    assert room.share(10, "messenger", of=1) == 10 + (1010 - 10) // 2


@pytest.mark.parametrize(
    ("amount", "taken"),
    [
        (5, {}),
        (10, {}),
        (12, {"web.1": 2}),
        (130, {"web.1": 100, "web.2": 20}),
        (200, {"web.1": 100, "web.2": 30, "messenger.1": 60}),
    ],
)
def test_more_is_taken_first_where_most_of_the_channels_own_is_left(amount: int, taken: dict[str, int]):
    assert Headroom(10, None, {"messenger.1": 1000, "web.2": 30, "web.1": 100}).taken_for(amount, "web") == taken


def test_a_part_that_is_used_up_is_filled_by_the_channels_own_shards_alone():
    room = Headroom(500, 0, {"messenger.1": 1000, "web.1": 100})
    assert room.taken_for(60, "web") == {"web.1": 60}


def test_a_budget_that_was_lowered_takes_back_what_is_missing():
    assert Headroom(-50, None, {"web.1": 100}).taken_for(10, "web") == {"web.1": 60}
