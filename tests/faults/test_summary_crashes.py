"""A process that is gone while it makes a summary leaves nothing behind but, at most, the bill of one call."""

from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Any

import pytest

from chalicelib.conversation import summary
from chalicelib.conversation.turn import Summary
from chalicelib.ids import ConversationId
from tests.faults.simulation import Simulation, person_of
from tests.faults.stage import CrashesAt, Site, When

TURNS = summary.LATEST
ANNA = ConversationId(person_of("anna"))
OF_A_SUMMARY = ("summaries.begin", "model.answer", "summaries.keep")


def talked(simulation: Simulation, turns: int = TURNS) -> Simulation:
    """Anna writes so many messages, each once the one before is answered."""
    for _ in range(turns):
        simulation.say("anna", f"question {len(simulation.memory.turns)}")
        simulation.run_until_rest()
    return simulation


def simulated(*crashes: Site, **more: Any) -> Simulation:
    numbers = frozenset((site.number, site.when) for site in crashes)
    return talked(Simulation(faults=CrashesAt(numbers), limit=100, **more))


def stored(simulation: Simulation) -> Summary | None:
    return simulation.memory.conversations[ANNA].summary


def sites_of_the_summary() -> Iterator[Site]:
    """The end of the last turn, and what follows it."""
    sites = list(simulated().stage.sites())
    first = max(site.number for site in sites if site.call == "summaries.begin") - 2
    return (site for site in sites if site.number >= first)


def test_a_summary_is_made_after_the_last_turn_is_finished():
    calls = [site.call for site in sites_of_the_summary() if site.when is When.BEFORE]
    assert calls == ["inbox.finish", "inbox.latest", *OF_A_SUMMARY]
    assert stored(simulated())


def test_a_crash_at_any_step_of_it_answers_each_message_once_and_the_next_one_at_once():
    for site in sites_of_the_summary():
        simulation = simulated(site)
        assert simulation.ledger.broken == [], site
        assert len(simulation.ledger.sent) == simulation.ledger.used(person_of("anna")) == TURNS, site
        before = simulation.clock()
        talked(simulation, 1)
        assert simulation.ledger.broken == [], site
        assert simulation.clock() - before < 5000, site


def test_after_a_crash_a_summary_is_made_by_a_later_turn():
    for site in sites_of_the_summary():
        simulation = talked(simulated(site), summary.FAILED_TURNS + 1)
        assert stored(simulation), site
        assert simulation.ledger.broken == [], site


def test_money_stays_set_aside_only_where_the_worker_of_a_summary_died_before_it_was_stored():
    left = {str(site) for site in sites_of_the_summary() if simulated(site).ledger.unsettled}
    assert left == {
        "after summaries.begin",
        "before model.answer",
        "after model.answer",
        "before summaries.keep",
    }


@pytest.mark.parametrize("seed", range(30))
def test_messages_that_come_while_summaries_are_made_are_each_answered_once_in_order(seed: int):
    simulation = talked(Simulation(limit=100, random=Random(seed)), TURNS - 1)
    numbers = count()
    for _ in range(4):
        for _ in range(2):
            simulation.say("anna", f"and then {next(numbers)}")
        simulation.run_until_rest()
    assert simulation.ledger.broken == []
    assert len(simulation.ledger.sent) == TURNS + 7
    assert stored(simulation)
