"""Translates the errors of the OpenAI SDK, and the error codes of its wire formats, into `ModelError`.

A provider's message is only searched, never shown: it may quote the question.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import httpx2
import openai

from chalicelib.errors import ConfigError, ModelBusy, ModelError, ModelFault, ModelRefused, ModelUnusable
from chalicelib.llm.refusals import TOO_LONG

_PARAMETERS: Final = (
    "max_completion_tokens",
    "max_tokens",
    "max_output_tokens",
    "stream_options",
    "reasoning_effort",
    "reasoning",
    "temperature",
    "safety_identifier",
    "tools",
    "tool_choice",
    "strict",
    "include",
    "prompt_cache_key",
    "prompt_cache_breakpoint",
)
"""Parameters that a message is searched for if the refusal names none."""
_NAME: Final = re.compile(r"[\w.*\[\]-]{1,64}", re.ASCII)
"""What a parameter or a code looks like: a message's words, which may quote the question, have spaces between them."""
_MOST_TEXT: Final = 20_000

_FILTERED_CODE: Final = re.compile(
    r"content_?filter|invalid_prompt|policy|moderation|^safety|_safety|prompt_blocked|inspection_failed|sensitive|flagged",
    re.IGNORECASE,
)
_FILTERED: Final = re.compile(
    r"safety system|usage (polic|guidelines)|content (management )?polic|(was|been|were) flagged", re.IGNORECASE
)
_SPENT_CODE: Final = re.compile(r"(organization|project)_(spend|usage)_limit_exceeded")
"""OpenAI's codes for a monthly limit of the owner's, or of its own, that is reached."""
_TOO_LONG_CODE: Final = re.compile(r"context_?(length|size|window)|prompt_too_long|prompt_tokens_exceeded")
_TOO_LONG: Final = re.compile(
    r"context (length|size|window)|(prompt|input|request) is too long|too many (input )?tokens|tokens allowed"
    r"|reduce the length|tokens`? must be <=",
    re.IGNORECASE,
)
_UNVERIFIED: Final = re.compile(r"organi[sz]ation must be verified", re.IGNORECASE)
_NO_CREDIT: Final = re.compile(
    r"credit balance|insufficient (account )?(balance|credit|quota|fund)|have any credits|out of credits", re.IGNORECASE
)
_NO_MODEL: Final = re.compile(
    r"not a valid model|(no such|unknown|invalid) model|model.{0,80}(not exist|not found)", re.IGNORECASE | re.DOTALL
)
_NO_TOOLS: Final = re.compile(
    r"\b(not support|support for|requires?|to be set|that support)\b.{0,80}\btool|tools? (param )?requires|"
    r"\btools?\b.{0,60}\b(not supported|unsupported|not enabled|requires|to be set)",
    re.IGNORECASE,
)
"""What servers say that call no tools with this model, or were not started for it."""
_MODEL: Final = re.compile(r"\bmodels?\b|endpoints found", re.IGNORECASE)
_ROUTE: Final = re.compile(
    r"invalid url|unknown (request )?url|page not found|unexpected endpoint|only supported in v1/|not a chat model",
    re.IGNORECASE,
)


@contextmanager
def translated() -> Iterator[None]:
    """Translate the SDK's errors. The provider's message stays in the cause, because it may quote the question."""
    try:
        yield
    except ConfigError as exc:
        raise ModelUnusable("there is no key", cause=ModelFault.KEY) from exc
    except openai.APIConnectionError as exc:
        unreached = ModelBusy(f"the provider is out of reach: {type(exc).__name__}")
        unreached.may_be_billed = not was_never_sent(exc)
        raise unreached from exc
    except openai.APIStatusError as exc:
        refused = by_status(exc.status_code, exc.body)
        refused.may_be_billed = False
        raise refused from exc
    except openai.APIError as exc:
        raise by_code(exc.code) or by_code(exc.type) or ModelBusy("the provider failed while it answered") from exc
    except (openai.OpenAIError, json.JSONDecodeError) as exc:
        raise ModelError(f"the provider's answer makes no sense: {type(exc).__name__}") from exc
    except httpx2.HTTPError as exc:
        raise ModelBusy(f"the stream broke off: {type(exc).__name__}") from exc


def was_never_sent(error: openai.APIConnectionError) -> bool:
    """Whether no connection was made, so that the provider has seen nothing of the request."""
    return isinstance(error.__cause__, (httpx2.ConnectError, httpx2.ConnectTimeout))


def by_code(code: object) -> ModelError | None:
    """Return the error that a code stands for, in the body of a refusal or in a stream; None for any other value."""
    match code if isinstance(code, str) else "":
        case "insufficient_quota" | "insufficient_balance" | "exceeded_current_quota_error" | "402":
            return _no_credit()
        case "billing_hard_limit_reached" | "billing_not_active" | "insufficient_credits" | "credit_balance_exhausted":
            return _no_credit()
        case other if _SPENT_CODE.fullmatch(other):
            return _no_credit()
        case "invalid_api_key" | "account_deactivated" | "401":
            return ModelUnusable("the key is refused", cause=ModelFault.KEY)
        case "model_not_found" | "model_not_available" | "model_decommissioned" | "invalid_model":
            return _no_model()
        case other if _TOO_LONG_CODE.search(other):
            return _too_long()
        case other if _FILTERED_CODE.search(other):
            return _filtered()
    return None


def by_status(status: int, body: object = None) -> ModelError:
    """Return the error that an HTTP status stands for, with the refusal's body as the SDK passes it on."""
    said = _Said.of(body)
    known = next(filter(None, map(by_code, said.codes)), None)
    if not known and status not in (401, 402, 429) and _NO_TOOLS.search(said.text):
        return ModelUnusable("tools are refused", cause=ModelFault.REFUSED, names=["tools"])
    if _UNVERIFIED.search(said.text):
        return _unusable("the account is not verified", ModelFault.VERIFICATION, said, status)
    return known or (_by_text(said) if status in (400, 403, 422) else None) or _by_status_alone(status, said)


def _by_text(said: "_Said") -> ModelError | None:
    if _TOO_LONG.search(said.text):
        return _too_long()
    if _NO_CREDIT.search(said.text):
        return _no_credit()
    if _FILTERED.search(said.text):
        return _filtered()
    return _no_model() if said.param == "model" or _NO_MODEL.search(said.text) else None


def _by_status_alone(status: int, said: "_Said") -> ModelError:
    match status:
        case 401 | 403 if not any("country" in code for code in said.codes):
            return ModelUnusable(f"the key is refused: HTTP {status}", cause=ModelFault.KEY)
        case 402:
            return _no_credit()
        case 413:
            return _too_long()
        case 404 | 405:
            is_model = _MODEL.search(said.text) and not _ROUTE.search(said.text)
            return _no_model() if is_model else ModelUnusable("the server has no such route", cause=ModelFault.ROUTE)
        case 408 | 409 | 425 | 429 | 500 | 502 | 503 | 504 | 529:
            return ModelBusy(f"the provider is busy: HTTP {status}")
        case _ if status >= 500:  # noqa: PLR2004
            return ModelBusy(f"the provider failed: HTTP {status}")
    return _unusable("the request is refused", ModelFault.REFUSED, said, status)


@dataclass(frozen=True)
class _Said:
    """What a provider says against a request, whatever the shape of its body."""

    codes: tuple[str, ...]
    """Its `code` and its `type`, if they look like names."""
    param: str
    """The parameter that it names; empty for none."""
    text: str = field(repr=False)
    """Everything it says, in lines."""

    @classmethod
    def of(cls, body: object) -> "_Said":
        top = body if isinstance(body, Mapping) else {}
        codes = tuple(name for key in ("code", "type") if (name := _name(top.get(key))))
        return cls(codes, _name(top.get("param")), "\n".join(_strings(body))[:_MOST_TEXT])

    def names(self) -> tuple[str, ...]:
        """Return the parameters that it is about; if it names none, its code."""
        found = tuple(name for name in _PARAMETERS if re.search(rf"\b{name}\b", self.text))
        return (self.param,) if self.param else found or self.codes[:1]


def _name(value: object) -> str:
    """Return the value if it looks like a name, else nothing."""
    name = str(value) if isinstance(value, (str, int)) else ""
    return name if _NAME.fullmatch(name) else ""


def _strings(value: object) -> Iterator[str]:
    """Iterate over all strings in a value from JSON, but those that repeat what was sent (`input`)."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str(text):
                yield text
            case list(items):
                waiting += reversed(items)
            case dict(fields):
                waiting += [inner for key, inner in fields.items() if key != "input"]


def _unusable(message: str, cause: ModelFault, said: _Said, status: int) -> ModelUnusable:
    names = said.names() or (f"HTTP {status}",)
    return ModelUnusable(f"{message}: {', '.join(names)}", cause=cause, names=names)


def _too_long() -> ModelUnusable:
    return ModelUnusable("the request is too long for the model", cause=ModelFault.REFUSED, names=[TOO_LONG])


def _filtered() -> ModelRefused:
    return ModelRefused("the provider's filter refused the question")


def _no_credit() -> ModelUnusable:
    return ModelUnusable("the account has no credit", cause=ModelFault.CREDIT)


def _no_model() -> ModelUnusable:
    return ModelUnusable("the model does not exist", cause=ModelFault.MISSING)
