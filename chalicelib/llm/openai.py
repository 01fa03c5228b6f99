"""The client of OpenAI and of all servers with the same API, over the OpenAI SDK; only the worker imports it.

There are two wire formats: Responses, which OpenAI recommends, and Chat Completions, which all compatible servers
support. The provider stores no conversation (`store=False`), so each request contains the whole history.
"""

import json
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from urllib.parse import quote

import httpx2
import openai
from openai.types.chat import ChatCompletionMessageParam
from openai.types.responses import EasyInputMessageParam, ResponseInputParam

from chalicelib.access.budget import Price, Usage
from chalicelib.conversation.prompt import Finished, FinishReason, ModelEvent, Prompt, TextDelta
from chalicelib.errors import ConfigError, ModelBusy, ModelError, ModelFault, ModelRefused, ModelUnusable
from chalicelib.llm.health import ModelInfo

Api = Literal["responses", "chat"]

_CONNECT_S = 3.0
_RETRIES = 1
_LOOK_UP_S = 10.0


@dataclass(frozen=True)
class OpenAIModel:
    """Implements `conversation.ports.Model` with one OpenAI-compatible server."""

    name: str
    effort: str
    """The reasoning effort; empty for servers that do not know the parameter, which is then not sent."""
    api: Api
    client: Callable[[], openai.OpenAI]
    """Called for each request, so that a renewed API key is used."""
    price: Price
    provider: str = "openai"
    """OpenTelemetry's name of the API, which is the same on every compatible server."""
    monotonic: Callable[[], float] = time.monotonic

    def answer(self, prompt: Prompt, *, seconds: float) -> Generator[ModelEvent]:
        deadline = self.monotonic() + seconds
        finished = False
        with _translated():
            # The SDK retries a request that fails before its first byte: all tries together must fit.
            timeout = httpx2.Timeout(seconds / (_RETRIES + 1), connect=_CONNECT_S)
            client = self.client().with_options(timeout=timeout, max_retries=_RETRIES)
            for event in self._stream(client, prompt):
                finished = isinstance(event, Finished)
                yield event
                if not finished and self.monotonic() > deadline:
                    raise ModelBusy("the answer took too long")
        if not finished:
            raise ModelBusy("the stream broke off")

    def _stream(self, client: openai.OpenAI, prompt: Prompt) -> Iterator[ModelEvent]:
        return self._responses(client, prompt) if self.api == "responses" else self._chat(client, prompt)

    def _temperature(self, prompt: Prompt) -> dict[str, Any]:
        """Return the temperature as a parameter; without one for a reasoning model, which refuses the parameter."""
        accepted = prompt.temperature is not None and self.effort in ("", "none")
        return {"temperature": prompt.temperature} if accepted else {}

    def _responses(self, client: openai.OpenAI, prompt: Prompt) -> Iterator[ModelEvent]:
        options = self._temperature(prompt) | ({"reasoning": {"effort": self.effort}} if self.effort else {})
        stream = client.responses.create(
            model=self.name,
            instructions=prompt.instructions,
            input=_input(prompt),
            max_output_tokens=prompt.max_output_tokens,
            safety_identifier=prompt.person_hash,
            store=False,
            stream=True,
            **options,
        )
        with stream:
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
                        raise _by_code(event.code) or ModelBusy(f"the provider failed: {event.code}")

    def _chat(self, client: openai.OpenAI, prompt: Prompt) -> Iterator[ModelEvent]:
        options = self._temperature(prompt) | ({"reasoning_effort": self.effort} if self.effort else {})
        stream = client.chat.completions.create(
            model=self.name,
            messages=_messages(prompt),
            max_completion_tokens=prompt.max_output_tokens,
            stream=True,
            stream_options={"include_usage": True},
            **options,
        )
        reason, usage = None, Usage()
        with stream:
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


@dataclass(frozen=True)
class OpenAICatalogue:
    """Implements `llm.health.Catalogue` with one OpenAI-compatible server."""

    name: str
    is_openai: bool
    """Whether a model can be looked up by name; other servers list models, if at all, and may have unlisted ones."""
    client: Callable[[], openai.OpenAI]

    def find(self) -> ModelInfo:
        path = f"/models/{quote(self.name, safe='')}" if self.is_openai else "/models"
        try:
            with _translated():
                timeout = httpx2.Timeout(_LOOK_UP_S, connect=_CONNECT_S)
                # Not parsed by the SDK: its types do not fit what other servers send.
                found = self.client().with_options(timeout=timeout, max_retries=0).get(path, cast_to=object)
        except ModelUnusable as exc:
            if self.is_openai or exc.cause != ModelFault.MISSING:
                raise
            found = None
        match found:
            case {"id": self.name, **more} if self.is_openai:
                return ModelInfo(listed=True, shutdown=_date(more.get("shutdown_date")))
            case {"data": list(models)} if not self.is_openai:
                listed = any(isinstance(model, dict) and model.get("id") == self.name for model in models)
                return ModelInfo(listed=listed, shutdown=None)
        if self.is_openai:
            raise ModelError("the provider's answer makes no sense: it is not about the model")
        return ModelInfo(listed=None, shutdown=None)


def _date(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _input(prompt: Prompt) -> ResponseInputParam:
    said: list[EasyInputMessageParam] = []
    for exchange in prompt.history:
        said += [{"role": "user", "content": exchange.question}, {"role": "assistant", "content": exchange.answer}]
    return [*said, {"role": "user", "content": prompt.question}]


def _messages(prompt: Prompt) -> list[ChatCompletionMessageParam]:
    said: list[ChatCompletionMessageParam] = [{"role": "system", "content": prompt.instructions}]
    for exchange in prompt.history:
        said += [{"role": "user", "content": exchange.question}, {"role": "assistant", "content": exchange.answer}]
    return [*said, {"role": "user", "content": prompt.question}]


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


@contextmanager
def _translated() -> Iterator[None]:
    """Translate the SDK's errors. The provider's message stays in the cause, because it may quote the question."""
    try:
        yield
    except ConfigError as exc:
        raise ModelUnusable("there is no key", cause=ModelFault.KEY) from exc
    except openai.APIConnectionError as exc:
        raise ModelBusy(f"the provider is out of reach: {type(exc).__name__}") from exc
    except openai.APIStatusError as exc:
        refused = _by_code(exc.code) or _by_status(exc.status_code)
        refused.may_be_billed = False
        raise refused from exc
    except openai.APIError as exc:
        raise _by_code(exc.code) or ModelBusy("the provider failed while it answered") from exc
    except (openai.OpenAIError, json.JSONDecodeError) as exc:
        raise ModelError(f"the provider's answer makes no sense: {type(exc).__name__}") from exc
    except httpx2.HTTPError as exc:
        raise ModelBusy(f"the stream broke off: {type(exc).__name__}") from exc


def _by_code(code: str | None) -> ModelError | None:
    match code:
        case "insufficient_quota" | "billing_hard_limit_reached":
            return ModelUnusable("the account has no credit", cause=ModelFault.CREDIT)
        case "invalid_api_key":
            return ModelUnusable("the key is refused", cause=ModelFault.KEY)
        case "model_not_found":
            return ModelUnusable("the model does not exist", cause=ModelFault.MISSING)
        case "content_filter" | "content_policy_violation":
            return ModelRefused("the provider's filter refused the question")
    return None


def _by_status(status: int) -> ModelError:
    match status:
        case 401 | 403:
            return ModelUnusable(f"the key is refused: HTTP {status}", cause=ModelFault.KEY)
        case 404:
            return ModelUnusable("the model does not exist", cause=ModelFault.MISSING)
        case 408 | 409 | 429 | 500 | 502 | 503 | 504 | 529:
            return ModelBusy(f"the provider is busy: HTTP {status}")
    return ModelBusy(f"the provider failed: HTTP {status}") if status >= 500 else ModelError(f"HTTP {status}")  # noqa: PLR2004
