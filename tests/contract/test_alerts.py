from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.operations.ports import SentAlerts
from tests.contract.stores import Store

pytestmark = pytest.mark.on_moto

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


def test_of_many_who_meet_the_fault_at_once_one_tells_the_owner(busy_store: Store):
    with ThreadPoolExecutor(20) as pool:
        told = pool.map(lambda _: busy_store.alerts.first_today("model", day=DAY), range(20))
    assert sum(told) == 1
