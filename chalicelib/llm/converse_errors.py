"""Translates what boto3 raises for a request to Bedrock into `ModelError`.

A stream has errors of its own: codes in camel case, and those of urllib3, which botocore does not translate there. A
message of Bedrock is only searched, never shown: it may quote the question.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import urllib3.exceptions
from botocore import eventstream
from botocore import exceptions as botocore

from chalicelib.errors import ModelBusy, ModelError, ModelFault, ModelRefused, ModelUnusable
from chalicelib.llm.refusals import TOO_LONG

_FIELDS: Final = "additionalModelRequestFields"
_CACHE: Final = "cachePoint"
_SENT_IN: Final = {
    **dict.fromkeys(("reasoning", "thinking", "output_config"), _FIELDS),
    "prompt caching": _CACHE,
}
"""The parameters in which what families call by these names is sent."""
_PARAMETERS: Final = ("temperature", _FIELDS, _CACHE, *_SENT_IN, "guardrail", "toolConfig", "maxTokens")
"""Names that a message is searched for."""
_BUSY: Final = frozenset(
    {"throttling", "toomanyrequests", "serviceunavailable", "internalserver", "internalfailure", "modelnotready"}
)
"""The provider has not begun; the same request may succeed a little later."""
_FAILED: Final = frozenset({"modeltimeout", "modelerror", "modelstreamerror"})
"""The model has begun and failed."""
_NO_ACCESS: Final = frozenset(
    {"accessdenied", "unrecognizedclient", "invalidsignature", "signaturedoesnotmatch", "missingauthenticationtoken"}
    | {"incompletesignature", "invalidclienttokenid", "expiredtoken", "optinrequired", "notauthorized"}
)
_NO_MODEL: Final = re.compile(
    r"model identifier is invalid|inference profile|on-demand throughput|end of its life|not found|could not resolve"
    r"|not support(ed)? (the )?(converse|system|streaming)|model.{0,40}(is )?not (available|supported|enabled)",
    re.IGNORECASE,
)
_PROFILE: Final = re.compile(r"on-demand throughput|inference profile", re.IGNORECASE)
_TOO_LONG: Final = re.compile(
    r"(input|prompt|request) is too long|too many (input )?tokens|context (length|window|size)|maximum context"
    r"|exceeds? (the )?(maximum|limit).{0,60}tokens|reduce the length|input length",
    re.IGNORECASE,
)
_FILTERED: Final = re.compile(
    r"content filter|blocked by|(safety|usage|content|responsible ai) polic|guardrail.{0,20}interven", re.IGNORECASE
)
_UNVERIFIED: Final = re.compile(r"use case (details|form)|aws-marketplace|marketplace subscription", re.IGNORECASE)
_CACHE_REFUSED: Final = re.compile(r"prompt caching", re.IGNORECASE)
_SLIP: Final = re.compile(r"invalid sequence as part of ToolUse", re.IGNORECASE)
"""What Nova's errors say where others stop with `malformed_tool_use`."""
_NO_CREDIT: Final = re.compile(r"payment.?instrument|billing|payment method", re.IGNORECASE)


@contextmanager
def translated() -> Iterator[None]:
    """Translate boto3's and urllib3's errors. The provider's message stays in the cause: it may quote the question."""
    try:
        yield
    except botocore.EventStreamError as exc:
        raise _by_code(exc) from exc
    except botocore.ClientError as exc:
        refused = _by_code(exc)
        refused.may_be_billed = _word(exc) in _FAILED
        raise refused from exc
    except (botocore.NoCredentialsError, botocore.PartialCredentialsError, botocore.CredentialRetrievalError) as exc:
        raise ModelUnusable("there are no AWS credentials", cause=ModelFault.ACCESS) from exc
    except botocore.ParamValidationError as exc:
        raise ModelUnusable("the request is refused", cause=ModelFault.REFUSED, names=["parameters"]) from exc
    except botocore.HTTPClientError as exc:
        unreached = ModelBusy(f"Bedrock is out of reach: {type(exc).__name__}")
        unreached.may_be_billed = not isinstance(exc, (botocore.EndpointConnectionError, botocore.ConnectTimeoutError))
        raise unreached from exc
    except (urllib3.exceptions.HTTPError, eventstream.ParserError, OSError) as exc:
        raise ModelBusy(f"the stream broke off: {type(exc).__name__}") from exc
    except Exception as exc:
        raise ModelError(f"the provider's answer makes no sense: {type(exc).__name__}") from exc


def _word(error: botocore.ClientError) -> str:
    """Return the error's code in one spelling: Bedrock writes it in two, and with or without `Exception`."""
    code = str(error.response.get("Error", {}).get("Code", "")).casefold()
    return code.partition(":")[0].removesuffix("exception")


def _by_code(error: botocore.ClientError) -> ModelError:
    word, text = _word(error), str(error.response.get("Error", {}).get("Message", ""))
    if word in _FAILED:
        failed = ModelBusy("the model failed while it answered")
        failed.is_slip = bool(_SLIP.search(text))
        return failed
    if word in _BUSY:
        return ModelBusy(f"Bedrock is busy: {word}")
    if word in _NO_ACCESS:
        return _no_access(text)
    if word == "resourcenotfound":
        return _unverified() if _UNVERIFIED.search(text) else _no_model(text)
    if word == "servicequotaexceeded":
        return ModelBusy("the account's quota at Bedrock is used up")
    if word == "validation":
        return _by_text(text)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    if status >= 500:  # noqa: PLR2004
        return ModelBusy("Bedrock failed")
    return ModelUnusable("the request is refused", cause=ModelFault.REFUSED, names=[_name(word)])


def _no_access(text: str) -> ModelError:
    if _NO_CREDIT.search(text):
        return ModelUnusable("the AWS account has no way to pay for the model", cause=ModelFault.CREDIT)
    if _UNVERIFIED.search(text):
        return _unverified()
    if _CACHE_REFUSED.search(text):
        return ModelUnusable("the cache is refused", cause=ModelFault.REFUSED, names=[_CACHE])
    return ModelUnusable("AWS does not let the bot ask the model", cause=ModelFault.ACCESS)


def _by_text(text: str) -> ModelError:
    if _TOO_LONG.search(text):
        return ModelUnusable("the request is too long for the model", cause=ModelFault.REFUSED, names=[TOO_LONG])
    if _FILTERED.search(text):
        return ModelRefused("the provider's filter refused the question")
    names = [_SENT_IN.get(name, name) for name in _PARAMETERS if re.search(rf"\b{name}", text, re.IGNORECASE)]
    if not names and _NO_MODEL.search(text):
        return _no_model(text)
    names = names or ["validation"]
    return ModelUnusable(f"the request is refused: {', '.join(names)}", cause=ModelFault.REFUSED, names=names)


def _unverified() -> ModelUnusable:
    why = "the account has to ask for the model first, in the Bedrock console, as its maker wants"
    return ModelUnusable(why, cause=ModelFault.ACCESS)


def _no_model(text: str) -> ModelUnusable:
    if _PROFILE.search(text):
        why = "the model is asked through an inference profile: its id begins with us., eu., apac. or global."
        return ModelUnusable(why, cause=ModelFault.MISSING)
    why = "Bedrock does not know the model's id in this region"
    return ModelUnusable(why, cause=ModelFault.MISSING, names=["PARLEY_BEDROCK_REGION"])


def _name(word: str) -> str:
    return word if re.fullmatch(r"[a-z0-9_.-]{1,64}", word) else "unknown"
