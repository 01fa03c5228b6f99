"""A crash at each step of a takeover: it is said once, a human's words arrive once, and nothing is charged."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import pytest

from chalicelib.access.handles import handle_of
from chalicelib.conversation.takeover import HUMAN, HUMAN_HERE
from chalicelib.conversation.turn import Turn
from chalicelib.ids import ConversationId
from tests.fakes.takeovers import FakeTakeovers
from tests.faults.simulation import Simulation, person_of
from tests.faults.stage import CrashesAt, Faults

Story = Callable[..., Simulation]


def by_hand(faults: Faults, **more: Any) -> Simulation:
    """Anna has her answer; a human writes twice, and Anna answers them."""
    simulation = Simulation(faults=CrashesAt(), echoes=True, **more)
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


def by_reply(faults: Faults, **more: Any) -> Simulation:
    """Ben, an owner, answers Anna through the bot."""
    simulation = Simulation(faults=CrashesAt(), echoes=True, **more)
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


def each_crash(story: Story, **more: Any) -> Iterator[tuple[str, Simulation]]:
    for site in story(CrashesAt(), **more).stage.sites():
        yield str(site), story(CrashesAt(frozenset({(site.number, site.when)})), **more)


@cache
def crashes(story: Story) -> Sequence[tuple[str, Simulation]]:
    """Tell the stories once for all tests that only look at what became of them."""
    return tuple(each_crash(story))


def turns(simulation: Simulation, code: str) -> list[Turn]:
    kept = (kept.turn for kept in simulation.memory.of(ConversationId(person_of("anna"))))
    return [turn for turn in kept if turn.reply and turn.reply.code == code]


@pytest.mark.parametrize("story", [by_hand, by_reply])
def test_nothing_is_asked_or_charged_after_a_human_has_written_wherever_a_process_dies(story: Story):
    for site, simulation in crashes(story):
        assert simulation.ledger.broken == [], site
        assert "where is my parcel?" not in simulation.ledger.asked, site
        assert simulation.ledger.used(person_of("anna")) == 1, site


def test_a_humans_words_are_stored_once_and_announced_once_wherever_a_process_dies():
    for site, simulation in crashes(by_hand):
        said = [turn.reply.text for turn in turns(simulation, HUMAN) if turn.reply]
        assert said == ["I am Tom.", "How can I help?"], site
        [notice] = turns(simulation, HUMAN_HERE)
        assert len(simulation.ledger.sent[notice.conversation, notice.id]) == 1, site


def test_an_owners_words_are_passed_on_once_wherever_a_process_dies():
    for site, simulation in crashes(by_reply):
        [mine] = turns(simulation, HUMAN)
        assert len(simulation.ledger.sent[mine.conversation, mine.id]) == 1, site


class HearsAgain(FakeTakeovers):
    """Lacks `turn absent` in hear."""

    def hear(self, words: Turn, *, until: int, now: int) -> bool:
        self.memory.turns.pop((words.conversation, words.id), None)
        self.memory.conversations[words.conversation].paused_until = 0
        return super().hear(words, until=until, now=now)


class PassesOnAgain(FakeTakeovers):
    """Lacks `turn absent` in pass_on."""

    def pass_on(self, words: Turn, *, until: int, now: int) -> bool:
        self.memory.turns.pop((words.conversation, words.id), None)
        return super().pass_on(words, until=until, now=now)


class NeverSilent(FakeTakeovers):
    """Stores no silence."""

    def hear(self, words: Turn, *, until: int, now: int) -> bool:
        return super().hear(words, until=0, now=now)

    def pass_on(self, words: Turn, *, until: int, now: int) -> bool:
        return super().pass_on(words, until=0, now=now)


@pytest.mark.parametrize(
    ("story", "makes"),
    [(by_hand, HearsAgain), (by_reply, PassesOnAgain), (by_hand, NeverSilent), (by_reply, NeverSilent)],
)
def test_without_a_safeguard_some_crash_breaks_a_promise(story: Story, makes: type[FakeTakeovers]):
    """Somebody reads something twice, or is answered by the bot although a human has written."""
    anna = ConversationId(person_of("anna"))
    assert any(
        simulation.ledger.broken
        or "where is my parcel?" in simulation.ledger.asked
        or any(len(runs) > 1 for (place, _), runs in simulation.ledger.sent.items() if place == anna)
        or len(turns(simulation, HUMAN_HERE)) > 1
        for _, simulation in each_crash(story, makes_takeovers=makes)
    )
