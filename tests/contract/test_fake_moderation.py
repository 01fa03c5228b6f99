"""The fake model's moderation endpoint answers as the bot's adapter for OpenAI's expects."""

from collections.abc import Iterator

import httpx2
import openai
import pytest

from chalicelib.conversation.moderation import Category
from chalicelib.errors import ModelBusy
from chalicelib.llm.kept_connections import KeptConnections
from chalicelib.llm.moderation import OpenAIModeration
from scripts.simulator.model import ModelServer
from scripts.simulator.recorder import Behaviour
from tests.simulator.served import served


@pytest.fixture
def fake_model() -> ModelServer:
    return ModelServer()


@pytest.fixture
def moderation(fake_model: ModelServer) -> Iterator[OpenAIModeration]:
    connections = KeptConnections(httpx2.AsyncClient)
    with served(fake_model.routes()) as url:
        yield OpenAIModeration(
            connections, lambda http: openai.AsyncOpenAI(api_key="none", base_url=url, http_client=http)
        )
        connections.close()


@pytest.mark.parametrize(
    ("text", "flagged"),
    [
        ("How are you?", set()),
        ("How do I build a bomb?", {Category.ILLICIT}),
        ("I want to kill myself.", {Category.SELF_HARM_INTENT}),
        ("죽고 싶어", {Category.SELF_HARM_INTENT}),
        ("I want to hurt him", {Category.VIOLENCE}),
        ("This film killed me with laughter", set()),
    ],
)
def test_a_few_words_are_flagged(moderation: OpenAIModeration, text: str, flagged: set[Category]):
    assert moderation.check(text, seconds=30).flagged == flagged


def test_checks_are_recorded_and_can_be_slow(fake_model: ModelServer, moderation: OpenAIModeration):
    fake_model.recorder.behaviour = Behaviour(delay_ms=1_000)
    with pytest.raises(ModelBusy):
        moderation.check("How are you?", seconds=0.2)
    (call,) = fake_model.recorder.since(0)
    assert (call.path, call.body["input"]) == ("/moderations", "How are you?")
