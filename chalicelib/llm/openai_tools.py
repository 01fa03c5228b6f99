"""Writes the tools of a prompt, and what was called so far, into requests in either of OpenAI's wire formats. Pure.

Each server wants back what it wrote, in the shape that it accepts: a name of its letters, arguments that are a JSON
object, and a result for each call.
"""

import json
from typing import Any, Final

from chalicelib.conversation.prompt import Prompt
from chalicelib.conversation.tool import Round, ToolCall, ToolResult, ToolSpec, accepted_name
from chalicelib.llm.openai_calls import is_object
from chalicelib.llm.stream_values import mapping

ANSWER_NOW: Final = "Answer now with what you know, and call no more tools."
"""For servers that offer tools although they were told not to."""
_BESIDE: Final = ("reasoning_content", "reasoning_details", "extra_content")
"""What servers of Chat Completions want back with the calls. What another model or API has left is not for them."""


def offered(prompt: Prompt, *, nested: bool) -> dict[str, Any]:
    """Return the parameters that offer the prompt's tools; none without tools.

    The list stays the same in a request that may not call any, so that its prefix is found in the provider's cache.
    Responses would make a schema strict that does not say it is not.
    """
    if not prompt.tools:
        return {}
    tools = [_nested(tool) if nested else {"type": "function", **_described(tool)} for tool in prompt.tools]
    return {"tools": tools} | ({} if prompt.may_call else {"tool_choice": "none"})


def items(rounds: tuple[Round, ...]) -> list[dict[str, Any]]:
    """Return the rounds as input items of Responses: the provider's own, the words, the calls, and their results."""
    return [item for one in rounds for item in (*_before_the_calls(one), *map(_call_item, one.calls), *_outputs(one))]


def messages(rounds: tuple[Round, ...]) -> list[dict[str, Any]]:
    """Return the rounds as messages of Chat Completions: one with all calls, then one for each result."""
    return [message for one in rounds for message in (_asking(one), *_answers(one))]


def _described(tool: ToolSpec) -> dict[str, Any]:
    parameters = dict(tool.parameters)
    return {"name": tool.name, "description": tool.description, "parameters": parameters, "strict": False}


def _nested(tool: ToolSpec) -> dict[str, Any]:
    return {"type": "function", "function": _described(tool)}


def _before_the_calls(one: Round) -> list[dict[str, Any]]:
    """Return the provider's own items in their order; the words go where the first of its messages was."""
    own = [item for item in map(_read, one.thoughts) if item.get("type") in ("reasoning", "message")]
    said = {"role": "assistant", "content": one.text}
    found = [place for place, item in enumerate(own) if item["type"] == "message"]
    if not one.text or not found:
        return [item for item in own if item["type"] != "message"] + ([said] if one.text else [])
    first = own[found[0]] | said
    return [first if place == found[0] else item for place, item in enumerate(own) if place not in found[1:]]


def _call_item(call: ToolCall) -> dict[str, Any]:
    called = {"name": accepted_name(call.name), "arguments": _arguments(call)}
    return {"type": "function_call", "call_id": call.id, **called}


def _outputs(one: Round) -> list[dict[str, Any]]:
    pairs = zip(one.calls, one.results, strict=True)
    return [{"type": "function_call_output", "call_id": call.id, "output": _told(result)} for call, result in pairs]


def _asking(one: Round) -> dict[str, Any]:
    own = {key: value for item in map(_read, one.thoughts) for key, value in item.items() if key in _BESIDE}
    extra = mapping(own.pop("extra_content", None))
    calls = [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": accepted_name(call.name), "arguments": _arguments(call)},
        }
        | ({"extra_content": extra[call.id]} if call.id in extra else {})
        for call in one.calls
    ]
    return {"role": "assistant", "content": one.text, "tool_calls": calls} | own


def _answers(one: Round) -> list[dict[str, Any]]:
    pairs = zip(one.calls, one.results, strict=True)
    return [{"role": "tool", "tool_call_id": call.id, "content": _told(result)} for call, result in pairs]


def _told(result: ToolResult) -> str:
    return f"Error: {result.text}" if result.is_error else result.text


def _arguments(call: ToolCall) -> str:
    """Return the arguments as the model wrote them; none if they are no object, since some servers parse them again."""
    return call.arguments if is_object(call.arguments) else "{}"


def _read(thought: str) -> dict[str, Any]:
    return mapping(json.loads(thought))
