"""The contract of `conversation.breaker.Outages`."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.conversation.breaker import Outage, Outages
from tests.contract.stores import Store
from tests.contract.story import Story
from tests.fakes.adapters import NOON

NAMES = ("", "gpt-6.1-luna", "bedrock/eu.anthropic.claude-5:0")


@pytest.fixture
def outages(store: Store) -> Outages:
    return store.outages


def test_at_first_no_model_is_down(outages: Outages):
    assert outages.current() == {}


@pytest.mark.parametrize("model", NAMES)
def test_failures_in_a_row_are_counted_until_the_model_answers(outages: Outages, model: str):
    assert [outages.count(model, now=NOON + n, anew=n == 0) for n in range(3)] == [
        Outage(n + 1, NOON + n) for n in range(3)
    ]
    assert outages.current() == {model: Outage(3, NOON + 2)}
    outages.end(model)
    assert outages.current() == {}
    outages.end(model)


def test_each_model_has_its_own(outages: Outages):
    for model in NAMES:
        outages.count(model, now=NOON, anew=True)
    outages.count("gpt-6.1-luna", now=NOON + 1, anew=False)
    outages.end("")
    assert outages.current() == {NAMES[1]: Outage(2, NOON + 1), NAMES[2]: Outage(1, NOON)}


def test_the_count_can_begin_anew(outages: Outages):
    outages.count("", now=NOON, anew=True)
    assert outages.count("", now=NOON + 1, anew=True) == Outage(1, NOON + 1)


def test_of_those_who_have_seen_the_same_outage_one_may_ask(outages: Outages):
    seen = outages.count("", now=NOON, anew=True)
    assert [outages.claim("", seen, now=NOON + later) for later in (1, 2)] == [True, False]
    assert outages.current() == {"": Outage(1, NOON + 1)}


def test_an_outage_that_is_over_is_not_claimed(outages: Outages):
    seen = outages.count("", now=NOON, anew=True)
    outages.end("")
    assert not outages.claim("", seen, now=NOON + 1)
    assert outages.current() == {}


def test_the_texts_of_personas_stay(store: Store):
    store.personas.put("santa", "one", now=NOON)
    store.outages.count("", now=NOON, anew=True)
    store.outages.end("")
    assert list(store.personas.current()) == ["santa"]


def test_twenty_workers_at_once_ask_one_question(busy_story: Story):
    outages = busy_story.store.outages
    seen = outages.count("", now=NOON, anew=True)
    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(lambda n: outages.claim("", seen, now=NOON + 1 + n), range(20))) == 1
