"""The promises of `conversation.ports.Model` about tools, for every model. A new one adds a line to MODELS."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

import pytest

from chalicelib.conversation.ports import Model
from chalicelib.conversation.prompt import Finished, FinishReason, ModelEvent, Prompt, TextDelta
from chalicelib.conversation.tool import Round, ToolCall
from chalicelib.errors import ModelBusy
from chalicelib.llm.choice import ModelChoice
from tests.contract.converse_server import converse_with_tools
from tests.contract.models import USAGE, WORDS
from tests.contract.openai_tools import openai_with_tools
from tests.contract.tool_situations import ASKING, CALLS, MALFORMED, RESULTS, SAID_FIRST, ToolSituation, after
from tests.fakes.model import Line, ScriptedModel


def scripted_with_tools(situation: ToolSituation) -> ScriptedModel:
    """The fake of the flow tests."""
    lines: dict[ToolSituation, Line] = {
        ToolSituation.ASKS: (SAID_FIRST, *CALLS),
        ToolSituation.ONLY_ASKS: CALLS,
        ToolSituation.MALFORMED: (ToolCall("call_a", "look_up", MALFORMED),),
        ToolSituation.CUT_OFF: (SAID_FIRST, FinishReason.LENGTH),
        ToolSituation.BREAKS_OFF: (ModelBusy("the stream broke off"),),
        ToolSituation.ANSWERS: WORDS,
    }
    return ScriptedModel([lines[situation]], usage=USAGE)


MODELS: Final[dict[str, Callable[[ToolSituation], Model]]] = {
    "scripted": scripted_with_tools,
    "openai, responses": partial(openai_with_tools, "responses"),
    "openai, chat": partial(openai_with_tools, "chat"),
    "bedrock, converse": converse_with_tools,
    "a choice of models": lambda situation: ModelChoice(openai_with_tools("responses", situation)),
}
EVERY: Final = pytest.mark.parametrize("make", MODELS.values(), ids=list(MODELS))
Make = Callable[[ToolSituation], Model]


def answer(model: Model, prompt: Prompt = ASKING) -> list[ModelEvent]:
    return list(model.answer(prompt, seconds=10))


@EVERY
def test_calls_come_complete_with_the_end_and_words_before_them_stay_words(make: Make):
    said, end = answer(make(ToolSituation.ASKS))
    assert said == TextDelta(SAID_FIRST)
    assert end == Finished(FinishReason.CALLS, USAGE, CALLS)


@EVERY
def test_several_calls_at_once_keep_their_order_and_need_no_words(make: Make):
    assert answer(make(ToolSituation.ONLY_ASKS)) == [Finished(FinishReason.CALLS, USAGE, CALLS)]


@EVERY
def test_malformed_arguments_come_as_the_model_wrote_them(make: Make):
    [end] = answer(make(ToolSituation.MALFORMED))
    assert isinstance(end, Finished)
    assert end.calls == (ToolCall(end.calls[0].id, "look_up", MALFORMED),)


@EVERY
def test_an_answer_that_is_cut_off_within_a_call_calls_nothing(make: Make):
    assert answer(make(ToolSituation.CUT_OFF)) == [TextDelta(SAID_FIRST), Finished(FinishReason.LENGTH, USAGE)]


@EVERY
def test_calls_without_an_end_are_an_error_and_may_be_billed(make: Make):
    with pytest.raises(ModelBusy) as caught:
        answer(make(ToolSituation.BREAKS_OFF))
    assert caught.value.may_be_billed


@EVERY
def test_a_model_that_may_not_call_and_does_so_all_the_same_has_called_nothing(make: Make):
    round_ = Round(CALLS, RESULTS)
    events = answer(make(ToolSituation.ASKS), after(round_, may_call=False))
    assert events == [TextDelta(SAID_FIRST), Finished(FinishReason.STOP, USAGE)]


@EVERY
def test_a_model_that_was_offered_no_tools_calls_none(make: Make):
    events = answer(make(ToolSituation.ASKS), replace(ASKING, tools=()))
    assert events == [TextDelta(SAID_FIRST), Finished(FinishReason.STOP, USAGE)]


@EVERY
@pytest.mark.parametrize("may_call", [True, False])
def test_the_answer_to_results_comes_as_any_other(make: Make, *, may_call: bool):
    events = answer(make(ToolSituation.ANSWERS), after(Round(CALLS, RESULTS, text=SAID_FIRST), may_call=may_call))
    assert events == [*map(TextDelta, WORDS), Finished(FinishReason.STOP, USAGE)]
