"""Bedrock's Converse over real frames: what is sent, what each stream means, which faults are billed and repeated."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.access.budget import Usage
from chalicelib.conversation import fence
from chalicelib.conversation.prompt import Exchange, Finished, FinishReason, Prompt, TextDelta, Used, Waiting
from chalicelib.conversation.tool import Round, ToolCall, ToolResult, ToolSpec
from chalicelib.errors import ModelBusy, ModelError, ModelFault, ModelRefused, ModelUnusable
from chalicelib.llm.converse import ConverseModel
from chalicelib.llm.converse_request import Guardrail
from chalicelib.llm.prices import FREE
from tests.contract.converse_server import (
    NOVA,
    Answer,
    Damage,
    HalfFrame,
    Refusal,
    Reset,
    Wait,
    delta,
    error_frame,
    frame,
    metadata,
    model,
    stop,
    text,
    tool_use,
    whole,
)
from tests.contract.models import PROMPT

COST: Final = Usage(input=10, cached=4, output=5)
START: Final = frame("messageStart", {"role": "assistant"})
THROTTLED: Final = Refusal(429, "ThrottlingException", "Too many requests, please wait before trying again.")
TOOL: Final = ToolSpec("look-up", "Looks up gifts.", {"type": "object", "properties": {"what": {"type": "string"}}})
CALL: Final = ToolCall("tooluse_1", "look-up", '{"what": "a sled"}')
WITH_TOOLS: Final = replace(PROMPT, tools=(TOOL,))
DONE: Final = Round((CALL,), (ToolResult("A sled costs 20 USD."),), text="I will look.")


def ask(*answers: Answer, prompt: Prompt = PROMPT, seconds: float = 20, **options: Any) -> Sequence[object]:
    return list(model(*answers, **options)[0].answer(prompt, seconds=seconds))


def outcome(*answers: Answer, seconds: float = 20) -> tuple[list[object], ModelError | None]:
    """The events of the answer, and the error after them."""
    events: list[object] = []
    answer = model(*answers)[0].answer(PROMPT, seconds=seconds)
    try:
        events.extend(answer)
    except ModelError as exc:
        return events, exc
    return events, None


def asked(prompt: Prompt, **options: Any) -> dict[str, Any]:
    """The request for the prompt, which AWS would not refuse."""
    asked_model, script = model(whole(*text("Yes.")), **options)
    assert list(asked_model.answer(prompt, seconds=20))[-1] == Finished(FinishReason.STOP, COST)
    [body] = script.asked
    return body


def texts(body: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [
        (said["role"], [block.get("text", next(iter(block))) for block in said["content"]]) for said in body["messages"]
    ]


FAULTS: Final[dict[str, Any]] = {
    "a clean early end": [],
    "half a frame": [HalfFrame()],
    "a reset": [Reset()],
    "a damaged frame": [Damage()],
    "throttling": [frame("throttlingException", {"message": "slow down"}, message="exception")],
    "a failing model": [frame("modelStreamErrorException", {"message": "oops"}, message="exception")],
    "a failing server": [frame("internalServerException", {"message": "oops"}, message="exception")],
    "a server without room": [frame("serviceUnavailableException", {"message": "oops"}, message="exception")],
    "an error that is not modelled": [error_frame("InternalError", "oops")],
}
EVENTS: Final = [
    START,
    *text("Mimi ", "is a cat."),
    *tool_use("t", "look-up", '{"what"', ': "cats"}'),
    stop("tool_use"),
]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
@pytest.mark.parametrize("sent", range(len(EVENTS) + 1))
def test_a_stream_that_ends_early_at_any_event_is_busy_and_may_be_billed(sent: int, fault: list[Any]):
    with pytest.raises(ModelBusy) as caught:
        ask([*EVENTS[:sent], *fault], prompt=WITH_TOOLS)
    assert (caught.value.may_be_billed, caught.value.began) == (True, True)


def test_the_usage_alone_is_no_end():
    with pytest.raises(ModelBusy):
        ask([START, *text("Mimi."), metadata()])


def test_the_usage_may_come_before_the_end():
    assert ask([START, *text("Mimi."), metadata(), stop()]) == [
        TextDelta("Mimi."),
        Finished(FinishReason.STOP, COST),
    ]


@pytest.mark.parametrize(
    "after", [[Reset()], [HalfFrame()], [Damage()], [Wait(30)]], ids=["reset", "half a frame", "damage", "silence"]
)
def test_what_goes_wrong_after_the_end_of_an_answer_changes_nothing(after: list[Any]):
    assert ask([*whole(*text("Mimi.")), *after])[-1] == Finished(FinishReason.STOP, COST)


def test_a_stall_longer_than_the_clients_patience_is_busy():
    with pytest.raises(ModelBusy) as caught:
        ask([START, *text("Mimi"), Wait(60)], read_timeout=0.5)
    assert caught.value.may_be_billed


@pytest.mark.parametrize("before", [[], [START], [START, *text("Mimi")]], ids=["response", "words", "more"])
def test_a_silent_model_lets_its_caller_look_around_and_ends_in_time(before: list[bytes]):
    events, error = outcome([*before, Wait(60)], seconds=6)
    assert events.count(Waiting()) >= 2
    assert isinstance(error, ModelBusy)
    assert (error.may_be_billed, error.began) == (True, bool(before))


def test_a_model_that_thinks_aloud_lets_its_caller_look_around_as_one_that_is_silent():
    thought = delta({"reasoningContent": {"text": "Hm. "}})
    thinking = [step for _ in range(100) for step in (thought, Wait(0.3))]
    asked_model, _ = model([START, *thinking])
    looking, looked = asked_model.answer(PROMPT, seconds=60), 0
    while looked < 3:
        looked += next(looking) == Waiting()
    looking.close()
    events, error = outcome([START, thought, *text("Mimi.", index=1), stop(), metadata()])
    assert error is None
    assert events[-2:] == [TextDelta("Mimi."), Finished(FinishReason.STOP, COST)]


@pytest.mark.parametrize("before", [[START], [START, *text("Mimi")]], ids=["words", "more"])
def test_closing_an_answer_closes_its_connection(before: list[bytes]):
    asked_model, script = model([*before, Wait(60)])
    events = asked_model.answer(PROMPT, seconds=60)
    while next(events) != Waiting():
        pass
    events.close()
    assert script.gone.wait(60)


def test_the_connection_of_a_complete_answer_is_used_again():
    asked_model, script = model(*[whole(*text("Mimi."))] * MANY)
    for asked in range(1, MANY + 1):
        list(asked_model.answer(PROMPT, seconds=20))
        if len(script.connections) < asked:
            return  # a busy machine may read an end too late to use the connection again
    raise AssertionError("no connection was used again")


MANY: Final = 20
NOT_BILLED: Final = [
    THROTTLED,
    Refusal(503, "ServiceUnavailableException"),
    Refusal(500, "InternalServerException"),
    Refusal(429, "ModelNotReadyException"),
]


@pytest.mark.parametrize("busy", NOT_BILLED, ids=lambda one: one.code)
def test_a_busy_provider_is_asked_twice_and_no_more(busy: Refusal):
    asked_model, script = model(busy, busy, busy)
    with pytest.raises(ModelBusy) as caught:
        list(asked_model.answer(PROMPT, seconds=20))
    assert (len(script.asked), caught.value.may_be_billed, caught.value.began) == (2, False, False)


@pytest.mark.parametrize("busy", NOT_BILLED, ids=lambda one: one.code)
def test_a_provider_that_was_busy_for_a_moment_answers(busy: Refusal):
    assert ask(busy, whole(*text("Mimi.")))[-1] == Finished(FinishReason.STOP, COST)


@pytest.mark.parametrize(
    "failed", [Refusal(408, "ModelTimeoutException"), Refusal(424, "ModelErrorException")], ids=lambda one: one.code
)
def test_a_model_that_has_begun_and_failed_is_not_asked_again_without_money(failed: Refusal):
    asked_model, script = model(failed, failed)
    with pytest.raises(ModelBusy) as caught:
        list(asked_model.answer(PROMPT, seconds=20))
    assert (len(script.asked), caught.value.may_be_billed) == (1, True)


def test_a_lost_request_is_not_sent_again_without_money():
    asked_model, script = model([Wait(0), Reset()])
    with pytest.raises(ModelBusy) as caught:
        list(asked_model.answer(PROMPT, seconds=20))
    assert (len(script.asked), caught.value.may_be_billed) == (1, True)


@pytest.mark.parametrize(
    ("status", "code", "message", "cause"),
    [
        (400, "ValidationException", "The provided model identifier is invalid.", ModelFault.MISSING),
        (
            400,
            "ValidationException",
            "Invocation of model ID amazon.nova-2-lite-v1:0 with on-demand throughput isn't supported.",
            ModelFault.MISSING,
        ),
        (404, "ResourceNotFoundException", "This model version has reached the end of its life.", ModelFault.MISSING),
        (404, "ResourceNotFoundException", "Could not resolve the foundation model.", ModelFault.MISSING),
        (
            404,
            "ResourceNotFoundException",
            "Model use case details have not been submitted for this account. Fill out the Anthropic use case details",
            ModelFault.ACCESS,
        ),
        (
            403,
            "AccessDeniedException",
            "User: arn:aws:sts::1:assumed-role/x is not authorized to perform: bedrock:InvokeModelWithResponseStream",
            ModelFault.ACCESS,
        ),
        (
            403,
            "AccessDeniedException",
            "You don't have access to the model with the specified model ID.",
            ModelFault.ACCESS,
        ),
        (
            403,
            "AccessDeniedException",
            "The role is not authorized to perform the required AWS Marketplace actions (aws-marketplace:Subscribe)",
            ModelFault.ACCESS,
        ),
        (403, "ExpiredTokenException", "The security token included in the request is expired", ModelFault.ACCESS),
        (400, "ValidationException", "The model returned the following errors: Malformed input", ModelFault.REFUSED),
        (418, "TeapotException", "I am a teapot", ModelFault.REFUSED),
    ],
)
def test_faults_that_only_the_owner_can_fix_are_distinguished(status: int, code: str, message: str, cause: ModelFault):
    with pytest.raises(ModelUnusable) as caught:
        ask(Refusal(status, code, message))
    assert (caught.value.cause, caught.value.may_be_billed, caught.value.began) == (cause, False, False)
    assert message not in str(caught.value)


def test_a_model_that_needs_a_profile_says_how_its_id_begins():
    why = "Invocation of model ID x with on-demand throughput isn't supported. Retry with an inference profile."
    with pytest.raises(ModelUnusable, match="its id begins with us"):
        ask(Refusal(400, "ValidationException", why))


def test_a_refusal_within_the_stream_has_its_cause_too():
    refused = frame(
        "validationException", {"message": "The provided model identifier is invalid."}, message="exception"
    )
    with pytest.raises(ModelUnusable) as caught:
        ask([START, refused])
    assert (caught.value.cause, caught.value.began) == (ModelFault.MISSING, True)


@pytest.mark.parametrize(
    ("reason", "end"),
    [
        ("end_turn", FinishReason.STOP),
        ("stop_sequence", FinishReason.STOP),
        ("max_tokens", FinishReason.LENGTH),
        ("model_context_window_exceeded", FinishReason.LENGTH),
        ("guardrail_intervened", ModelRefused),
        ("content_filtered", ModelRefused),
        ("malformed_tool_use", ModelBusy),
        ("malformed_model_output", ModelBusy),
        ("a_reason_of_tomorrow", FinishReason.STOP),
        ("tool_use", FinishReason.STOP),
    ],
)
def test_every_reason_to_stop_has_its_meaning(reason: str, end: FinishReason | type[ModelError]):
    events, error = outcome(whole(*text("Mimi."), reason=reason))
    if isinstance(end, FinishReason):
        assert (events, error) == ([TextDelta("Mimi."), Finished(end, COST)], None)
    else:
        assert (events, type(error)) == ([TextDelta("Mimi."), Used(COST)], end)


@pytest.mark.parametrize(
    ("told", "usage"),
    [
        ({"inputTokens": 6, "outputTokens": 5, "totalTokens": 11}, Usage(6, 0, 5)),
        (
            {"inputTokens": 6, "outputTokens": 5, "cacheReadInputTokens": 100, "cacheWriteInputTokens": 30},
            Usage(136, 100, 5, 30),
        ),
        (
            {"inputTokens": 6, "outputTokens": 5, "cacheReadInputTokens": 0, "cacheWriteInputTokens": 0},
            Usage(6, 0, 5, 0),
        ),
        ({"outputTokens": 5}, Usage()),
    ],
)
def test_tokens_of_the_cache_are_a_part_of_the_input(told: dict[str, int], usage: Usage):
    assert ask([START, *text("Mimi."), stop(), metadata(**told)])[-1] == Finished(FinishReason.STOP, usage)


def test_the_whole_conversation_is_told_in_turns():
    body = asked(PROMPT)
    assert body["model"] == "eu.amazon.nova-lite-v1:0"
    assert body["system"] == [{"text": "Be kind."}]
    assert texts(body) == [("user", ["My cat is Mimi."]), ("assistant", ["Nice!"]), ("user", ["Who is Mimi?"])]
    assert body["inferenceConfig"] == {"maxTokens": 200}


NOTED = fence.noted("Known: a cat.")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"notes": "Known: a cat."},
            [("user", [NOTED, "My cat is Mimi."]), ("assistant", ["Nice!"]), ("user", ["Who is Mimi?"])],
        ),
        ({"notes": "Known: a cat.", "history": ()}, [("user", [NOTED, "Who is Mimi?"])]),
        (
            {"history": (Exchange("", "Hello!"),)},
            [("user", ["."]), ("assistant", ["Hello!"]), ("user", ["Who is Mimi?"])],
        ),
        ({"history": (Exchange("Hi", " \n"),)}, [("user", ["Hi", "Who is Mimi?"])]),
        (
            {"history": (Exchange("Hi", "Hello!"), Exchange("  ", "Anybody there?"))},
            [("user", ["Hi"]), ("assistant", ["Hello!", "Anybody there?"]), ("user", ["Who is Mimi?"])],
        ),
        ({"history": (), "question": "\n"}, [("user", ["."])]),
    ],
    ids=str,
)
def test_roles_alternate_and_nothing_is_blank(change: dict[str, Any], said: list[tuple[str, list[str]]]):
    assert texts(asked(replace(PROMPT, **change))) == said


def test_no_instructions_are_no_system_text():
    assert "system" not in asked(replace(PROMPT, instructions=" "))


def test_a_call_of_a_tool_comes_whole_with_the_end():
    parts = text("I will look."), tool_use("tooluse_1", "look_up", '{"what": ', '"a sled"}')
    assert ask(whole(*parts[0], *parts[1], reason="tool_use"), prompt=WITH_TOOLS) == [
        TextDelta("I will look."),
        Finished(FinishReason.CALLS, COST, (CALL,)),
    ]


@pytest.mark.parametrize(
    ("arguments", "read"),
    [([], "{}"), (['{"what": '], '{"what":'), (["[1]"], "[1]"), (['{"wh', 'at": "눈"}'], '{"what": "눈"}')],
)
def test_arguments_are_passed_on_as_the_model_wrote_them(arguments: list[str], read: str):
    [*_, end] = ask(whole(*tool_use("t", "look_up", *arguments), reason="tool_use"), prompt=WITH_TOOLS)
    assert end == Finished(FinishReason.CALLS, COST, (ToolCall("t", "look-up", read),))


def test_two_calls_at_once_are_told_apart_by_their_block():
    one, two = tool_use("1", "look_up", '{"what": ', '"a"}', index=1), tool_use("2", "nothing", '{"b": 1}', index=2)
    mixed = [frame for pair in zip(one, [two[0], *two[1:], two[1]], strict=True) for frame in pair][:-2]
    [*_, end] = ask(whole(*mixed[:-1], one[-1], two[-1], reason="tool_use"), prompt=WITH_TOOLS)
    assert isinstance(end, Finished)
    assert {(call.id, call.name) for call in end.calls} == {("1", "look-up"), ("2", "nothing")}


def test_a_model_that_calls_a_tool_without_saying_so_calls_it():
    [*_, end] = ask(whole(*tool_use("tooluse_1", "look_up", '{"what": "a sled"}')), prompt=WITH_TOOLS)
    assert end == Finished(FinishReason.CALLS, COST, (CALL,))


def test_a_call_that_was_cut_off_is_none():
    [*_, end] = ask(whole(*text("I"), *tool_use("t", "look_up", "{"), reason="max_tokens"), prompt=WITH_TOOLS)
    assert end == Finished(FinishReason.LENGTH, COST)


def test_a_call_that_was_not_closed_is_none():
    with pytest.raises(ModelBusy):
        ask(whole(*tool_use("t", "look_up", "{")[:-1], reason="tool_use"), prompt=WITH_TOOLS)


def test_tools_and_what_they_gave_are_told():
    body = asked(replace(WITH_TOOLS, rounds=(DONE,)))
    [tool] = body["toolConfig"]["tools"]
    assert tool["toolSpec"] == {
        "name": "look_up",
        "description": "Looks up gifts.",
        "inputSchema": {"json": dict(TOOL.parameters)},
    }
    *_, calls, results = body["messages"]
    use = {"toolUseId": "tooluse_1", "name": "look_up", "input": {"what": "a sled"}}
    assert calls == {"role": "assistant", "content": [{"text": "I will look."}, {"toolUse": use}]}
    given = {"toolUseId": "tooluse_1", "content": [{"text": "A sled costs 20 USD."}]}
    assert results == {"role": "user", "content": [{"toolResult": given}]}


def test_results_of_calls_at_once_are_in_one_message_in_their_order():
    calls = tuple(replace(CALL, id=f"tooluse_{number}") for number in range(3))
    results = ToolResult("one"), ToolResult("no", is_error=True), ToolResult(" ")
    body = asked(replace(WITH_TOOLS, rounds=(Round(calls, results), DONE)))
    told = [block["toolResult"] for block in body["messages"][-3]["content"]]
    assert [(one["toolUseId"], one["content"], one.get("status")) for one in told] == [
        ("tooluse_0", [{"text": "one"}], None),
        ("tooluse_1", [{"text": "no"}], "error"),
        ("tooluse_2", [{"text": "."}], None),
    ]


def test_calls_of_providers_that_number_each_round_again_keep_their_results():
    """As Bedrock gets them when it is the fallback: an id that comes twice is refused."""
    calls = ToolCall("call_0", "look-up", "{}"), ToolCall("call_1_2", "look up", "{}"), ToolCall("?", "look-up", "{}")
    done = Round((*calls, calls[0]), tuple(map(ToolResult, ("one", "two", "three", "four"))))
    body = asked(replace(WITH_TOOLS, tools=(), rounds=(done, done, DONE)))
    blocks = [block for message in body["messages"] for block in message["content"]]
    used = [block["toolUse"]["toolUseId"] for block in blocks if "toolUse" in block]
    given = {
        block["toolResult"]["toolUseId"]: block["toolResult"]["content"] for block in blocks if "toolResult" in block
    }
    assert len(set(used)) == len(used) == 9
    assert [given[one][0]["text"] for one in used[:8]] == ["one", "two", "three", "four"] * 2
    names = [tool["toolSpec"]["name"] for tool in body["toolConfig"]["tools"]]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (ToolCall("call|1", "look-up", "{}"), {"toolUseId": "call_1_1", "name": "look_up", "input": {}}),
        (ToolCall("x" * 65, "a b/c", "[]"), {"toolUseId": "call_1_1", "name": "a_b_c", "input": {"arguments": "[]"}}),
        (ToolCall("", "", "{"), {"toolUseId": "call_1_1", "name": "_", "input": {"arguments": "{"}}),
    ],
)
def test_calls_that_bedrock_would_refuse_are_told_in_another_form(call: ToolCall, told: dict[str, Any]):
    body = asked(replace(WITH_TOOLS, rounds=(replace(DONE, calls=(call,), text=""),)))
    assert body["messages"][-2]["content"] == [{"toolUse": told}]


def test_only_nova_gets_names_without_hyphens():
    body = asked(WITH_TOOLS, name="eu.anthropic.claude-haiku-4-5-20251001-v1:0")
    assert body["toolConfig"]["tools"][0]["toolSpec"]["name"] == "look-up"


def test_a_last_round_keeps_the_tools_and_forbids_their_calls_by_words():
    body = asked(replace(WITH_TOOLS, rounds=(DONE,), may_call=False))
    assert body["toolConfig"]["tools"]
    assert [part["text"] for part in body["system"]] == [
        "Be kind.",
        "Call no more tools: answer now with what you know.",
    ]


def test_calls_of_tools_that_are_not_offered_any_more_are_told_all_the_same():
    body = asked(replace(PROMPT, rounds=(DONE, DONE)))
    assert [tool["toolSpec"]["name"] for tool in body["toolConfig"]["tools"]] == ["look_up"]
    assert body["system"][-1]["text"].startswith("Call no more tools")


def test_calls_are_dropped_where_none_is_allowed():
    last = replace(WITH_TOOLS, rounds=(DONE,), may_call=False)
    called = whole(*text("20 USD."), *tool_use("t", "look_up", "{}"), reason="tool_use")
    assert ask(called, prompt=last) == [TextDelta("20 USD."), Finished(FinishReason.STOP, COST)]


def test_signed_thoughts_are_sent_back_and_others_are_not():
    thinking = [delta({"reasoningContent": {"text": "Hm"}}), delta({"reasoningContent": {"signature": "c2ln"}})]
    sealed = delta({"reasoningContent": {"redactedContent": "AAE="}}, 1)
    unsigned = delta({"reasoningContent": {"text": "Oh"}}, 2)
    closed = [frame("contentBlockStop", {"contentBlockIndex": index}) for index in range(3)]
    frames = [*thinking, sealed, unsigned, *closed, *tool_use("tooluse_1", "look_up", "{}", index=3)]
    [*_, end] = ask(whole(*frames, reason="tool_use"), prompt=WITH_TOOLS)
    assert isinstance(end, Finished)
    body = asked(replace(WITH_TOOLS, rounds=(replace(DONE, thoughts=(*end.thoughts, '{"id": "rs_1"}', "odd")),)))
    thoughts = [block["reasoningContent"] for block in body["messages"][-2]["content"] if "reasoningContent" in block]
    assert thoughts == [{"reasoningText": {"text": "Hm", "signature": "c2ln"}}, {"redactedContent": "AAE="}]


OPENAI: Final = "us.openai.gpt-6-luna"
ADAPTIVE: Final = {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}
NOVA_2_LOW: Final = {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}}


@pytest.mark.parametrize(
    ("name", "effort", "temperature", "told", "more"),
    [
        ("eu.amazon.nova-lite-v1:0", "", 0.6, 0.6, None),
        ("eu.amazon.nova-lite-v1:0", "low", 1.4, 1, None),
        ("eu.anthropic.claude-haiku-4-5-20251001-v1:0", "low", 0.6, 0.6, None),
        ("eu.anthropic.claude-haiku-5-5", "low", 0.6, None, ADAPTIVE),
        ("eu.anthropic.claude-sonnet-4-6", "", 0.6, 0.6, None),
        ("eu.anthropic.claude-sonnet-4-6", "low", 0.6, None, ADAPTIVE),
        ("global.anthropic.claude-opus-4-8", "", 0.6, None, None),
        ("global.anthropic.claude-sonnet-5", "", 0.6, None, {"thinking": {"type": "disabled"}}),
        ("global.anthropic.claude-sonnet-5", "low", 0.6, None, ADAPTIVE),
        ("global.anthropic.claude-fable-5", "none", 0.6, None, None),
        ("eu.amazon.nova-2-lite-v1:0", "low", 0.6, 0.6, NOVA_2_LOW),
        ("eu.amazon.nova-2-lite-v1:0", "", 0.6, 0.6, None),
        (OPENAI, "none", 0.6, None, {"reasoning": {"effort": "none"}}),
        (OPENAI, "minimal", 0.6, None, {"reasoning": {"effort": "low"}}),
        (OPENAI, "", 0.6, None, None),
        ("openai.gpt-oss-20b-1:0", "low", 0.6, 0.6, {"reasoning_effort": "low"}),
        ("openai.gpt-oss-20b-1:0", "none", 0.6, 0.6, None),
        ("meta.llama4-scout-17b-instruct-v1:0", "high", 0.6, 0.6, None),
    ],
)
def test_effort_and_temperature_are_sent_where_the_family_takes_them(
    name: str, effort: str, temperature: float, told: float | None, more: dict[str, Any] | None
):
    body = asked(replace(PROMPT, temperature=temperature), name=name, effort=effort)
    assert (body["inferenceConfig"].get("temperature"), body.get("additionalModelRequestFields")) == (told, more)


@pytest.mark.parametrize(
    "why",
    [
        "The model returned the following errors: `temperature` is deprecated for this model.",
        "This model doesn't support the temperature field. Remove temperature and try again.",
    ],
)
def test_a_parameter_that_a_model_refuses_is_left_out_from_then_on(why: str):
    refused = Refusal(400, "ValidationException", why)
    asked_model, script = model(refused, whole(*text("Mimi.")), whole(*text("Mimi.")))
    for _ in range(2):
        list(asked_model.answer(replace(PROMPT, temperature=0.6), seconds=20))
    assert [("temperature" in body["inferenceConfig"]) for body in script.asked] == [True, False, False]


LONG: Final = "Be kind to every cat that you meet. " * 200
CLAUDE: Final = "eu.anthropic.claude-haiku-4-5-20251001-v1:0"


@pytest.mark.parametrize(
    ("name", "instructions", "is_kept"),
    [
        ("eu.amazon.nova-lite-v1:0", LONG, True),
        (CLAUDE, LONG, True),
        (CLAUDE, "Be kind.", False),
        (OPENAI, LONG, False),
        ("us.meta.llama4-scout-17b-instruct-v1:0", LONG, False),
    ],
)
def test_long_instructions_are_marked_for_the_cache_where_the_family_has_one(
    name: str, instructions: str, *, is_kept: bool
):
    system = asked(replace(WITH_TOOLS, instructions=instructions, rounds=(DONE,), may_call=False), name=name)["system"]
    marks = [place for place, block in enumerate(system) if "cachePoint" in block]
    assert marks == ([1] if is_kept else [])
    assert system[-1]["text"].startswith("Call no more tools")


@pytest.mark.parametrize(
    "refused",
    [
        Refusal(
            403,
            "AccessDeniedException",
            "You invoked an unsupported model or your request did not allow prompt caching. See the documentation.",
        ),
        Refusal(400, "ValidationException", "extraneous key [cachePoint] is not permitted"),
    ],
    ids=lambda refusal: refusal.code,
)
def test_a_mark_for_the_cache_that_is_refused_is_left_out_from_then_on(refused: Refusal):
    asked_model, script = model(refused, whole(*text("Mimi.")), whole(*text("Mimi.")))
    for _ in range(2):
        list(asked_model.answer(replace(PROMPT, instructions=LONG), seconds=20))
    assert [["cachePoint" in block for block in body["system"]] for body in script.asked] == [
        [False, True],
        [False],
        [False],
    ]


def test_a_model_that_cannot_be_kept_from_thinking_is_asked_as_it_is_and_counted_as_one_that_thinks():
    refused = Refusal(400, "ValidationException", 'The model returned: "thinking.type.disabled" is not supported.')
    asked_model, script = model(refused, whole(*text("Mimi.")), name="global.anthropic.claude-opus-6")
    assert not asked_model.may_think_unseen
    list(asked_model.answer(PROMPT, seconds=20))
    assert [body.get("additionalModelRequestFields") for body in script.asked] == [
        {"thinking": {"type": "disabled"}},
        None,
    ]
    assert asked_model.may_think_unseen


def test_a_conversation_too_long_for_the_model_is_asked_again_without_the_past():
    long = Refusal(400, "ValidationException", "Input is too long for requested model.")
    asked_model, script = model(long, whole(*text("20 USD.")))
    list(asked_model.answer(replace(WITH_TOOLS, notes="Known.", rounds=(DONE,)), seconds=20))
    assert texts(script.asked[1]) == [
        ("user", ["Who is Mimi?"]),
        ("assistant", ["I will look.", "toolUse"]),
        ("user", ["toolResult"]),
    ]


def test_a_guardrail_checks_the_question_and_not_the_past_again():
    body = asked(replace(WITH_TOOLS, rounds=(DONE,)), guardrail=Guardrail("abc123", "2"))
    assert body["guardrailConfig"] == {
        "guardrailIdentifier": "abc123",
        "guardrailVersion": "2",
        "streamProcessingMode": "sync",
    }
    marked = [block for said in body["messages"] for block in said["content"] if "guardContent" in block]
    assert marked == [{"guardContent": {"text": {"text": "Who is Mimi?"}}}]


@pytest.mark.parametrize(
    ("name", "effort", "thinks"),
    [
        ("eu.amazon.nova-lite-v1:0", "", False),
        ("amazon.nova-2-lite-v1:0", "", False),
        ("amazon.nova-2-lite-v1:0", "low", True),
        ("eu.anthropic.claude-sonnet-4-6", "", False),
        ("eu.anthropic.claude-sonnet-4-6", "low", True),
        ("global.anthropic.claude-sonnet-5", "none", False),
        ("global.anthropic.claude-fable-5", "none", True),
        ("eu.anthropic.claude-haiku-5-5", "", False),
        (OPENAI, "none", False),
        (OPENAI, "low", True),
        ("openai.gpt-oss-20b-1:0", "low", True),
        ("deepseek.r1-v1:0", "", True),
    ],
)
def test_a_model_that_may_think_unseen_is_known(name: str, effort: str, *, thinks: bool):
    assert model(name=name, effort=effort)[0].may_think_unseen is thinks


@dataclass(frozen=True)
class Odd:
    """A client whose stream yields these events and then raises an error."""

    events: Sequence[Any]
    error: Exception | None = None

    def converse_stream(self, **_: Any) -> Any:
        return {"stream": self}

    def __iter__(self) -> Iterator[Any]:
        yield from self.events
        if self.error:
            raise self.error

    def close(self) -> None:
        pass


ODD_ERRORS: Final = [
    ValueError("no"),
    KeyError("x"),
    UnicodeError("no"),
    RecursionError("no"),
    TimeoutError(),
    OSError("no"),
]
WORDS_OF_ONE: Final = {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "Mimi"}}}


@pytest.mark.parametrize("error", ODD_ERRORS, ids=repr)
def test_whatever_goes_wrong_while_an_answer_is_read_is_a_model_error(error: Exception):
    """Another error would kill the worker, and the next one would pay for the answer again."""
    odd = Odd([WORDS_OF_ONE], error)
    with pytest.raises(ModelError) as caught:
        list(replace(model()[0], client=lambda: odd).answer(PROMPT, seconds=20))
    assert (caught.value.may_be_billed, caught.value.began) == (True, True)


KEYS: Final = (
    *("start", "toolUse", "delta", "text", "input", "name", "toolUseId", "contentBlockIndex", "stopReason"),
    *("usage", "inputTokens", "outputTokens", "cacheReadInputTokens", "reasoningContent", "signature"),
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
kinds = st.sampled_from(
    ["messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata", "other"]
)


@pytest.mark.slow
@given(st.lists(st.dictionaries(kinds, anything, max_size=1) | anything, max_size=12))
@settings(max_examples=300, deadline=None)
def test_no_event_of_a_provider_gone_mad_is_another_error_than_a_models(events: list[Any]):
    asked_model = ConverseModel(NOVA, "", lambda: Odd(events), FREE)
    with suppress(ModelError):
        *_, end = asked_model.answer(PROMPT, seconds=20)
        assert isinstance(end, Finished)
        assert end.usage.cached <= end.usage.input


def test_no_words_are_in_what_may_be_logged():
    [*_, end] = ask(whole(*tool_use("t", "look_up", '{"what": "secret"}'), reason="tool_use"), prompt=WITH_TOOLS)
    assert "secret" not in repr(end)
    assert json.dumps(CALL.arguments)[1:-1] not in repr(model()[0])
