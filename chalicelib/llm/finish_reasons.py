"""What the reasons mean for which a model stopped: each server has words of its own for them. Pure."""

from typing import Final

from chalicelib.conversation.prompt import FinishReason
from chalicelib.errors import ModelBusy, ModelRefused

_NONE: Final = ("null", "none", "undefined", "finishreasonunspecified")
_FAILED: Final = (
    *("error", "fail", "abort", "cancel", "interrupt", "timeout"),
    *("overload", "ratelimit", "insufficient", "malformed"),
)
_REFUSED: Final = (
    *("filter", "safety", "unsafe", "refus", "moderat", "blocked", "blocklist", "prohibit", "policy"),
    *("violat", "harm", "sensitive", "guardrail", "recitation", "spii"),
)
_LENGTH: Final = ("length", "max", "limit", "truncat", "contextwindow")


def finish_reason(reason: str) -> FinishReason | None:
    """Return why the model stopped; None if the word says that it has not.

    Raises ModelRefused if a filter stopped it, and ModelBusy if it failed.
    """
    word = "".join(letter for letter in reason.casefold() if letter.isalnum())
    if word in _NONE:
        return None
    if any(part in word for part in _FAILED):
        raise ModelBusy("the provider failed while it answered")
    if any(part in word for part in _REFUSED):
        raise ModelRefused("the provider's filter stopped the answer")
    return FinishReason.LENGTH if any(part in word for part in _LENGTH) else FinishReason.STOP
