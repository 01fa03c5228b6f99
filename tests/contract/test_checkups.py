"""The contract of `operations.ports.Checkups`."""

from chalicelib.operations.findings import Checkup, Finding
from tests.contract.stores import Store
from tests.fakes.adapters import FakeClock

WELL = Finding.ok("model", "gpt-6-luna answers")
ILL = Finding.broken("page-token", "it has expired", "people get no answer", "run scripts/parley deploy")


def test_before_the_first_health_check_there_is_none(store: Store):
    assert store.checkups.last() is None


def test_the_last_health_check_is_stored_with_its_findings_in_order(store: Store, clock: FakeClock):
    store.checkups.keep(Checkup(clock(), [WELL]))
    store.checkups.keep(Checkup(clock.tick(days=7), [ILL, WELL]))
    assert store.checkups.last() == Checkup(clock(), [ILL, WELL])
