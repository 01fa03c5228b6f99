"""Reads the elements of a stream in either of OpenAI's wire formats as events of the model. Pure."""

from collections.abc import Iterable, Iterator
from typing import Any

from chalicelib.access.budget import Usage
from chalicelib.conversation.prompt import Finished, FinishReason, ModelEvent, TextDelta
from chalicelib.errors import ModelBusy, ModelError, ModelRefused
from chalicelib.llm.openai_errors import by_code


def responses(stream: Iterable[Any]) -> Iterator[ModelEvent]:
    """Read a stream of Responses. Raises ModelError if the provider says that it failed or refused."""
    for event in stream:
        match event.type:
            case "response.output_text.delta" | "response.refusal.delta":
                yield TextDelta(event.delta)
            case "response.completed":
                yield Finished(FinishReason.STOP, _responses_usage(event.response.usage))
            case "response.incomplete":
                details = event.response.incomplete_details
                yield _cut_short(details.reason if details else None, _responses_usage(event.response.usage))
            case "response.failed":
                error = event.response.error
                raise ModelBusy(f"the provider failed: {error.code if error else 'unknown'}")
            case "error":
                raise by_code(event.code) or ModelBusy(f"the provider failed: {event.code}")


def chat(stream: Iterable[Any]) -> Iterator[ModelEvent]:
    """Read a stream of Chat Completions. Raises ModelError if the answer was cut short for an unknown reason."""
    reason, usage = None, Usage()
    for chunk in stream:
        usage = _chat_usage(chunk.usage) if chunk.usage else usage
        for choice in chunk.choices:
            reason = choice.finish_reason or reason
            if words := choice.delta.content or choice.delta.refusal:
                yield TextDelta(words)
    match reason:
        case None:
            return
        case "stop":
            yield Finished(FinishReason.STOP, usage)
        case _:
            yield _cut_short(reason, usage)


def _cut_short(reason: str | None, usage: Usage) -> Finished:
    if reason in ("max_output_tokens", "length"):
        return Finished(FinishReason.LENGTH, usage)
    if reason == "content_filter":
        raise ModelRefused("the provider's filter stopped the answer")
    raise ModelError(f"the model stopped for an unknown reason: {reason}")


def _responses_usage(usage: Any) -> Usage:
    if usage is None:
        return Usage()
    details = usage.input_tokens_details
    return Usage(usage.input_tokens, details.cached_tokens if details else 0, usage.output_tokens)


def _chat_usage(usage: Any) -> Usage:
    details = usage.prompt_tokens_details
    return Usage(usage.prompt_tokens, (details.cached_tokens or 0) if details else 0, usage.completion_tokens)
