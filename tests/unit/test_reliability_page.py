"""docs/reliability.md is what the program renders from the figures beside it, and says what they say."""

import json
import re
from typing import Any, Final

import pytest

from scripts.measure.reliability import FIGURES, PAGE
from scripts.measure.reliability_page import render, sight
from tests.faults.safeguards import Missing, checks, defined, missing, promises
from tests.faults.steps import longest_wait, of_messenger

NOT_SHOWN: Final = {
    "a run asks the model twice for one turn",
    "only what was set aside is settled",
    "every message comes to its end",
    "a page shows no word of a turn that was dropped",
    "a page that comes back shows what is kept",
    "only of what may not be repeated is the outcome unknown",
}
"""The checks of which no store shows yet that they can fail."""


@pytest.fixture
def figures() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FIGURES.read_text())
    return found


def test_the_page_is_rendered_from_the_figures(figures: dict[str, Any]):
    assert PAGE.read_text() == render(figures), "run `python -m scripts.measure.reliability --measure nothing`"


@pytest.mark.slow
def test_the_page_changes_with_each_count_of_a_bot(figures: dict[str, Any]):
    [parley, *_] = figures["peers"]["bots"]
    counts = [name for name in parley["tally"] if name not in ("schedules", "crashes", "messages")]
    before = render(figures)
    for count in counts:
        parley["tally"][count] += 1
        if count not in ("asked_again", "answered", "asked"):
            assert render(figures) != before, count
        parley["tally"][count] -= 1


def test_the_figures_of_one_crash_are_those_of_todays_code(figures: dict[str, Any]):
    assert figures["steps"]["messenger"] == of_messenger(), (
        "run `python -m scripts.measure.reliability --measure steps`"
    )


@pytest.mark.slow
def test_after_a_crash_a_person_waits_three_minutes_at_most():
    assert 60 < longest_wait() <= 180


def test_parley_lost_exchanged_and_charged_nothing_wrongly(figures: dict[str, Any]):
    [parley] = [bot["tally"] for bot in figures["peers"]["bots"] if bot["name"] == "Parley"]
    wrong = ("unanswered", "charged_twice", "charged_for_nothing", "kept_out_of_order", "over_limit")
    assert {name: parley[name] for name in wrong} == dict.fromkeys(wrong, 0)
    assert parley["refused_early"] < parley["messages"] / 100, "two workers die over one message"
    assert sum(parley["crashes"].values()) > parley["schedules"] / 2


def test_each_class_that_lacks_a_safeguard_is_in_the_table():
    assert {each.mutant for each in missing()} == defined()
    [first, *_] = [each for each in missing() if each.mutant == "HasNoLimit"]
    assert first == Missing(
        mutant="HasNoLimit",
        lacks="Lacks `used < limit` in charge.",
        story="happy",
        promise="nobody is over the limit",
        module="test_mutants",
        test="test_an_inbox_without_this_safeguard_breaks_a_promise",
    )


def test_a_check_that_the_simulation_of_messages_makes_is_one_of_those_listed():
    modules = ("test_mutants", "test_mixed_mutants", "test_tool_crashes")
    noticed = {each.promise for each in missing() if each.module in modules and each.promise}
    assert noticed <= set(promises())


def test_a_new_check_comes_with_a_store_that_breaks_it():
    assert {check for check, stores in checks().items() if not stores} == NOT_SHOWN, (
        "add a class to tests/faults/check_mutants.py, or take the check from NOT_SHOWN"
    )


def test_each_check_is_listed_with_the_stores_that_break_it():
    found = checks()
    assert found["nobody is over the limit"] == ["HasNoLimit"]
    assert {each.mutant for each in missing() if each.promise} == {
        store for stores in found.values() for store in stores
    }


def test_random_stories_get_a_section_of_their_own(figures: dict[str, Any]):
    totals = {
        "schedules": {"happy": 1500, "unhappy": 500},
        "crashes": {f"after step.{number}": 12 for number in range(26)},
        "errors": {"StoreError before inbox.take": 3},
        "answers_repeated": 7,
        "model_asked_again": 5,
        "broken": [],
        "date": "2026-11-30",
        "machine": "a machine",
    }
    page = render(figures | {"stories": totals})
    assert (
        "2,000 schedules with 312 crashes and 3 errors of ports: 0 broken promises, 7 answers that came twice" in page
    )
    assert "| after `step.0` | 12 |" in page
    assert "| 2 other places | 24 |" in page


def test_stories_over_the_real_adapter_get_a_section_of_their_own(figures: dict[str, Any]):
    turn = {"stories": 40, "requests": 1300, "answers": {"1": 40}, "charged": {"1": 40}, "broken": {}}
    turn["shows"] = {"an answer comes twice": {"after sender.deliver": 1, "before inbox.finish": 1}}
    by_chance = {"stories": 50, "requests": 900, "broken": {"what waits is counted": 2}, "shows": {}}
    kinds = {"a crash in a plain turn": turn, "by chance": by_chance}
    page = render(figures | {"adapter": {"kinds": kinds, "date": "2026-11-30", "machine": "a machine"}})
    assert "| a crash in a plain turn | 40 | 1,300 | 0 | an answer comes twice: 2 |" in page
    assert "| by chance | 50 | 900 | 2 | nothing |" in page


def test_what_people_see_is_told_of_a_thousand_messages():
    tally = {"messages": 2000, "unanswered": 0, "answered_twice": 3, "out_of_order": 1}
    tally |= {"refused_early": 100, "over_limit": 0}
    assert sight(tally) == (
        "2 are answered twice, 0.5 are answered after a later one, "
        "50 get a notice instead of an answer, within the limit"
    )
    assert sight(dict.fromkeys(tally, 0) | {"messages": 10}) == "each is answered once and in order"


def test_every_document_that_the_page_names_exists():
    named = re.findall(r"`(tests/[\w/]+\.py|scripts/[\w/]+)`", PAGE.read_text())
    assert named
    assert [path for path in named if not (PAGE.parents[1] / path).exists()] == []
