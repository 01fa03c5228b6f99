"""What each family of models takes at Bedrock, by the ids of its models; as AWS said in November 2026.

A model of an unknown family is asked with what every family takes.
"""

import re
from typing import Any, Final

from chalicelib.llm import families

_OPENAI: Final = re.compile(r"\bopenai\.gpt-\d")
_OPEN_WEIGHTS: Final = re.compile(r"\bopenai\.gpt-oss")
_ADAPTIVE: Final = re.compile(r"claude-((opus|sonnet)-4-[678]|(opus|sonnet|haiku|fable)-[5-9])")
"""Claude's models that think as much as an effort says."""
_RESTS: Final = re.compile(r"claude-(opus|sonnet|haiku)-[5-9]")
"""Those of them that may think unless they are asked not to."""
_NOVA_2: Final = re.compile(r"\bamazon\.nova-2")
_NEVER_THINKS: Final = re.compile(
    r"\b(amazon\.nova-(micro|lite|pro|premier)|meta\.llama|mistral\.mistral|ai21\."
    r"|anthropic\.claude-(3|haiku-4|(sonnet|opus)-4))"
)
"""Models that think only if they are asked to."""
_TEMPERATURE_REFUSED: Final = re.compile(r"claude-(opus-4-[78]|(opus|sonnet|haiku)-[5-9]|fable-|mythos-)")
_MOST_TEMPERATURE: Final = 1.0
"""Of Converse, for all families."""
_NOVA: Final = re.compile(r"\bamazon\.nova")
_CACHES: Final = re.compile(r"\b(amazon\.nova|anthropic\.claude-(haiku|sonnet|opus|fable))")
_LOW_TO_HIGH: Final = ("low", "medium", "high")
_LOW_TO_MAX: Final = (*_LOW_TO_HIGH, "max", "xhigh")
_NO_XHIGH: Final = re.compile(r"claude-(opus|sonnet)-4-6")


def temperature(model: str, effort: str, wanted: float) -> float | None:
    """Return the temperature to ask the model with; None for none."""
    return min(wanted, _MOST_TEMPERATURE) if takes_temperature(model, effort) else None


def takes_temperature(model: str, effort: str = "") -> bool:
    """Whether the model takes a temperature when it is asked with this effort; OpenAI's take none there at all."""
    if _OPENAI.search(model) or _TEMPERATURE_REFUSED.search(model):
        return False
    return "output_config" not in effort_fields(model, effort)


def effort_fields(model: str, effort: str) -> dict[str, Any]:
    """Return the fields of the model's own that ask for the effort; none for a family that takes no such effort."""
    if _OPENAI.search(model):
        taken = families.effort(model, effort)
        return {"reasoning": {"effort": taken}} if taken else {}
    effort = effort.removeprefix("=")  # an owner's word against the table of OpenAI's families
    if _OPEN_WEIGHTS.search(model) and effort in _LOW_TO_HIGH:
        return {"reasoning_effort": effort}
    if _NOVA_2.search(model) and effort in _LOW_TO_HIGH:
        return {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": effort}}
    if _ADAPTIVE.search(model) and effort in _LOW_TO_MAX and not (effort == "xhigh" and _NO_XHIGH.search(model)):
        return {"thinking": {"type": "adaptive"}, "output_config": {"effort": effort}}
    return {"thinking": {"type": "disabled"}} if _RESTS.search(model) and effort in ("", "none") else {}


def thinks(model: str, effort: str) -> bool:
    """Whether the model may be billed for thoughts when it is asked with this effort."""
    if _OPENAI.search(model):
        return not families.never_thinks(model, effort)
    fields = effort_fields(model, effort)
    if _RESTS.search(model):
        return fields.get("thinking") != {"type": "disabled"}
    return bool(fields) or not (_NEVER_THINKS.search(model) or _NOVA_2.search(model))


def refuses_hyphens(model: str) -> bool:
    """Whether the model cannot call a tool with a hyphen in its name."""
    return bool(_NOVA.search(model))


def caches(model: str) -> bool:
    """Whether the model's provider keeps the beginning of a request up to a mark, and takes less for it then."""
    return bool(_CACHES.search(model))
