"""Decides whether a request that failed and cannot be billed is sent once more, and after which pause. Pure."""

from email.utils import parsedate_to_datetime
from typing import Final

import httpx2
import openai

from chalicelib.errors import ModelUnusable
from chalicelib.llm.openai_errors import by_code, by_status, was_never_sent
from chalicelib.llm.patience import LEAST_ANSWER_S, PAUSE_S

_PASSING: Final = frozenset({408, 409, 429})
_SERVER_ERROR: Final = 500


def pause_before_retry(error: openai.APIError, *, left: float, now: float) -> float | None:
    """Return the pause in seconds; None if the request is not sent again, or not within the `left` seconds.

    `now` is in seconds since 1970: a server may name a time instead of a pause.
    """
    pause = _pause_after(error, now)
    return pause if pause is not None and pause + LEAST_ANSWER_S <= left else None


def _pause_after(error: openai.APIError, now: float) -> float | None:
    if isinstance(error, openai.APIConnectionError):
        # A request that was sent may be billed: only the caller can set money aside for another one.
        return PAUSE_S if was_never_sent(error) else None
    if by_code(error.code) or by_code(error.type):
        return None
    if not isinstance(error, openai.APIStatusError) or not _is_passing(error.response):
        return None
    if isinstance(by_status(error.status_code, error.body), ModelUnusable):
        return None  # llama.cpp has the status 500 for what it will always refuse
    return _named_pause(error.response.headers, now)


def _is_passing(response: httpx2.Response) -> bool:
    """Whether the same request may succeed a little later; `x-should-retry` is OpenAI's own word for it."""
    told = response.headers.get("x-should-retry")
    if told in ("true", "false"):
        return bool(told == "true")
    return response.status_code in _PASSING or response.status_code >= _SERVER_ERROR


def _named_pause(headers: httpx2.Headers, now: float) -> float:
    for name, divisor in (("retry-after-ms", 1000), ("retry-after", 1)):
        if (seconds := _number(headers.get(name))) is not None:
            return max(0.0, seconds / divisor)
    try:
        return max(0.0, parsedate_to_datetime(headers.get("retry-after", "")).timestamp() - now)
    except (ValueError, OverflowError):
        return PAUSE_S


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return None if number != number else number  # noqa: PLR0124 (the only number that is not itself is none)
