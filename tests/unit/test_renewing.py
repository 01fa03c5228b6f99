"""Tests that a replaced key of a model is used after the old one was refused, with at most two requests."""

from collections.abc import Generator
from dataclasses import dataclass, field

import pytest

from chalicelib.access.budget import Price, Usage
from chalicelib.conversation.prompt import Finished, FinishReason, ModelEvent, Prompt, TextDelta
from chalicelib.errors import ModelBusy, ModelError, ModelFault, ModelRefused, ModelUnusable
from chalicelib.llm.prices import FREE
from chalicelib.llm.renewing import RenewingModel

PROMPT = Prompt("Be kind.", (), "Hello?", max_output_tokens=10, person_hash="1" * 16)
ANSWER: list[ModelEvent] = [TextDelta("Hello."), Finished(FinishReason.STOP, Usage())]
REFUSED = ModelUnusable("the key is refused: HTTP 401", cause=ModelFault.KEY)


@dataclass
class Provider:
    """`conversation.ports.Model` that gives these results in turn, each after a second."""

    results: list[ModelError | list[ModelEvent]]
    now: float = 0.0
    given: list[float] = field(default_factory=list)
    name: str = "gpt-6-luna"
    provider: str = "openai"
    price: Price = FREE

    def answer(self, prompt: Prompt, *, seconds: float) -> Generator[ModelEvent]:
        self.given.append(seconds)
        self.now += 1
        result = self.results.pop(0)
        if isinstance(result, ModelError):
            raise result
        yield from result


def ask(provider: Provider, *, renewed: bool) -> list[ModelEvent]:
    model = RenewingModel(provider, lambda: renewed, lambda: provider.now)
    return list(model.answer(PROMPT, seconds=20))


def test_a_key_that_was_replaced_answers_within_the_same_time():
    provider = Provider([REFUSED, ANSWER])
    assert ask(provider, renewed=True) == ANSWER
    assert provider.given == [20, 19]


def test_a_key_that_is_still_refused_is_refused():
    with pytest.raises(ModelUnusable, match="HTTP 401"):
        ask(Provider([REFUSED, REFUSED, ANSWER]), renewed=True)


def test_a_key_that_was_fetched_a_moment_ago_is_not_tried_again():
    with pytest.raises(ModelUnusable, match="HTTP 401"):
        ask(Provider([REFUSED, ANSWER]), renewed=False)


@pytest.mark.parametrize(
    "error",
    [
        ModelUnusable("no credit", cause=ModelFault.CREDIT),
        ModelUnusable("no such model", cause=ModelFault.MISSING),
        ModelBusy("HTTP 429"),
        ModelRefused("filtered"),
        ModelError("HTTP 400"),
    ],
    ids=str,
)
def test_no_other_error_is_asked_again(error: ModelError):
    provider = Provider([error, ANSWER])
    with pytest.raises(type(error)):
        ask(provider, renewed=True)
    assert len(provider.given) == 1


def test_an_answer_is_asked_for_once():
    provider = Provider([ANSWER, ANSWER])
    assert ask(provider, renewed=True) == ANSWER
    assert len(provider.given) == 1


def test_its_name_and_price_are_those_of_the_model():
    model = RenewingModel(Provider([]), bool)
    assert (model.name, model.provider, model.price) == ("gpt-6-luna", "openai", FREE)
