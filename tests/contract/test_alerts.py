from concurrent.futures import ThreadPoolExecutor

from chalicelib.operations.ports import SentAlerts
from tests.contract.stores import Store

DAY, NEXT_DAY = "2026-11-20", "2026-11-21"


def test_the_owner_is_told_of_a_fault_once_a_day(alerts: SentAlerts):
    assert [alerts.first_today("model", day=DAY) for _ in range(3)] == [True, False, False]


def test_the_owner_is_told_of_the_same_fault_again_the_next_day(alerts: SentAlerts):
    alerts.first_today("model", day=DAY)
    assert alerts.first_today("model", day=NEXT_DAY)
    assert not alerts.first_today("model", day=NEXT_DAY)


def test_one_fault_does_not_hide_another(alerts: SentAlerts):
    alerts.first_today("model", day=DAY)
    assert alerts.first_today("channel", day=DAY)
    assert not alerts.first_today("model", day=DAY)


def count(alerts: SentAlerts, *people: str, kind: str = "refused", day: str = DAY) -> list[int]:
    return [alerts.people_today(kind, person, day=day, most=3) for person in people]


def test_each_person_whom_a_fault_meets_is_counted_once_a_day(alerts: SentAlerts):
    assert count(alerts, "a", "a", "b", "a", "b") == [1, 1, 2, 2, 2]


def test_people_are_counted_up_to_the_most_that_matter(alerts: SentAlerts):
    assert count(alerts, "a", "b", "c", "d", "a", "e") == [1, 2, 3, 3, 3, 3]


def test_the_next_day_people_are_counted_from_one_again(alerts: SentAlerts):
    count(alerts, "a", "b", "c")
    assert count(alerts, "a", "a", "b", day=NEXT_DAY) == [1, 1, 2]


def test_people_of_another_fault_are_counted_apart(alerts: SentAlerts):
    count(alerts, "a", "b")
    assert count(alerts, "c", kind="slow") == [1]
    assert alerts.first_today("refused-slowly", day=DAY)


def test_of_many_people_who_are_counted_at_once_none_is_missed(busy_store: Store):
    with ThreadPoolExecutor(20) as pool:
        counted = pool.map(
            lambda number: busy_store.alerts.people_today("refused", str(number), day=DAY, most=20), range(20)
        )
    assert sorted(counted) == list(range(1, 21))


def test_of_many_who_meet_the_fault_at_once_one_tells_the_owner(busy_store: Store):
    with ThreadPoolExecutor(20) as pool:
        told = pool.map(lambda _: busy_store.alerts.first_today("model", day=DAY), range(20))
    assert sum(told) == 1
