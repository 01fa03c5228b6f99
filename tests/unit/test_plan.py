from dataclasses import replace

import pytest

from chalicelib.access.person import Access, Person
from chalicelib.conversation.command_handlers import HANDLERS
from chalicelib.conversation.commands import Command
from chalicelib.conversation.plan import Ask, Drop, RunCommand, plan
from chalicelib.conversation.turn import Turn, TurnState
from chalicelib.ids import ConversationId, PersonId, TurnId

NOW = 1_000_000
ANNA = Person(PersonId("messenger:1:anna"))
QUESTION = Turn(
    TurnId("0000001000000#a"), ConversationId(ANNA.id), ANNA.id, at=NOW, state=TurnState.QUEUED, text="What is up?"
)


def test_a_question_is_charged_and_asked():
    assert plan(QUESTION, ANNA, paused_until=0, now=NOW) == Ask()


@pytest.mark.parametrize("text", [QUESTION.text, *(command.value for command in Command)])
def test_a_block_goes_before_everything(text: str):
    blocked = replace(ANNA, access=Access.BLOCKED, daily_limit=100)
    assert plan(replace(QUESTION, text=text), blocked, paused_until=0, now=NOW) == Drop("blocked")


@pytest.mark.parametrize("command", Command)
def test_every_command_is_run_by_a_handler(command: Command):
    assert plan(replace(QUESTION, text=command.value), ANNA, paused_until=0, now=NOW) == RunCommand(command)
    assert command in HANDLERS
