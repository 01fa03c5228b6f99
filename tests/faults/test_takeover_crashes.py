"""A crash at each step of a takeover: it is said once, a human's words arrive once, and nothing is charged."""

from collections.abc import Callable, Sequence

import pytest

from chalicelib.access.handles import handle_of
from chalicelib.conversation.takeover import HUMAN, HUMAN_HERE
from chalicelib.conversation.turn import Turn
from chalicelib.ids import ConversationId
from tests.faults.simulation import Simulation, person_of
from tests.faults.stage import CrashesAt, Faults

Story = Callable[[Faults], Simulation]


def by_hand(faults: Faults) -> Simulation:
    """Anna has her answer; a human writes twice, and Anna answers them."""
    simulation = Simulation(faults=CrashesAt(), echoes=True)
    simulation.say("anna", "hello")
    simulation.run_until_rest()
    simulation.stage.faults = faults
    simulation.stage.steps.clear()
    for text in ("I am Tom.", "How can I help?"):
        simulation.clock.tick(seconds=1)
        simulation.repeat(simulation.write_by_hand("anna", text))
    simulation.run_until_rest()
    simulation.say("anna", "where is my parcel?")
    return simulation.run_until_rest()


def by_reply(faults: Faults) -> Simulation:
    """Ben, an owner, answers Anna through the bot."""
    simulation = Simulation(faults=CrashesAt(), echoes=True)
    for psid in ("anna", "ben"):
        simulation.say(psid, f"hello from {psid}")
        simulation.run_until_rest()
    simulation.memory.people[person_of("ben")].change(is_owner=True)
    simulation.stage.faults = faults
    simulation.stage.steps.clear()
    simulation.clock.tick(seconds=1)
    simulation.repeat(simulation.say("ben", f"/reply {handle_of(person_of('anna'))} Here I am."))
    simulation.run_until_rest()
    simulation.say("anna", "where is my parcel?")
    return simulation.run_until_rest()


def each_crash(story: Story) -> Sequence[tuple[str, Simulation]]:
    sites = list(story(CrashesAt()).stage.sites())
    return [(str(site), story(CrashesAt(frozenset({(site.number, site.when)})))) for site in sites]


def turns(simulation: Simulation, code: str) -> list[Turn]:
    kept = (kept.turn for kept in simulation.memory.of(ConversationId(person_of("anna"))))
    return [turn for turn in kept if turn.reply and turn.reply.code == code]


@pytest.mark.parametrize("story", [by_hand, by_reply])
def test_nothing_is_asked_or_charged_after_a_human_has_written_wherever_a_process_dies(story: Story):
    for site, simulation in each_crash(story):
        assert simulation.ledger.broken == [], site
        assert "where is my parcel?" not in simulation.ledger.asked, site
        assert simulation.ledger.used(person_of("anna")) == 1, site


def test_a_humans_words_are_stored_once_and_announced_once_wherever_a_process_dies():
    for site, simulation in each_crash(by_hand):
        said = [turn.reply.text for turn in turns(simulation, HUMAN) if turn.reply]
        assert said == ["I am Tom.", "How can I help?"], site
        [notice] = turns(simulation, HUMAN_HERE)
        assert len(simulation.ledger.sent[notice.conversation, notice.id]) == 1, site


def test_an_owners_words_are_passed_on_once_wherever_a_process_dies():
    for site, simulation in each_crash(by_reply):
        [mine] = turns(simulation, HUMAN)
        assert len(simulation.ledger.sent[mine.conversation, mine.id]) == 1, site
