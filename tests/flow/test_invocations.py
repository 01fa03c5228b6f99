from typing import Any

import pytest

from chalicelib.aws import invocation
from chalicelib.aws.invocation import AnswerConversation
from chalicelib.conversation.prompt import Prompt
from chalicelib.conversation.turn import Lease
from chalicelib.conversation.worker import Outcome
from chalicelib.errors import ConfigError, StoreError
from chalicelib.ids import ConversationId
from tests.fakes.inbox import FakeInbox
from tests.flow.bot import Bot, InterruptedModel, conversation_of

ANNA = conversation_of("anna")


class UnreachableInbox(FakeInbox):
    """Cannot be asked anything."""

    def take(self, conversation: ConversationId, **_: object) -> Lease | None:
        raise StoreError("DynamoDB is out of reach")


def by_queue(conversation: ConversationId) -> dict[str, Any]:
    return {"Records": [{"eventSource": "aws:sqs", "body": invocation.wake_event(conversation)}]}


def invoke(bot: Bot, event: dict[str, Any]) -> Outcome | None:
    """What `app.worker` does with an event; None for a ping."""
    match invocation.parse(event):
        case AnswerConversation(conversation):
            return bot.run(conversation)
    return None


@pytest.mark.parametrize("event", [{"conversation": ANNA}, by_queue(ANNA)])
def test_a_wake_is_followed_whichever_way_it_came(bot: Bot, event: dict[str, Any]):
    bot.accepts("anna", "Which way did you come?")
    assert invoke(bot, event) is Outcome.DRAINED
    assert len(bot.sent_to("anna")) == 1


def test_a_ping_asks_nothing_of_the_store(bot: Bot):
    bot.inbox = UnreachableInbox(bot.memory)
    assert invoke(bot, {"ping": True}) is None


@pytest.mark.parametrize("event", [{"conversation": ANNA}, by_queue(ANNA)])
def test_an_error_is_raised_so_that_the_wake_comes_again(bot: Bot, event: dict[str, Any]):
    bot.inbox = UnreachableInbox(bot.memory)
    with pytest.raises(StoreError):
        invoke(bot, event)


def test_an_invocation_by_somebody_else_is_not_taken_for_a_wake(bot: Bot):
    with pytest.raises(ConfigError):
        invoke(bot, {"detail-type": "Scheduled Event"})


def test_a_wake_used_up_while_another_worker_is_at_it_loses_no_message(bot: Bot):
    outcomes: list[Outcome | None] = []

    def write_again(_: Prompt) -> None:
        if not outcomes:
            bot.accepts("anna", "and another thing")
            outcomes.append(invoke(bot, by_queue(ANNA)))

    bot.model = InterruptedModel(meanwhile=write_again)
    bot.accepts("anna", "one thing")
    assert invoke(bot, by_queue(ANNA)) is Outcome.DRAINED
    assert outcomes == [Outcome.BUSY]
    assert bot.asked == ["one thing", "and another thing"]
    assert bot.beats().swept == 0
