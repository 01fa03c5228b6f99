"""The real adapter under crashes: at every request of a turn, before and after its effect, no promise is broken."""

from collections.abc import Callable
from typing import Final

import pytest

from tests.contract.troubles import Request, Trouble, closes, fails, late
from tests.fakes.adapters import NOON
from tests.faults import adapter_stories as stories
from tests.faults.adapter_counts import crashes_at_each_request
from tests.faults.adapter_stories import Told, crashed, left_of_words, sites
from tests.faults.forgetting import ForgetsAt
from tests.faults.shares import some
from tests.faults.simulation import BEAT_MS, person_of
from tests.faults.stage import CrashesAt, Site, When

MODEL_BILLED_TWICE: Final = {"after model.answer", "before inbox.record TransactWriteItems"}
ANSWER_SENT_TWICE: Final = {"after sender.deliver", "before inbox.finish TransactWriteItems"}
MONEY_SET_ASIDE: Final = {
    "after inbox.charge TransactWriteItems",
    "before sender.responding",
    "after sender.responding",
    "before model.answer",
    *MODEL_BILLED_TWICE,
}
TOOL_UNKNOWN: Final = {
    "after journal.start TransactWriteItems",
    "before tool.send",
    "after tool.send",
    "before journal.end TransactWriteItems",
}
"""As in the simulation over fakes (`test_single_crashes.py`, `test_tool_crashes.py`): the adapter adds no place."""


def asked(told: Told) -> int:
    return told.simulation.ledger.used(person_of("anna"))


def test_the_requests_of_a_plain_turn_are_these():
    found = [site.call for site in sites(stories.plain) if site.when is When.BEFORE]
    assert found[: found.index("inbox.finish TransactWriteItems") + 1] == [
        "inbox.accept TransactWriteItems",
        "wake.wake",
        "inbox.take UpdateItem",
        "inbox.load Query",
        "people.get BatchGetItem",
        "new_people.announce TransactWriteItems",
        "inbox.charge TransactWriteItems",
        "sender.responding",
        "model.answer",
        "inbox.record TransactWriteItems",
        "sender.deliver",
        "inbox.finish TransactWriteItems",
    ]


def test_a_crash_at_any_request_answers_and_charges_the_message_once_and_shows_where_it_is_documented():
    counts = crashes_at_each_request(stories.plain)
    assert counts.broken == {}
    assert counts.answers == counts.charged == {1: counts.stories}
    assert {what: set(where) for what, where in counts.shows.items()} == {
        "the model was asked again": MODEL_BILLED_TWICE,
        "an answer was sent again": ANSWER_SENT_TWICE,
        "money stayed set aside": MONEY_SET_ASIDE,
    }


@some(10)
def test_wherever_a_worker_dies_over_tools_each_acts_once_and_its_outcome_is_unknown_only_where_nobody_can_know(
    part: slice,
):
    unknown = set()
    for site in sites(stories.tools)[part]:
        told = crashed(stories.tools, site)
        assert told.broken == [], site
        assert told.world, "it has tools"
        assert set(told.world.sent.values()) <= {1}, site
        assert len(told.simulation.ledger.sent) == asked(told) == 1, site
        unknown |= {str(site)} if told.world.unknown else set()
    assert unknown <= TOOL_UNKNOWN


@some(8)
def test_an_apology_is_as_safe_as_an_answer(part: slice):
    for site in sites(stories.apology)[part]:
        told = crashed(stories.apology, site)
        assert told.broken == [], site
        assert (len(told.simulation.ledger.sent), asked(told)) == (1, 0), site


@some(10)
def test_two_messages_of_one_delivery_are_answered_in_order_wherever_a_process_dies(part: slice):
    for site in sites(stories.burst)[part]:
        told = crashed(stories.burst, site)
        assert told.broken == [], site
        assert len(told.simulation.ledger.sent) == asked(told) == 2, site


# Errors: the process lives, and does not know whether its request had an effect.


def at_request(number: int, *troubles: Trouble) -> Callable[[Request], Trouble | None]:
    """The request of that number, and those after it, meet these."""
    left, passed = list(troubles), iter(range(number))
    return lambda _: None if next(passed, None) is not None or not left else left.pop(0)


ERRORS: Final[dict[str, tuple[Trouble, ...]]] = {
    "botocore's repetition fails too": (closes, fails),
    "so it does after the effect": (late(closes), late(fails)),
    "only the response is lost": (late(closes),),
}


@some(2)
@pytest.mark.parametrize("troubles", ERRORS.values(), ids=ERRORS)
def test_an_error_at_any_request_answers_and_charges_the_message_once_and_a_lost_response_delays_no_answer(
    troubles: tuple[Trouble, ...], part: slice
):
    """The second sending of a worker's request finds its own lease, and not another worker's."""
    for number in range(stories.plain(CrashesAt()).requests)[part]:
        told = stories.plain(CrashesAt(), at_request(number, *troubles))
        assert told.broken == [], number
        assert len(told.simulation.ledger.sent) == asked(told) == 1, number
        assert len(troubles) > 1 or told.simulation.clock() - NOON < BEAT_MS, number


# Everything is deleted while another conversation is answered.


def forgotten(site: Site, *, dies: bool = False, crash: tuple[int, When] | None = None) -> Told:
    return stories.forget(ForgetsAt((site.number, site.when), dies=dies, crash=crash))


def places() -> list[Site]:
    """Where the deletion may come in."""
    return list(stories.forget(ForgetsAt()).simulation.stage.sites())


@some(30)
@pytest.mark.parametrize("dies", [False, True])
def test_no_word_is_left_in_the_table_whenever_everything_is_deleted(part: slice, *, dies: bool):
    for site in places()[part]:
        told = forgotten(site, dies=dies)
        assert told.broken == [], site
        assert left_of_words(told) == [], site


def test_the_words_are_in_the_table_of_those_who_have_nothing_deleted():
    assert left_of_words(stories.forget(ForgetsAt())) != []
