"""The ledger's counters, as they are read from the table."""

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.access.budget import DaySpend
from chalicelib.access.ledger import (
    ANSWER_MS,
    MonthUse,
    added,
    bucket_of,
    earlier_months,
    month_of,
    outdated_months,
)
from chalicelib.aws.dynamodb import keys, ledger_items, person_items
from chalicelib.ids import Channel, PersonId

ANNA = PersonId("messenger:1:anna")
numbers = st.integers(-(10**9), 10**9)
names = st.text(st.sampled_from("ab.%#/:E2 é"), max_size=6)
DAYS = st.builds(
    DaySpend,
    st.just("2026-11-20"),
    *[numbers] * 6,
    channels=st.dictionaries(st.sampled_from(Channel), numbers),
    models=st.dictionaries(names, numbers),
    personas=st.dictionaries(names, numbers),
    of_no_person=numbers,
    questions=numbers,
    hours=st.dictionaries(st.integers(0, 23), numbers),
    refunded=numbers,
    failures=numbers,
    unanswered=numbers,
    answer_ms=st.dictionaries(st.sampled_from(ANSWER_MS), numbers),
)


def test_a_day_of_an_older_version_has_no_counters():
    spent = ledger_items.day_spend({**keys.spend_key("2026-11-20"), "committed": 7, "calls": 1})
    assert (spent.questions, spent.models, spent.personas, spent.hours, spent.answer_ms) == (0, {}, {}, {}, {})
    assert (spent.failures, spent.refunded, spent.unanswered, spent.of_no_person) == (0, 0, 0, 0)
    assert spent == DaySpend("2026-11-20", committed=7, calls=1)


def test_all_counters_of_a_day_are_read():
    counted = {"model#a%2Eb%25": 5, "persona#santa": 4, "persona#": 1, "hour#07": 2, "hour#23": 1, "ms#2000": 3}
    single = {"questions": 3, "failures": 1, "refunded": 1, "unanswered": 2, "of_no_person": 1}
    spent = ledger_items.day_spend({**keys.spend_key("2026-11-20"), **counted, **single})
    assert spent.models == {"a.b%": 5}
    assert spent.personas == {"santa": 4, "": 1}
    assert (spent.hours, spent.answer_ms) == ({7: 2, 23: 1}, {2000: 3})
    assert {name: getattr(spent, name) for name in single} == single


def test_the_months_of_a_person_are_read():
    counted = {"mq_2026-11": 3, "mc_2026-11": 700, "mr_2026-11": 1, "mc_2026-10": 5}
    known = person_items.person({**keys.person_key(ANNA), **counted})
    assert known.months == {"2026-10": MonthUse(cost=5), "2026-11": MonthUse(3, 700, refunded=1)}


def test_the_month_of_a_day_is_that_of_its_date():
    assert month_of("2026-11-30") == "2026-11"


@pytest.mark.parametrize(("ms", "bound"), [(0, 1000), (1000, 1000), (1001, 2000), (120_000, 120_000), (10**7, 120_000)])
def test_a_response_time_belongs_to_the_first_bucket_that_is_long_enough(ms: int, bound: int):
    assert bucket_of(ms) == bound
    assert bound in ANSWER_MS


def test_the_counts_of_thirteen_months_are_kept():
    stored = ["2025-10", "2025-11", "2026-01", "2026-11"]
    assert outdated_months(stored, today="2026-11-20") == ["2025-10"]
    assert outdated_months(stored, today="2027-01-01") == ["2025-10", "2025-11"]
    assert earlier_months("2026-02-28")[:3] == ["2026-01", "2025-12", "2025-11"]


@given(st.lists(DAYS, min_size=3, max_size=3))
def test_counts_add_up_in_any_order(days: list[DaySpend]):
    one, other, third = days
    assert asdict(added(added(one, other), third)) == asdict(added(one, added(third, other)))


@given(DAYS)
def test_what_is_counted_comes_back_from_the_item(day: DaySpend):
    stored = asdict(ledger_items.day_spend({**keys.spend_key(day.day), **ledger_items.counted(day)}))
    assert _without_zeros(stored) == _without_zeros(asdict(day))


def _without_zeros(counts: object) -> object:
    if not isinstance(counts, dict):
        return counts
    return {name: kept for name, each in counts.items() if (kept := _without_zeros(each))}


def test_a_busy_day_with_six_models_stays_within_the_first_kilobyte():
    """By which DynamoDB bills each write of the day's item."""
    models = {f"bedrock/eu.anthropic.claude-{number}": 10**6 for number in range(6)}
    day = DaySpend(
        "2026-11-20", 10**7, 10**8, 10**7, 10**8, 50_000, 50_000, dict.fromkeys(Channel, 10**7), models,
        dict.fromkeys(("assistant", "santa", "web", "seller", "mine"), 10**6), 10**5, 50_000,
        dict.fromkeys(range(24), 5_000), 100, 100, 100, dict.fromkeys(ANSWER_MS, 9_000),
    )  # fmt: skip
    item = {**keys.spend_key(day.day), **ledger_items.counted(day), "expires_at": 1_830_000_000}
    sizes = (
        len(name) + (len(value) if isinstance(value, str) else len(str(value)) // 2 + 2) for name, value in item.items()
    )
    assert sum(sizes) < 1024
