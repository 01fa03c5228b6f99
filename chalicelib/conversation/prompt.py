"""What is sent to a model and what comes back, as frozen values.

Fields that hold users' or the model's words are kept out of `repr`, so that no log line or traceback shows them.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from chalicelib.access.budget import Usage
from chalicelib.conversation import speaker
from chalicelib.conversation.tool import Round, ToolCall, ToolSpec
from chalicelib.errors import ModelError

_BY_HUMAN: Final = "[A human answered here in your place; the next answer is theirs, not yours.]"
_LIKE_THAT: Final = re.compile(r"\[(?=\s*a\s+human\s+answered\b)", re.IGNORECASE)


def _said(words: str, speaker_: str) -> str:
    """Return a user's words with the mark of who speaks. What looks like the mark of a human gets a backslash."""
    return speaker.marked(_LIKE_THAT.sub(r"\\[", words), speaker_)


@dataclass(frozen=True)
class Exchange:
    """A past question and its answer."""

    question: str = field(repr=False)
    answer: str = field(repr=False)
    speaker: str = ""
    """Who asked, where several people write: a pseudonym. Empty elsewhere."""
    by_human: bool = False
    """Whether a human answered in place of the model; there need not be a question."""

    @property
    def said(self) -> str:
        """The question as the model gets it: in a room with the mark of its speaker, and that a human answered it."""
        said = _said(self.question, self.speaker)
        return "\n".join(filter(None, (_BY_HUMAN, said))) if self.by_human else said


@dataclass(frozen=True)
class Prompt:
    """A request to a model."""

    instructions: str = field(repr=False)
    history: tuple[Exchange, ...]
    """Oldest first."""
    question: str = field(repr=False)
    max_output_tokens: int
    person_hash: str
    """Lets the provider recognise a user who abuses the model, without an id that names the user."""
    temperature: float | None = None
    """From 0 to 2; None leaves it to the model."""
    model: str = ""
    """The name of the model that the owner chose to answer; empty for the deployment's."""
    speaker: str = ""
    """As in `Exchange`."""
    notes: str = field(default="", repr=False)
    """What is known from before the history, as data; sent in the user's role in front of it. Empty for nothing."""
    tools: tuple[ToolSpec, ...] = ()
    """The tools that the model may call."""
    rounds: tuple[Round, ...] = ()
    """What it has called so far to answer this question, oldest first."""
    may_call: bool = True
    """Whether it may call more tools; otherwise it has to answer with what it knows."""

    @property
    def said(self) -> str:
        """The question as in `Exchange.said`."""
        return _said(self.question, self.speaker)


@dataclass(frozen=True)
class TextDelta:
    """The next few characters of the answer."""

    text: str = field(repr=False)


class FinishReason(StrEnum):
    """Why the model stopped."""

    STOP = "stop"
    LENGTH = "length"
    """The answer was cut off at `max_output_tokens`."""
    CALLS = "calls"
    """The model waits for the results of tools before it goes on."""


@dataclass(frozen=True)
class Finished:
    """The answer is complete; always the last event."""

    reason: FinishReason
    usage: Usage
    calls: tuple[ToolCall, ...] = ()
    """The calls that the model asks for, complete and in order; at least one if the reason is CALLS, else none."""
    thoughts: tuple[str, ...] = field(default=(), repr=False)
    """As in `Round`."""


@dataclass(frozen=True)
class Used:
    """What the provider says an answer cost that ends with an error; that error comes next."""

    usage: Usage


@dataclass(frozen=True)
class Waiting:
    """The model is silent or thinks. It lets the caller look at the clock and at the user, who may have cancelled."""


ModelEvent = TextDelta | Waiting | Used | Finished


def believed(usage: Usage, *, wrote: bool) -> Usage:
    """Return the usage of an answer; an empty one for words or calls without output tokens: something else is counted.

    `wrote` is whether the model has written any.
    """
    return usage if usage.output or not wrote else Usage()


@dataclass(frozen=True)
class Answer:
    """An answer of the model, and what it took."""

    text: str = field(repr=False)
    """Without white space around it. Empty only if the user cancelled the answer before its first word."""
    reason: FinishReason | None
    """None if the user cancelled the answer."""
    usage: Usage | None
    """None if the answer was stopped before its end, where the provider tells the usage."""
    at_most: Usage
    """An upper bound of what the provider bills."""
    ms: int
    first_words_ms: int
    """Time from the request to the first delta."""


@dataclass(frozen=True)
class Failure:
    """A call of the model without a usable answer, and what it took."""

    error: ModelError
    usage: Usage | None
    """None if the provider did not tell."""
    at_most: Usage
    """As in `Answer`."""
    ms: int
