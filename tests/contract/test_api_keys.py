"""The contract of `access.ports.ApiKeys`."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from chalicelib.access.api_key import ApiKey
from chalicelib.access.ports import ApiKeys
from chalicelib.ids import KeyId
from tests.contract.stores import Store
from tests.fakes.adapters import NOON, FakeClock

PLAIN = ApiKey(KeyId("b" * 10), name="Tests", digest="0" * 64, persona="assistant", created_at=NOON)
WHOLE = ApiKey(
    KeyId("a" * 10),
    name="Shop, on the page “Kontakt”",
    digest="f" * 64,
    persona="santa",
    created_at=NOON - 1,
    max_messages=1000,
    used=3,
    daily_messages=0,
    origins=("https://shop.example", "http://localhost:3000"),
    open_rooms=True,
    is_open=True,
    whole_answers=True,
    model="gpt-6-sol",
    generation=7,
    expires_at=NOON + 1,
    revoked_at=NOON + 2,
)


@pytest.fixture
def keys(store: Store) -> ApiKeys:
    return store.keys


@pytest.mark.parametrize("key", [PLAIN, WHOLE])
def test_a_key_is_kept_as_it_was_made(keys: ApiKeys, key: ApiKey):
    assert keys.create(key)
    assert keys.get(key.id) == key
    assert list(keys.list()) == [key]


@pytest.mark.parametrize(("maximum", "read"), [(None, 0), (9, 3)])
def test_the_questions_of_a_key_are_read_with_it_if_they_are_limited(keys: ApiKeys, maximum: int | None, read: int):
    key = replace(PLAIN, max_messages=maximum, used=3)
    keys.create(key)
    assert (keys.get(key.id), keys.counted(key.id)) == (replace(key, used=read), key)


def test_an_unknown_key_is_not_found(keys: ApiKeys):
    keys.create(PLAIN)
    assert keys.get(WHOLE.id) is None
    assert keys.get(KeyId("b")) is None
    assert keys.counted(WHOLE.id) is None


def test_a_key_is_made_once(keys: ApiKeys):
    keys.create(PLAIN)
    assert not keys.create(replace(WHOLE, id=PLAIN.id))
    assert keys.get(PLAIN.id) == PLAIN


def test_of_many_who_make_the_same_key_at_once_one_does(busy_store: Store):
    with ThreadPoolExecutor(20) as pool:
        made = list(pool.map(lambda number: busy_store.keys.create(replace(PLAIN, used=number)), range(20)))
    assert sum(made) == 1
    found = busy_store.keys.counted(PLAIN.id)
    assert found
    assert made[found.used]


def test_keys_are_listed_in_the_order_of_their_ids(keys: ApiKeys):
    many = [replace(PLAIN, id=KeyId(f"{number:010}"), name="n" * 200) for number in range(120)]
    for key in reversed(many):
        keys.create(key)
    assert list(keys.list()) == many


def test_nothing_is_listed_where_there_are_none(keys: ApiKeys):
    assert list(keys.list()) == []


def test_a_revoked_key_says_so_and_stays_in_the_list(keys: ApiKeys, clock: FakeClock):
    for key in (PLAIN, WHOLE):
        keys.create(key)
    assert keys.revoke(PLAIN.id, now=clock.tick(days=1))
    revoked = replace(PLAIN, revoked_at=clock())
    assert keys.get(PLAIN.id) == revoked
    assert list(keys.list()) == [WHOLE, revoked]


def test_a_key_that_is_revoked_again_keeps_its_time(keys: ApiKeys, clock: FakeClock):
    keys.create(PLAIN)
    first = clock()
    assert keys.revoke(PLAIN.id, now=first)
    assert keys.revoke(PLAIN.id, now=clock.tick(days=1))
    assert keys.get(PLAIN.id) == replace(PLAIN, revoked_at=first)


def test_revoking_what_is_not_there_makes_nothing(keys: ApiKeys, clock: FakeClock):
    assert not keys.revoke(PLAIN.id, now=clock())
    assert keys.get(PLAIN.id) is None


def test_a_key_never_leaves_by_itself(store: Store, clock: FakeClock):
    for key in (PLAIN, WHOLE):
        store.keys.create(key)
    store.expire(clock.tick(days=10_000))
    assert list(store.keys.list()) == [WHOLE, PLAIN]


def test_a_keys_rooms_are_opened_and_closed(keys: ApiKeys):
    keys.create(PLAIN)
    assert keys.set_open_rooms(PLAIN.id, is_open=True)
    assert keys.get(PLAIN.id) == replace(PLAIN, open_rooms=True)
    assert keys.set_open_rooms(PLAIN.id, is_open=False)
    assert keys.get(PLAIN.id) == PLAIN


def test_the_rooms_of_an_unknown_key_are_not_opened(keys: ApiKeys):
    assert not keys.set_open_rooms(PLAIN.id, is_open=True)
    assert keys.get(PLAIN.id) is None


def test_another_secret_of_a_key_signs_its_visitors(keys: ApiKeys):
    keys.create(PLAIN)
    assert keys.set_generation(PLAIN.id, 2)
    assert keys.get(PLAIN.id) == replace(PLAIN, generation=2)


def test_an_unknown_key_gets_no_other_secret(keys: ApiKeys):
    assert not keys.set_generation(PLAIN.id, 2)
    assert keys.get(PLAIN.id) is None
