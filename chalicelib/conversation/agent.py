"""The agent: sends a turn's prompt to the model and streams the answer to the user.

The names of log fields are here too; they follow OpenTelemetry's semantic conventions for generative AI (`gen_ai.*`).
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field

from chalicelib.access.budget import Usage
from chalicelib.clock import Clock
from chalicelib.conversation import prompt_builder
from chalicelib.conversation.answer_text import AnswerText, Words
from chalicelib.conversation.ports import Model, OnDelta, Sender
from chalicelib.conversation.prompt import (
    Answer,
    Failure,
    Finished,
    FinishReason,
    ModelEvent,
    Prompt,
    TextDelta,
    Used,
    Waiting,
)
from chalicelib.conversation.turn import MAX_ANSWER_BYTES
from chalicelib.conversation.turn_context import TurnContext
from chalicelib.errors import ModelError
from chalicelib.ids import PersonId
from chalicelib.log import Value


@dataclass
class Habit:
    """What the model's last answer shows about its next ones; kept for as long as the process lives."""

    closes_only: bool = False
    """As in `AnswerText`."""


@dataclass(frozen=True)
class Agent:
    """Answers a question by calling the model."""

    model: Model
    sender: Sender
    pseudonym: Callable[[PersonId], str]
    """Hashes a user's id for the provider."""
    clock: Clock
    habit: Habit = field(default_factory=Habit)

    @property
    def log_fields(self) -> dict[str, Value]:
        """The fields that every log line about a call of this model has."""
        return model_asked(self.model)

    def answer(self, context: TurnContext) -> Answer | Failure:
        """Return the model's answer, having streamed it to the user, who may cancel it.

        An empty answer is a failure.
        """
        prompt = prompt_builder.build(context, person_hash=self.pseudonym(context.turn.person))
        seconds = context.time.for_the_model()
        with self.sender.responding(context.turn) as on_delta:
            return self._call(prompt, on_delta, seconds=seconds)

    def _call(self, prompt: Prompt, on_delta: OnDelta, *, seconds: float) -> Answer | Failure:
        started = self.clock()
        call = _Call(_Shown(on_delta, self.clock, AnswerText(closes_only=self.habit.closes_only)))
        try:
            with closing(self.model.answer(prompt, seconds=seconds)) as events:
                goes_on = all(map(call.goes_on, events))
        except ModelError as exc:
            at_most = prompt_builder.at_most(prompt, written=None) if exc.may_be_billed else Usage()
            return Failure(exc, call.used, at_most, self.clock() - started)
        self.habit.closes_only = call.shown.answer.closes_only
        ms, first_words_ms = self.clock() - started, (call.shown.first_words_at or started) - started
        written = None if goes_on or self.model.may_think_unseen else call.written
        at_most = prompt_builder.at_most(prompt, written=written)
        if goes_on and not call.shown.text:
            return Failure(ModelError("the answer is empty"), call.used, at_most, ms)
        reason = call.finished.reason if call.finished and goes_on else None
        reason = FinishReason.LENGTH if call.shown.is_full else reason
        return Answer(call.shown.text, reason, call.used, at_most, ms, first_words_ms)


@dataclass
class _Call:
    """One call of the model: what was received of its answer."""

    shown: "_Shown"
    used: Usage | None = None
    """As the provider says; None while it has not."""
    finished: Finished | None = None
    written: int = 0
    """UTF-8 bytes of all words, thoughts included."""

    def goes_on(self, event: ModelEvent) -> bool:
        """Take in the next event; False if nobody wants what follows."""
        match event:
            case TextDelta(text):
                self.written += len(text.encode(errors="surrogatepass"))
                return self.shown.add(text)
            case Waiting():
                return self.shown.on_delta("")
            case Used(usage):
                self.used = usage
                return True
            case Finished(_, usage):
                # Words without output tokens: the server counts something else.
                self.finished, self.used = event, usage if usage.output or not self.written else Usage()
                return self.shown.end()


@dataclass
class _Shown:
    """The answer as the person sees it: without thoughts and white space around it, of MAX_ANSWER_BYTES at most."""

    on_delta: OnDelta
    clock: Clock
    answer: AnswerText
    text: str = field(default="", repr=False)
    """What was passed on so far."""
    first_words_at: int | None = None
    is_full: bool = False
    """Whether the answer was cut at MAX_ANSWER_BYTES."""
    _size: int = 0
    """UTF-8 bytes of the text."""
    _held_back: str = ""
    """White space that is passed on only if more words follow."""

    def add(self, delta: str) -> bool:
        """Pass on what the delta adds; False if the person has cancelled the answer, or it is full."""
        return self._show(self.answer.add(delta))

    def end(self) -> bool:
        """Pass on what was held back; False as in `add`."""
        return self._show(self.answer.end())

    def _show(self, words: Words) -> bool:
        if words.instead:
            self.text, self._held_back, self._size = "", "", 0
        text = self._held_back + words.text
        text = text if self.text else text.lstrip()
        trimmed = text.rstrip()
        self._held_back = text[len(trimmed) :]
        encoded, room = trimmed.encode(), MAX_ANSWER_BYTES - self._size
        self.is_full = len(encoded) > room
        if self.is_full:
            trimmed = encoded[:room].decode(errors="ignore")
        self.text += trimmed
        self._size += len(encoded)
        if trimmed and self.first_words_at is None:
            self.first_words_at = self.clock()
        return self.on_delta(trimmed, instead=words.instead) and not self.is_full


def model_asked(model: Model) -> dict[str, Value]:
    """Return the log fields of a model request, in OpenTelemetry's names for GenAI."""
    provider = {"gen_ai.provider.name": model.provider, "gen_ai.request.model": model.name}
    return {"gen_ai.operation.name": "chat", **provider}


def model_answered(usage: Usage, *, first_words_ms: int) -> dict[str, Value]:
    """Return the log fields of a complete model response; times in seconds, as the conventions want them."""
    return {
        "gen_ai.usage.input_tokens": usage.input,
        "gen_ai.usage.cache_read.input_tokens": usage.cached,
        "gen_ai.usage.output_tokens": usage.output,
        "gen_ai.response.time_to_first_chunk": first_words_ms / 1000,
    }
