"""The lists that people keep: the same promises from the fake and from DynamoDB."""

from dataclasses import replace

import pytest

from chalicelib.access.person import Access
from chalicelib.conversation.person_list import PersonList
from chalicelib.conversation.tool_ports import PersonLists
from chalicelib.ids import PersonId
from tests.contract.stores import Store
from tests.contract.story import ANNA, BERT
from tests.fakes.adapters import NOON

YEAR_MS = 365 * 24 * 60 * 60 * 1000
WISHES = PersonList("wishes", ("a bike", "Ünïcode ✨"), 0, ("k1",), "1#a", 7)


@pytest.fixture
def lists(store: Store) -> PersonLists:
    return store.lists


def test_a_list_that_is_not_stored_is_empty_and_of_version_0(lists: PersonLists):
    assert lists.get(ANNA, "wishes", now=NOON) == PersonList("wishes")
    assert lists.all(ANNA, now=NOON) == []


def test_a_list_is_read_as_it_was_stored_with_the_next_version(lists: PersonLists):
    assert lists.put(ANNA, WISHES, asked_at=NOON, now=NOON)
    assert lists.get(ANNA, "wishes", now=NOON) == replace(WISHES, version=1)
    assert lists.put(ANNA, replace(WISHES, items=(), version=1), asked_at=NOON, now=NOON)
    assert lists.get(ANNA, "wishes", now=NOON) == replace(WISHES, items=(), version=2)


@pytest.mark.parametrize("version", [0, 2, 7])
def test_a_list_that_was_changed_meanwhile_is_not_overwritten(lists: PersonLists, version: int):
    lists.put(ANNA, WISHES, asked_at=NOON, now=NOON)
    assert not lists.put(ANNA, replace(WISHES, items=("lost",), version=version), asked_at=NOON, now=NOON)
    assert lists.get(ANNA, "wishes", now=NOON).items == WISHES.items


def test_a_list_that_was_forgotten_meanwhile_is_not_stored_again(lists: PersonLists):
    lists.put(ANNA, WISHES, asked_at=NOON, now=NOON)
    read = lists.get(ANNA, "wishes", now=NOON)
    lists.forget(ANNA)
    assert not lists.put(ANNA, read, asked_at=NOON, now=NOON)
    assert lists.get(ANNA, "wishes", now=NOON) == PersonList("wishes")


def test_the_case_of_a_name_makes_no_difference(lists: PersonLists):
    lists.put(ANNA, replace(WISHES, name="Wünsche"), asked_at=NOON, now=NOON)
    assert lists.get(ANNA, "WÜNSCHE", now=NOON).name == "Wünsche"


def test_all_lists_of_a_person_come_in_the_order_of_their_names(lists: PersonLists):
    for name in ("wishes", "books", "a", "10", "9"):
        lists.put(ANNA, replace(WISHES, name=name), asked_at=NOON, now=NOON)
    assert [found.name for found in lists.all(ANNA, now=NOON)] == ["10", "9", "a", "books", "wishes"]


@pytest.mark.parametrize("other", [BERT, PersonId(f"{ANNA}2"), PersonId("messenger:1:ann")])
def test_a_list_is_its_persons_alone(lists: PersonLists, other: PersonId):
    lists.put(ANNA, WISHES, asked_at=NOON, now=NOON)
    assert lists.get(other, "wishes", now=NOON) == PersonList("wishes")
    assert lists.all(other, now=NOON) == []
    lists.put(other, replace(WISHES, items=("theirs",)), asked_at=NOON, now=NOON)
    lists.forget(ANNA)
    assert lists.get(other, "wishes", now=NOON).items == ("theirs",)
    assert lists.all(ANNA, now=NOON) == []


def test_forgetting_concerns_nothing_else_of_the_person(store: Store):
    store.people.decide(ANNA, Access.DEFAULT, daily_limit=7)
    store.lists.put(ANNA, WISHES, asked_at=NOON, now=NOON)
    store.lists.forget(ANNA)
    known = store.people.get(ANNA)
    assert known
    assert known.daily_limit == 7


def test_a_list_expires_a_year_after_its_last_change_and_can_be_begun_again(store: Store):
    store.lists.put(ANNA, WISHES, asked_at=NOON, now=NOON)
    later = NOON + YEAR_MS
    assert store.lists.all(ANNA, now=later - 1000) != []
    found = store.lists.get(ANNA, "wishes", now=later)
    assert (found.items, store.lists.all(ANNA, now=later)) == ((), [])
    assert store.lists.put(ANNA, replace(found, items=("new",)), asked_at=later, now=later)
    assert store.lists.get(ANNA, "wishes", now=later).items == ("new",)
    store.expire(later + YEAR_MS)
    assert store.lists.get(ANNA, "wishes", now=later) == PersonList("wishes")
