"""The situations in which every model is tested that is offered tools, and the prompts for them."""

from dataclasses import replace
from enum import Enum
from typing import Final

from chalicelib.conversation.prompt import Prompt
from chalicelib.conversation.tool import Round, ToolCall, ToolResult, ToolSpec
from tests.contract.models import PROMPT

NO_ARGUMENTS: Final = {"type": "object", "properties": {}, "additionalProperties": False}
OF_A_CAT: Final = {
    "type": "object",
    "properties": {"cat": {"type": "string", "description": "its name"}, "year": {"type": "integer"}},
    "required": ["cat"],
    "additionalProperties": False,
}
TOOLS: Final = (
    ToolSpec("look_up", "Looks a cat up.", OF_A_CAT),
    ToolSpec("the_time", "Says what time it is.", NO_ARGUMENTS),
)
ASKING: Final = replace(PROMPT, tools=TOOLS)
"""Asks Who is Mimi? and offers the tools."""
SAID_FIRST: Final = "Let me look. "
CALLS: Final = (ToolCall("call_a", "look_up", '{"cat": "Mimi"}'), ToolCall("call_b", "the_time", "{}"))
RESULTS: Final = (ToolResult("Mimi is a tabby."), ToolResult("out of order", is_error=True))
MALFORMED: Final = '{"cat": "Mi'


def after(*rounds: Round, may_call: bool = True) -> Prompt:
    """The prompt of the request that follows these rounds."""
    return replace(ASKING, rounds=rounds, may_call=may_call)


class ToolSituation(Enum):
    """What the provider does when it is offered the tools. An answer costs USAGE."""

    ASKS = "says SAID_FIRST and asks for CALLS at once"
    ONLY_ASKS = "asks for CALLS without a word"
    MALFORMED = "asks for the first tool with arguments that are no JSON"
    CUT_OFF = "reaches its limit of tokens within the arguments"
    BREAKS_OFF = "closes the stream after the calls and before the end"
    ANSWERS = "answers with WORDS"
