"""What a request to OpenAI says about the provider's cache of prompts. Pure.

The cache keeps the beginning of a prompt for half an hour. It is found again only up to a breakpoint: OpenAI sets one
at the latest message, which serves the next question of a conversation and the next round of tools; ours, after the
instructions, serves the first question of the next person.
"""

import hashlib
import json
from typing import Any, Final

from chalicelib.content.token_estimate import tokens
from chalicelib.conversation.prompt import Prompt

_LEAST_TOKENS: Final = 1024
"""A shorter beginning is not kept."""
_BREAKPOINT: Final = {"mode": "explicit"}
BREAKPOINT: Final = "prompt_cache_breakpoint"
"""The name of the mark."""


def key(prompt: Prompt) -> str:
    """Return the key that brings requests with the same beginning to the same cache; it says nothing of a person."""
    beginning = json.dumps([prompt.instructions, _tools(prompt)], sort_keys=True)
    return f"parley-{hashlib.sha256(beginning.encode()).hexdigest()[:32]}"


def is_worth_a_breakpoint(prompt: Prompt) -> bool:
    """Whether the instructions and the tools are long enough for the cache."""
    return tokens(prompt.instructions) + tokens(json.dumps(_tools(prompt))) >= _LEAST_TOKENS


def marked(kind: str, text: str) -> list[dict[str, Any]]:
    """Return the content of a message, of parts of this kind, with a breakpoint at its end."""
    return [{"type": kind, "text": text, BREAKPOINT: _BREAKPOINT}]


def unmarked(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message without a breakpoint."""
    content = message.get("content")
    if not isinstance(content, list):
        return message
    return {**message, "content": [{name: part[name] for name in part if name != BREAKPOINT} for part in content]}


def _tools(prompt: Prompt) -> list[Any]:
    return [[tool.name, tool.description, dict(tool.parameters)] for tool in prompt.tools]
