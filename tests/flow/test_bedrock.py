"""The whole bot over Bedrock's wire: tools, refusals, refused requests, and a bill that is right to the token."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from chalicelib.access.budget import Price, Usage
from chalicelib.llm import prices
from chalicelib.tools.tool import tool
from chalicelib.tools.toolbox import FunctionTools
from tests.contract.converse_server import (
    Answer,
    Refusal,
    Script,
    frame,
    metadata,
    model,
    stop,
    text,
    tool_use,
    whole,
)
from tests.flow.bot import SAYS, Bot

HAIKU: Final = "eu.anthropic.claude-haiku-5-5"
PERSONA: Final = """
name = "Helper"
max_output_tokens = 100
instructions = "You help."
tools = ["bake"]
"""


@dataclass
class Kitchen:
    """A place where a tool acts."""

    baked: list[str] = field(default_factory=list)


@tool(writes=True)
def bake(what: str, *, kitchen: Kitchen) -> str:
    """Bake something."""
    kitchen.baked.append(what)
    return f"A fine {what}."


@dataclass
class Bakery:
    """The bot with a model of Bedrock and a kitchen."""

    bot: Bot
    kitchen: Kitchen
    price: Price
    script: Script = field(default_factory=lambda: Script([]))

    def is_answered(self, *answers: Answer) -> None:
        asked_model: Any
        asked_model, self.script = model(*answers, name=HAIKU, price=self.price)
        self.bot.model = asked_model

    def bill(self, *used: Mapping[str, int]) -> int:
        """What these usages cost, as Bedrock would bill them."""
        return sum(
            self.price.cost(
                Usage(
                    one["inputTokens"] + one.get("cacheReadInputTokens", 0) + one.get("cacheWriteInputTokens", 0),
                    one.get("cacheReadInputTokens", 0),
                    one["outputTokens"],
                    one.get("cacheWriteInputTokens"),
                )
            )
            for one in used
        )


@pytest.fixture
def bakery(bot: Bot) -> Bakery:
    price = prices.of_bedrock(HAIKU)
    assert price
    kitchen = Kitchen()
    toolbox = FunctionTools((bake,), {Kitchen: kitchen}, lambda _: None)
    bot.toolbox, bot.price = (lambda: toolbox), price
    bot.persona_texts.put("assistant", PERSONA, now=bot.clock())
    return Bakery(bot, kitchen, price)


ASKED: Final = {"inputTokens": 700, "outputTokens": 31, "cacheReadInputTokens": 2000, "cacheWriteInputTokens": 90}
ANSWERED: Final = {"inputTokens": 801, "outputTokens": 17, "cacheReadInputTokens": 2090, "cacheWriteInputTokens": 0}


def said(*frames: bytes, reason: str, used: Mapping[str, int]) -> list[bytes]:
    return [frame("messageStart", {"role": "assistant"}), *frames, stop(reason), metadata(**used)]


def test_a_tool_is_called_once_its_result_is_fenced_and_both_calls_are_billed_to_the_token(bakery: Bakery):
    bakery.is_answered(
        said(*text("I bake."), *tool_use("t1", "bake", '{"what": ', '"cake"}'), reason="tool_use", used=ASKED),
        said(*text("Here is your cake."), reason="end_turn", used=ANSWERED),
    )
    bakery.bot.receives("anna", "Bake me a cake!")
    assert bakery.kitchen.baked == ["cake"]
    assert "Here is your cake." in bakery.bot.sent_to("anna")[-1]
    [result] = bakery.script.asked[1]["messages"][-1]["content"]
    assert result["toolResult"] == {"toolUseId": "t1", "content": [{"text": "<result>\nA fine cake.\n</result>"}]}
    assert bakery.bot.spent().committed == bakery.bill(ASKED, ANSWERED)


NOVAS_SLIP: Final = "Model produced invalid sequence as part of ToolUse. Please refer to the troubleshooting guide."
SLIPS: Final = [
    pytest.param(whole(*tool_use("t", "bake", "{"), reason="malformed_tool_use"), id="as most models say it"),
    pytest.param([frame("modelStreamErrorException", {"message": NOVAS_SLIP}, message="exception")], id="Nova"),
    pytest.param(Refusal(424, "ModelErrorException", NOVAS_SLIP), id="Nova, before the stream"),
]


@pytest.mark.parametrize("slip", SLIPS)
def test_a_model_that_slips_with_a_call_is_asked_once_more_and_the_slip_is_paid_too(bakery: Bakery, slip: Answer):
    bakery.is_answered(slip, said(*text("Hello."), reason="end_turn", used=ANSWERED))
    bakery.bot.receives("anna", "Bake!")
    assert bakery.bot.sent_to("anna") == ["Hello."]
    assert bakery.bot.spent().committed > bakery.bill(ANSWERED)
    bakery.is_answered(slip, slip, slip)
    bakery.bot.receives("anna", "Again!")
    assert bakery.bot.sent_to("anna")[1:] == [SAYS("apology")]
    assert len(bakery.script.asked) == 2


def test_a_slip_after_words_is_not_repeated_since_the_words_would_be(bakery: Bakery):
    bakery.is_answered(whole(*text("I bake"), *tool_use("t", "bake", "{"), reason="malformed_tool_use"))
    bakery.bot.receives("anna", "Bake!")
    assert bakery.bot.sent_to("anna") == [SAYS("apology")]


def test_a_guardrail_that_intervenes_is_a_kind_refusal_that_is_not_charged_and_yet_billed(bakery: Bakery):
    bakery.is_answered(said(*text("Sorry, no."), reason="guardrail_intervened", used=ANSWERED))
    bakery.bot.receives("anna", "A bad question")
    assert bakery.bot.sent_to("anna") == [SAYS("filtered")]
    assert bakery.bot.used("anna") == 0
    assert bakery.bot.spent().committed == bakery.bill(ANSWERED)


def test_a_throttled_request_costs_nothing_and_the_answer_its_tokens(bakery: Bakery):
    throttled = Refusal(429, "ThrottlingException")
    bakery.is_answered(throttled, said(*text("Hello."), reason="end_turn", used=ANSWERED))
    bakery.bot.receives("anna", "Hello")
    assert bakery.bot.sent_to("anna") == ["Hello."]
    assert bakery.bot.spent().committed == bakery.bill(ANSWERED)
    bakery.is_answered(throttled, throttled)
    bakery.bot.receives("anna", "Hello again")
    assert bakery.bot.sent_to("anna")[1:] == [SAYS("apology")]
    assert bakery.bot.spent().committed == bakery.bill(ANSWERED)


def test_the_owner_is_notified_of_a_right_that_the_bot_lacks(bakery: Bakery):
    bakery.is_answered(Refusal(403, "AccessDeniedException", "You don't have access to the model."))
    bakery.bot.receives("anna", "Hello")
    assert bakery.bot.sent_to("anna") == [SAYS("apology")]
    mails = [mail for _, mail in bakery.bot.notifier.told if "AWS does not let the bot ask the model" in mail]
    assert len(mails) == 1
    assert bakery.bot.spent().committed == 0


def test_an_answer_that_breaks_off_is_counted_at_no_less_than_it_may_cost(bakery: Bakery):
    bakery.is_answered(whole(*text("I am "))[:2])
    bakery.bot.receives("anna", "Who are you?")
    assert bakery.bot.sent_to("anna") == [SAYS("apology")]
    assert bakery.bot.spent().committed > 0
