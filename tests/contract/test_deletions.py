from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from chalicelib.operations.deletion import Deletion
from chalicelib.operations.ports import Deletions
from tests.contract.stores import Store
from tests.fakes.adapters import NOON, FakeClock

ANNAS = Deletion("a" * 32, received_at=NOON, user="1029384756")
BERTS = Deletion("b" * 32, received_at=NOON - 1, user="5647382910")


@pytest.fixture
def deletions(store: Store) -> Deletions:
    return store.deletions


def test_a_request_is_kept_as_it_came(deletions: Deletions, clock: FakeClock):
    deletions.keep(ANNAS)
    assert deletions.get(ANNAS.code, now=clock()) == ANNAS
    assert list(deletions.open(now=clock())) == [ANNAS]


def test_a_repeated_request_is_not_new_and_keeps_its_first_date(deletions: Deletions, clock: FakeClock):
    later = replace(ANNAS, received_at=clock.tick(days=1))
    assert [deletions.keep(request) for request in (ANNAS, later, ANNAS)] == [True, False, False]
    assert list(deletions.open(now=clock())) == [ANNAS]


def test_of_many_who_bring_the_same_request_at_once_one_tells_the_owner(busy_store: Store):
    with ThreadPoolExecutor(20) as pool:
        new = pool.map(lambda _: busy_store.deletions.keep(ANNAS), range(20))
    assert sum(new) == 1


def test_a_code_that_nobody_was_given_finds_nothing(deletions: Deletions, clock: FakeClock):
    deletions.keep(ANNAS)
    assert deletions.get(BERTS.code, now=clock()) is None
    assert not deletions.close(BERTS.code, now=clock())
    assert deletions.get(BERTS.code, now=clock()) is None


def test_open_requests_are_listed_oldest_first(deletions: Deletions, clock: FakeClock):
    requests = [replace(ANNAS, code=f"{number:032x}", received_at=NOON - number) for number in range(120)]
    for request in requests:
        deletions.keep(request)
    assert list(deletions.open(now=clock())) == requests[::-1]


def test_a_request_that_is_done_can_still_be_seen_but_not_whose_it_was(deletions: Deletions, clock: FakeClock):
    for request in (ANNAS, BERTS):
        deletions.keep(request)
    done_at = clock.tick(days=2)
    assert deletions.close(ANNAS.code, now=done_at)
    assert deletions.get(ANNAS.code, now=clock()) == replace(ANNAS, user="", done_at=done_at)
    assert list(deletions.open(now=clock())) == [BERTS]


def test_a_request_is_done_once(deletions: Deletions, clock: FakeClock):
    deletions.keep(ANNAS)
    assert deletions.close(ANNAS.code, now=clock())
    before = deletions.get(ANNAS.code, now=clock())
    assert not deletions.close(ANNAS.code, now=clock.tick(days=1))
    assert deletions.get(ANNAS.code, now=clock()) == before


def test_a_request_that_is_done_is_not_new_when_it_is_repeated(deletions: Deletions, clock: FakeClock):
    deletions.keep(ANNAS)
    deletions.close(ANNAS.code, now=clock())
    assert not deletions.keep(ANNAS)
    assert list(deletions.open(now=clock())) == []


@pytest.mark.parametrize("swept", [False, True])
def test_a_request_is_kept_for_ninety_days(store: Store, clock: FakeClock, *, swept: bool):
    store.deletions.keep(ANNAS)
    almost, over = clock.tick(days=89.9), clock.tick(days=0.1)
    assert store.deletions.get(ANNAS.code, now=almost)
    assert list(store.deletions.open(now=almost)) == [ANNAS]
    if swept:
        store.expire(over)
    assert store.deletions.get(ANNAS.code, now=over) is None
    assert list(store.deletions.open(now=over)) == []
    assert not store.deletions.close(ANNAS.code, now=over)


def test_a_request_is_no_conversation_that_waits_for_a_worker(store: Store, clock: FakeClock):
    store.deletions.keep(ANNAS)
    assert list(store.inbox.overdue(now=clock.tick(days=1))) == []
