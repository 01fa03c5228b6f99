"""One question on the web, one crash, at every place there is: what is shown in the end is what is kept, once."""

from typing import Any

import pytest

from chalicelib.errors import ModelBusy
from tests.faults.shares import some
from tests.faults.stage import CrashesAt, Site, When
from tests.faults.web import WebSimulation

QUESTION = "one question"
ANSWER = f"answer to {QUESTION}"
FRAMES = 2 + len(ANSWER.split())
"""The question, its answer's words, and the end."""


def told(*crashes: Site, text: str = QUESTION, **simulation: Any) -> WebSimulation:
    numbers = frozenset((site.number, site.when) for site in crashes)
    return WebSimulation(faults=CrashesAt(numbers), **simulation).ask(text)


def test_the_story_without_a_crash_is_the_one_that_is_drawn():
    simulation = told()
    assert simulation.stage.steps == [
        "connections.count_frame",
        "inbox.accept",
        "connection_api.send",
        "wake.wake",
        "inbox.take",
        "inbox.load",
        "people.get",
        "inbox.charge",
        "connections.in_conversation",
        "model.answer",
        *["model.says"] * len(ANSWER.split()),
        "inbox.record",
        "connections.in_conversation",
        "inbox.finish",
    ]
    assert simulation.tab.kinds == ["ready", "accepted", "question", *["delta"] * len(ANSWER.split()), "completed"]


def test_a_crash_at_any_step_shows_and_charges_the_stored_answer_once():
    for site in told().stage.sites():
        simulation = told(site)
        assert simulation.stored == [(QUESTION, ANSWER)], site
        assert simulation.tab.reads().screen == simulation.stored, site
        assert simulation.charged == (1, 1, 1), site
        assert simulation.chat.opens().reads().screen == simulation.stored, site
        assert +simulation.chat.memory.places == {}, site


def test_the_model_is_asked_twice_only_when_its_answer_was_lost():
    lost = {str(site) for site in told().stage.sites() if len(told(site).asked) > 1}
    assert lost == {"after model.answer", "before model.says", "after model.says", "before inbox.record"}


@pytest.mark.parametrize("frames", range(1, FRAMES + 1))
def test_whichever_frame_is_a_workers_last_the_client_shows_the_kept_answer_once(frames: int):
    simulation = WebSimulation(dies_after_frames=frames).ask(QUESTION)
    assert simulation.tab.reads().screen == simulation.stored == [(QUESTION, ANSWER)]
    assert simulation.charged == (1, 1, 1)


@pytest.mark.parametrize("text", ["/help", "/usage", "/reset", "/forget", "/forget yes"])
def test_a_command_is_as_safe_as_a_question(text: str):
    def screen(*crashes: Site) -> list[str]:
        simulation = told(*crashes, text=text)
        assert simulation.charged == (0, 0, 0), crashes
        return [words for _, words in simulation.tab.reads().screen]

    shown = screen()
    assert len(shown) == 1
    for site in told(text=text).stage.sites():
        assert screen(site) in (shown, [""] if text == "/forget yes" else shown), site


@pytest.mark.parametrize("key", [{"max_messages": 0}, {"daily_messages": 0}], ids=str)
def test_a_refusal_is_as_safe_as_an_answer(key: dict[str, int]):
    def refused(*crashes: Site) -> WebSimulation:
        simulation = WebSimulation(faults=CrashesAt(frozenset((site.number, site.when) for site in crashes)))
        simulation.chat.changes_key(**key)
        return simulation.ask(QUESTION)

    for site in refused().stage.sites():
        simulation = refused(site)
        assert simulation.tab.reads().screen == simulation.stored, site
        assert (simulation.charged, simulation.asked) == ((0, 0, 0), []), site


def test_a_revoked_key_ends_the_chat_wherever_its_worker_dies():
    def revoked(*crashes: Site) -> WebSimulation:
        simulation = WebSimulation(faults=CrashesAt(frozenset((site.number, site.when) for site in crashes)))
        simulation.chat.changes_key(revoked_at=1)
        return simulation.ask(QUESTION)

    for site in revoked().stage.sites():
        simulation = revoked(site)
        chat = simulation.chat
        assert simulation.tab.got("question", "delta", "notice") == [], site
        assert chat.connections.get(simulation.tab.id, now=chat.clock()) is None, site
        assert (simulation.charged, simulation.asked) == ((0, 0, 0), []), site


def test_an_apology_is_as_safe_as_an_answer():
    failing: dict[str, Any] = {"model_fails": lambda: ModelBusy("busy")}
    for site in told(**failing).stage.sites():
        simulation = told(site, **failing)
        assert simulation.tab.reads().screen == simulation.stored, site
        assert simulation.charged == (0, 0, 1), site


@some(12)
def test_two_crashes_at_any_two_places_leave_one_answer_or_one_apology(part: slice):
    pairs = 0
    for first in told().stage.sites():
        for second in told(first).stage.sites()[2 * first.number + 1 :][part]:
            simulation = told(first, second)
            [(question, words)] = simulation.stored
            assert simulation.tab.reads().screen == simulation.stored, (first, second)
            assert simulation.charged == ((1, 1, 1) if words == ANSWER else (0, 0, 1)), (first, second)
            assert question == QUESTION
            pairs += 1
    assert pairs > 50


def test_where_a_process_may_die_is_before_and_after_each_step():
    assert {site.when for site in told().stage.sites()} == set(When)
