"""Builds a request to Bedrock's Converse, which asks every family of models in one format. Pure.

Bedrock refuses two messages in a row of one role, a conversation that the assistant begins, text without a letter, and
calls of tools in the past without the tools themselves. A call can be forbidden by words only.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.content.token_estimate import tokens
from chalicelib.conversation import fence
from chalicelib.conversation.json_object import parsed
from chalicelib.conversation.prompt import Prompt
from chalicelib.conversation.tool import Round, ToolCall, ToolSpec, accepted_name
from chalicelib.errors import ModelError
from chalicelib.llm import converse_families as of_bedrock
from chalicelib.llm import refusals

Block = dict[str, Any]

_NOTHING: Final = "."
"""Stands for a text without words: Bedrock refuses white space alone."""
_ANSWER_NOW: Final = "Call no more tools: answer now with what you know."
_TEMPERATURE: Final = "temperature"
_FIELDS: Final = "additionalModelRequestFields"
_CACHE_POINT: Final = "cachePoint"
_LEAST_CACHED: Final = 500
"""Tokens; less is kept by no model."""
_LONGEST_ID: Final = 64
_ID: Final = re.compile(rf"[a-zA-Z0-9_.:-]{{1,{_LONGEST_ID}}}")


@dataclass(frozen=True)
class Guardrail:
    """A guardrail of the owner's account that filters questions and answers."""

    id: str
    version: str


def request(name: str, effort: str, prompt: Prompt, *, guardrail: Guardrail | None = None) -> dict[str, Any]:
    """Return the arguments of `converse_stream` for a question to the model or profile `name`.

    An `effort` is sent where the model's family takes one; an empty one is not.
    """
    tools = prompt.tools or _gone(name, prompt.rounds)
    may_call = prompt.may_call and prompt.tools
    system = _system(name, prompt.instructions, _ANSWER_NOW if tools and not may_call else "")
    more = of_bedrock.effort_fields(name, effort)
    return {
        "modelId": name,
        "messages": _messages(_said(name, prompt, is_guarded=bool(guardrail))),
        "inferenceConfig": _inference(name, effort, prompt),
        **({"system": system} if system else {}),
        **({"toolConfig": {"tools": [_tool(name, tool) for tool in tools]}} if tools else {}),
        **({_FIELDS: more} if more else {}),
        **({"guardrailConfig": _guardrail(guardrail)} if guardrail else {}),
    }


def tool_names(name: str, tools: Iterable[ToolSpec]) -> Mapping[str, str]:
    """Return the tools' own names by those under which the model `name` knows them."""
    return {_known_as(name, tool.name): tool.name for tool in tools}


def without(request: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Return the request without the parameters of these names, as far as it is answered without them."""
    dropped = set(names) & {_TEMPERATURE, _FIELDS, _CACHE_POINT}
    kept = {key: value for key, value in request.items() if key not in dropped}
    if _CACHE_POINT in dropped and "system" in kept:
        kept["system"] = [block for block in kept["system"] if _CACHE_POINT not in block]
    return {**kept, "inferenceConfig": {k: v for k, v in request["inferenceConfig"].items() if k not in dropped}}


def leaves_out_effort(names: Collection[str]) -> bool:
    """Whether a request without the parameters of these names is sent without what asks for an effort."""
    return _FIELDS in names


def amended(request: Mapping[str, Any], error: ModelError) -> dict[str, Any] | None:
    """Return the request to send once more after a refusal; None for none, as in `refusals`."""
    return refusals.amended(request, error, without=without, without_memory=_without_memory)


def _gone(name: str, rounds: Iterable[Round]) -> tuple[ToolSpec, ...]:
    """Return tools that were called and are not offered any more: Bedrock refuses calls in the past without any."""
    called = dict.fromkeys(_known_as(name, call.name) for one in rounds for call in one.calls)
    return tuple(ToolSpec(tool, "It is not there any more.", {"type": "object"}) for tool in called)


def _system(name: str, instructions: str, more: str) -> list[Block]:
    """Return the blocks of the persona's instructions, which the provider may keep in its cache, and then of `more`."""
    own: list[Block] = [{"text": instructions}] if instructions.strip() else []
    if own and of_bedrock.caches(name) and tokens(instructions) >= _LEAST_CACHED:
        own.append({_CACHE_POINT: {"type": "default"}})
    return [*own, *([{"text": more}] if more else [])]


def _inference(name: str, effort: str, prompt: Prompt) -> dict[str, Any]:
    wanted = prompt.temperature
    sent = None if wanted is None else of_bedrock.temperature(name, effort, wanted)
    return {"maxTokens": prompt.max_output_tokens, **({} if sent is None else {_TEMPERATURE: sent})}


def _guardrail(guardrail: Guardrail) -> dict[str, str]:
    return {
        "guardrailIdentifier": guardrail.id,
        "guardrailVersion": guardrail.version,
        "streamProcessingMode": "sync",  # no word is shown before it is checked
    }


def _said(name: str, prompt: Prompt, *, is_guarded: bool) -> Iterator[tuple[str, Block]]:
    """Yield all that was said, block by block with its role, oldest first."""
    yield "user", {"text": fence.noted(prompt.notes)}
    for exchange in prompt.history:
        yield "user", {"text": exchange.said}
        yield "assistant", {"text": exchange.answer}
    question = prompt.said if prompt.said.strip() else _NOTHING
    # A guardrail checks what is marked; without a mark it checks the whole past again, and refuses it for ever.
    yield "user", {"guardContent": {"text": {"text": question}}} if is_guarded else {"text": question}
    taken = set[str]()
    for number, each in enumerate(prompt.rounds, start=1):
        ids = _ids(each.calls, number, taken)
        yield from _round(name, each, ids)
        taken.update(ids)


def _round(name: str, done: Round, ids: Sequence[str]) -> Iterator[tuple[str, Block]]:
    for thought in done.thoughts:
        if reasoning := thought_block(thought):
            yield "assistant", reasoning
    yield "assistant", {"text": done.text}
    for call, known in zip(done.calls, ids, strict=True):
        use = {"toolUseId": known, "name": _known_as(name, call.name), "input": arguments(call)}
        yield "assistant", {"toolUse": use}
    for result, known in zip(done.results, ids, strict=True):
        text = result.text if result.text.strip() else _NOTHING
        status = {"status": "error"} if result.is_error else {}
        yield "user", {"toolResult": {"toolUseId": known, "content": [{"text": text}], **status}}


def arguments(call: ToolCall) -> dict[str, Any]:
    """Return a call's arguments as an object; what is none is one with the words of the model."""
    found = parsed(call.arguments)
    return {"arguments": call.arguments} if found is None else found


def thought_block(thought: str) -> Block | None:
    """Return the block of a thought that came from Converse; None for one of another provider."""
    match parsed(thought):
        case {"converse": {"text": str(text), "signature": str(signature)}}:
            return {"reasoningContent": {"reasoningText": {"text": text, "signature": signature}}}
        case {"converse": {"redacted": str(redacted)}}:
            return {"reasoningContent": {"redactedContent": bytes.fromhex(redacted)}}
    return None


def _messages(said: Iterable[tuple[str, Block]]) -> list[dict[str, Any]]:
    """Return the messages: blocks without words left out, those of one role together, the user's first."""
    messages: list[dict[str, Any]] = []
    for role, block in said:
        if not block.get("text", _NOTHING).strip():
            continue
        if not messages and role == "assistant":
            messages.append({"role": "user", "content": [{"text": _NOTHING}]})
        if not messages or messages[-1]["role"] != role:
            messages.append({"role": role, "content": []})
        messages[-1]["content"].append(block)
    return messages


def _tool(name: str, tool: ToolSpec) -> Block:
    known = {"name": _known_as(name, tool.name), "description": tool.description or tool.name}
    return {"toolSpec": {**known, "inputSchema": {"json": dict(tool.parameters)}}}


def _known_as(name: str, tool: str) -> str:
    known = accepted_name(tool) or "_"
    return known.replace("-", "_") if of_bedrock.refuses_hyphens(name) else known


def _ids(calls: Iterable[ToolCall], number: int, taken: Collection[str]) -> list[str]:
    """Return the calls' ids; other ones for those that Bedrock refuses, and for those that it has seen before.

    Some providers number the calls of each round from the beginning.
    """
    ids = list[str]()
    for place, call in enumerate(calls, start=1):
        known = call.id if _ID.fullmatch(call.id) else f"call_{number}_{place}"
        while known in taken or known in ids:
            known = f"{known}_" if len(known) < _LONGEST_ID else f"call_{number}_{place}"
        ids.append(known)
    return ids


def _without_memory(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request with the question and the calls of tools that followed it, and nothing before."""
    messages = request["messages"]
    asked = max(
        (n for n, each in enumerate(messages) if each["role"] == "user" and "toolResult" not in each["content"][-1]),
        default=0,
    )
    question = {"role": "user", "content": messages[asked]["content"][-1:]}
    return {**request, "messages": [question, *messages[asked + 1 :]]}
