"""Builds the body of a request to OpenAI, or to a server with the same API, in either wire format. Pure.

The provider stores no conversation (`store=False`), so each request contains the whole history.
"""

from typing import Any, Literal

from chalicelib.conversation.prompt import Prompt

Api = Literal["responses", "chat"]


def body(api: Api, name: str, effort: str, prompt: Prompt) -> dict[str, Any]:
    """Return the body of the request to the model `name`; an empty `effort` is not sent."""
    return _responses(name, effort, prompt) if api == "responses" else _chat(name, effort, prompt)


def _responses(name: str, effort: str, prompt: Prompt) -> dict[str, Any]:
    return {
        "model": name,
        "instructions": prompt.instructions,
        "input": _said(prompt),
        "max_output_tokens": prompt.max_output_tokens,
        "safety_identifier": prompt.person_hash,
        "store": False,
        "stream": True,
        **_temperature(effort, prompt),
        **({"reasoning": {"effort": effort}} if effort else {}),
    }


def _chat(name: str, effort: str, prompt: Prompt) -> dict[str, Any]:
    return {
        "model": name,
        "messages": [{"role": "system", "content": prompt.instructions}, *_said(prompt)],
        "max_completion_tokens": prompt.max_output_tokens,
        "stream": True,
        "stream_options": {"include_usage": True},
        **_temperature(effort, prompt),
        **({"reasoning_effort": effort} if effort else {}),
    }


def _temperature(effort: str, prompt: Prompt) -> dict[str, Any]:
    """Return the temperature as a parameter; without one for a reasoning model, which refuses the parameter."""
    accepted = prompt.temperature is not None and effort in ("", "none")
    return {"temperature": prompt.temperature} if accepted else {}


def _said(prompt: Prompt) -> list[dict[str, str]]:
    said: list[dict[str, str]] = []
    for exchange in prompt.history:
        said += [{"role": "user", "content": exchange.question}, {"role": "assistant", "content": exchange.answer}]
    return [*said, {"role": "user", "content": prompt.question}]
