"""The contract of `access.owner_ports.Owners`."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.access import pairing
from chalicelib.access.owner_ports import Owner
from chalicelib.access.pairing import Pairing
from chalicelib.access.person import Access
from chalicelib.ids import PersonId
from tests.contract.stores import Store
from tests.contract.story import ANNA, BERT, Story

CODE = "ABCD2345"


def offer(story: Story, code: str = CODE) -> Pairing:
    made = pairing.pairing_for(code, lambda count: bytes(range(count)), now=story.clock())
    story.store.owners.offer(made)
    return made


def make_owner(story: Story, person: PersonId = ANNA) -> None:
    assert story.store.owners.pair(person, offer(story), now=story.clock())


def test_a_code_makes_an_owner_once(story: Story):
    story.accept()
    made = offer(story)
    assert story.store.owners.try_code(now=story.clock()) == made
    assert [story.store.owners.pair(each, made, now=story.clock()) for each in (ANNA, ANNA, BERT)] == [
        True,
        False,
        False,
    ]
    assert (story.known().is_owner, story.known().is_unlimited) == (True, True)
    assert story.store.owners.list() == [Owner(ANNA, story.clock(), made)]
    assert story.store.owners.try_code(now=story.clock()) is None


def test_a_person_is_no_owner_before(story: Story):
    story.accept()
    assert not story.known().is_owner
    assert story.store.owners.list() == []
    assert story.store.owners.try_code(now=story.clock()) is None


def test_a_code_may_be_tried_five_times(story: Story):
    offer(story)
    tried = [story.store.owners.try_code(now=story.clock()) is not None for _ in range(7)]
    assert tried == [True] * 5 + [False] * 2


def test_a_code_is_worth_something_for_ten_minutes(story: Story):
    made = offer(story)
    assert story.store.owners.try_code(now=story.clock() + 599_999) == made
    assert story.store.owners.try_code(now=story.clock() + 600_000) is None


def test_an_expired_code_leaves_the_table(story: Story):
    offer(story)
    story.clock.tick(minutes=11)
    story.store.expire(story.clock())
    assert story.store.owners.try_code(now=0) is None


def test_a_new_code_takes_the_place_of_the_one_before(story: Story):
    story.accept()
    old, new = offer(story, "22222222"), offer(story, "33333333")
    assert not story.store.owners.pair(ANNA, old, now=story.clock())
    assert story.store.owners.try_code(now=story.clock()) == new
    assert story.store.owners.pair(ANNA, new, now=story.clock())


def test_there_may_be_several_owners_and_they_are_listed_in_their_order(story: Story):
    make_owner(story, BERT)
    story.clock.tick(seconds=1)
    make_owner(story, ANNA)
    assert [owner.person for owner in story.store.owners.list()] == [BERT, ANNA]


def test_an_owner_who_has_never_written_is_listed_among_the_people(story: Story):
    make_owner(story)
    assert [person.id for person in story.store.people.list()] == [ANNA]


def test_an_owner_who_is_removed_is_a_person_like_others(story: Story):
    story.accept()
    make_owner(story)
    assert [story.store.owners.remove(each) for each in (ANNA, ANNA, BERT)] == [True, False, False]
    assert story.store.owners.list() == []
    assert not story.known().is_owner
    assert story.store.people.get(BERT) is None


def test_an_owner_who_has_everything_deleted_stays_an_owner(story: Story):
    story.accept()
    make_owner(story)
    story.store.people.forget(ANNA, now=story.clock())
    story.clock.tick(days=40)
    story.store.expire(story.clock())
    assert story.known().is_owner
    assert [person.id for person in story.store.people.list()] == [ANNA]


def test_an_undone_decision_makes_no_owner_a_stranger(story: Story):
    make_owner(story)
    story.store.people.decide(ANNA, Access.BLOCKED, daily_limit=None)
    story.store.people.decide(ANNA, Access.DEFAULT, daily_limit=None)
    assert story.known().is_owner


def test_a_person_whose_counts_were_about_to_expire_does_not_once_they_are_an_owner(story: Story):
    story.accept()
    story.store.people.forget(ANNA, now=story.clock())
    make_owner(story)
    story.clock.tick(days=40)
    story.store.expire(story.clock())
    assert story.known().is_owner


@pytest.mark.parametrize("people", [[ANNA] * 10, [ANNA, BERT] * 5])
def test_of_many_who_send_the_code_at_once_one_becomes_an_owner(busy_store: Store, people: list[PersonId]):
    made = pairing.pairing_for(CODE, bytes, now=0)
    busy_store.owners.offer(made)
    with ThreadPoolExecutor(10) as pool:
        paired = list(pool.map(lambda person: busy_store.owners.pair(person, made, now=0), people))
    assert paired.count(True) == 1
    assert len(busy_store.owners.list()) == 1


def test_of_many_tries_at_once_no_more_than_five_are_taken(busy_store: Store):
    busy_store.owners.offer(pairing.pairing_for(CODE, bytes, now=0))
    with ThreadPoolExecutor(20) as pool:
        tried = list(pool.map(lambda _: busy_store.owners.try_code(now=0), range(20)))
    assert sum(each is not None for each in tried) == 5
