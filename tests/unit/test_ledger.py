"""The ledger's counters, as they are read from the table."""

import pytest

from chalicelib.access.budget import DaySpend
from chalicelib.access.ledger import ANSWER_MS, MonthUse, bucket_of, month_of
from chalicelib.aws.dynamodb import items, keys, person_items
from chalicelib.ids import PersonId

ANNA = PersonId("messenger:1:anna")


def test_a_day_of_an_older_version_has_no_counters():
    spent = items.day_spend({**keys.spend_key("2026-11-20"), "committed": 7, "calls": 1})
    assert (spent.questions, spent.models, spent.personas, spent.hours, spent.answer_ms) == (0, {}, {}, {}, {})
    assert (spent.failures, spent.refunded, spent.unanswered, spent.of_no_person) == (0, 0, 0, 0)
    assert spent == DaySpend("2026-11-20", committed=7, calls=1)


def test_all_counters_of_a_day_are_read():
    counted = {"model#a%2Eb%25": 5, "persona#santa": 4, "persona#": 1, "hour#07": 2, "hour#23": 1, "ms#2000": 3}
    single = {"questions": 3, "failures": 1, "refunded": 1, "unanswered": 2, "of_no_person": 1}
    spent = items.day_spend({**keys.spend_key("2026-11-20"), **counted, **single})
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
