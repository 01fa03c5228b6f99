"""Whoever has everything deleted while an answer is written leaves no word behind, wherever processes die."""

from collections.abc import Sequence
from functools import cache
from itertools import product

import pytest

from chalicelib.conversation import summary
from tests.faults.forgetting import SECRET, ForgetsAt, lost_turns, story, words_left
from tests.faults.shares import some
from tests.faults.simulation import BEAT_MS, Simulation, person_of
from tests.faults.stage import Site, When

ANNA = person_of("anna")


@cache
def sites() -> Sequence[Site]:
    return story(ForgetsAt()).stage.sites()


def test_the_story_writes_a_list_a_fact_and_an_answer():
    simulation = story(ForgetsAt())
    assert simulation.ledger.broken == []
    assert {"lists.put", "facts.remember", "model.answer", "inbox.record"} <= set(simulation.stage.steps)
    assert simulation.memory.lists
    assert simulation.memory.people[ANNA].person.facts


@pytest.mark.parametrize("dies", [False, True])
def test_whoever_is_forgotten_at_any_step_of_an_answer_leaves_no_word(*, dies: bool):
    left = {}
    for site in sites():
        simulation = story(ForgetsAt((site.number, site.when), dies=dies))
        assert simulation.ledger.broken == [], site
        if found := words_left(simulation) + lost_turns(simulation):
            left[str(site)] = found
    assert left == {}


def steps_of_the_deletion() -> range:
    """Of the webhook and the worker that delete, counted from the first."""
    site = next(site for site in sites() if str(site) == "after model.answer")
    alone, both = len(story(ForgetsAt()).stage.steps), len(story(ForgetsAt((site.number, site.when))).stage.steps)
    return range(max(20, both - alone))


@some(41)
def test_a_process_that_dies_while_it_deletes_is_followed_by_one_that_deletes_the_rest(part: slice):
    for site, step, when in list(product(sites(), steps_of_the_deletion(), When))[part]:
        simulation = story(ForgetsAt((site.number, site.when), crash=(step, when)))
        assert words_left(simulation) + lost_turns(simulation) == [], (site, step, when)


@some(3)
def test_the_other_conversation_can_be_used_again_at_once(part: slice):
    for site in sites()[part]:
        simulation = story(ForgetsAt((site.number, site.when)))
        before = simulation.clock()
        simulation.say("anna~trip", "what do you know of me?")
        simulation.run_until_rest()
        assert simulation.clock() - before < BEAT_MS, site
        assert lost_turns(simulation) == [], site
        assert simulation.memory.people[ANNA].person.first_seen, site


def test_what_waits_behind_the_request_is_answered_and_its_person_is_known():
    simulation = Simulation(limit=100)
    for text in (f"my cat is {SECRET}", "/forget yes", "who are you?"):
        simulation.say("anna", text)
    simulation.say("anna~trip", "and here?")
    simulation.run_until_rest()
    known = simulation.memory.people[ANNA]
    assert words_left(simulation) == lost_turns(simulation) == []
    assert (known.person.first_seen > 0, known.expires_at) == (True, None)
    answered = [kept.turn for kept in simulation.memory.turns.values() if kept.turn.reply]
    assert [turn.text for turn in answered] == ["who are you?", "and here?"]


def test_a_summary_that_is_being_made_in_another_conversation_is_not_kept():
    def talks(faults: ForgetsAt) -> Simulation:
        return story(faults, texts=[f"my cat is {SECRET}, {number}" for number in range(summary.LATEST)])

    steps = [site for site in talks(ForgetsAt()).stage.sites() if site.call in ("summaries.begin", "summaries.keep")]
    assert steps
    for site in steps[-4:]:
        assert words_left(talks(ForgetsAt((site.number, site.when)))) == [], site
