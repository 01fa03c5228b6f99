"""The contract of `access.owner_session_ports.OwnerSessions`."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from chalicelib.access.owner_session import OwnerSession
from chalicelib.access.owner_session_ports import OwnerSessions
from tests.contract.stores import Store
from tests.fakes.adapters import NOON, FakeClock

LINK, OTHER = "a" * 64, "b" * 64
PHONE = OwnerSession("1" * 64, "0123456789abcdef", began_at=NOON, used_at=NOON)
DESK = OwnerSession("2" * 64, "", began_at=NOON, used_at=NOON)


@pytest.fixture
def sessions(store: Store) -> OwnerSessions:
    return store.owner_sessions


def test_a_link_works_once_and_a_look_at_it_does_not_use_it_up(sessions: OwnerSessions, clock: FakeClock):
    sessions.offer(LINK, "0123456789abcdef", now=clock())
    assert [sessions.is_offered(LINK, now=clock()) for _ in range(3)] == [True, True, True]
    assert [sessions.take(LINK, now=clock()) for _ in range(2)] == ["0123456789abcdef", None]
    assert not sessions.is_offered(LINK, now=clock())


def test_a_link_that_was_never_given_does_not_work(sessions: OwnerSessions, clock: FakeClock):
    sessions.offer(LINK, "", now=clock())
    assert (sessions.is_offered(OTHER, now=clock()), sessions.take(OTHER, now=clock())) == (False, None)
    assert sessions.take(LINK, now=clock()) == ""


def test_a_link_works_for_five_minutes(sessions: OwnerSessions, clock: FakeClock):
    for link in (LINK, OTHER):
        sessions.offer(link, "", now=clock())
    assert sessions.take(LINK, now=clock.tick(minutes=4, seconds=58)) == ""
    clock.tick(seconds=2)
    assert (sessions.is_offered(OTHER, now=clock()), sessions.take(OTHER, now=clock())) == (False, None)


def test_of_many_who_take_a_link_at_once_one_gets_in(busy_store: Store, clock: FakeClock):
    busy_store.owner_sessions.offer(LINK, "", now=clock())
    with ThreadPoolExecutor(20) as pool:
        taken = list(pool.map(lambda _: busy_store.owner_sessions.take(LINK, now=clock()), range(20)))
    assert [owner for owner in taken if owner is not None] == [""]


def test_a_session_is_found_until_it_is_ended(sessions: OwnerSessions, clock: FakeClock):
    for session in (PHONE, DESK):
        sessions.begin(session)
    assert sessions.get(PHONE.id, now=clock()) == PHONE
    sessions.end(PHONE.id)
    sessions.end(PHONE.id)
    assert sessions.get(PHONE.id, now=clock()) is None
    assert list(sessions.all(now=clock())) == [DESK]


def test_a_session_ends_twelve_hours_after_its_last_use(sessions: OwnerSessions, clock: FakeClock):
    sessions.begin(PHONE)
    used = sessions.use(PHONE, now=clock.tick(hours=11))
    assert used == replace(PHONE, used_at=clock())
    assert sessions.get(PHONE.id, now=clock.tick(hours=11)) == used
    assert sessions.get(PHONE.id, now=clock.tick(hours=1)) is None
    assert list(sessions.all(now=clock())) == []


def test_a_session_ends_after_seven_days_however_often_it_is_used(sessions: OwnerSessions, clock: FakeClock):
    sessions.begin(PHONE)
    session = PHONE
    for _ in range(16):
        session = sessions.use(session, now=clock.tick(hours=10))
        assert sessions.get(PHONE.id, now=clock()) == session
    sessions.use(session, now=clock.tick(hours=7))
    assert sessions.get(PHONE.id, now=clock()) is not None
    assert sessions.get(PHONE.id, now=clock.tick(hours=1)) is None


def test_a_session_that_was_ended_is_not_brought_back_by_a_request_on_its_way(
    sessions: OwnerSessions, clock: FakeClock
):
    sessions.begin(PHONE)
    sessions.end(PHONE.id)
    sessions.use(PHONE, now=clock.tick(minutes=20))
    assert sessions.get(PHONE.id, now=clock()) is None


def test_sessions_are_listed_with_the_last_used_first(sessions: OwnerSessions, clock: FakeClock):
    for session in (PHONE, DESK):
        sessions.begin(session)
    used = sessions.use(DESK, now=clock.tick(minutes=20))
    assert list(sessions.all(now=clock())) == [used, PHONE]


def test_time_to_live_deletes_links_and_sessions(store: Store, clock: FakeClock):
    store.owner_sessions.offer(LINK, "", now=clock())
    store.owner_sessions.begin(PHONE)
    store.expire(clock.tick(minutes=5))
    store.owner_sessions.offer(OTHER, "", now=clock())
    assert store.owner_sessions.get(PHONE.id, now=clock()) == PHONE
    store.expire(clock.tick(hours=12))
    store.owner_sessions.use(PHONE, now=NOON)
    assert store.owner_sessions.get(PHONE.id, now=NOON) is None
