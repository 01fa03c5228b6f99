"""The most that a prompt may cost counts every byte that is sent of it: no call costs more than was reserved."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.content.token_estimate import most_tokens
from chalicelib.conversation.prompt import Prompt
from chalicelib.conversation.prompt_builder import at_most
from chalicelib.conversation.tool import Round, ToolCall, ToolResult, ToolSpec
from chalicelib.llm import openai_request
from chalicelib.llm.openai_request import Api
from tests.contract.models import PROMPT

APIS: tuple[Api, ...] = ("responses", "chat")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
SPECS = st.builds(ToolSpec, TEXT, TEXT, st.dictionaries(TEXT, TEXT | st.integers(), max_size=3))
THOUGHTS = st.builds(lambda said: json.dumps({"type": "reasoning", "summary": [], "encrypted_content": said}), TEXT)


@st.composite
def rounds(draw: st.DrawFn) -> Round:
    calls = draw(st.lists(st.builds(ToolCall, TEXT, TEXT, TEXT | st.just('{"a": "ä"}')), min_size=1, max_size=3))
    results = [ToolResult(draw(TEXT), is_error=draw(st.booleans())) for _ in calls]
    return Round(tuple(calls), tuple(results), draw(TEXT), tuple(draw(st.lists(THOUGHTS, max_size=2))))


def texts(value: Any, key: str = "") -> Iterator[str]:
    """All that is sent in a body, but the words of the wire format itself."""
    match value:
        case dict():
            for name, inner in value.items():
                yield from [json.dumps(inner, ensure_ascii=False)] if name == "parameters" else texts(inner, name)
        case list():
            for inner in value:
                yield from texts(inner, key)
        case str() if key not in (
            "type",
            "role",
            "model",
            "safety_identifier",
            "include",
            "effort",
            "tool_choice",
            "prompt_cache_key",
        ):
            yield value


@given(
    notes=TEXT,
    tools=st.lists(SPECS, max_size=3).map(tuple),
    told=st.lists(rounds(), max_size=3).map(tuple),
    may_call=st.booleans(),
)
def test_no_request_has_more_bytes_than_are_reserved(
    notes: str, tools: tuple[ToolSpec, ...], told: tuple[Round, ...], *, may_call: bool
):
    prompt: Prompt = replace(PROMPT, notes=notes, tools=tools, rounds=told, may_call=may_call)
    for api in APIS:
        body = openai_request.body(api, "gpt-6-luna", "low", prompt, is_openai=True)
        assert sum(len(text.encode()) for text in texts(body)) <= at_most(prompt, written=None).input, api


def test_a_prompt_without_tools_and_notes_reserves_nothing_for_them():
    said = (PROMPT.instructions, "My cat is Mimi.", "Nice!", PROMPT.question)
    assert at_most(PROMPT, written=None).input == sum(map(most_tokens, said))
