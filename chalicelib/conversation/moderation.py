"""Moderation: what a moderation service finds in a question, and the port to it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from chalicelib.errors import ModelFault, ModelUnusable


class Category(StrEnum):
    """What a question may be flagged for. The values are OpenAI's names, except `other`."""

    HARASSMENT = "harassment"
    HARASSMENT_THREATENING = "harassment/threatening"
    HATE = "hate"
    HATE_THREATENING = "hate/threatening"
    ILLICIT = "illicit"
    ILLICIT_VIOLENT = "illicit/violent"
    SELF_HARM = "self-harm"
    SELF_HARM_INTENT = "self-harm/intent"
    SELF_HARM_INSTRUCTIONS = "self-harm/instructions"
    SEXUAL = "sexual"
    SEXUAL_MINORS = "sexual/minors"
    VIOLENCE = "violence"
    VIOLENCE_GRAPHIC = "violence/graphic"
    OTHER = "other"
    """Something that a service flags without one of these names, such as a subject that its owner denies."""


_SELF_HARM: Final = frozenset({Category.SELF_HARM, Category.SELF_HARM_INTENT, Category.SELF_HARM_INSTRUCTIONS})


@dataclass(frozen=True)
class Verdict:
    """What a service says about one question."""

    flagged: frozenset[Category] = frozenset()
    """Empty for a question without fault."""
    score: float | None = None
    """How sure the service is of its most likely category, from 0 to 1; None if it does not say."""

    @property
    def is_about_self_harm(self) -> bool:
        """Whether the person may be in danger."""
        return not _SELF_HARM.isdisjoint(self.flagged)


class Moderation(Protocol):
    """A moderation service, such as OpenAI's endpoint or a guardrail of Amazon Bedrock."""

    def check(self, text: str, *, seconds: float) -> Verdict:
        """Return the verdict on a question. Raises ModelError if there is none that makes sense within `seconds`."""


@dataclass(frozen=True)
class NoModeration:
    """Takes the place of a service where the model's provider has none."""

    def check(self, text: str, *, seconds: float) -> Verdict:  # noqa: ARG002 (of the port)
        raise ModelUnusable("the model's provider has no moderation service", cause=ModelFault.ROUTE)
