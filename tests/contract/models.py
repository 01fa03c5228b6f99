"""The situations in which every model is tested, and the fake model in each of them."""

from enum import Enum
from typing import Final

from chalicelib.access.budget import Usage
from chalicelib.conversation.prompt import Exchange, FinishReason, Prompt, Waiting
from chalicelib.errors import ModelBusy, ModelError, ModelFault, ModelRefused, ModelUnusable
from tests.fakes.model import Line, ScriptedModel

PROMPT: Final = Prompt("Be kind.", (Exchange("My cat is Mimi.", "Nice!"),), "Who is Mimi?", 200, "0123abcd")
WORDS: Final = ("Mimi is ", "your ", "cat.")
USAGE: Final = Usage(input=10, cached=4, output=5)


class Situation(Enum):
    """What the provider does when it is asked. An answer, or its beginning, is of WORDS and costs USAGE."""

    ANSWERS = "answers"
    TOO_LONG = "reaches the most tokens it may answer with"
    FILTERED = "stops its answer with a content filter"
    SLOW = "takes a minute for each word"
    THINKS = "thinks for a minute, and sends its thoughts all the time"
    BREAKS_OFF = "closes the stream before the answer's end"
    BUSY = "has no capacity"
    KEY_REFUSED = "refuses the API key"
    NO_CREDIT = "wants money first"
    MODEL_UNKNOWN = "does not know the model"
    REFUSED = "refuses the request, and would refuse it again"


def scripted_model(situation: Situation) -> ScriptedModel:
    """The fake of the flow tests."""
    lines: dict[Situation, Line] = {
        Situation.ANSWERS: WORDS,
        Situation.TOO_LONG: (WORDS[0], FinishReason.LENGTH),
        Situation.FILTERED: (WORDS[0], ModelRefused("the filter stopped the answer")),
        Situation.SLOW: (WORDS[0], Waiting(), ModelBusy("the answer took too long")),
        Situation.THINKS: (Waiting(), Waiting(), ModelBusy("the answer took too long")),
        Situation.BREAKS_OFF: (WORDS[0], ModelBusy("the stream broke off")),
        Situation.BUSY: _not_billed(ModelBusy("busy")),
        Situation.KEY_REFUSED: ModelUnusable("the key is refused", cause=ModelFault.KEY),
        Situation.NO_CREDIT: ModelUnusable("no credit", cause=ModelFault.CREDIT),
        Situation.MODEL_UNKNOWN: ModelUnusable("no such model", cause=ModelFault.MISSING),
        Situation.REFUSED: ModelUnusable("refused", cause=ModelFault.REFUSED, names=["x"]),
    }
    return ScriptedModel([lines[situation]], usage=USAGE)


def _not_billed(error: ModelError) -> ModelError:
    error.may_be_billed = False
    return error
