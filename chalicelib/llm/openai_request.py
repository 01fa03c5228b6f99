"""Builds the body of a request to OpenAI, or to a server with the same API, in either wire format. Pure.

The provider stores no conversation (`store=False`), so each request contains the whole history.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Final, Literal

from chalicelib.conversation import fence
from chalicelib.conversation.prompt import Prompt
from chalicelib.errors import ModelError
from chalicelib.llm import families, openai_cache, openai_tools, refusals

Api = Literal["responses", "chat"]

_DROPPED: Final = (
    *("stream_options", "reasoning_effort", "reasoning", "temperature", "safety_identifier"),
    *("include", "tools", "tool_choice", "prompt_cache_key"),
)
"""Parameters without which a request is still answered, in the same words or nearly so."""
_RENAMED: Final[Mapping[str, str]] = {"max_completion_tokens": "max_tokens", "max_tokens": "max_completion_tokens"}
"""The two names of the limit in Chat Completions. It is never dropped, because it bounds what an answer costs."""
_OF_THE_OWNER: Final = ("system", "developer")
_EFFORTS: Final = ("reasoning_effort", "reasoning")
_ENCRYPTED: Final = "reasoning.encrypted_content"
"""What a model thought before it called tools, which it wants back, as nothing is stored."""


def body(api: Api, name: str, effort: str, prompt: Prompt, *, is_openai: bool) -> dict[str, Any]:
    """Return the body of the request to the model `name`, with the parameters that its family is known to take.

    An empty `effort` is not sent. `is_openai` is whether the server is OpenAI's own: others may refuse what OpenAI
    wants, or ignore it.
    """
    effort = families.effort(name, effort)
    if is_openai and api == "chat" and prompt.tools:
        tools_with, effort = families.calls_in_chat(name, effort)
        prompt = prompt if tools_with else replace(prompt, tools=())
    temperature = prompt.temperature if families.takes_temperature(name, effort) else None
    options: dict[str, Any] = {} if temperature is None else {"temperature": temperature}
    options |= openai_tools.offered(prompt, nested=api == "chat")
    options |= {"prompt_cache_key": openai_cache.key(prompt)} if is_openai else {}
    if api == "responses":
        thinks = is_openai and bool(prompt.tools) and families.may_think(name, effort)
        options |= {"include": [_ENCRYPTED]} if thinks else {}
        options |= {"reasoning": {"effort": effort}} if effort else {}
        return _responses(name, prompt, marks=is_openai and _marks(name, prompt)) | options
    options |= {"reasoning_effort": effort} if effort else {}
    return (_openai_chat if is_openai else _others_chat)(name, prompt) | options


def without(request: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Return the body of a request without the parameters of these names, if it can do without or has another name.

    A reasoning model that is asked without its effort refuses a temperature, so that goes with it. A choice of tools
    goes with the tools, and of a tool that may not be called strict only that word.
    """
    named = {part for name in names for part in re.split(r"\W+", name)}
    named |= {*_EFFORTS, "temperature"} if named.intersection((*_EFFORTS, "effort")) else set()
    if "strict" in named and "tools" in request:
        request, named = {**request, "tools": list(map(_not_strict, request["tools"]))}, named - {"tools"}
    named |= {"tool_choice"} if "tools" in named else set()
    request = _without_breakpoint(request) if openai_cache.BREAKPOINT in named else request
    kept = {key: value for key, value in request.items() if not (key in named and key in _DROPPED)}
    return {_RENAMED.get(key, key) if key in named else key: value for key, value in kept.items()}


def lasting(names: Collection[str]) -> Collection[str]:
    """Return the names without those of single tools: another persona has other ones."""
    return [name for name in names if not name.startswith("tools[") or name.endswith("strict")]


def leaves_out_effort(names: Collection[str]) -> bool:
    """Whether a request without the parameters of these names is sent without an effort."""
    return any(part in (*_EFFORTS, "effort") for name in names for part in re.split(r"\W+", name))


def amended(request: Mapping[str, Any], error: ModelError) -> dict[str, Any] | None:
    """Return the body to ask with once more after a refusal; None for none, as in `refusals`."""
    return refusals.amended(request, error, without=without, without_memory=_without_memory)


def _marks(name: str, prompt: Prompt) -> bool:
    return families.has_breakpoints(name) and openai_cache.is_worth_a_breakpoint(prompt)


def _responses(name: str, prompt: Prompt, *, marks: bool) -> dict[str, Any]:
    """Return the body for Responses; with `marks` the instructions are a message, since only those can have a mark."""
    said = [*_notes(prompt), *_said(prompt), *openai_tools.items(prompt.rounds)]
    marked = {"role": "developer", "content": openai_cache.marked("input_text", prompt.instructions)}
    return {
        "model": name,
        **({} if marks else {"instructions": prompt.instructions}),
        "input": [marked, *said] if marks else said,
        "max_output_tokens": prompt.max_output_tokens,
        "safety_identifier": prompt.person_hash,
        "store": False,
        "stream": True,
    }


def _openai_chat(name: str, prompt: Prompt) -> dict[str, Any]:
    told = [*_notes(prompt), *_said(prompt), *openai_tools.messages(prompt.rounds)]
    limit = {"max_completion_tokens": prompt.max_output_tokens}
    marks = _marks(name, prompt)
    instructions = openai_cache.marked("text", prompt.instructions) if marks else prompt.instructions
    return _chat(name, instructions, told) | limit | {"safety_identifier": prompt.person_hash, "store": False}


def _others_chat(name: str, prompt: Prompt) -> dict[str, Any]:
    """Return the body for another server. Some models' templates want the roles to alternate, and one system message.

    Ollama and others ignore the new name of the limit, Mistral refuses it.
    """
    instructions, (first, *more) = prompt.instructions, _said(prompt)
    if prompt.tools and not prompt.may_call:
        instructions = f"{instructions}\n\n{openai_tools.ANSWER_NOW}"
    if prompt.notes:
        first = {"role": "user", "content": f"{fence.noted(prompt.notes)}\n\n{first['content']}"}
    told = [first, *more, *openai_tools.messages(prompt.rounds)]
    return _chat(name, instructions, told) | {"max_tokens": prompt.max_output_tokens}


def _chat(name: str, instructions: str | list[dict[str, Any]], told: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "model": name,
        "messages": [{"role": "system", "content": instructions}, *told],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def _notes(prompt: Prompt) -> list[dict[str, str]]:
    return [{"role": "user", "content": fence.noted(prompt.notes)}] if prompt.notes else []


def _said(prompt: Prompt) -> list[dict[str, str]]:
    said: list[dict[str, str]] = []
    for exchange in prompt.history:
        said += [{"role": "user", "content": exchange.said}, {"role": "assistant", "content": exchange.answer}]
    return [*said, {"role": "user", "content": prompt.said}]


def _without_breakpoint(request: Mapping[str, Any]) -> dict[str, Any]:
    key = "messages" if "messages" in request else "input"
    return {**request, key: list(map(openai_cache.unmarked, request[key]))}


def _not_strict(tool: dict[str, Any]) -> dict[str, Any]:
    """Return a tool for a server that does not know the word `strict`, with the schema directly in it or nested."""
    plain = {key: value for key, value in tool.items() if key != "strict"}
    return plain | ({"function": _not_strict(plain["function"])} if "function" in plain else {})


def _without_memory(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request with the instructions, the question, and what was called to answer it."""
    key = "messages" if "messages" in request else "input"
    said = request[key]
    question = max(place for place, message in enumerate(said) if message.get("role") == "user")
    return {
        **request,
        key: [*(message for message in said[:1] if message.get("role") in _OF_THE_OWNER), *said[question:]],
    }
