"""A stand-in of OpenAI that refuses, in its words, what a family of models does not take. From its model pages."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2

from tests.contract.openai_server import chat, error, responses
from tests.contract.openai_tool_rules import wrong_tools

LOW_TO_HIGH: Final = ("low", "medium", "high")
EFFORTS: Final[dict[str, tuple[str, ...]]] = {
    "gpt-4o-mini": (),
    "gpt-4.1-mini": (),
    "gpt-5-nano": ("minimal", *LOW_TO_HIGH),
    "gpt-5-mini": ("minimal", *LOW_TO_HIGH),
    "gpt-5.1": ("none", *LOW_TO_HIGH),
    "gpt-5.4-nano": ("none", *LOW_TO_HIGH, "xhigh"),
    "gpt-5.4-mini": ("none", *LOW_TO_HIGH, "xhigh"),
    "gpt-5.6-luna": ("none", *LOW_TO_HIGH, "xhigh", "max"),
    "gpt-6-luna": ("none", *LOW_TO_HIGH, "xhigh", "max"),
    "gpt-6-sol": ("none", *LOW_TO_HIGH, "xhigh", "max"),
    "gpt-6.1-terra": ("none", *LOW_TO_HIGH, "xhigh", "max"),
    "gpt-6.1-sol": (*LOW_TO_HIGH, "xhigh", "max"),
    "gpt-6-astra": (*LOW_TO_HIGH, "xhigh", "max"),
}
"""What each model takes; nothing for a model that does not reason."""
DEFAULT_NONE: Final = ("gpt-5.1", "gpt-5.4-nano", "gpt-5.4-mini")
"""Models that do not reason unless they are told to; the others that reason do so at medium."""
COMMON: Final = {"model", "stream", "temperature", "safety_identifier", "store", "tools", "tool_choice"} | {
    "prompt_cache_key"
}
PARAMETERS: Final = {
    "/v1/responses": COMMON | {"instructions", "input", "max_output_tokens", "reasoning", "include"},
    "/v1/chat/completions": COMMON
    | {"messages", "max_completion_tokens", "max_tokens", "stream_options", "reasoning_effort"},
}
LIMITS: Final = ("max_output_tokens", "max_completion_tokens")
LEAST_TOKENS: Final = 16


@dataclass
class StrictServer:
    """Answers what the model's family takes, and remembers what it was asked."""

    asked: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        path, body = request.url.path, json.loads(request.content)
        self.asked.append(body)
        say: Callable[[str], httpx2.Response] = responses if path == "/v1/responses" else chat
        return _wrong(path, body) or say("Hello.")


def _wrong(path: str, body: dict[str, Any]) -> httpx2.Response | None:
    if unknown := sorted(body.keys() - PARAMETERS[path]):
        return error(400, "unknown_parameter", param=unknown[0], message=f"Unknown parameter: '{unknown[0]}'.")
    limit = next((body[name] for name in LIMITS if name in body), None)
    if limit is not None and limit < LEAST_TOKENS:
        return error(400, "integer_below_min_value", param=LIMITS[0], message="Expected a value >= 16")
    name = "reasoning.effort" if path == "/v1/responses" else "reasoning_effort"
    effort = body["reasoning"]["effort"] if "reasoning" in body else body.get("reasoning_effort")
    wrong = _wrong_effort(body["model"], name, effort) or _wrong_for_reasoning(body, effort)
    can_reason = bool(EFFORTS[body["model"]])
    return wrong or wrong_tools(path, body, reasons=_reasons(body["model"], effort), can_reason=can_reason)


def _wrong_effort(model: str, name: str, effort: str | None) -> httpx2.Response | None:
    efforts = EFFORTS[model]
    if effort is None or effort in efforts:
        return None
    if not efforts:
        message = f"Unsupported parameter: '{name}' is not supported with this model."
        return error(400, "unsupported_parameter", param=name, message=message)
    message = (
        f"Unsupported value: '{name}' does not support '{effort}' with this model. Supported values are: {efforts}"
    )
    return error(400, "unsupported_value", param=name, message=message)


def _wrong_for_reasoning(body: dict[str, Any], effort: str | None) -> httpx2.Response | None:
    """What a model that reasons refuses: a temperature, and the old name of the limit."""
    model = body["model"]
    if EFFORTS[model] and "max_tokens" in body:
        message = (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        )
        return error(400, "unsupported_parameter", param="max_tokens", message=message)
    if _reasons(model, effort) and body.get("temperature", 1) != 1:
        message = "Unsupported parameter: 'temperature' is not supported with this model."
        return error(400, "unsupported_parameter", param="temperature", message=message)
    return None


def _reasons(model: str, effort: str | None) -> bool:
    return bool(EFFORTS[model]) and (effort or ("none" if model in DEFAULT_NONE else "medium")) != "none"
