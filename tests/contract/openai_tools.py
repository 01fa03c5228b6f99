"""Answers of OpenAI's model that ask for tools, in both wire formats, and the model in each such situation."""

from collections.abc import Sequence
from typing import Any, Final

import httpx2

from chalicelib.conversation.tool import ToolCall
from chalicelib.llm.openai import OpenAIModel
from chalicelib.llm.openai_request import Api
from tests.contract.models import WORDS
from tests.contract.openai_server import Server, chat, model, responses, sse
from tests.contract.tool_situations import CALLS, MALFORMED, SAID_FIRST, ToolSituation
from tests.quirks.wire import CHAT_USAGE, RESPONSES_USAGE

_BASE: Final = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m"}
REASONING: Final = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}


def chat_chunks(*calls: ToolCall, said: str = "", finish: str | None = "tool_calls") -> list[dict[str, Any]]:
    """The chunks of an answer that asks for the calls, as OpenAI sends them: arguments in fragments."""
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": said or None}]
    for index, call in enumerate(calls):
        opened = {"name": call.name, "arguments": ""}
        deltas.append({"tool_calls": [{"index": index, "id": call.id, "type": "function", "function": opened}]})
        pieces = ({"index": index, "function": {"arguments": fragment}} for fragment in _fragments(call.arguments))
        deltas += ({"tool_calls": [piece]} for piece in pieces)
    chunks = [{**_BASE, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    if finish:
        chunks.append({**_BASE, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
        chunks.append({**_BASE, "choices": [], "usage": CHAT_USAGE})
    return chunks


def response_events(
    *calls: ToolCall,
    said: str = "",
    before: Sequence[dict[str, Any]] = (),
    end: str | None = "completed",
    is_whole: bool = True,
) -> list[dict[str, Any]]:
    """The events of an answer that asks for the calls, as OpenAI sends them; not `is_whole` without complete items."""
    events: list[dict[str, Any]] = [{"type": "response.in_progress", "response": {"id": "r"}}]
    events += [{"type": "response.output_item.done", "output_index": 0, "item": item} for item in before]
    if said:
        events.append({"type": "response.output_text.delta", "item_id": "m", "output_index": 0, "delta": said})
    for place, call in enumerate(calls, 1):
        events += _call_events(call, place, is_whole=is_whole)
    if end:
        reason = {"incomplete_details": {"reason": "max_output_tokens"}} if end == "incomplete" else {}
        response = {"id": "r", "object": "response", "status": end, "output": [], "usage": RESPONSES_USAGE, **reason}
        events.append({"type": f"response.{end}", "response": response})
    return events


def _call_events(call: ToolCall, place: int, *, is_whole: bool) -> list[dict[str, Any]]:
    item = {"type": "function_call", "id": f"fc_{place}", "call_id": call.id, "name": call.name}
    where = {"item_id": item["id"], "output_index": place}
    begun = {**item, "arguments": "", "status": "in_progress"}
    deltas = [{"delta": fragment, **where} for fragment in _fragments(call.arguments)]
    kind = "response.function_call_arguments"
    events = [
        {"type": "response.output_item.added", "output_index": place, "item": begun},
        *({"type": f"{kind}.delta", **delta} for delta in deltas),
    ]
    if is_whole:
        events.append({"type": f"{kind}.done", "arguments": call.arguments, **where})
        done = {**item, "arguments": call.arguments, "status": "completed"}
        events.append({"type": "response.output_item.done", "output_index": place, "item": done})
    return events


def _fragments(text: str) -> list[str]:
    return [text[start : start + 5] for start in range(0, len(text), 5)]


def tool_answer(api: Api, situation: ToolSituation) -> httpx2.Response:
    """What the provider sends in the situation."""
    malformed = ToolCall("call_a", "look_up", MALFORMED)
    if situation is ToolSituation.ANSWERS:
        return (chat if api == "chat" else responses)(*WORDS)
    if api == "chat":
        chunks = {
            ToolSituation.ASKS: chat_chunks(*CALLS, said=SAID_FIRST),
            ToolSituation.ONLY_ASKS: chat_chunks(*CALLS),
            ToolSituation.MALFORMED: chat_chunks(malformed),
            ToolSituation.CUT_OFF: chat_chunks(malformed, said=SAID_FIRST, finish="length"),
            ToolSituation.BREAKS_OFF: chat_chunks(*CALLS, finish=None),
        }[situation]
        return sse(*chunks, done=situation is not ToolSituation.BREAKS_OFF)
    events = {
        ToolSituation.ASKS: response_events(*CALLS, said=SAID_FIRST),
        ToolSituation.ONLY_ASKS: response_events(*CALLS),
        ToolSituation.MALFORMED: response_events(malformed),
        ToolSituation.CUT_OFF: response_events(malformed, said=SAID_FIRST, end="incomplete", is_whole=False),
        ToolSituation.BREAKS_OFF: response_events(*CALLS, end=None),
    }[situation]
    return sse(*events, done=False)


def openai_with_tools(api: Api, situation: ToolSituation) -> OpenAIModel:
    """OpenAI's model, offered tools in this wire format while its provider is in this situation."""
    return model(api, Server(tool_answer(api, situation)))
