"""Moderation services: OpenAI's endpoint, whose stand-in misbehaves in every way, and the fake of the flow tests."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import httpx2
import openai
import pytest

from chalicelib.conversation.moderation import Category, Moderation, Verdict
from chalicelib.errors import ConfigError, ModelBusy, ModelError, ModelFault, ModelUnusable
from chalicelib.llm.kept_connections import KeptConnections
from chalicelib.llm.moderation import MODEL, OpenAIModeration
from tests.contract.openai_server import Server, closed_later, error
from tests.fakes.moderation import ScriptedModeration

QUESTION: Final = "How do I hurt him?"
NAMES: Final = [category.value for category in Category if category is not Category.OTHER]
Answer = httpx2.Response | Exception


def result(*flagged: str, score: Any = 0.9, **more: Any) -> dict[str, Any]:
    """One result as OpenAI sends it."""
    scores = {name: score if name in flagged else 0.001 for name in NAMES}
    inputs = {name: ["text"] for name in NAMES}
    said = {"flagged": bool(flagged), "categories": {name: name in flagged for name in NAMES}}
    return {**said, "category_scores": scores, "category_applied_input_types": inputs, **more}


def verdict(*results: Any) -> httpx2.Response:
    return httpx2.Response(200, json={"id": "modr-1", "model": MODEL, "results": list(results)})


def service(server: Callable[[httpx2.Request], httpx2.Response]) -> OpenAIModeration:
    connections = KeptConnections(lambda: httpx2.AsyncClient(transport=httpx2.MockTransport(server)))
    return OpenAIModeration(
        connections=closed_later(connections),
        client=lambda http: openai.AsyncOpenAI(api_key="k", base_url="http://model/v1", http_client=http),
    )


def check(*answers: Answer, text: str = QUESTION, seconds: float = 60) -> Verdict:
    return service(Server(*answers)).check(text, seconds=seconds)


def real(answer: Answer, _: Verdict | ModelError) -> Moderation:
    return service(Server(answer))


def fake(_: Answer, found: Verdict | ModelError) -> Moderation:
    return ScriptedModeration(deque([found]))


EVERY = pytest.mark.parametrize("make", [real, fake])
VIOLENT: Final = Verdict(frozenset({Category.VIOLENCE}), 0.9)


@EVERY
@pytest.mark.parametrize(
    ("answer", "found"),
    [
        pytest.param(verdict(result()), Verdict(frozenset(), 0.001), id="no fault"),
        pytest.param(verdict(result("violence")), VIOLENT, id="one category"),
        pytest.param(
            verdict(result("violence", "self-harm/intent")),
            Verdict(frozenset({Category.VIOLENCE, Category.SELF_HARM_INTENT}), 0.9),
            id="two categories",
        ),
    ],
)
def test_a_question_has_the_categories_it_is_flagged_for(
    make: Callable[..., Moderation], answer: Answer, found: Verdict
):
    assert make(answer, found).check(QUESTION, seconds=10) == found


@EVERY
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(error(503), ModelBusy, id="busy"),
        pytest.param(error(429, "insufficient_quota"), ModelUnusable, id="no credit"),
        pytest.param(error(401, "invalid_api_key"), ModelUnusable, id="key refused"),
        pytest.param(error(404, message="page not found"), ModelUnusable, id="no such endpoint"),
        pytest.param(httpx2.ConnectError("no"), ModelBusy, id="out of reach"),
        pytest.param(httpx2.Response(200, text="<html>"), ModelError, id="nonsense"),
    ],
)
def test_no_verdict_is_an_error_of_the_model(make: Callable[..., Moderation], answer: Answer, kind: type[ModelError]):
    scripted = ModelUnusable("x", cause=ModelFault.ROUTE) if kind is ModelUnusable else kind("x")
    with pytest.raises(kind):
        make(answer, scripted).check(QUESTION, seconds=10)


def test_the_question_alone_is_sent_and_only_once():
    server = Server(verdict(result()), error(500))
    moderation = service(server)
    moderation.check(QUESTION, seconds=10)
    assert server.asked == [("/v1/moderations", {"model": "omni-moderation-latest", "input": QUESTION})]
    with pytest.raises(ModelBusy):
        moderation.check(QUESTION, seconds=10)
    assert len(server.asked) == 2


@pytest.mark.parametrize("text", ["\ud83d", "a\udc00b", "\x00", "죽고 싶어", "🙂" * 2000])
def test_a_question_of_any_letters_can_be_sent(text: str):
    assert check(verdict(result()), text=text).flagged == frozenset()


ODD: Final[dict[str, Any]] = {
    "no object": [],
    "null": None,
    "no results": {"results": []},
    "results that are no list": {"results": {"flagged": True}},
    "a result that is a word": {"results": ["violence"]},
    "no categories": {"results": [{"flagged": False}]},
    "categories that are a list": {"results": [{"flagged": True, "categories": ["violence"]}]},
    "unknown categories only": {"results": [{"flagged": False, "categories": {"rudeness": False}}]},
    "no word on whether it is flagged": {"results": [{"categories": {"violence": False}}]},
    "flagged as a word": {"results": [{"flagged": "yes", "categories": {"violence": True}}]},
    "one result of two without sense": {"results": [result(), 5]},
    "an answer to another question": {"choices": [{"message": {"content": "Sure!"}}]},
}


@pytest.mark.parametrize("name", ODD)
def test_a_document_that_is_no_verdict_is_an_error(name: str):
    with pytest.raises(ModelError, match="makes no sense"):
        check(httpx2.Response(200, json=ODD[name]))


BODIES: Final = {
    "nothing": b"",
    "half of a document": b'{"results": [{"flagged": fal',
    "no UTF-8": b'{"results": "\xff\xfe"}',
    "deeply nested": b"[" * 50_000,
    "a huge number": b'{"results": ' + b"9" * 5_000 + b"}",
    "a web page": b"<!doctype html><title>Sign in</title>",
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_no_document_is_an_error(name: str):
    with pytest.raises(ModelError):
        check(httpx2.Response(200, content=BODIES[name]))


def test_an_error_quotes_nothing_of_what_the_server_said():
    for answer in (httpx2.Response(200, text=QUESTION), error(400, message=QUESTION), verdict(QUESTION)):
        with pytest.raises(ModelError) as raised:
            check(answer)
        assert QUESTION not in str(raised.value)


def test_a_body_without_end_is_not_read_to_it():
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b"a" * 10_000

    with pytest.raises(ModelError, match="too long"):
        check(httpx2.Response(200, content=endless()))
    assert sent < 20


async def _drips() -> AsyncIterator[bytes]:
    while True:
        yield b" "
        await asyncio.sleep(0.05)


async def _stalls() -> AsyncIterator[bytes]:
    yield b'{"results": '
    await asyncio.sleep(3600)


async def _breaks_off() -> AsyncIterator[bytes]:
    yield b'{"results": '
    raise httpx2.ReadError("reset")


async def _breaks_oddly() -> AsyncIterator[bytes]:
    yield b'{"results": '
    raise ValueError("something of a library")


@pytest.mark.parametrize("body", [_drips, _stalls])
def test_a_server_that_never_ends_costs_no_more_than_the_deadline(body: Callable[[], AsyncIterator[bytes]]):
    began = time.monotonic()
    with pytest.raises(ModelBusy, match="too long"):
        check(httpx2.Response(200, content=body()), seconds=0.3)
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("body", [_breaks_off, _breaks_oddly])
def test_a_server_that_breaks_off_is_an_error_of_the_model(body: Callable[[], AsyncIterator[bytes]]):
    with pytest.raises(ModelError):
        check(httpx2.Response(200, content=body()))


def test_a_late_verdict_spoils_none_of_the_next_questions():
    server = Server(httpx2.Response(200, content=_stalls()), verdict(result("violence")))
    moderation = service(server)
    while not server.asked:  # on busy cores the time may be over before anything is sent
        with pytest.raises(ModelBusy):
            moderation.check(QUESTION, seconds=0.2)
    assert moderation.check(QUESTION, seconds=60) == VIOLENT


def test_a_redirection_is_not_followed():
    server = Server(httpx2.Response(307, headers={"location": "http://elsewhere/"}), verdict(result()))
    with pytest.raises(ModelError):
        service(server).check(QUESTION, seconds=10)
    assert len(server.asked) == 1


def test_a_flag_without_a_known_category_is_still_a_flag():
    said = result(flagged=True)
    assert check(verdict(said)).flagged == {Category.OTHER}
    said["categories"]["rudeness"] = True
    assert check(verdict(said)).flagged == {Category.OTHER}
    assert check(verdict(result("violence", flagged=False))).flagged == {Category.VIOLENCE}


@pytest.mark.parametrize("score", ["0.9", True, None, -1, 2, [0.9]])
def test_a_score_that_is_no_share_is_left_out(score: object):
    scores = {"violence": "odd", "hate": 0.25, "sexual": score}
    assert check(verdict(result("violence", category_scores=scores))).score == 0.25
    assert check(verdict(result("violence", category_scores=score))) == Verdict(frozenset({Category.VIOLENCE}))


def test_a_category_that_is_null_is_not_flagged():
    said = result("hate")
    said["categories"] |= {"illicit": None, "illicit/violent": 1}
    assert check(verdict(said)).flagged == {Category.HATE}


def test_without_a_key_there_is_no_verdict():
    def no_key(_: httpx2.AsyncClient) -> openai.AsyncOpenAI:
        raise ConfigError("no key")

    moderation = OpenAIModeration(closed_later(KeptConnections(httpx2.AsyncClient)), no_key)
    with pytest.raises(ModelUnusable):
        moderation.check(QUESTION, seconds=10)
