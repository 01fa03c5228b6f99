"""The promises of `conversation.ports.Model`, for every model. A new one adds a line to MODELS."""

from collections.abc import Callable
from functools import partial
from typing import Final

import pytest

from chalicelib.access.budget import Usage
from chalicelib.conversation.ports import Model
from chalicelib.conversation.prompt import Finished, FinishReason, TextDelta, Waiting
from chalicelib.errors import ModelBusy, ModelFault, ModelRefused, ModelUnusable
from chalicelib.llm.choice import ModelChoice
from tests.contract.converse_server import converse_model
from tests.contract.models import PROMPT, USAGE, WORDS, Situation, scripted_model
from tests.contract.openai_server import openai_model

MODELS: Final[dict[str, Callable[[Situation], Model]]] = {
    "scripted": scripted_model,
    "openai, responses": partial(openai_model, "responses"),
    "openai, chat": partial(openai_model, "chat"),
    "bedrock, converse": converse_model,
    "a choice of models": lambda situation: ModelChoice(openai_model("responses", situation)),
}
EVERY: Final = pytest.mark.parametrize("make", MODELS.values(), ids=list(MODELS))
Make = Callable[[Situation], Model]


def answer(model: Model, *, seconds: float = 10) -> list[object]:
    return list(model.answer(PROMPT, seconds=seconds))


@EVERY
def test_a_model_has_a_name_a_provider_and_a_price(make: Make):
    model = make(Situation.ANSWERS)
    assert model.name
    assert model.provider
    assert model.price.cost(Usage(input=10**6, output=10**6)) >= 0


@EVERY
def test_words_come_in_order_and_then_the_end_with_the_usage(make: Make):
    assert answer(make(Situation.ANSWERS)) == [*map(TextDelta, WORDS), Finished(FinishReason.STOP, USAGE)]


@EVERY
def test_a_closed_answer_goes_no_further(make: Make):
    events = make(Situation.ANSWERS).answer(PROMPT, seconds=10)
    assert next(events) == TextDelta(WORDS[0])
    events.close()
    assert list(events) == []


@EVERY
def test_an_answer_that_reaches_its_most_tokens_says_so(make: Make):
    assert answer(make(Situation.TOO_LONG)) == [TextDelta(WORDS[0]), Finished(FinishReason.LENGTH, USAGE)]


@EVERY
def test_a_filtered_answer_is_refused(make: Make):
    with pytest.raises(ModelRefused):
        answer(make(Situation.FILTERED))


@EVERY
@pytest.mark.parametrize("situation", [Situation.SLOW, Situation.BREAKS_OFF])
def test_an_answer_without_an_end_is_an_error_and_may_be_billed(make: Make, situation: Situation):
    with pytest.raises(ModelBusy) as caught:
        answer(make(situation), seconds=0.2)
    assert caught.value.may_be_billed


@EVERY
def test_a_slow_model_lets_its_caller_look_around_and_stop(make: Make):
    events = make(Situation.SLOW).answer(PROMPT, seconds=60)
    assert [next(events), next(events)] == [TextDelta(WORDS[0]), Waiting()]
    events.close()
    assert list(events) == []


@EVERY
def test_a_model_that_thinks_aloud_lets_its_caller_look_around_and_stop(make: Make):
    events = make(Situation.THINKS).answer(PROMPT, seconds=60)
    assert [next(events), next(events)] == [Waiting(), Waiting()]
    events.close()
    assert list(events) == []


@EVERY
def test_a_busy_provider_may_be_asked_later_and_sends_no_bill(make: Make):
    with pytest.raises(ModelBusy) as caught:
        answer(make(Situation.BUSY))
    assert not caught.value.may_be_billed


@EVERY
@pytest.mark.parametrize(
    ("situation", "causes"),
    [
        (Situation.KEY_REFUSED, {ModelFault.KEY, ModelFault.ACCESS}),
        (Situation.NO_CREDIT, {ModelFault.CREDIT}),
        (Situation.MODEL_UNKNOWN, {ModelFault.MISSING}),
        (Situation.REFUSED, {ModelFault.REFUSED}),
    ],
)
def test_a_fault_that_only_the_owner_can_fix_has_its_cause(make: Make, situation: Situation, causes: set[ModelFault]):
    with pytest.raises(ModelUnusable) as caught:
        answer(make(situation))
    assert caught.value.cause in causes
    assert not caught.value.may_be_billed
