"""A process that is gone while it makes a summary leaves nothing behind but, at most, the bill of one call."""

from collections.abc import Sequence
from functools import cache
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


@cache
def sites_of_the_summary() -> Sequence[Site]:
    """The end of the last turn, and what follows it."""
    sites = list(simulated().stage.sites())
    first = max(site.number for site in sites if site.call == "summaries.begin") - 2
    return tuple(site for site in sites if site.number >= first)


def test_a_summary_is_made_after_the_last_turn_is_finished():
    calls = [site.call for site in sites_of_the_summary() if site.when is When.BEFORE]
    assert calls == ["inbox.finish", "inbox.latest", *OF_A_SUMMARY]
    assert stored(simulated())


def test_after_a_crash_at_any_step_of_it_each_message_is_answered_once_at_once_and_a_later_turn_makes_a_summary():
    """Money stays set aside only where the worker of a summary died before it was stored."""
    left = set[str]()
    for site in sites_of_the_summary():
        simulation = simulated(site)
        assert simulation.ledger.broken == [], site
        assert len(simulation.ledger.sent) == simulation.ledger.used(person_of("anna")) == TURNS, site
        left |= {str(site)} if simulation.ledger.unsettled else set()
        before = simulation.clock()
        talked(simulation, 1)
        assert simulation.clock() - before < 5000, site
        talked(simulation, summary.FAILED_TURNS)
        assert stored(simulation), site
        assert simulation.ledger.broken == [], site
    assert left == {
        "after summaries.begin",
        "before model.answer",
        "after model.answer",
        "before summaries.keep",
    }


@pytest.mark.parametrize("seed", [*range(8), *(pytest.param(seed, marks=pytest.mark.full) for seed in range(8, 30))])
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
