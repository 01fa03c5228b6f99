"""The agent: sends a turn's prompt to the model and streams the answer to the user.

The names of log fields are here too; they follow OpenTelemetry's semantic conventions for generative AI (`gen_ai.*`).
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from chalicelib.access.budget import Usage
from chalicelib.clock import Clock
from chalicelib.conversation import prompt_builder
from chalicelib.conversation.ports import Model, OnDelta, Sender
from chalicelib.conversation.prompt import Answer, Finished, Prompt, TextDelta
from chalicelib.conversation.turn_context import TurnContext
from chalicelib.errors import ModelError
from chalicelib.ids import PersonId
from chalicelib.log import Value


@dataclass(frozen=True)
class Agent:
    """Answers a question by calling the model."""

    model: Model
    sender: Sender
    pseudonym: Callable[[PersonId], str]
    """Hashes a user's id for the provider."""
    clock: Clock

    @property
    def log_fields(self) -> dict[str, Value]:
        """The fields that every log line about a call of this model has."""
        return model_asked(self.model)

    def answer(self, context: TurnContext) -> Answer:
        """Return the model's answer, having streamed it to the user, who may cancel it.

        Raises ModelError, also for an empty answer, and ChannelBroken if no answer can be delivered to any user.
        """
        prompt = prompt_builder.build(context, person_hash=self.pseudonym(context.turn.person))
        seconds = context.time.for_the_model()
        with self.sender.responding(context.turn) as on_delta:
            return self._call(prompt, on_delta, seconds=seconds)

    def _call(self, prompt: Prompt, on_delta: OnDelta, *, seconds: float) -> Answer:
        started = first_words_at = self.clock()
        words: list[str] = []
        stream, finished, cancelled = _TrimmedStream(on_delta), None, False
        with closing(self.model.answer(prompt, seconds=seconds)) as events:
            for event in events:
                match event:
                    case TextDelta(text):
                        first_words_at = first_words_at if words else self.clock()
                        words.append(text)
                        cancelled = not stream(text)
                    case Finished():
                        finished = event
                if cancelled:
                    break
        text = "".join(words).strip()
        ms, first_words_ms = self.clock() - started, first_words_at - started
        if cancelled:
            return Answer(text, None, None, ms, first_words_ms)
        if not text or finished is None:
            raise ModelError("the answer is empty")
        return Answer(text, finished.reason, finished.usage, ms, first_words_ms)


@dataclass
class _TrimmedStream:
    """Passes deltas on as they will be in the complete answer: without white space at its beginning and end."""

    on_delta: OnDelta
    _held_back: str = ""
    """White space that is passed on only if more words follow."""
    _has_begun: bool = False

    def __call__(self, words: str) -> bool:
        words = self._held_back + words
        words = words if self._has_begun else words.lstrip()
        trimmed = words.rstrip()
        self._held_back, self._has_begun = words[len(trimmed) :], self._has_begun or bool(trimmed)
        return self.on_delta(trimmed)


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
