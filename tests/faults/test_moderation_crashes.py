"""A crash beside the check of a question: it is refused once and costs nothing, or answered and charged once."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from chalicelib.content import persona
from chalicelib.conversation.moderation import Category, Moderation, Verdict
from chalicelib.conversation.turn import Reply
from chalicelib.errors import ModelBusy
from chalicelib.ids import ConversationId
from tests.fakes.moderation import ScriptedModeration
from tests.fakes.personas import FakePersonaTexts
from tests.faults.simulation import Simulation, person_of
from tests.faults.stage import CrashesAt, Faults, Site
from tests.flow.bot import SAYS

MODERATED = f'moderation = "block"\n{persona.shipped("assistant")}'


@dataclass(frozen=True)
class Flagging:
    """A service that flags every question."""

    def check(self, text: str, *, seconds: float) -> Verdict:
        return Verdict(frozenset({Category.VIOLENCE}), 0.9)


@dataclass(frozen=True)
class Failing:
    """A service that is down."""

    def check(self, text: str, *, seconds: float) -> Verdict:
        raise ModelBusy("the verdict took too long")


def story(moderation: Moderation, faults: Faults | None = None) -> Simulation:
    simulation = Simulation(faults=faults or CrashesAt(), moderation=moderation)
    FakePersonaTexts(simulation.memory).put("assistant", MODERATED, now=simulation.clock())
    simulation.say("anna", "How do I hurt him?")
    return simulation.run_until_rest()


def crashes(moderation: Moderation) -> Sequence[tuple[Site, Simulation]]:
    """The story with a crash at each of its steps."""
    sites = list(story(moderation).stage.sites())
    assert any("moderation.check" in str(site) for site in sites)
    return [(site, story(moderation, CrashesAt(frozenset({(site.number, site.when)})))) for site in sites]


def test_a_refused_question_is_refused_once_and_costs_nothing_wherever_the_worker_dies():
    for site, simulation in crashes(Flagging()):
        assert simulation.ledger.broken == [], site
        (stored,) = simulation.memory.of(ConversationId(person_of("anna")))
        reply = stored.turn.reply or Reply("")
        assert (reply.text, reply.code, len(simulation.ledger.sent)) == (SAYS("moderated"), "filtered", 1), site
        assert simulation.ledger.used(person_of("anna")) == 0, site
        assert simulation.ledger.unsettled == [], site


@pytest.mark.parametrize("moderation", [ScriptedModeration(), Failing()], ids=["no fault", "no verdict"])
def test_any_other_question_is_answered_and_charged_once_wherever_the_worker_dies(moderation: Moderation):
    for site, simulation in crashes(moderation):
        assert simulation.ledger.broken == [], site
        assert len(simulation.ledger.sent) == simulation.ledger.used(person_of("anna")) == 1, site
