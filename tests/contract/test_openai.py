"""OpenAI's two wire formats: what is sent, what each answer means, which errors are retried."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import httpx2
import pytest

from chalicelib.access.budget import Usage
from chalicelib.conversation.prompt import Finished, FinishReason, TextDelta, Used
from chalicelib.errors import ModelBusy, ModelError, ModelFault, ModelRefused, ModelUnusable
from chalicelib.llm.openai_request import Api
from tests.contract.models import PROMPT
from tests.contract.openai_server import Server, breaking, chat, error, model, responses, sse


def ask(api: Api, *answers: httpx2.Response | Exception) -> Sequence[object]:
    return list(model(api, Server(*answers)).answer(PROMPT, seconds=10))


BOTH = pytest.mark.parametrize(("api", "say"), [("chat", chat), ("responses", responses)])
EITHER = pytest.mark.parametrize("api", ["chat", "responses"])


@BOTH
def test_words_come_as_they_are_said_and_the_end_says_what_it_cost(api: Api, say: Callable[..., httpx2.Response]):
    assert ask(api, say("Mimi is ", "your cat.")) == [
        TextDelta("Mimi is "),
        TextDelta("your cat."),
        Finished(FinishReason.STOP, Usage(input=10, cached=4, output=5)),
    ]


@BOTH
def test_a_stream_that_breaks_off_is_no_answer(api: Api, say: Callable[..., httpx2.Response]):
    missing: dict[str, Any] = {"finish": None} if api == "chat" else {"end": None}
    with pytest.raises(ModelBusy):
        ask(api, say("Mimi is ", **missing))


def test_an_answer_that_gets_too_long_says_so():
    long = Finished(FinishReason.LENGTH, Usage(10, 4, 5))
    assert ask("chat", chat("a", finish="length"))[-1] == long
    assert ask("responses", responses("a", end="incomplete", reason="max_output_tokens"))[-1] == long


def test_an_answer_stopped_by_the_providers_filter_is_refused():
    with pytest.raises(ModelRefused):
        ask("chat", chat("a", finish="content_filter"))
    with pytest.raises(ModelRefused):
        ask("responses", responses("a", end="incomplete", reason="content_filter"))


TOLD = Usage(input=10, cached=4, output=5)
FAULTY = [
    pytest.param("chat", chat("a", finish="content_filter"), id="chat, filtered"),
    pytest.param("chat", chat(finish="content_filter"), id="chat, filtered before a word"),
    pytest.param("chat", chat("a", finish="error"), id="chat, failed"),
    pytest.param("responses", responses("a", end="incomplete", reason="content_filter"), id="responses, filtered"),
    pytest.param("responses", responses("a", end="failed"), id="responses, failed"),
    pytest.param("responses", responses("a", end="cancelled"), id="responses, cancelled"),
]


@pytest.mark.parametrize(("api", "said"), FAULTY)
def test_what_an_answer_that_failed_has_cost_is_told_before_its_error(api: Api, said: httpx2.Response):
    events: list[object] = []
    with pytest.raises(ModelError):
        events.extend(model(api, Server(said)).answer(PROMPT, seconds=10))
    assert events[-1] == Used(TOLD)


def test_usage_that_is_not_told_with_a_failure_is_not_made_up():
    silent = sse({"choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": "content_filter"}]})
    events: list[object] = []
    with pytest.raises(ModelRefused):
        events.extend(model("chat", Server(silent)).answer(PROMPT, seconds=10))
    assert events == [TextDelta("a")]


@EITHER
@pytest.mark.parametrize(
    ("answer", "is_billed", "began", "requests"),
    [
        (httpx2.ConnectError("no"), False, False, 2),
        (httpx2.ConnectTimeout("no"), False, False, 2),
        (error(503), False, False, 2),
        (httpx2.ReadError("reset"), True, False, 1),
        (httpx2.RemoteProtocolError("no response"), True, False, 1),
        (httpx2.ReadTimeout("silent"), True, False, 1),
    ],
)
def test_a_request_that_may_be_billed_is_not_sent_again_without_money_of_its_own(
    api: Api, answer: httpx2.Response | Exception, requests: int, *, is_billed: bool, began: bool
):
    server = Server(answer, answer)
    with pytest.raises(ModelBusy) as caught:
        list(model(api, server).answer(PROMPT, seconds=10))
    assert (caught.value.may_be_billed, caught.value.began, len(server.asked)) == (is_billed, began, requests)


@BOTH
def test_an_answer_that_breaks_off_had_begun(api: Api, say: Callable[..., httpx2.Response]):
    missing: dict[str, Any] = {"finish": None} if api == "chat" else {"end": None}
    with pytest.raises(ModelBusy) as caught:
        ask(api, say("Mimi is ", **missing))
    assert caught.value.began


@pytest.mark.parametrize(
    ("name", "effort", "refused", "thinks"),
    [
        ("gpt-6-luna", "none", "", False),
        ("gpt-4o-mini", "low", "", False),
        ("gpt-4.1", "", "", False),
        ("gpt-6-luna", "low", "", True),
        ("gpt-6-luna", "", "", True),
        ("gpt-6-astra", "none", "", True),
        ("gpt-99", "", "", True),
        ("gpt-6-luna", "none", "reasoning.effort", True),
    ],
)
def test_a_model_that_may_think_unseen_is_known(name: str, effort: str, refused: str, *, thinks: bool):
    asked = model("responses", Server(), name=name, effort=effort)
    asked.refused.update(filter(None, [refused]))
    assert asked.may_think_unseen is thinks


def test_a_refusal_in_the_models_own_words_is_an_answer():
    assert ask("chat", chat("I would rather not.", field="refusal"))[0] == TextDelta("I would rather not.")
    refusal = responses("I would rather not.", kind="response.refusal.delta")
    assert ask("responses", refusal)[0] == TextDelta("I would rather not.")


@EITHER
@pytest.mark.parametrize(
    ("status", "code", "cause"),
    [
        (401, "invalid_api_key", ModelFault.KEY),
        (401, None, ModelFault.KEY),
        (403, None, ModelFault.KEY),
        (404, "model_not_found", ModelFault.MISSING),
        (429, "insufficient_quota", ModelFault.CREDIT),
        (429, "organization_spend_limit_exceeded", ModelFault.CREDIT),
        (429, "project_spend_limit_exceeded", ModelFault.CREDIT),
        (429, "organization_usage_limit_exceeded", ModelFault.CREDIT),
        (429, "credit_balance_exhausted", ModelFault.CREDIT),
    ],
)
def test_errors_that_only_the_owner_can_fix_are_distinguished(
    api: Api, status: int, code: str | None, cause: ModelFault
):
    with pytest.raises(ModelUnusable) as caught:
        ask(api, error(status, code), error(status, code))
    assert caught.value.cause is cause


@EITHER
@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
def test_a_request_refused_before_its_start_is_not_billed(api: Api, status: int):
    with pytest.raises(ModelError) as caught:
        ask(api, error(status), error(status))
    assert not caught.value.may_be_billed


@BOTH
def test_a_broken_stream_may_be_billed(api: Api, say: Callable[..., httpx2.Response]):
    missing: dict[str, Any] = {"finish": None} if api == "chat" else {"end": None}
    for answers in ([say("Mimi is ", **missing)], [httpx2.ReadTimeout("no")] * 2):
        with pytest.raises(ModelBusy) as caught:
            ask(api, *answers)
        assert caught.value.may_be_billed


ODD: Final = [ValueError("no"), KeyError("x"), UnicodeError("no"), RecursionError("no"), TimeoutError(), OSError("no")]


@BOTH
@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_whatever_goes_wrong_while_an_answer_is_read_is_a_model_error(
    api: Api, say: Callable[..., httpx2.Response], odd: Exception
):
    """Another error would kill the worker, and the next one would pay for the answer again."""
    missing: dict[str, Any] = {"finish": None} if api == "chat" else {"end": None}
    with pytest.raises(ModelError) as caught:
        ask(api, breaking(say("Mimi is ", **missing), odd))
    assert caught.value.may_be_billed


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_what_goes_wrong_after_the_end_of_an_answer_is_nobodys_matter(odd: Exception):
    ended = sse({"choices": [{"delta": {"content": "Mimi."}, "finish_reason": "stop"}]}, done=False)
    assert ask("chat", breaking(ended, odd)) == [TextDelta("Mimi."), Finished(FinishReason.STOP, Usage())]


@EITHER
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_provider_is_asked_twice_and_no_more(api: Api, status: int):
    server = Server(*[error(status) for _ in range(3)])
    with pytest.raises(ModelBusy):
        list(model(api, server).answer(PROMPT, seconds=10))
    assert len(server.asked) == 2


@EITHER
def test_a_provider_out_of_reach_is_busy(api: Api):
    with pytest.raises(ModelBusy):
        ask(api, httpx2.ConnectError("no"), httpx2.ReadTimeout("no"))


@EITHER
def test_a_bad_request_is_an_error_and_not_tried_again(api: Api):
    server = Server(error(400, "invalid_type"), error(400))
    with pytest.raises(ModelError):
        list(model(api, server).answer(PROMPT, seconds=10))
    assert len(server.asked) == 1


def test_a_failure_in_the_middle_of_a_responses_stream_is_busy():
    with pytest.raises(ModelBusy):
        ask("responses", responses("a", end="failed"))
    broken = sse({"type": "error", "code": "server_error", "message": "no", "param": None, "sequence_number": 1})
    with pytest.raises(ModelBusy):
        ask("responses", broken)


def test_nothing_is_kept_at_the_provider_and_the_whole_conversation_is_told():
    server = Server(responses("ok"))
    list(model("responses", server).answer(PROMPT, seconds=10))
    [(path, body)] = server.asked
    assert path == "/v1/responses"
    assert body["store"] is False
    assert body["instructions"] == "Be kind."
    assert [said["content"] for said in body["input"]] == ["My cat is Mimi.", "Nice!", "Who is Mimi?"]
    assert body["safety_identifier"] == "0123abcd"
    assert body["reasoning"] == {"effort": "none"}
    assert body["max_output_tokens"] == 200


def test_other_servers_are_told_the_same_as_chat_and_no_effort_they_may_not_know():
    server = Server(chat("ok"))
    list(model("chat", server, effort="").answer(PROMPT, seconds=10))
    [(path, body)] = server.asked
    assert path == "/v1/chat/completions"
    assert [said["role"] for said in body["messages"]] == ["system", "user", "assistant", "user"]
    assert "reasoning_effort" not in body
    assert body["stream_options"] == {"include_usage": True}


@BOTH
@pytest.mark.parametrize(
    ("name", "effort", "temperature", "told"),
    [
        ("gpt-6-luna", "none", 0.9, 0.9),
        ("llama3.2", "", 0.0, 0.0),
        ("gpt-6-luna", "none", None, None),
        ("gpt-6-luna", "low", 0.9, None),
        ("llama3.2", "minimal", 0.0, None),
    ],
)
def test_a_persona_says_how_freely_a_model_speaks_unless_the_model_reasons(
    api: Api,
    say: Callable[..., httpx2.Response],
    *,
    name: str,
    effort: str,
    temperature: float | None,
    told: float | None,
):
    server = Server(say("ok"))
    list(model(api, server, name=name, effort=effort).answer(replace(PROMPT, temperature=temperature), seconds=10))
    [(_, body)] = server.asked
    assert body.get("temperature") == told
    assert ("temperature" in body) is (told is not None)
