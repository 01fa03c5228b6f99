"""What people ask the bot to remember, in every store."""

from itertools import pairwise

import pytest

from chalicelib.access.facts import LONGEST_FACT, MEMORY_CONSENT, MOST_FACTS, Facts, Kept, Remembered
from chalicelib.access.person import Access, Consent, Fact
from tests.contract.story import ANNA, BERT, Story
from tests.contract.test_races import at_once

REX = "My dog is called Rex."


@pytest.fixture
def facts(story: Story) -> Facts:
    """Anna has written once, and agreed to be remembered."""
    story.accept()
    story.store.facts.switch(ANNA, on=True, asked_at=story.clock())
    return story.store.facts


def remember(story: Story, text: str, source: str = "") -> Remembered:
    return story.store.facts.remember(ANNA, text, source=source or text, asked_at=story.clock(), now=story.clock())


def texts(story: Story) -> list[str]:
    return [fact.text for fact in story.known().facts]


def test_a_person_has_no_facts_at_first_and_it_is_on(story: Story, facts: Facts):
    assert (story.known().facts, story.known().memory_off) == ((), False)


def test_a_fact_is_stored_with_its_number_and_time_and_read_with_the_person(story: Story, facts: Facts):
    stored = Fact(1, REX, story.clock(), "turn-1")
    assert remember(story, "  My dog\nis called   Rex. ", "turn-1") == Remembered(Kept.KEPT, stored)
    assert story.known().facts == (stored,)


def test_facts_are_in_the_order_of_their_numbers_also_beyond_nine(story: Story, facts: Facts):
    for number in range(12):
        remember(story, f"Fact {number}")
    assert texts(story) == [f"Fact {number}" for number in range(12)]
    assert all(first.number < second.number for first, second in pairwise(story.known().facts))


def test_a_request_that_is_made_again_stores_nothing_more(story: Story, facts: Facts):
    first = remember(story, REX, "turn-1")
    assert remember(story, REX, "turn-1") == first
    assert texts(story) == [REX]


def test_the_same_words_are_known_whatever_their_case(story: Story, facts: Facts):
    first = remember(story, REX, "turn-1").fact
    assert remember(story, "my dog is  CALLED rex.", "turn-2") == Remembered(Kept.KNOWN, first)
    assert texts(story) == [REX]


def test_there_are_no_more_than_the_most(story: Story, facts: Facts):
    for number in range(MOST_FACTS):
        remember(story, f"Fact {number}")
    found = remember(story, "One more")
    assert (found.kept, found.fact) == (Kept.FULL, story.known().facts[0])
    assert len(texts(story)) == MOST_FACTS
    assert facts.forget(ANNA, 7, source="turn-x")
    assert remember(story, "One more").kept is Kept.KEPT


@pytest.mark.parametrize("letter", ["a", "字", "🎉"])
def test_a_fact_has_so_many_characters_at_most(story: Story, facts: Facts, letter: str):
    assert remember(story, letter * (LONGEST_FACT + 1)).kept is Kept.TOO_LONG
    assert remember(story, letter * LONGEST_FACT).kept is Kept.KEPT
    assert texts(story) == [letter * LONGEST_FACT]


def test_a_number_is_not_given_again(story: Story, facts: Facts):
    for text in ("one", "two", "three"):
        remember(story, text)
    assert facts.forget(ANNA, 3, source="turn-4")
    assert remember(story, "four").fact == Fact(4, "four", story.clock(), "four")
    assert texts(story) == ["one", "two", "four"]


def test_a_number_that_is_unknown_deletes_nothing(story: Story, facts: Facts):
    remember(story, "one")
    assert [facts.forget(ANNA, number, source="turn-2") for number in (0, 2, 999_999)] == [False] * 3
    assert texts(story) == ["one"]


def test_a_deletion_that_is_asked_for_again_has_been_done(story: Story, facts: Facts):
    remember(story, "one")
    assert [facts.forget(ANNA, 1, source=source) for source in ("turn-2", "turn-2", "turn-3")] == [True, True, False]


def test_while_it_is_off_nothing_is_stored_and_nothing_is_lost(story: Story, facts: Facts):
    remember(story, "one")
    facts.switch(ANNA, on=False, asked_at=story.clock())
    assert story.known().memory_off
    assert remember(story, "two").kept is Kept.OFF
    assert texts(story) == ["one"]
    facts.switch(ANNA, on=True, asked_at=story.clock())
    assert not story.known().memory_off
    assert remember(story, "two").kept is Kept.KEPT


@pytest.mark.parametrize("decided", [False, True])
def test_all_of_it_is_forgotten_with_the_person(story: Story, facts: Facts, *, decided: bool):
    if decided:
        story.store.people.decide(ANNA, Access.UNLIMITED, daily_limit=None)
    remember(story, "one")
    facts.switch(ANNA, on=False, asked_at=story.clock())
    story.store.people.forget(ANNA, now=story.clock())
    assert (story.known().facts, story.known().memory_off) == ((), False)
    story.accept()
    assert remember(story, "two").kept is Kept.NOT_AGREED
    facts.switch(ANNA, on=True, asked_at=story.clock())
    assert remember(story, "two").fact == Fact(1, "two", story.clock(), "two")


def test_what_two_requests_store_at_once_gets_two_numbers(story: Story, facts: Facts):
    results = at_once(3, lambda index: remember(story, ("one", "two", "three")[index]))
    assert {found.kept for found in results} == {Kept.KEPT}
    assert sorted(texts(story)) == ["one", "three", "two"]
    assert [fact.number for fact in story.known().facts] == [1, 2, 3]


def test_one_persons_facts_are_not_anothers(story: Story, facts: Facts):
    story.accept(story.message(person=BERT))
    remember(story, REX)
    assert story.known(BERT).facts == ()
    assert not facts.forget(BERT, 1, source="turn-2")
    assert texts(story) == [REX]


def test_a_person_who_is_not_stored_gets_none(story: Story):
    assert not story.store.facts.forget(ANNA, 1, source="turn-1")
    story.store.facts.switch(ANNA, on=False, asked_at=story.clock())
    assert story.store.people.get(ANNA) is None


def test_nothing_is_stored_before_the_person_has_agreed_and_after_they_have_withdrawn_it(story: Story):
    story.accept()
    assert remember(story, "one").kept is Kept.NOT_AGREED
    story.store.facts.switch(ANNA, on=True, asked_at=story.clock())
    assert story.known().memory_consent == Consent(MEMORY_CONSENT, story.clock())
    assert remember(story, "one").kept is Kept.KEPT
    story.store.facts.switch(ANNA, on=False, asked_at=story.clock())
    assert story.known().memory_consent is None
    assert remember(story, "two").kept is Kept.OFF
