import re
import time
from collections.abc import Iterator

import pytest
from openai import OpenAI

from scripts.simulator.model import ModelServer, answer_to
from scripts.simulator.recorder import Behaviour
from tests.simulator.served import served


@pytest.fixture
def fake_model() -> ModelServer:
    return ModelServer()


@pytest.fixture
def client(fake_model: ModelServer) -> Iterator[OpenAI]:
    with served(fake_model.routes()) as url, OpenAI(api_key="none", base_url=url) as client:
        yield client


def chat(client: OpenAI) -> str:
    """The answer of Chat Completions."""
    stream = client.chat.completions.create(
        model="any", messages=[{"role": "user", "content": "hello"}], temperature=0.2, stream=True
    )
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


def responses(client: OpenAI) -> str:
    """The answer of Responses."""
    stream = client.responses.create(
        model="any", input=[{"role": "user", "content": "hello"}], temperature=0.2, stream=True
    )
    return "".join(event.delta for event in stream if event.type == "response.output_text.delta")


@pytest.mark.parametrize("ask", [chat, responses])
def test_it_says_exactly_what_it_is_told_to_whatever_the_temperature(fake_model: ModelServer, client: OpenAI, ask):
    told = "  One.\n\n* two\tthree 🤷 \n"
    fake_model.recorder.behaviour = Behaviour(answer=told)
    assert ask(client) == told
    [call] = fake_model.recorder.since(0)
    assert call.body["temperature"] == 0.2


def test_an_answer_is_streamed_at_the_pace_it_is_told(fake_model: ModelServer, client: OpenAI):
    fake_model.recorder.behaviour = Behaviour.of({"answer": "word " * 50, "tokens_per_second": 100})
    began = time.monotonic()
    chat(client)
    assert time.monotonic() - began >= 0.5, "it was quicker than told"


def test_it_keeps_when_its_first_words_were_sent(fake_model: ModelServer, client: OpenAI):
    fake_model.recorder.behaviour = Behaviour.of({"answer": "word " * 20, "delay_ms": 200, "tokens_per_second": 100})
    chat(client)
    ended = time.time_ns() // 1_000_000
    [call] = fake_model.recorder.since(0)
    assert call.first_token_at is not None
    assert call.at + 200 <= call.first_token_at <= ended - 190


def test_a_call_that_is_refused_has_no_first_words(fake_model: ModelServer, client: OpenAI):
    fake_model.recorder.behaviour = Behaviour.of({"failures": [{"status": 400, "times": 1}]})
    with pytest.raises(Exception, match="as you wished"):
        chat(client)
    assert [call.first_token_at for call in fake_model.recorder.since(0)] == [None]


@pytest.mark.parametrize("wrong", [0, -1, "quick"])
def test_a_pace_that_cannot_be_kept_is_no_behaviour(wrong):
    with pytest.raises(ValueError, match=r"positive|could not convert"):
        Behaviour.of({"tokens_per_second": wrong})


SHOWN = {
    "table": "| :-- |",
    "code": "```python",
    "list": "- [x]",
    "mathematics": r"\frac",
    "long": "### The oven",
}


def shown(question: str) -> list[str]:
    """Return the names of what the fake model's answer to a first question shows."""
    answer = answer_to([("user", question)])
    assert "the demo's fake model" in answer
    return sorted((name for name in SHOWN if SHOWN[name] in answer), key=lambda name: answer.index(SHOWN[name]))


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("show me a table", ["table"]),
        ("code", ["code"]),
        ("a list", ["list"]),
        ("mathematics", ["mathematics"]),
        ("something long", ["long"]),
        ("Could you show me how a table looks?", ["table"]),
        ("Table, please!", ["table"]),
        ("Please write some Python code.", ["code"]),
        ("Give me a LIST of things for breakfast", ["list"]),
        ("I'd like to see a formula", ["mathematics"]),
        ("Do some maths for me", ["mathematics"]),
        ("Tell me something really long", ["long"]),
        ("Write a long answer", ["long"]),
        ("[0a1b2c3d] show me a table", ["table"]),
        ("Show me a list and a table", ["list", "table"]),
        ("Zeig mir bitte eine Tabelle", ["table"]),
        ("표를 보여 주세요", ["table"]),
        ("How long does delivery take?", []),
        ("Is there a table free tonight?", []),
        ("My promo code is not accepted", []),
        ("Am I on the list?", []),
        ("Hello", []),
        ("", []),
    ],
)
def test_it_shows_what_it_is_asked_to_show_and_else_quotes(question: str, wanted: list[str]):
    assert shown(question) == wanted


def test_its_first_answer_says_what_it_can_show():
    answer = answer_to([("user", "Hello")])
    offered = re.findall("“([^”]+)”", answer)[1:]
    assert [shown(words) for words in offered] == [[name] for name in SHOWN]
