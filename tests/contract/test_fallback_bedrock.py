"""A model of Bedrock and one of OpenAI that answer in each other's place: two requests at most, no thoughts across."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import pytest

from chalicelib.conversation.prompt import Finished, FinishReason, Prompt, TextDelta
from chalicelib.conversation.tool import Round, ToolCall, ToolResult, ToolSpec
from chalicelib.errors import ModelBusy, ModelError, ModelUnusable
from chalicelib.llm.choice import ModelChoice
from tests.contract import converse_server, openai_server
from tests.contract.converse_server import NOVA, Answer, Refusal, Script, block_stop, delta, text, tool_use, whole
from tests.contract.models import PROMPT, USAGE
from tests.contract.openai_server import Server, error, responses

CLAUDE: Final = "eu.anthropic.claude-sonnet-4-6"
BUSY: Final = Refusal(503, "ServiceUnavailableException")
TOOL: Final = ToolSpec("look_up", "Looks a cat up.", {"type": "object"})
ASKING: Final = replace(PROMPT, tools=(TOOL,))


def outcome(choice: ModelChoice, prompt: Prompt = PROMPT) -> list[Any]:
    events: list[Any] = []
    try:
        events.extend(choice.answer(prompt, seconds=20))
    except ModelError as exc:
        events.append(exc)
    return events


def bedrock_first(*answers: Answer, then: Server) -> tuple[ModelChoice, Script]:
    bedrock, script = converse_server.model(*answers)
    fallback = replace(openai_server.model("responses", then), requests=1)
    first = replace(bedrock, asks_busy_again=False)
    return ModelChoice(first, fallback=(fallback.name, lambda: fallback)), script


def openai_first(server: Server, *answers: Answer, name: str = NOVA) -> tuple[ModelChoice, Script]:
    bedrock, script = converse_server.model(*answers, name=name)
    fallback = replace(bedrock, requests=1)
    first = replace(openai_server.model("responses", server), asks_busy_again=False)
    return ModelChoice(first, fallback=(fallback.name, lambda: fallback)), script


@pytest.mark.parametrize(
    "refusal",
    [
        BUSY,
        Refusal(429, "ThrottlingException"),
        Refusal(500, "InternalServerException"),
        Refusal(403, "AccessDeniedException", "You don't have access to the model with the specified model ID."),
        Refusal(400, "ValidationException", "The provided model identifier is invalid."),
        Refusal(400, "ValidationException", "Malformed input request"),
    ],
    ids=lambda one: f"{one.code} {one.message[:12]}",
)
def test_openai_answers_where_bedrock_cannot(refusal: Refusal):
    server = Server(responses("ok"))
    choice, script = bedrock_first(refusal, then=server)
    said, end = outcome(choice)
    assert (said, end.usage) == (TextDelta("ok"), replace(USAGE, model="gpt-6-luna"))
    assert (len(script.asked), len(server.asked)) == (1, 1)


@pytest.mark.parametrize("refusal", [error(503), error(429), error(401, "invalid_api_key")])
def test_bedrock_answers_where_openai_cannot(refusal: Any):
    server = Server(refusal)
    choice, script = openai_first(server, whole(*text("ok")))
    said, end = outcome(choice)
    assert (said, end.usage) == (TextDelta("ok"), replace(USAGE, model=NOVA))
    assert (len(script.asked), len(server.asked)) == (1, 1)


@pytest.mark.parametrize("second", [BUSY, Refusal(400, "ValidationException", "temperature is deprecated")])
def test_a_third_request_is_never_sent(second: Refusal):
    server = Server(error(503), error(503))
    choice, script = openai_first(server, second, whole(*text("ok")))
    [failed] = outcome(choice, replace(PROMPT, temperature=0.6))
    assert isinstance(failed, (ModelBusy, ModelUnusable))
    assert len(script.asked) + len(server.asked) == 2


def test_an_answer_of_bedrock_that_has_begun_is_not_begun_again_by_openai():
    server = Server(responses("ok"))
    choice, _ = bedrock_first([*whole(*text("Mimi"))[:2]], then=server)
    events = outcome(choice)
    assert isinstance(events[-1], ModelBusy)
    assert server.asked == []


def thoughts_in(body: Any) -> Sequence[Any]:
    return [block for said in body["messages"] for block in said["content"] if "reasoningContent" in block]


def test_thoughts_go_back_to_the_model_that_had_them_and_to_no_other():
    thought = [delta({"reasoningContent": {"text": "Hm"}}), delta({"reasoningContent": {"signature": "c2ln"}})]
    calls = whole(*thought, block_stop(), *tool_use("t", "look_up", "{}"), reason="tool_use")
    claude, script = converse_server.model(calls, whole(*text("A cat.")), BUSY, name=CLAUDE)
    nova, other = converse_server.model(whole(*text("A cat.")))
    choice = ModelChoice(replace(claude, asks_busy_again=False), fallback=(NOVA, lambda: replace(nova, requests=1)))
    end = outcome(choice, ASKING)[-1]
    assert isinstance(end, Finished)
    assert (end.reason, end.calls) == (FinishReason.CALLS, (ToolCall("t", "look_up", "{}"),))
    told = replace(ASKING, rounds=(Round(end.calls, (ToolResult("A cat."),), thoughts=end.thoughts),))
    for _ in range(2):
        assert outcome(choice, told)[0] == TextDelta("A cat.")
    assert [len(thoughts_in(body)) for body in script.asked] == [0, 1, 1]
    assert [len(thoughts_in(body)) for body in other.asked] == [0]
