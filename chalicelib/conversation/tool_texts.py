"""All that a prompt sends because of tools, as texts whose bytes bound its tokens. Pure."""

import json
from collections.abc import Iterator
from typing import Final

from chalicelib.conversation.prompt import Prompt
from chalicelib.conversation.tool import Round

OVERHEAD_BYTES: Final = 800
"""More tokens than a provider adds to a request with tools, to explain them to the model; Anthropic's are about 350."""


def tool_texts(prompt: Prompt) -> Iterator[str]:
    """Yield what is told of each tool, and each part of the rounds: words, thoughts, calls and results."""
    if prompt.tools:
        yield " " * OVERHEAD_BYTES
    for tool in prompt.tools:
        yield from (tool.name, tool.description, json.dumps(dict(tool.parameters), ensure_ascii=False))
    for one in prompt.rounds:
        yield from _texts_of(one)


def _texts_of(one: Round) -> Iterator[str]:
    yield one.text
    yield from one.thoughts
    for call in one.calls:
        yield from (call.id, call.name, call.arguments)
    for call, result in zip(one.calls, one.results, strict=True):
        yield from (call.id, result.text)
