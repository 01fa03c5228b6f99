"""A crash at each step of answering a burst: it is asked with all its words, charged once, and no message is lost."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from chalicelib.conversation.turn import Turn, TurnState
from chalicelib.errors import ModelBusy, ModelError
from chalicelib.ids import ConversationId
from tests.fakes.inbox import FakeInbox
from tests.fakes.memory import Conversation
from tests.faults.schedules import happy, poor, unhappy
from tests.faults.simulation import Simulation, person_of
from tests.faults.stage import CrashesAt, Faults

TEXTS = ("hello", "can you", "help me?")
TOGETHER = "hello\ncan you\nhelp me?"


def story(faults: Faults | None = None, **more: Any) -> Simulation:
    simulation = Simulation(faults=faults or CrashesAt(), joins_messages=True, **more)
    simulation.say_at_once("anna", TEXTS)
    return simulation.run_until_rest()


def crashes(**more: Any) -> Sequence[tuple[str, Simulation]]:
    sites = list(story(**more).stage.sites())
    return [(str(site), story(CrashesAt(frozenset({(site.number, site.when)})), **more)) for site in sites]


def turns(simulation: Simulation) -> list[Turn]:
    return [kept.turn for kept in simulation.memory.of(ConversationId(person_of("anna")))]


def test_a_burst_is_answered_and_charged_once_wherever_a_process_dies():
    for site, simulation in crashes():
        assert simulation.ledger.broken == [], site
        assert set(simulation.ledger.asked) == {TOGETHER}, site
        assert simulation.ledger.used(person_of("anna")) == len(simulation.ledger.sent) == 1, site
        assert [turn.text for turn in turns(simulation)] == list(TEXTS), site
        assert [turn.joined for turn in turns(simulation)] == [turns(simulation)[-1].id] * 2 + [None], site


def test_a_burst_over_the_limit_gets_one_notice_wherever_a_process_dies():
    for site, simulation in crashes(limit=0):
        assert simulation.ledger.broken == [], site
        assert (len(simulation.ledger.sent), dict(simulation.ledger.asked)) == (1, {}), site
        assert {turn.state for turn in turns(simulation)} == {TurnState.DONE}, site


def test_a_burst_that_the_model_fails_costs_nothing_wherever_a_process_dies():
    def fails() -> ModelError:
        return ModelBusy("too many requests")

    for site, simulation in crashes(model_fails=fails):
        assert simulation.ledger.broken == [], site
        assert simulation.ledger.used(person_of("anna")) == 0, site


@pytest.mark.parametrize("makes", [happy, unhappy, poor])
def test_bursts_keep_all_promises_in_random_schedules(makes: Callable[..., Simulation]):
    for seed in range(30):
        simulation = makes(seed, joins_messages=True).run_until_rest()
        assert simulation.ledger.broken == [], seed


class LosesJoined(FakeInbox):
    """Closes the other messages of a burst without the id of the one that answers them."""

    def _close_all(self, conversation: Conversation, joined: Sequence[Turn]) -> None:
        super()._close_all(conversation, joined)
        for turn in joined:
            self.memory.turns[turn.conversation, turn.id].change(joined=None)


class LeavesJoined(FakeInbox):
    """Leaves the other messages of a burst in the queue."""

    def _close_all(self, conversation: Conversation, joined: Sequence[Turn]) -> None:
        pass


@pytest.mark.parametrize("mutant", [LosesJoined, LeavesJoined])
def test_an_inbox_without_a_safeguard_of_bursts_is_caught(mutant: type[FakeInbox]):
    assert story(makes_inbox=mutant, limit=5).ledger.broken
