"""One message, one crash, at every place there is. What shows is a list, and the list is the documented one."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import pytest

from chalicelib.access import pairing, taps
from chalicelib.access.person import Access
from chalicelib.access.taps import Tap
from chalicelib.conversation.plan import MAX_DELIVERIES
from chalicelib.conversation.turn import TurnState
from chalicelib.errors import DeliveryError, ModelBusy
from tests.fakes.owners import FakeOwners
from tests.faults.schedules import TIGHT
from tests.faults.shares import some
from tests.faults.simulation import MOST, Simulation, person_of
from tests.faults.stage import CrashesAt, CrashesEachTime, Site, When

MODEL_BILLED_TWICE = {"after model.answer", "before inbox.record"}
ANSWER_SENT_TWICE = {"after sender.deliver", "before inbox.finish"}
SET_ASIDE_FOR_GOOD = {
    "after inbox.charge",
    "before sender.responding",
    "after sender.responding",
    "before model.answer",
    *MODEL_BILLED_TWICE,
}
WARNING = ("alerts.first_today", "notifier.send")
"""Comes between setting money aside and asking, when four fifths are spent."""
OWNER_TOLD_LATE = {
    "after new_people.announce",
    "before inbox.charge",
    *SET_ASIDE_FOR_GOOD,
    "after inbox.record",
    "before sender.deliver",
    *ANSWER_SENT_TWICE,
    "after inbox.finish",
    "before people.get",
    "after people.get",
    "before new_people.may_tell",
    "after new_people.may_tell",
    "before notifier.send",
}
OWNER_TOLD_TWICE = {"after notifier.send", "before new_people.told"}


def tell(simulation: Simulation, texts: int = 1) -> Simulation:
    for number in range(texts):
        simulation.say("anna", f"question {number}")
    return simulation.run_until_rest()


@cache
def sites(texts: int = 1, **simulation: Any) -> Sequence[Site]:
    """Every place of the story in which nothing goes wrong."""
    told = tell(Simulation(**simulation), texts)
    assert told.ledger.broken == []
    return tuple(told.stage.sites())


def crash(*crashes: Site, texts: int = 1, **simulation: Any) -> Simulation:
    numbers = frozenset((site.number, site.when) for site in crashes)
    return tell(Simulation(faults=CrashesAt(numbers), **simulation), texts)


@cache
def crashed(*crashes: Site, texts: int = 1, **simulation: Any) -> Simulation:
    """Tell the story once for all tests that only look at what became of it."""
    return crash(*crashes, texts=texts, **simulation)


def those_where(shows: Callable[[Simulation], bool], **simulation: Any) -> set[str]:
    return {str(site) for site in sites(**simulation) if shows(crashed(site, **simulation))}


def test_the_story_without_a_crash_is_the_one_that_is_drawn():
    assert [str(site) for site in sites() if site.when is When.BEFORE] == [
        f"before {call}"
        for call in (
            "inbox.accept",
            "wake.wake",
            "inbox.take",
            "inbox.load",
            "people.get",
            "new_people.announce",
            "inbox.charge",
            "sender.responding",
            "model.answer",
            "inbox.record",
            "sender.deliver",
            "inbox.finish",
            "people.get",
            "new_people.may_tell",
            "notifier.send",
            "new_people.told",
        )
    ]


@pytest.mark.parametrize("echoes", [False, True])
def test_a_crash_at_any_step_answers_and_charges_the_message_once(*, echoes: bool):
    for site in sites(echoes=echoes):
        simulation = crashed(site, echoes=echoes)
        assert simulation.ledger.broken == [], site
        assert len(simulation.ledger.sent) == simulation.ledger.used(person_of("anna")) == 1, site


def test_the_model_is_asked_twice_only_when_its_answer_was_lost():
    assert those_where(lambda simulation: simulation.ledger.asked_again > 0) == MODEL_BILLED_TWICE


def test_money_stays_set_aside_only_when_nobody_knows_what_the_model_cost_and_never_more_than_for_one_call():
    assert those_where(lambda simulation: simulation.ledger.unsettled != []) == SET_ASIDE_FOR_GOOD
    for site in sites():
        left = crashed(site).ledger.unsettled
        assert sum(amount for _, amount in left) in {0, MOST}, site


def test_with_money_for_one_call_a_crash_costs_an_answer_only_when_its_money_stays_set_aside():
    tight: dict[str, Any] = {"budget": TIGHT}
    for site in sites(**tight):
        simulation = crashed(site, **tight)
        assert simulation.ledger.broken == [], site
        assert len(simulation.ledger.sent) == 1, site
    unanswered = those_where(lambda simulation: simulation.ledger.used(person_of("anna")) == 0, **tight)
    assert unanswered == SET_ASIDE_FOR_GOOD | {f"{when.value} {call}" for when in When for call in WARNING}


def test_an_answer_is_sent_twice_only_when_its_sending_was_not_noted():
    assert those_where(lambda simulation: simulation.ledger.repeated > 0) == ANSWER_SENT_TWICE


def test_with_metas_echoes_no_answer_is_sent_twice():
    assert those_where(lambda simulation: simulation.ledger.repeated > 0, echoes=True) == set()


def test_the_owner_hears_of_a_new_person_late_only_when_the_worker_dies_before_it_has_told_them():
    assert those_where(lambda simulation: simulation.notifier.told == []) == OWNER_TOLD_LATE


def times_told(simulation: Simulation) -> int:
    """With the notice of those who wait, which the heartbeat requests after five minutes."""
    simulation.newcomers.tell_of_all()
    return len(simulation.notifier.told)


def test_the_owner_hears_of_every_new_person_and_twice_only_when_that_was_not_noted():
    heard = [(str(site), times_told(crash(site))) for site in sites()]
    assert [site for site, times in heard if times == 0] == []
    assert {site for site, times in heard if times > 1} == OWNER_TOLD_TWICE


def test_a_code_makes_an_owner_wherever_a_worker_dies_and_an_email_says_so():
    """A try that a crash used up is one of five, so that the code is still of use."""

    def story(*crashes: Site) -> Simulation:
        simulation = Simulation(faults=CrashesAt(frozenset((site.number, site.when) for site in crashes)))
        FakeOwners(simulation.memory).offer(pairing.pairing_for("ABCD2345", bytes, now=simulation.clock()))
        simulation.say("olga", "/owner ABCD-2345")
        return simulation.run_until_rest()

    for site in story().stage.sites():
        simulation = story(site)
        assert simulation.ledger.broken == [], site
        assert simulation.memory.people[person_of("olga")].person.is_owner, site
        assert "Parley: there is a new owner" in simulation.notifier.told, site
        assert len(simulation.ledger.sent) == 1, site


def test_an_owners_tap_is_as_safe_as_a_question():
    def story(*crashes: Site) -> Simulation:
        numbers = frozenset((site.number, site.when) for site in crashes)
        simulation = Simulation()
        simulation.say("anna", "good morning")
        simulation.run_until_rest()
        simulation.stage.faults = CrashesAt(numbers)
        simulation.stage.steps.clear()
        owner, made = person_of("olga"), pairing.pairing_for("ABCD2345", bytes, now=0)
        FakeOwners(simulation.memory).offer(made)
        FakeOwners(simulation.memory).pair(owner, made, now=0)
        secret = simulation.memory.people[person_of("anna")].person.tap
        simulation.say("olga", taps.payload(Tap.BLOCK, person_of("anna"), owner=owner, secret=secret))
        return simulation.run_until_rest()

    for site in story().stage.sites():
        simulation = story(site)
        assert simulation.ledger.broken == [], site
        assert simulation.memory.people[person_of("anna")].person.access is Access.BLOCKED, site


def test_the_model_is_asked_twice_at_no_other_place_when_two_messages_wait():
    found = those_where(lambda simulation: simulation.ledger.asked_again > 0, texts=2)
    assert found == MODEL_BILLED_TWICE


def test_an_apology_is_as_safe_as_an_answer():
    failing: dict[str, Any] = {"model_fails": lambda: ModelBusy("busy")}
    for site in sites(**failing):
        simulation = crashed(site, **failing)
        assert simulation.ledger.broken == [], site
        assert simulation.ledger.used(person_of("anna")) == 0, site
    assert those_where(lambda simulation: simulation.ledger.repeated > 0, **failing) == ANSWER_SENT_TWICE


def unreachable(*crashes: Site, texts: int = 1) -> Simulation:
    """Nothing can be sent to anybody, and nobody is told why."""
    return crash(*crashes, texts=texts, sender_fails=lambda: DeliveryError("code 613"))


def test_an_answer_that_cannot_be_delivered_is_tried_a_few_times_and_not_charged():
    simulation = unreachable()
    assert simulation.ledger.broken == []
    assert [len(tried) for tried in simulation.ledger.tried.values()] == [MAX_DELIVERIES]
    assert [kept.turn.state for kept in simulation.memory.turns.values()] == [TurnState.DROPPED]
    assert simulation.ledger.used(person_of("anna")) == 0


@some(3)
def test_wherever_a_worker_dies_over_what_cannot_be_delivered_its_attempts_are_counted_and_end(part: slice):
    """A crash may use up an attempt, or two of the shorter pauses; it never adds one."""
    for site in unreachable().stage.sites()[part]:
        simulation = unreachable(site)
        assert simulation.ledger.broken == [], site
        [tried] = simulation.ledger.tried.values()
        assert MAX_DELIVERIES - 1 <= len(tried) <= MAX_DELIVERIES, site
        assert simulation.ledger.used(person_of("anna")) == 0, site


@pytest.mark.parametrize("when", When)
def test_a_worker_that_dies_over_every_delivery_is_replaced_a_few_times(when: When):
    simulation = tell(Simulation(faults=CrashesEachTime("sender.deliver", when, left=1000)))
    assert simulation.ledger.broken == []
    assert all(len(tried) == MAX_DELIVERIES for tried in simulation.ledger.tried.values())
    assert [kept.turn.state for kept in simulation.memory.turns.values()] == [TurnState.DROPPED]
    assert simulation.ledger.used(person_of("anna")) == 0


def test_what_cannot_be_delivered_holds_up_the_next_question_only_until_it_is_given_up():
    refusals = iter([DeliveryError("code 613")] * MAX_DELIVERIES)
    for site in tell(Simulation(sender_fails=lambda: next(refusals, None)), texts=2).stage.sites()[::7]:
        left = iter([DeliveryError("code 613")] * MAX_DELIVERIES)
        simulation = crash(site, texts=2, sender_fails=lambda left=left: next(left, None))
        assert simulation.ledger.broken == [], site
        assert simulation.ledger.sent, site


@pytest.mark.parametrize(
    "text",
    ["/help", "/usage", "/reset", "/forget", "/forget yes", "/remember me", "/memory", "/memory off", "/forget 1"],
)
def test_a_command_is_as_safe_as_a_question(text: str):
    def story(*crashes: Site) -> Simulation:
        numbers = frozenset((site.number, site.when) for site in crashes)
        simulation = Simulation(faults=CrashesAt(numbers))
        simulation.say("anna", text)
        return simulation.run_until_rest()

    for site in story().stage.sites():
        simulation = story(site)
        assert simulation.ledger.broken == [], site
        assert len(simulation.ledger.sent) == 1, site


def test_a_refusal_is_as_safe_as_an_answer():
    for site in sites(texts=3, limit=1):
        simulation = crash(site, texts=3, limit=1)
        assert simulation.ledger.broken == [], site
        assert len(simulation.ledger.sent) == 2, site


@some(8)
@pytest.mark.parametrize("echoes", [False, True])
def test_two_crashes_at_any_two_places_break_no_promise_and_only_if_both_lost_the_model_there_is_no_answer(
    part: slice, *, echoes: bool
):
    answered = []
    for first in sites(echoes=echoes):
        for second in crashed(first, echoes=echoes).stage.sites()[2 * first.number + 1 :][part]:
            simulation = crash(first, second, echoes=echoes)
            assert simulation.ledger.broken == [], (first, second)
            assert len(simulation.ledger.sent) == 1, (first, second)
            assert not (echoes and simulation.ledger.repeated), (first, second)
            answered.append(simulation.ledger.used(person_of("anna")))
            if not answered[-1]:
                [kept] = simulation.memory.turns.values()
                assert kept.turn.model_calls == 2, (first, second)
    assert set(answered) == {0, 1}
    assert len(answered) > 500 // 8
