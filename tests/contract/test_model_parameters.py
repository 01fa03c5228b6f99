"""Which parameters a request has: what the model's family takes, and what its server does not refuse."""

import json
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.resources import files
from typing import Any, Final

import httpx2
import pytest

from chalicelib.access.budget import Usage
from chalicelib.content import persona
from chalicelib.conversation.prompt import Finished, FinishReason, Prompt, TextDelta
from chalicelib.errors import ModelError, ModelFault, ModelRefused, ModelUnusable
from chalicelib.llm.openai import OpenAIModel
from chalicelib.llm.openai_errors import by_status
from chalicelib.llm.openai_request import Api
from chalicelib.settings.stage import Settings
from tests.contract.models import PROMPT
from tests.contract.openai_rules import EFFORTS, StrictServer
from tests.contract.openai_server import Server, chat, error, model, responses, sse

LISTED: Final = tuple(tomllib.loads(files("chalicelib").joinpath("llm", "prices.toml").read_text("utf-8"))["usd"])
EITHER = pytest.mark.parametrize("api", ["chat", "responses"])
OF_ITSELF: Final[dict[Api, Callable[..., httpx2.Response]]] = {"chat": chat, "responses": responses}


def question(name: str) -> Prompt:
    """What a person asks this persona."""
    who = persona.load(name)
    return replace(PROMPT, max_output_tokens=who.max_output_tokens, temperature=who.temperature)


def ask(asked: OpenAIModel, prompt: Prompt = PROMPT) -> Sequence[object]:
    return list(asked.answer(prompt, seconds=10))


def chosen(server: Any, **env: str) -> OpenAIModel:
    """The model as the settings choose it."""
    settings = Settings.from_env(env).model
    return model(settings.api, server, name=settings.name, effort=settings.effort, is_openai=settings.is_openai)


def test_the_stand_in_knows_every_model_that_has_a_price():
    assert set(EFFORTS) == set(LISTED)


@pytest.mark.parametrize("who", persona.names())
@pytest.mark.parametrize("name", LISTED)
@pytest.mark.parametrize("api", ["auto", "chat"])
def test_every_listed_model_answers_as_every_persona_at_the_first_request(api: str, name: str, who: str):
    server = StrictServer()
    answer = ask(chosen(server, PARLEY_MODEL=name, PARLEY_MODEL_API=api), question(who))
    assert answer[0] == TextDelta("Hello.")
    assert isinstance(answer[-1], Finished)
    assert len(server.asked) == 1


@pytest.mark.parametrize("effort", ["", "none", "minimal", "low", "medium", "high", "xhigh", "max"])
@pytest.mark.parametrize("name", LISTED)
@EITHER
def test_every_listed_model_answers_at_every_effort_that_an_owner_may_set(api: str, name: str, effort: str):
    server = StrictServer()
    ask(chosen(server, PARLEY_MODEL=name, PARLEY_MODEL_API=api, PARLEY_REASONING_EFFORT=effort), question("santa"))
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("name", "wanted", "told"),
    [
        ("gpt-6-luna", "none", "none"),
        ("gpt-6-luna-2026-09-22", "max", "max"),
        ("gpt-5-mini", "none", "minimal"),
        ("gpt-5-mini-2025-08-07", "none", "minimal"),
        ("gpt-6-astra", "none", "low"),
        ("gpt-6-astra", "minimal", "low"),
        ("gpt-6.1-sol", "none", "low"),
        ("gpt-6.1-terra", "none", "none"),
        ("gpt-5.1", "xhigh", "high"),
        ("gpt-5-pro", "none", "high"),
        ("gpt-4o-mini", "none", None),
        ("gpt-4.1", "high", None),
        ("ft:gpt-4o-mini-2024-07-18:us::1", "none", None),
        ("openai/gpt-5-mini:free", "none", "minimal"),
        ("us.openai.gpt-6-astra", "none", "low"),
        ("gpt-7", "none", "none"),
        ("gpt-5.9-mini", "none", "none"),
        ("llama3.2", "high", "high"),
    ],
)
def test_a_model_is_asked_with_the_nearest_effort_that_its_family_takes(name: str, wanted: str, told: str | None):
    server = Server(chat("ok"))
    ask(model("chat", server, name=name, effort=wanted))
    assert server.asked[0][1].get("reasoning_effort") == told


@pytest.mark.parametrize(
    ("name", "effort", "told"),
    [("gpt-4o-mini", "none", True), ("gpt-5.1", "none", True), ("gpt-5.1", "low", False), ("gpt-5-mini", "", False)],
)
def test_a_temperature_goes_to_models_that_do_not_reason(name: str, effort: str, *, told: bool):
    server = Server(responses("ok"))
    ask(model("responses", server, name=name, effort=effort), replace(PROMPT, temperature=0.5))
    assert ("temperature" in server.asked[0][1]) is told


# Privacy and money.


def test_openai_keeps_nothing_of_a_request_in_chat_either_and_learns_whom_it_came_from():
    server = Server(chat("ok"))
    ask(model("chat", server))
    [(_, body)] = server.asked
    assert (body["store"], body["safety_identifier"]) == (False, PROMPT.person_hash)
    assert (body["max_completion_tokens"], "max_tokens" in body) == (200, False)


@pytest.mark.parametrize("name", ["llama3.2", "mistral-small", "gpt-6-luna", "gpt-oss:20b"])
def test_another_server_gets_the_limit_under_the_name_that_all_know_and_no_id_of_a_person(name: str):
    server = Server(chat("ok"))
    ask(model("chat", server, name=name, effort="", is_openai=False))
    [(_, body)] = server.asked
    assert body["max_tokens"] == 200
    assert not body.keys() & {"max_completion_tokens", "safety_identifier", "store", "reasoning_effort"}


@pytest.mark.parametrize(
    ("told", "written"),
    [(3, 3), (0, 0), ("3", 3), (99, 6), (None, None), ("many", None), (-1, None), ([3], None)],
    ids=str,
)
def test_what_the_usage_tells_of_the_cache_is_read_and_nonsense_is_not(told: object, written: int | None):
    details = {"cached_tokens": 4, "cache_write_tokens": told}
    in_chat = {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": details}
    in_responses = {"input_tokens": 10, "output_tokens": 5, "input_tokens_details": details}
    stop = {"index": 0, "delta": {"content": "ok"}, "finish_reason": "stop"}
    streams: dict[Api, httpx2.Response] = {
        "chat": sse({"choices": [stop]}, {"choices": [], "usage": in_chat}),
        "responses": sse({"type": "response.completed", "response": {"status": "completed", "usage": in_responses}}),
    }
    for api, stream in streams.items():
        assert ask(model(api, Server(stream)))[-1] == Finished(FinishReason.STOP, Usage(10, 4, 5, written))


# What a server refuses.

PYDANTIC: Final = {
    "object": "error",
    "message": {
        "detail": [
            {"type": "extra_forbidden", "loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"},
            {
                "type": "extra_forbidden",
                "loc": ["body", "max_tokens"],
                "msg": "Extra inputs are not permitted",
                "input": {"temperature": 200, "messages": ["what is the temperature?"]},
            },
        ]
    },
    "type": "invalid_request_error",
    "param": None,
    "code": None,
}
REFUSALS: Final = [
    pytest.param(
        error(400, "unsupported_parameter", param="max_tokens", message="Use 'max_completion_tokens' instead."),
        {"max_tokens": None, "max_completion_tokens": 200},
        id="the old name of the limit, in param",
    ),
    pytest.param(
        error(400, message="Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
        {"max_tokens": None, "max_completion_tokens": 200},
        id="the old name of the limit, in the text",
    ),
    pytest.param(
        error(400, param="stream_options.include_usage"), {"stream_options": None}, id="a part of a parameter"
    ),
    pytest.param(
        error(422, message="property 'stream_options' is unsupported"), {"stream_options": None}, id="stream_options"
    ),
    pytest.param(
        httpx2.Response(422, json=PYDANTIC),
        {"stream_options": None, "max_tokens": None, "max_completion_tokens": 200, "temperature": 0.5},
        id="two at once, and a question that quotes a third",
    ),
    pytest.param(
        httpx2.Response(422, json={"detail": [{"loc": ["body", "temperature"], "msg": "no"}]}),
        {"temperature": None},
        id="FastAPI's list",
    ),
    pytest.param(
        error(400, "unsupported_value", param="temperature", message="Only the default (1) value is supported."),
        {"temperature": None, "max_tokens": 200},
        id="the temperature",
    ),
    pytest.param(
        error(400, "unsupported_value", param="reasoning_effort"),
        {"reasoning_effort": None, "temperature": None},
        id="the effort, without which there is no temperature",
    ),
    pytest.param(error(400, "unsupported_value", param="***.effort"), {"reasoning_effort": None}, id="a masked name"),
    pytest.param(httpx2.Response(400, text="unknown field temperature"), {"temperature": None}, id="plain text"),
]


@pytest.mark.parametrize(("refusal", "told"), REFUSALS)
def test_a_parameter_that_is_refused_is_left_out_or_renamed_and_the_question_asked_once_more(
    refusal: httpx2.Response, told: dict[str, Any]
):
    server = Server(refusal, chat("Mimi is your cat."))
    unknown = model("chat", server, name="mixtral", effort="none", is_openai=False)
    assert ask(unknown, replace(PROMPT, temperature=0.5))[0] == TextDelta("Mimi is your cat.")
    [(_, first), (_, second)] = server.asked
    assert {key: second.get(key) for key in told} == told
    assert second["messages"] == first["messages"]


@pytest.mark.parametrize(
    ("api", "named", "gone"),
    [
        ("responses", "safety_identifier", {"safety_identifier"}),
        ("responses", "temperature", {"temperature"}),
        ("responses", "reasoning.effort", {"reasoning", "temperature"}),
        ("chat", "safety_identifier", {"safety_identifier"}),
        ("chat", "stream_options", {"stream_options"}),
        ("chat", "reasoning_effort", {"reasoning_effort", "temperature"}),
    ],
)
def test_openai_is_asked_once_more_without_what_it_refuses(api: Api, named: str, gone: set[str]):
    server = Server(error(400, "unknown_parameter", param=named), OF_ITSELF[api]("ok"))
    ask(model(api, server, name="gpt-7"), replace(PROMPT, temperature=0.5))
    [(_, first), (_, second)] = server.asked
    assert first.keys() - second.keys() == gone
    assert second["store"] is False
    assert second.get("max_output_tokens", second.get("max_completion_tokens")) == 200


def test_a_server_that_refuses_a_parameter_is_not_sent_it_again():
    server = Server(error(400, param="stream_options"), chat("one"), chat("two"))
    asked = model("chat", server, effort="", is_openai=False)
    assert [ask(asked)[0], ask(asked)[0]] == [TextDelta("one"), TextDelta("two")]
    assert ["stream_options" in body for _, body in server.asked] == [True, False, False]


def test_a_server_that_refuses_two_parameters_in_turn_answers_the_second_question():
    server = Server(error(400, param="stream_options"), error(400, param="max_tokens"), error(400, param="max_tokens"))
    server.answers.append(chat("two"))
    asked = model("chat", server, effort="", is_openai=False)
    with pytest.raises(ModelUnusable):
        ask(asked)
    assert ask(asked)[0] == TextDelta("two")


@EITHER
def test_a_question_is_never_asked_more_than_twice(api: Api):
    server = Server(error(400, param="temperature"), error(400, param="safety_identifier"), OF_ITSELF[api]("no"))
    with pytest.raises(ModelUnusable) as caught:
        ask(model(api, server), replace(PROMPT, temperature=0.5))
    assert len(server.asked) == 2
    assert (caught.value.cause, caught.value.names) == (ModelFault.REFUSED, ("safety_identifier",))


BUSY: Final = error(503)
REFUSING: Final = error(400, param="temperature")


@EITHER
@pytest.mark.parametrize("refusals", [(BUSY, REFUSING), (REFUSING, BUSY), (BUSY, BUSY)])
def test_a_server_that_is_also_busy_is_not_asked_a_third_time(api: Api, refusals: Sequence[httpx2.Response]):
    server = Server(*refusals, OF_ITSELF[api]("no"))
    with pytest.raises(ModelError):
        ask(model(api, server), replace(PROMPT, temperature=0.5))
    assert len(server.asked) == 2


@pytest.mark.parametrize("code", ["context_length_exceeded", "invalid_prompt", "invalid_value"])
def test_a_question_is_not_asked_again_once_its_answer_has_begun(code: str):
    begun = {"choices": [{"index": 0, "delta": {"content": "Mimi"}, "finish_reason": None}]}
    server = Server(sse(begun, {"error": {"code": code, "message": "no"}}), chat("no"))
    with pytest.raises(ModelError):
        ask(model("chat", server))
    assert len(server.asked) == 1


# A question that is too long.

TOO_LONG: Final = [
    pytest.param(error(400, "context_length_exceeded"), id="OpenAI"),
    pytest.param(error(400, kind="exceed_context_size_error"), id="llama.cpp"),
    pytest.param(error(400, message="This model's maximum context length is 4096 tokens."), id="vLLM"),
    pytest.param(error(422, message="`inputs` tokens + `max_new_tokens` must be <= 4096."), id="TGI"),
    pytest.param(error(400, message="Please reduce the length of the messages or completion."), id="Groq"),
    pytest.param(httpx2.Response(413, text="<html>nginx</html>"), id="a proxy"),
]


@EITHER
@pytest.mark.parametrize("refusal", TOO_LONG)
def test_a_conversation_that_is_too_long_for_the_model_is_answered_without_the_past(api: Api, refusal: httpx2.Response):
    server = Server(refusal, OF_ITSELF[api]("ok"))
    assert ask(model(api, server))[0] == TextDelta("ok")
    said = server.asked[-1][1]["input" if api == "responses" else "messages"]
    assert [message["content"] for message in said if message["role"] != "system"] == ["Who is Mimi?"]
    assert [message["role"] for message in said] == (["user"] if api == "responses" else ["system", "user"])


def test_a_stream_that_says_so_before_its_first_word_is_asked_without_the_past_too():
    failed = {"id": "r", "object": "response", "status": "failed", "error": {"code": "context_length_exceeded"}}
    server = Server(
        sse({"type": "response.failed", "sequence_number": 1, "response": failed}, done=False), responses("ok")
    )
    assert ask(model("responses", server))[0] == TextDelta("ok")


@EITHER
@pytest.mark.parametrize("refusal", TOO_LONG[:2])
def test_a_question_that_is_too_long_by_itself_is_refused_after_one_request(api: Api, refusal: httpx2.Response):
    server = Server(refusal, OF_ITSELF[api]("no"))
    with pytest.raises(ModelUnusable) as caught:
        ask(model(api, server), replace(PROMPT, history=()))
    assert (len(server.asked), caught.value.names) == (1, ("context_length_exceeded",))


def test_a_server_that_has_an_error_of_its_own_for_it_is_understood():
    refused = by_status(500, {"code": 500, "type": "exceed_context_size_error", "n_ctx": 256})
    assert isinstance(refused, ModelUnusable)
    assert refused.names == ("context_length_exceeded",)


# What is refused for good.

FILTERED: Final = ["invalid_prompt", "bio_policy", "cyber_policy", "content_policy_violation", "moderation_blocked"]


@EITHER
@pytest.mark.parametrize("code", [*FILTERED, "content_filter", "usage_policy_violation"])
def test_what_a_filter_refuses_is_refused(api: Api, code: str):
    with pytest.raises(ModelRefused):
        ask(model(api, Server(error(400, code))))


@pytest.mark.parametrize(
    "message",
    [
        "Your request was rejected as a result of our safety system.",
        "Invalid prompt: your prompt was flagged as potentially violating our usage policy.",
        "Content violates usage guidelines.",
    ],
)
@pytest.mark.parametrize("status", [400, 403])
def test_what_a_filter_refuses_without_a_code_is_refused(status: int, message: str):
    with pytest.raises(ModelRefused):
        ask(model("chat", Server(error(status, message=message))))


@pytest.mark.parametrize("code", FILTERED)
def test_a_filter_that_fails_a_stream_refuses_it(code: str):
    failed = {"id": "r", "object": "response", "status": "failed", "error": {"code": code, "message": "no"}}
    in_response = sse({"type": "response.failed", "sequence_number": 1, "response": failed}, done=False)
    in_event = sse({"type": "error", "code": code, "message": "no", "param": None, "sequence_number": 1}, done=False)
    in_chunk = sse({"error": {"code": code, "message": "no"}})
    for api, stream in (("responses", in_response), ("responses", in_event), ("chat", in_chunk)):
        with pytest.raises(ModelRefused):
            ask(model(api, Server(stream)))  # type: ignore[arg-type]


UNVERIFIED: Final = "Your organization must be verified to stream this model. Please go to: https://platform.openai.com"
FOR_GOOD: Final = [
    pytest.param(error(402), ModelFault.CREDIT, id="402"),
    pytest.param(error(402, message="Insufficient Balance"), ModelFault.CREDIT, id="DeepSeek"),
    pytest.param(error(400, message="Your credit balance is too low"), ModelFault.CREDIT, id="credit in the text"),
    pytest.param(error(429, "billing_not_active"), ModelFault.CREDIT, id="billing"),
    pytest.param(
        error(400, "unsupported_value", param="stream", message=UNVERIFIED), ModelFault.VERIFICATION, id="unverified"
    ),
    pytest.param(error(404, "model_not_found", message=UNVERIFIED), ModelFault.VERIFICATION, id="unverified, 404"),
    pytest.param(
        error(400, message='{"error": {"message": "Your organization must be verified"}}'),
        ModelFault.VERIFICATION,
        id="unverified, in a quotation",
    ),
    pytest.param(error(404, message='model "x" not found, try pulling it first'), ModelFault.MISSING, id="Ollama"),
    pytest.param(error(404, message="No endpoints found for x."), ModelFault.MISSING, id="OpenRouter"),
    pytest.param(error(400, message="x is not a valid model ID"), ModelFault.MISSING, id="OpenRouter, 400"),
    pytest.param(error(400, "model_decommissioned"), ModelFault.MISSING, id="Groq"),
    pytest.param(error(404, "", message="Invalid URL (POST /v1/responses)"), ModelFault.ROUTE, id="a gateway"),
    pytest.param(httpx2.Response(404, text="404 page not found"), ModelFault.ROUTE, id="a server in Go"),
    pytest.param(httpx2.Response(404, json={"detail": "Not Found"}), ModelFault.ROUTE, id="FastAPI"),
    pytest.param(httpx2.Response(404, text="<html>nginx</html>"), ModelFault.ROUTE, id="nginx"),
    pytest.param(httpx2.Response(405, text=""), ModelFault.ROUTE, id="405"),
    pytest.param(
        error(404, param="model", message="This is not a chat model and thus not supported in v1/chat/completions"),
        ModelFault.ROUTE,
        id="a model of the other route",
    ),
    pytest.param(error(403, "unsupported_country_region_territory"), ModelFault.REFUSED, id="the country"),
    pytest.param(error(400), ModelFault.REFUSED, id="400"),
    pytest.param(error(422), ModelFault.REFUSED, id="422"),
    pytest.param(httpx2.Response(400, text=""), ModelFault.REFUSED, id="an empty 400"),
    pytest.param(httpx2.Response(400, json=[{"error": 7}]), ModelFault.REFUSED, id="a senseless 400"),
    pytest.param(error(400, param="messages[3].content", message="no"), ModelFault.REFUSED, id="a parameter"),
]


@EITHER
@pytest.mark.parametrize(("refusal", "cause"), FOR_GOOD)
def test_a_refusal_for_good_has_its_cause(api: Api, refusal: httpx2.Response, cause: ModelFault):
    with pytest.raises(ModelUnusable) as caught:
        ask(model(api, Server(refusal, refusal)))
    assert caught.value.cause is cause
    assert not caught.value.may_be_billed


@pytest.mark.parametrize(
    ("refusal", "names"),
    [
        (error(400, "unsupported_value", param="stream", message=UNVERIFIED), ("stream",)),
        (error(400, param="messages[3].content"), ("messages[3].content",)),
        (error(400, "invalid_type"), ("invalid_type",)),
        (error(403, "unsupported_country_region_territory"), ("unsupported_country_region_territory",)),
        (httpx2.Response(400, text="Mimi is a cat"), ("HTTP 400",)),
        (error(418, kind=""), ("HTTP 418",)),
    ],
)
def test_a_refusal_for_good_names_the_parameter_or_the_code(refusal: httpx2.Response, names: tuple[str, ...]):
    with pytest.raises(ModelUnusable) as caught:
        ask(model("chat", Server(refusal)))
    assert caught.value.names == names
    assert all(name in str(caught.value) for name in names)


SECRET: Final = "zebra quartz"


@pytest.mark.parametrize("status", [400, 402, 403, 404, 422])
@pytest.mark.parametrize(
    "said",
    [
        {"message": SECRET, "code": SECRET, "param": SECRET, "type": SECRET},
        {"message": f"model: {SECRET}", "code": "x" * 99, "param": [SECRET], "type": {"a": SECRET}},
        {"detail": [{"loc": ["body", SECRET], "msg": SECRET, "input": SECRET}]},
    ],
)
def test_no_word_of_a_refusal_is_in_the_error(status: int, said: dict[str, Any]):
    with pytest.raises(ModelError) as caught:
        ask(model("chat", Server(httpx2.Response(status, json={"error": said}))))
    shown = f"{caught.value} {getattr(caught.value, 'names', '')}"
    assert not any(word in shown for word in SECRET.split())


@pytest.mark.parametrize("odd", [None, 7, 1.5, True, [], {}, [{"a": 1}], "", "ä b", "x" * 5000], ids=repr)
@EITHER
def test_a_refusal_of_any_shape_is_a_refusal(api: Api, odd: object):
    bodies = [odd, {"error": odd}, {"error": {"code": odd, "type": odd, "param": odd, "message": odd}}, {"detail": odd}]
    for body in bodies:
        with pytest.raises(ModelUnusable) as caught:
            ask(model(api, Server(httpx2.Response(400, json=body))))
        assert caught.value.cause is ModelFault.REFUSED
        assert all(0 < len(name) <= 64 for name in caught.value.names)


def test_a_body_nested_beyond_reason_is_a_refusal_like_any_other():
    nested: Any = "temperature"
    for _ in range(200):
        nested = {"error": [nested]}
    with pytest.raises(ModelUnusable):
        ask(model("chat", Server(httpx2.Response(400, text=json.dumps(nested)), error(400))))
