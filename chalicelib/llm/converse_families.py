"""What each family of models takes at Bedrock, by the ids of its models; as AWS said in November 2026.

A model of an unknown family is asked with what every family takes.
"""

import re
from typing import Any, Final

from chalicelib.llm import families

_OPENAI: Final = re.compile(r"\bopenai\.gpt-\d")
_OPEN_WEIGHTS: Final = re.compile(r"\bopenai\.gpt-oss")
_LOW_TO_HIGH: Final = ("low", "medium", "high")
_TEMPERATURE_REFUSED: Final = re.compile(r"claude-(opus-4-[78]|opus-[5-9]|sonnet-[5-9]|fable-|mythos-)")
_NEVER_THINKS: Final = re.compile(r"\b(amazon\.nova-(micro|lite|pro|premier)|meta\.llama|mistral\.mistral|ai21\.)")
_NOVA: Final = re.compile(r"\bamazon\.nova")
_CACHES: Final = re.compile(r"\b(amazon\.nova|anthropic\.claude-(haiku|sonnet|opus|fable))")


def takes_temperature(model: str) -> bool:
    """Whether the model takes a temperature; OpenAI's take none there, also if they do not reason."""
    return not (_OPENAI.search(model) or _TEMPERATURE_REFUSED.search(model))


def effort_fields(model: str, effort: str) -> dict[str, Any]:
    """Return the fields of the model's own that ask for the effort; none for a family that takes no effort."""
    if _OPEN_WEIGHTS.search(model):
        return {"reasoning_effort": effort} if effort in _LOW_TO_HIGH else {}
    taken = families.effort(model, effort) if _OPENAI.search(model) else ""
    return {"reasoning": {"effort": taken}} if taken else {}


def thinks(model: str, effort: str) -> bool:
    """Whether the model may be billed for thoughts when it is asked with this effort."""
    if _OPENAI.search(model):
        return not families.never_thinks(model, effort)
    return not _NEVER_THINKS.search(model)


def refuses_hyphens(model: str) -> bool:
    """Whether the model cannot call a tool with a hyphen in its name."""
    return bool(_NOVA.search(model))


def caches(model: str) -> bool:
    """Whether the model's provider keeps the beginning of a request up to a mark, and takes less for it then."""
    return bool(_CACHES.search(model))
