"""The contract of `access.pauses.Pauses`."""

import pytest

from chalicelib.access.pauses import UNTIL_RESUMED, Pauses
from tests.contract.stores import Store, dynamo_ports, dynamo_store
from tests.fakes.adapters import NOON, FakeClock


@pytest.fixture
def pauses(store: Store) -> Pauses:
    return store.pauses


def test_a_bot_is_not_paused_at_first(pauses: Pauses):
    assert pauses.until() == 0
    assert not pauses.resume(now=NOON)


@pytest.mark.parametrize("until", [NOON + 1, UNTIL_RESUMED])
def test_a_pause_holds_until_it_is_ended(pauses: Pauses, until: int):
    pauses.pause(until=until)
    assert pauses.until() == until
    assert pauses.resume(now=NOON)
    assert pauses.until() == 0


def test_a_later_pause_takes_the_place_of_the_one_before(pauses: Pauses):
    pauses.pause(until=UNTIL_RESUMED)
    pauses.pause(until=NOON + 1)
    assert pauses.until() == NOON + 1


def test_a_pause_that_is_over_cannot_be_ended(pauses: Pauses):
    pauses.pause(until=NOON)
    assert not pauses.resume(now=NOON)


def test_the_texts_of_personas_and_a_pause_leave_each_other_alone(store: Store):
    store.personas.put("santa", "one", now=NOON)
    store.pauses.pause(until=NOON + 1)
    store.personas.put("web", "two", now=NOON)
    assert store.pauses.until() == NOON + 1
    assert store.pauses.resume(now=NOON)
    assert sorted(store.personas.current()) == ["santa", "web"]


@pytest.mark.emulated
def test_another_container_hears_of_a_pause_within_a_minute(emulator):
    clock = FakeClock()
    store = dynamo_store(emulator, clock=clock)
    elsewhere = dynamo_ports(store.pauses.table, clock)  # type: ignore[attr-defined]
    assert elsewhere.pauses.until() == 0
    store.pauses.pause(until=UNTIL_RESUMED)
    assert store.pauses.until() == UNTIL_RESUMED
    clock.tick(seconds=61)
    assert elsewhere.pauses.until() == UNTIL_RESUMED
