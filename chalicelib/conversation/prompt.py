"""What a model is sent and what it sends back, as frozen values; no I/O."""

from dataclasses import dataclass, field
from enum import StrEnum

from chalicelib.access.budget import Usage


@dataclass(frozen=True)
class Exchange:
    """A question and its answer, as the model sees the past."""

    question: str = field(repr=False)
    answer: str = field(repr=False)


@dataclass(frozen=True)
class Prompt:
    """All a model is told."""

    instructions: str = field(repr=False)
    history: tuple[Exchange, ...]
    question: str = field(repr=False)
    max_output_tokens: int
    person_hash: str
    """Tells the provider apart whom to blame for abuse, without saying who it is."""
    temperature: float | None = None
    """How freely the model chooses its words; None leaves that to it."""


@dataclass(frozen=True)
class TextDelta:
    """The next few characters of the answer."""

    text: str = field(repr=False)


class FinishReason(StrEnum):
    """Why the model stopped."""

    STOP = "stop"
    LENGTH = "length"


@dataclass(frozen=True)
class Finished:
    """The answer is complete; always the last event."""

    reason: FinishReason
    usage: Usage


ModelEvent = TextDelta | Finished
