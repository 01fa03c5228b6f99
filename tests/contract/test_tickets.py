"""The contract of `access.ports.Tickets`."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from chalicelib.access.ports import Tickets
from chalicelib.ids import KeyId
from tests.contract.stores import Store

SHOP, BLOG = KeyId("shop"), KeyId("blog")
HOME, WORK = "0" * 64, "1" * 64
NOON, ONE = "2026-11-20T12", "2026-11-20T13"


@pytest.fixture
def tickets(store: Store) -> Tickets:
    return store.tickets


def test_so_many_are_handed_out_in_an_hour_and_no_more(tickets: Tickets):
    handed_out = [tickets.count(SHOP, HOME, hour=NOON, most=3) for _ in range(5)]
    assert handed_out == [True, True, True, False, False]


def test_a_refused_ticket_is_not_counted(tickets: Tickets):
    for _ in range(5):
        tickets.count(SHOP, HOME, hour=NOON, most=3)
    assert [tickets.count(SHOP, HOME, hour=NOON, most=4) for _ in range(2)] == [True, False]


@pytest.mark.parametrize(("key", "address", "hour"), [(BLOG, HOME, NOON), (SHOP, WORK, NOON), (SHOP, HOME, ONE)])
def test_another_key_address_or_hour_is_counted_apart(tickets: Tickets, key: KeyId, address: str, hour: str):
    assert tickets.count(SHOP, HOME, hour=NOON, most=1)
    assert tickets.count(key, address, hour=hour, most=1)
    assert not tickets.count(SHOP, HOME, hour=NOON, most=1)


def test_of_many_at_once_exactly_so_many_get_one(busy_store: Store):
    with ThreadPoolExecutor(20) as pool:
        handed_out = pool.map(lambda _: busy_store.tickets.count(SHOP, HOME, hour=NOON, most=7), range(40))
    assert sum(handed_out) == 7


def test_counts_are_forgotten_two_hours_after_their_hour_began(store: Store):
    two_hours_on = int(datetime(2026, 11, 20, 14, tzinfo=UTC).timestamp()) * 1000
    for hour in (NOON, ONE):
        store.tickets.count(SHOP, HOME, hour=hour, most=1)
    store.expire(two_hours_on - 1)
    assert not store.tickets.count(SHOP, HOME, hour=NOON, most=1)
    store.expire(two_hours_on)
    assert store.tickets.count(SHOP, HOME, hour=NOON, most=1)
    assert not store.tickets.count(SHOP, HOME, hour=ONE, most=1)
