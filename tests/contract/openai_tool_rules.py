"""What OpenAI refuses of tools, in its words: for the stand-in of `openai_rules`. From its reference and reports."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import httpx2

from tests.contract.openai_server import error

_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_NO_CALLS_WHILE_REASONING: Final = ("gpt-5.4", "gpt-5.6", "gpt-6")
"""The beginnings of the models that call no tools in Chat Completions while they reason."""


def wrong_tools(path: str, body: dict[str, Any], *, reasons: bool, can_reason: bool) -> httpx2.Response | None:
    """The refusal of the request for what it says of tools; None if that is right."""
    in_chat = path.endswith("/chat/completions")
    faults = [*_in_the_list(body, nested=in_chat)]
    faults += _in_messages(body["messages"]) if in_chat else _in_items(body["input"], reasons=reasons)
    if in_chat and body.get("tools") and reasons and body["model"].startswith(_NO_CALLS_WHILE_REASONING):
        faults.append(("reasoning_effort", "Function tools with reasoning_effort are not supported in this endpoint."))
    if "include" in body and not can_reason:
        faults.append(("include", "Encrypted content is not supported with this model."))
    if "tool_choice" in body and not body.get("tools"):
        faults.append(("tool_choice", "'tool_choice' is only allowed when 'tools' are specified."))
    if not faults:
        return None
    param, message = faults[0]
    return error(404 if "not found" in message else 400, "invalid_value", param=param, message=message)


def _in_the_list(body: dict[str, Any], *, nested: bool) -> Iterator[tuple[str, str]]:
    for place, tool in enumerate(body.get("tools", [])):
        told = tool.get("function", {}) if nested else tool
        where = f"tools[{place}]" + (".function" if nested else "")
        if tool.get("type") != "function" or ("function" in tool) is not nested:
            yield where, "Invalid value for a tool."
        if not _NAME.fullmatch(told.get("name", "")):
            yield f"{where}.name", "Invalid name of a tool."
        if "strict" not in told and not nested:
            yield f"{where}.strict", "Missing required parameter."
        if told.get("parameters", {}).get("type") != "object" or told.get("strict"):
            yield f"{where}.parameters", "Invalid schema for function."


def _in_items(items: list[dict[str, Any]], *, reasons: bool) -> Iterator[tuple[str, str]]:
    called = [item["call_id"] for item in items if item.get("type") == "function_call"]
    answered = [item["call_id"] for item in items if item.get("type") == "function_call_output"]
    has_thought = not reasons
    for item in items:
        if item.get("role") == "user":
            has_thought = not reasons
        has_thought |= item.get("type") == "reasoning"
        yield from (("input", message) for message in _in_item(item, called, has_thought=has_thought))
    for call_id in set(called) - set(answered):
        yield "input", f"No tool output found for function call {call_id}."


def _in_item(item: dict[str, Any], called: list[str], *, has_thought: bool) -> Iterator[str]:
    match item.get("type", "message"):
        case "reasoning" if not item.get("encrypted_content"):
            yield f"Item with id '{item.get('id')}' not found. Items are not persisted."
        case "reasoning" if "summary" not in item:
            yield "Missing required parameter: 'summary'."
        case "function_call" if not has_thought:
            yield "Item of type 'function_call' was provided without its required 'reasoning' item."
        case "function_call" if not (_NAME.fullmatch(item["name"]) and isinstance(item["arguments"], str)):
            yield "Invalid function call."
        case "function_call_output" if item["call_id"] not in called or not isinstance(item["output"], str):
            yield f"No tool call found for function call output with call_id {item['call_id']}."
        case "message" | "reasoning" | "function_call" | "function_call_output":
            return
        case other:
            yield f"Invalid value: '{other}'."


def _in_messages(messages: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    open_calls: list[str] = []
    for place, message in enumerate(messages):
        where = f"messages[{place}]"
        if message["role"] == "tool":
            if message["tool_call_id"] not in open_calls or not isinstance(message["content"], str):
                yield where, "messages with role 'tool' must be a response to a preceding message with 'tool_calls'."
            else:
                open_calls.remove(message["tool_call_id"])
            continue
        if open_calls:
            yield where, "An assistant message with 'tool_calls' must be followed by tool messages to each call."
        open_calls = [call["id"] for call in message.get("tool_calls", [])]
        for call in message.get("tool_calls", []):
            told = call["function"]
            if call["type"] != "function" or not _NAME.fullmatch(told["name"]) or not _is_json(told["arguments"]):
                yield where, "Invalid tool call."
    if open_calls:
        yield "messages", "An assistant message with 'tool_calls' must be followed by tool messages to each call."


def _is_json(text: str) -> bool:
    """Whether a server that parses the arguments of the past, as vLLM and Ollama do, can read them."""
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
