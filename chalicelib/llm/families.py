"""Which reasoning efforts each family of OpenAI's models takes, and which of them takes a temperature.

As OpenAI's model pages and its refusals ("Supported values are: ...") said in November 2026, and as
litellm's table says, against which the tests hold it. A model without a row is asked as the settings say.
"""

import re
from collections.abc import Mapping
from typing import Final

_ORDER: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""All efforts, the least first."""
EXACTLY: Final = "="
_UP_TO_MAX: Final = ("low", "medium", "high", "xhigh", "max")
_OF_PRO: Final = ("medium", "high", "xhigh")
_UP_TO_XHIGH: Final = ("none", "low", "medium", "high", "xhigh")

_EFFORTS: Final[Mapping[str, tuple[str, ...]]] = {
    "gpt-3.5": (),
    "gpt-4": (),
    "gpt-4o": (),
    "chatgpt-4o": (),
    "gpt-4.1": (),
    "gpt-4.5": (),
    "gpt-5-chat": (),
    "o1": ("low", "medium", "high"),
    "o3": ("low", "medium", "high"),
    "o4": ("low", "medium", "high"),
    "gpt-5": ("minimal", "low", "medium", "high"),
    "gpt-5-pro": ("high",),
    "gpt-5.2-pro": _OF_PRO,
    "gpt-5.4-pro": _OF_PRO,
    "gpt-5.5-pro": _OF_PRO,
    "gpt-5.1": ("none", "low", "medium", "high"),
    "gpt-5.2": _UP_TO_XHIGH,
    "gpt-5.3": _UP_TO_XHIGH,
    "gpt-5.4": _UP_TO_XHIGH,
    "gpt-5.5": _UP_TO_XHIGH,
    "gpt-5.6": ("none", *_UP_TO_MAX),
    "gpt-6": ("none", *_UP_TO_MAX),
    "gpt-6.1": ("none", *_UP_TO_MAX),
    "gpt-6-astra": _UP_TO_MAX,
    "gpt-6-rosalind": _UP_TO_MAX,
    "gpt-6.1-sol": _UP_TO_MAX,
}
"""The efforts by the beginning of a model's name, the least first; none for models that do not reason."""
_NO_REASONED_CALLS_IN_CHAT: Final = (
    *("gpt-5.4", "gpt-5.4-pro", "gpt-5.5", "gpt-5.5-pro", "gpt-5.6"),
    *("gpt-6", "gpt-6.1", "gpt-6-astra", "gpt-6-rosalind", "gpt-6.1-sol"),
)
"""As OpenAI's refusals and third parties say; see `calls_in_chat`."""

_BREAKPOINTS: Final = ("gpt-5.6", "gpt-6", "gpt-6.1", "gpt-6-astra", "gpt-6-rosalind", "gpt-6.1-sol")
"""As OpenAI's guide to prompt caching says."""


def effort(model: str, wanted: str) -> str:
    """Return the effort to ask the model with: `wanted`, or the nearest that its family takes; empty for none.

    The nearest is the least above `wanted`, or the highest that there is. With `=` in front of it, `wanted` is returned
    as it stands: the owner knows better than this table.
    """
    if wanted.startswith(EXACTLY):
        return wanted.removeprefix(EXACTLY)
    efforts = _efforts(model)
    if efforts is None or wanted in efforts or wanted not in _ORDER:
        return wanted
    above = [taken for taken in efforts if _ORDER.index(taken) > _ORDER.index(wanted)]
    return next(iter(above or efforts[-1:]), "")


def calls_in_chat(model: str, effort: str) -> tuple[bool, str]:
    """Whether the model calls tools in OpenAI's Chat Completions, and the effort to ask it with then.

    Families since gpt-5.4 call them there only if they do not reason, and a few of these always do.
    """
    found = _family(model)
    if found not in _NO_REASONED_CALLS_IN_CHAT:
        return True, effort
    return ("none" in _EFFORTS[found], "none" if "none" in _EFFORTS[found] else effort)


def may_think(model: str, effort: str) -> bool:
    """Whether the model may reason when it is asked with exactly this effort."""
    return effort != "none" and _efforts(model) != ()


def has_breakpoints(model: str) -> bool:
    """Whether the cache of OpenAI finds the beginnings of the model's prompts at breakpoints only, since gpt-5.6."""
    return _family(model) in _BREAKPOINTS


def takes_temperature(model: str, effort: str) -> bool:
    """Whether the model takes a temperature when it is asked with this effort: a model that reasons refuses one."""
    return effort == "none" or (not effort and not _efforts(model))


def never_thinks(model: str, wanted: str) -> bool:
    """Whether the model is known to write nothing but its answer when it is asked with `effort(model, wanted)`."""
    return not may_think(model, effort(model, wanted))


def _efforts(model: str) -> tuple[str, ...] | None:
    """Return the efforts of the model's family; None if it has no row."""
    return _EFFORTS.get(_family(model))


def _family(model: str) -> str:
    """Return the model's family; empty if it has no row.

    The name may be dated, fine-tuned (`ft:...`), or have the prefix of another host, such as `openai/`.
    """
    name = model.removeprefix("ft:").partition(":")[0].rpartition("/")[2].rpartition("openai.")[2]
    found = [family for family in _EFFORTS if re.match(rf"{re.escape(family)}(-|$)", name)]
    return max(found, key=len) if found else ""
