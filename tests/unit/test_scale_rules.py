import pytest

from scripts.bench.scale.rules import (
    PARTITION_WRITES,
    TABLE_WRITES,
    Transactions,
    Units,
    on_demand_writes,
    seconds_until,
)


def taken(units: Units, number: int, *, now: float = 0.0) -> int:
    """How many single units are given of so many that are wanted at one moment."""
    given = 0
    for _ in range(number):
        if units.has(1, now=now):
            units.take(1)
            given += 1
    return given


def test_of_1001_writes_of_a_partition_at_once_the_last_is_refused():
    assert taken(Units(PARTITION_WRITES), 1001) == 1000


def test_what_was_refused_is_let_through_when_units_have_come():
    units = Units(PARTITION_WRITES)
    taken(units, 1000)
    assert [units.has(1, now=0.0009), units.has(1, now=0.0011)] == [False, True]


def test_unused_units_are_kept_for_so_long_and_no_longer():
    units = Units(PARTITION_WRITES, kept_s=300)
    taken(units, 300_000)
    assert taken(units, 400_000, now=1000.0) == 300_000


def test_a_write_of_two_units_needs_both():
    units = Units(PARTITION_WRITES)
    taken(units, 999)
    assert [units.has(2, now=0.0), units.has(1, now=0.0)] == [False, True]


def test_an_item_in_a_transaction_is_refused_until_it_ends_and_others_are_not():
    transactions = Transactions()
    transactions.hold("a", until=0.04)
    assert [transactions.meets(item, now=now) for item, now in (("a", 0.039), ("a", 0.04), ("b", 0.0))] == [
        *(True, False, False)
    ]


@pytest.mark.parametrize(
    ("peak", "writes"), [(0, 4000), (2000, 4000), (2001, 4002), (10_000, 20_000), (25_000, TABLE_WRITES)]
)
def test_an_on_demand_table_takes_twice_its_peak_a_new_one_4000_and_none_more_than_the_quota(peak: int, writes: int):
    assert on_demand_writes(peak) == writes


@pytest.mark.parametrize(
    ("writes", "half_hours"), [(10, 0), (4000, 0), (4001, 1), (8000, 1), (8001, 2), (33_000, 4), (40_001, float("inf"))]
)
def test_a_new_table_doubles_every_half_hour_and_never_exceeds_the_quota(writes: int, half_hours: float):
    assert seconds_until(writes) == half_hours * 1800
