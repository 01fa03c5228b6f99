"""Tests that a replaced key of a model is used after the old one was refused, with at most two requests an answer."""

from collections.abc import Callable
from typing import Any, Final

import httpx2
import pytest

from chalicelib.conversation.prompt import Finished, ModelEvent, TextDelta
from chalicelib.errors import ModelBusy, ModelError, ModelFault, ModelRefused, ModelUnusable
from chalicelib.llm.openai_request import Api
from tests.contract.models import PROMPT
from tests.contract.openai_server import Server, chat, error, model, responses, sse

EITHER: Final = pytest.mark.parametrize(("api", "say"), [("chat", chat), ("responses", responses)])
Say = Callable[..., httpx2.Response]
NO_KEY: Final = (401, "invalid_api_key")


def ask(api: Api, server: Server, *, renewed: bool = True) -> list[ModelEvent]:
    return list(model(api, server, renew=lambda: renewed).answer(PROMPT, seconds=20))


def breaking_off(api: Api, failure: dict[str, Any]) -> httpx2.Response:
    """An answer that has begun, with a failure instead of its end."""
    begun = (
        {"choices": [{"index": 0, "delta": {"content": "Mimi is "}}]}
        if api == "chat"
        else {"type": "response.output_text.delta", "delta": "Mimi is "}
    )
    return sse(begun, {"error": failure})


@EITHER
def test_a_key_that_was_replaced_answers(api: Api, say: Say):
    server = Server(error(*NO_KEY), say("Hello."))
    first, last = ask(api, server)
    assert first == TextDelta("Hello.")
    assert isinstance(last, Finished)
    assert len(server.asked) == 2


@EITHER
@pytest.mark.parametrize("renewed", [True, False])
def test_a_key_that_is_still_refused_or_was_fetched_a_moment_ago_is_refused(api: Api, say: Say, *, renewed: bool):
    server = Server(error(*NO_KEY), error(*NO_KEY), say("Hello."))
    with pytest.raises(ModelUnusable) as caught:
        ask(api, server, renewed=renewed)
    assert (caught.value.cause, caught.value.may_be_billed) == (ModelFault.KEY, False)
    assert len(server.asked) == 1 + renewed


@EITHER
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (error(429, "insufficient_quota"), ModelUnusable),
        (error(404, "model_not_found"), ModelUnusable),
        (error(400, "invalid_prompt"), ModelRefused),
        (error(400, "invalid_type"), ModelUnusable),
    ],
    ids=str,
)
def test_no_other_refusal_is_asked_again(api: Api, say: Say, answer: httpx2.Response, kind: type[ModelError]):
    server = Server(answer, say("Hello."))
    with pytest.raises(kind):
        ask(api, server)
    assert len(server.asked) == 1


@EITHER
@pytest.mark.parametrize(
    ("refusals", "kind"),
    [
        ([error(503), error(*NO_KEY)], ModelUnusable),
        ([error(*NO_KEY), error(503)], ModelBusy),
        ([error(*NO_KEY), error(400, "unsupported_parameter", param="safety_identifier")], ModelUnusable),
        ([error(400, "unsupported_parameter", param="safety_identifier"), error(*NO_KEY)], ModelUnusable),
    ],
    ids=str,
)
def test_an_answer_takes_two_requests_at_most_whatever_they_are_refused_for(
    api: Api, say: Say, refusals: list[httpx2.Response], kind: type[ModelError]
):
    server = Server(*refusals, say("Hello."))
    with pytest.raises(kind):
        ask(api, server)
    assert len(server.asked) == 2


@EITHER
def test_a_key_refused_at_the_second_request_is_fetched_for_the_next_question(api: Api, say: Say):
    renewals = iter([True])
    asked = model(api, Server(error(503), error(*NO_KEY), say("Hello.")), renew=lambda: next(renewals))
    with pytest.raises(ModelUnusable):
        list(asked.answer(PROMPT, seconds=20))
    assert not list(renewals)


@EITHER
@pytest.mark.parametrize(
    "failure",
    [
        {"code": "invalid_api_key"},
        {"code": 401, "message": "no auth credentials found"},
        {"code": "insufficient_quota"},
        {"code": 402, "message": "insufficient credits"},
        {"code": 400, "message": "temperature is not supported"},
        {"code": "context_length_exceeded"},
    ],
    ids=str,
)
def test_an_answer_that_has_begun_is_not_asked_for_again_and_may_be_billed(api: Api, say: Say, failure: dict[str, Any]):
    server = Server(breaking_off(api, failure), say("Hello."))
    with pytest.raises(ModelUnusable) as caught:
        ask(api, server)
    assert caught.value.may_be_billed
    assert len(server.asked) == 1
