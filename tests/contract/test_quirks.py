"""Whatever a model's server sends, `OpenAIModel` answers, or raises the ModelError that fits, within its time."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import openai
import pytest

from chalicelib.access.budget import Usage
from chalicelib.conversation import plan
from chalicelib.conversation.answer_text import AnswerText
from chalicelib.conversation.prompt import Failure, Finished, TextDelta, Waiting
from chalicelib.conversation.turn import Turn, TurnState
from chalicelib.errors import ModelError, ModelRefused
from chalicelib.ids import ConversationId, PersonId, TurnId
from chalicelib.llm.kept_connections import KeptConnections
from chalicelib.llm.openai import OpenAIModel
from chalicelib.llm.openai_request import Api
from chalicelib.llm.prices import FREE
from tests.contract.models import PROMPT
from tests.contract.openai_server import closed_after_use
from tests.quirks import table
from tests.quirks.quirk import Kindly, Quirk
from tests.quirks.server import QuirkServer, quirk_server
from tests.quirks.wire import USAGE

RUNNING: Final = Turn(
    TurnId("1#a"), ConversationId("web:k:a"), PersonId("web:k:a"), 1, TurnState.RUNNING, "Who is Mimi?", model_calls=1
)
SHORT_S: Final = 1.2
"""The time for an answer that takes all of it."""
SLOW_S: Final = 4.0
"""The time for an answer that takes most of it."""
LONG_S: Final = 60.0
"""The time for others, which need much less."""
SPARE_S: Final = 30.0
"""What a busy machine may need more."""
ROWS: Final = [
    pytest.param(api, quirk, id=f"{api}, {quirk.name}") for api, (_, quirks) in table.OF.items() for quirk in quirks
]


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, QuirkServer]]:
    chat, responses = (quirk_server(*table.OF[api], seconds=SLOW_S) for api in ("chat", "responses"))
    with chat as one, responses as other:
        yield {"chat": one, "responses": other}


def model(api: Api, url: str) -> OpenAIModel:
    made = OpenAIModel(
        name="gpt-6-luna",
        effort="",
        api=api,
        connections=KeptConnections(lambda: openai.DefaultAsyncHttpxClient(trust_env=False, verify=False)),
        client=lambda http: openai.AsyncOpenAI(api_key="k", base_url=url, http_client=http),
        is_openai=False,
        price=FREE,
    )
    return closed_after_use(made)


def seconds(quirk: Quirk) -> float:
    return SHORT_S if quirk.takes_all_time else SLOW_S + SPARE_S if quirk.is_slow else LONG_S


def read(api: Api, url: str, quirk: Quirk, *, again: bool = True) -> tuple[str | Kindly, list[Finished]]:
    """What a person gets, and the ends of the answer."""
    answer, text, ends, started = AnswerText(), "", [], time.monotonic()
    try:
        for event in model(api, url).answer(replace(PROMPT, question=quirk.name), seconds=seconds(quirk)):
            match event:
                case TextDelta():
                    words = answer.add(event.text)
                    text = words.text if words.instead else text + words.text
                case Finished():
                    ends.append(event)
    except ModelError as exc:
        ms = round((time.monotonic() - started) * 1000)
        if again and plan.asks_again_after(Failure(exc, None, Usage(), ms), RUNNING) and not quirk.takes_all_time:
            return read(api, url, quirk, again=False)
        return (Kindly.FILTERED if isinstance(exc, ModelRefused) else Kindly.APOLOGY), ends
    return (text + answer.end().text).strip() or Kindly.APOLOGY, ends


@pytest.mark.parametrize(("api", "quirk"), ROWS)
def test_a_person_gets_an_answer_or_a_kind_end_within_the_time(api: Api, quirk: Quirk, servers: dict[str, QuirkServer]):
    server, began = servers[api], time.monotonic()
    before = server.calls[quirk.name]
    got, ends = read(api, server.url, quirk)
    took = time.monotonic() - began
    if quirk.has_more and isinstance(got, str) and isinstance(quirk.gets, str):
        assert got.startswith(quirk.gets)
    else:
        assert got == quirk.gets
    assert len(ends) == isinstance(got, str) or got is Kindly.APOLOGY
    assert server.calls[quirk.name] - before <= quirk.calls
    assert took < (seconds(quirk) if quirk.takes_all_time or quirk.is_slow else 0) + SPARE_S


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_sixty_quirks_are_played_in_each_wire_format(api: str):
    _, quirks = table.OF[api]
    assert len({quirk.name for quirk in quirks}) == len(quirks) >= 60


@pytest.mark.parametrize("api", ["chat", "responses"])
@pytest.mark.parametrize(
    ("name", "usage"),
    [
        ("an orderly answer", USAGE),
        ("usage: null", Usage()),
        ("usage: text", Usage()),
        ("usage: impossible numbers", Usage()),
        ("usage: negative numbers", Usage()),
        ("usage: numbers as text", Usage(10, 0, 5)),
        ("usage: cached tokens missing", Usage(10, 0, 5)),
        ("usage: cached tokens null", Usage(10, 0, 5)),
        ("usage: cached tokens of text", Usage(10, 0, 5)),
        ("usage: cached tokens without details", Usage(10, 0, 5)),
        ("usage: cached tokens more than all", Usage(10, 10, 5)),
        ("no end but [DONE]", Usage()),
    ],
)
def test_usage_is_what_can_be_read_and_nothing_rather_than_too_little(
    api: Api, name: str, usage: Usage, servers: dict[str, QuirkServer]
):
    [quirk] = [quirk for quirk in table.EITHER if quirk.name == name]
    _, [end] = read(api, servers[api].url, quirk)
    assert end.usage == usage


@pytest.mark.parametrize("api", ["chat", "responses"])
@pytest.mark.parametrize(
    "name",
    [
        "silence",
        "silence after words",
        "silence before the headers",
        "headers for ever",
        "comments for ever",
        "thoughts for ever",
    ],
)
def test_a_caller_may_stop_at_any_moment_and_the_server_sees_it(api: Api, name: str, servers: dict[str, QuirkServer]):
    server = servers[api]
    before, asked, began = server.left[name], server.calls[name], time.monotonic()
    events = model(api, server.url).answer(replace(PROMPT, question=name), seconds=60)
    while next(events) != Waiting() or server.calls[name] == asked:
        pass
    events.close()
    assert time.monotonic() - began < 1 + SPARE_S
    while server.left[name] == before:
        assert time.monotonic() - began < LONG_S
        time.sleep(0.01)
