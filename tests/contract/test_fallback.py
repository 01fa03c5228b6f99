"""A model with a fallback, both at OpenAI: never more than two requests for an answer, whichever model gets them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import httpx2
import pytest

from chalicelib.conversation.prompt import Finished, TextDelta
from chalicelib.errors import ModelBusy, ModelError, ModelUnusable
from chalicelib.llm.choice import ModelChoice
from chalicelib.llm.openai_request import Api
from tests.contract.models import PROMPT, USAGE
from tests.contract.openai_server import Server, chat, error, model, responses

EITHER = pytest.mark.parametrize("api", ["chat", "responses"])
WARM: Final = replace(PROMPT, temperature=0.5)


def ok(api: Api) -> httpx2.Response:
    return chat("ok") if api == "chat" else responses("ok")


def ask(api: Api, *answers: httpx2.Response | Exception) -> tuple[Server, list[Any]]:
    """The server of both models, and the events of the answer."""
    server = Server(*answers)
    events: list[Any] = []
    first = replace(model(api, server), asks_busy_again=False)
    fallback = replace(model(api, server, name="gpt-5.4-mini"), requests=1)
    choice = ModelChoice(first, fallback=(fallback.name, lambda: fallback))
    try:
        events.extend(choice.answer(WARM, seconds=10))
    except ModelError as exc:
        events.append(exc)
    return server, events


def asked(server: Server) -> Sequence[str]:
    return [body["model"] for _, body in server.asked]


@EITHER
@pytest.mark.parametrize(
    "refusal",
    [
        error(429),
        error(500),
        error(503),
        error(529),
        error(404, "model_not_found"),
        error(400, param="input"),
        error(401, "invalid_api_key"),
        httpx2.ConnectError("no"),
    ],
    ids=["429", "500", "503", "529", "model_not_found", "a parameter it cannot do without", "the key", "out of reach"],
)
def test_the_fallback_answers_the_second_request(api: Api, refusal: httpx2.Response | Exception):
    server, events = ask(api, refusal, ok(api))
    assert asked(server) == ["gpt-6-luna", "gpt-5.4-mini"]
    assert events[0] == TextDelta("ok")
    assert isinstance(events[-1], Finished)
    assert events[-1].usage == replace(USAGE, model="gpt-5.4-mini")


@EITHER
def test_a_parameter_that_the_model_can_do_without_is_left_out_for_the_same_model(api: Api):
    server, events = ask(api, error(400, param="temperature"), ok(api))
    assert asked(server) == ["gpt-6-luna", "gpt-6-luna"]
    assert events[0] == TextDelta("ok")


@EITHER
@pytest.mark.parametrize("second", [error(503), error(400, param="temperature"), httpx2.ConnectError("no")])
@pytest.mark.parametrize("first", [error(503), error(400, param="temperature"), error(404, "model_not_found")])
def test_a_third_request_is_never_sent(api: Api, first: httpx2.Response, second: httpx2.Response | Exception):
    server, events = ask(api, first, second, ok(api))
    assert len(server.asked) == 2
    assert isinstance(events[-1], (ModelBusy, ModelUnusable))


@EITHER
def test_an_answer_that_has_begun_is_not_begun_again_by_another_model(api: Api):
    broken = chat("Mimi ", finish=None) if api == "chat" else responses("Mimi ", end=None)
    server, events = ask(api, broken, ok(api))
    assert asked(server) == ["gpt-6-luna"]
    assert isinstance(events[-1], ModelBusy)
