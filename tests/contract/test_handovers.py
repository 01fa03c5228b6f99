"""The contract of `access.ports.Handovers`."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.access.ports import Handovers
from tests.contract.stores import Store
from tests.fakes.adapters import FakeClock

SLOT, OTHER = "a" * 43, "b" * 43


@pytest.fixture
def handovers(store: Store) -> Handovers:
    return store.handovers


def test_a_code_is_taken_once_and_only_from_its_slot(handovers: Handovers, clock: FakeClock):
    assert handovers.take(SLOT, now=clock()) is None
    assert handovers.put(SLOT, "code", now=clock())
    assert handovers.take(OTHER, now=clock()) is None
    assert [handovers.take(SLOT, now=clock()) for _ in range(2)] == ["code", None]


def test_a_slot_that_holds_a_code_takes_no_other(handovers: Handovers, clock: FakeClock):
    assert handovers.put(SLOT, "first", now=clock())
    assert not handovers.put(SLOT, "second", now=clock())
    assert handovers.take(SLOT, now=clock()) == "first"


def test_that_somebody_did_not_sign_in_is_handed_over_as_well(handovers: Handovers, clock: FakeClock):
    handovers.put(SLOT, "", now=clock())
    assert handovers.take(SLOT, now=clock()) == ""


def test_a_code_waits_for_five_minutes(store: Store, clock: FakeClock):
    for slot in (SLOT, OTHER):
        store.handovers.put(slot, "code", now=clock())
    assert store.handovers.take(SLOT, now=clock.tick(minutes=4, seconds=58)) == "code"
    assert store.handovers.take(OTHER, now=clock.tick(seconds=2)) is None
    store.expire(clock())
    assert store.handovers.put(OTHER, "another", now=clock())


def test_of_many_who_take_a_code_at_once_one_gets_it(busy_store: Store, clock: FakeClock):
    busy_store.handovers.put(SLOT, "code", now=clock())
    with ThreadPoolExecutor(20) as pool:
        taken = list(pool.map(lambda _: busy_store.handovers.take(SLOT, now=clock()), range(20)))
    assert [code for code in taken if code is not None] == ["code"]
