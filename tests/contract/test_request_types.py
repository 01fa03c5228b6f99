"""Every body that is sent fits the types of OpenAI's own SDK, and has no parameter that they do not know."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any, Final, get_type_hints

import pytest
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from openai.types.responses.response_create_params import ResponseCreateParamsStreaming
from pydantic import TypeAdapter

from chalicelib.conversation.prompt import Prompt
from chalicelib.conversation.tool import Round, ToolCall, ToolResult
from chalicelib.llm import openai_request
from chalicelib.llm.openai_request import Api
from tests.contract.models import PROMPT
from tests.contract.openai_tools import REASONING
from tests.contract.tool_situations import ASKING, CALLS, RESULTS, SAID_FIRST, after

THOUGHTS: Final = tuple(map(json.dumps, (REASONING, {"type": "message", "phase": "commentary"})))
LONG: Final = "You sell cameras, lenses and bags. " * 300
ODD: Final = Round((ToolCall("call_c", "no such tool!", "{"),), (ToolResult("no", is_error=True),))
PROMPTS: Final[dict[str, Prompt]] = {
    "a question": PROMPT,
    "a temperature": replace(PROMPT, temperature=0.5),
    "notes": replace(PROMPT, notes="Likes cats."),
    "tools": ASKING,
    "rounds": after(Round(CALLS, RESULTS, SAID_FIRST, THOUGHTS), ODD),
    "the last round": after(Round(CALLS, RESULTS), may_call=False),
    "a breakpoint": replace(ASKING, instructions=LONG),
    "a breakpoint and no tools": replace(PROMPT, instructions=LONG, notes="Likes cats."),
}


@cache
def types_of(api: Api) -> tuple[TypeAdapter[Any], frozenset[str]]:
    kind = ResponseCreateParamsStreaming if api == "responses" else CompletionCreateParamsStreaming
    return TypeAdapter(kind), frozenset(get_type_hints(kind))


def bodies(api: Api, prompt: Prompt) -> Iterator[dict[str, Any]]:
    for name in ("gpt-6-luna", "gpt-6-astra", "gpt-5.4-mini", "gpt-4o-mini"):
        for effort in ("none", "low", ""):
            yield openai_request.body(api, name, effort, prompt, is_openai=True)


def check(api: Api, body: dict[str, Any]) -> None:
    """Raise ValueError unless the body fits. Lists are checked only as they are read."""
    waiting = [types_of(api)[0].validate_python(body)]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, Iterable) and not isinstance(value, str):
            waiting += value


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=list(PROMPTS))
@pytest.mark.parametrize("api", ["responses", "chat"])
def test_a_body_fits_the_types_of_the_sdk(api: Api, prompt: Prompt):
    _, known = types_of(api)
    for body in bodies(api, prompt):
        assert body.keys() <= known
        check(api, body)


@pytest.mark.parametrize(
    ("api", "key", "wrong"),
    [
        ("responses", "input", [{"type": "function_call", "call_id": "a", "name": "b"}]),
        ("responses", "tools", [{"type": "function", "function": {"name": "b"}}]),
        ("chat", "messages", [{"role": "tool", "content": "no id"}]),
        ("chat", "tools", [{"type": "function", "name": "b"}]),
    ],
)
def test_the_types_would_show_a_fault(api: Api, key: str, wrong: list[Any]):
    body = next(bodies(api, ASKING))
    with pytest.raises(ValueError):  # noqa: PT011 (its words are pydantic's)
        check(api, {**body, key: wrong})
