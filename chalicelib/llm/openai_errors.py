"""Translates the errors of the OpenAI SDK, and the error codes of its wire formats, into `ModelError`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import openai

from chalicelib.errors import ConfigError, ModelBusy, ModelError, ModelFault, ModelRefused, ModelUnusable


@contextmanager
def translated() -> Iterator[None]:
    """Translate the SDK's errors. The provider's message stays in the cause, because it may quote the question."""
    try:
        yield
    except ConfigError as exc:
        raise ModelUnusable("there is no key", cause=ModelFault.KEY) from exc
    except openai.APIConnectionError as exc:
        raise ModelBusy(f"the provider is out of reach: {type(exc).__name__}") from exc
    except openai.APIStatusError as exc:
        refused = by_code(exc.code) or by_status(exc.status_code)
        refused.may_be_billed = False
        raise refused from exc
    except openai.APIError as exc:
        raise by_code(exc.code) or ModelBusy("the provider failed while it answered") from exc
    except (openai.OpenAIError, json.JSONDecodeError) as exc:
        raise ModelError(f"the provider's answer makes no sense: {type(exc).__name__}") from exc
    except httpx2.HTTPError as exc:
        raise ModelBusy(f"the stream broke off: {type(exc).__name__}") from exc


def by_code(code: str | None) -> ModelError | None:
    """Return the error that a code stands for, in the body of a refusal or in a stream; None for any other code."""
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


def by_status(status: int) -> ModelError:
    """Return the error that the HTTP status of a refusal stands for."""
    match status:
        case 401 | 403:
            return ModelUnusable(f"the key is refused: HTTP {status}", cause=ModelFault.KEY)
        case 404:
            return ModelUnusable("the model does not exist", cause=ModelFault.MISSING)
        case 408 | 409 | 429 | 500 | 502 | 503 | 504 | 529:
            return ModelBusy(f"the provider is busy: HTTP {status}")
    return ModelBusy(f"the provider failed: HTTP {status}") if status >= 500 else ModelError(f"HTTP {status}")  # noqa: PLR2004
