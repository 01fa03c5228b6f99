from dataclasses import replace

import pytest

from chalicelib.access.person import Access, Person
from chalicelib.conversation.command_handlers import HANDLERS
from chalicelib.conversation.commands import Command
from chalicelib.conversation.plan import (
    MAX_DELIVERIES,
    STALE_MS,
    Ask,
    DeliverAgain,
    Drop,
    RunCommand,
    next_delivery,
    plan,
)
from chalicelib.conversation.turn import Lease, Reply, Turn, TurnState
from chalicelib.ids import ConversationId, PersonId, TurnId

NOW = 1_000_000
ANNA = Person(PersonId("messenger:1:anna"))
QUESTION = Turn(
    TurnId("0000001000000#a"), ConversationId(ANNA.id), ANNA.id, at=NOW, state=TurnState.QUEUED, text="What is up?"
)
LEASE = Lease(QUESTION.conversation, "one", fence=1, arrivals=1, open_turns=1, due_at=NOW)
ANSWERED = replace(QUESTION, state=TurnState.ANSWERED, reply=Reply("Not much."), deliveries=1)
MINUTE = 60_000


def test_a_question_is_charged_and_asked():
    assert plan(QUESTION, ANNA, LEASE, now=NOW) == Ask()


FORGETTING = {Command.FORGET, Command.FORGET_CONFIRMED, Command.FORGET_CANCELLED}


@pytest.mark.parametrize(
    "text", [QUESTION.text, "/forget everything", "/hepl", *(each.value for each in Command if each not in FORGETTING)]
)
def test_a_block_goes_before_everything_but_forgetting(text: str):
    blocked = replace(ANNA, access=Access.BLOCKED, daily_limit=100)
    assert plan(replace(QUESTION, text=text), blocked, LEASE, now=NOW) == Drop("blocked")


@pytest.mark.parametrize("command", [each for each in Command if each in FORGETTING])
def test_a_blocked_person_may_be_forgotten(command: Command):
    blocked = replace(ANNA, access=Access.BLOCKED)
    assert plan(replace(QUESTION, text=command.value), blocked, LEASE, now=NOW) == RunCommand(command)


@pytest.mark.parametrize("command", Command)
def test_every_command_is_run_by_a_handler(command: Command):
    assert plan(replace(QUESTION, text=command.value), ANNA, LEASE, now=NOW) == RunCommand(command)
    assert command in HANDLERS


def test_an_answer_is_delivered_again_once_its_next_attempt_is_due():
    assert plan(ANSWERED, ANNA, LEASE, now=NOW) == DeliverAgain(NOW)
    assert plan(ANSWERED, ANNA, replace(LEASE, due_at=NOW + 1), now=NOW) == DeliverAgain(NOW + 1)


def test_an_answer_that_was_tried_as_often_as_allowed_is_dropped_even_before_it_is_due():
    tried = replace(ANSWERED, deliveries=MAX_DELIVERIES)
    assert plan(tried, ANNA, replace(LEASE, due_at=NOW + MINUTE), now=NOW) == Drop("undeliverable")


def test_a_new_question_does_not_wait_for_what_was_due():
    assert plan(QUESTION, ANNA, replace(LEASE, due_at=NOW + MINUTE), now=NOW) == Ask()


def test_an_answer_of_a_former_version_without_a_count_is_delivered():
    assert plan(replace(ANSWERED, deliveries=0), ANNA, LEASE, now=NOW) == DeliverAgain(NOW)
    assert next_delivery(replace(ANSWERED, deliveries=0), now=NOW) == NOW + MINUTE


def test_each_pause_between_attempts_is_twice_as_long_and_all_fit_into_an_hour():
    pauses = [next_delivery(replace(ANSWERED, deliveries=made), now=0) for made in range(1, MAX_DELIVERIES + 1)]
    assert pauses == [1 * MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE, 16 * MINUTE, None]
    assert sum(pause or 0 for pause in pauses) < STALE_MS
