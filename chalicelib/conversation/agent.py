"""The agent: sends a turn's prompt to the model and streams the answer to the user.

The names of log fields are here too; they follow OpenTelemetry's semantic conventions for generative AI (`gen_ai.*`).
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Final

from chalicelib.access.budget import Usage
from chalicelib.clock import Clock
from chalicelib.conversation import prompt_builder
from chalicelib.conversation.answer_text import AnswerText, Words
from chalicelib.conversation.journal import MAX_CALLS, MAX_ROUND_BYTES, Asked, OpenRound
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
    believed,
)
from chalicelib.conversation.surrogates import clean
from chalicelib.conversation.tool import ToolCall
from chalicelib.conversation.turn import MAX_ANSWER_BYTES, Turn
from chalicelib.conversation.turn_context import TurnContext
from chalicelib.errors import ModelError
from chalicelib.ids import PersonId
from chalicelib.log import Value

_BETWEEN: Final = "\n\n"
"""Between what the model says before it calls tools and what it says afterwards."""


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

    @contextmanager
    def speaking(self, turn: Turn) -> Iterator["Speech"]:
        """Show the person that the turn is being answered, while the context is open; its value asks the model."""
        with self.sender.responding(turn) as on_delta:
            yield Speech(self, on_delta)


@dataclass
class Speech:
    """The answer to one turn, in which the model may be asked several times: after each round of tools again."""

    agent: Agent
    on_delta: OnDelta
    text: str = field(default="", repr=False)
    """What the person was shown so far."""

    def wants_more(self) -> bool:
        """Whether the person has not cancelled the answer."""
        return self.on_delta("")

    def repeat(self, text: str) -> None:
        """Show what the model said before a round that another worker has journalled."""
        shown = _Shown(self.on_delta, self.agent.clock, AnswerText(), before=self.text)
        shown.add(text)
        shown.end()
        self.text = shown.whole

    def ask(self, context: TurnContext) -> Answer | Asked | Failure:
        """Return the model's answer, or what it asks of tools, having streamed its words to the person.

        An empty answer is a failure, unless the person has words from before a round.
        """
        prompt = prompt_builder.build(context, person_hash=self.agent.pseudonym(context.turn.person))
        heard = self._call(prompt, seconds=context.time.for_the_model())
        self.text = heard.shown.whole
        return heard.outcome

    def _call(self, prompt: Prompt, *, seconds: float) -> "_Heard":
        agent, started = self.agent, self.agent.clock()
        answer = AnswerText(closes_only=agent.habit.closes_only)
        call = _Call(_Shown(self.on_delta, agent.clock, answer, before=self.text))
        try:
            with closing(agent.model.answer(prompt, seconds=seconds)) as events:
                goes_on = all(map(call.goes_on, events))
        except ModelError as exc:
            at_most = prompt_builder.at_most(prompt, written=None) if exc.may_be_billed else Usage()
            return _Heard(Failure(exc, call.used, at_most, agent.clock() - started), call.shown)
        agent.habit.closes_only = answer.closes_only
        written = None if goes_on or agent.model.may_think_unseen else call.written
        at_most = prompt_builder.at_most(prompt, written=written)
        ms, first_words_ms = agent.clock() - started, (call.shown.first_words_at or started) - started
        asked = call.asked
        if goes_on and prompt.tools and prompt.may_call and asked.calls and asked.size <= MAX_ROUND_BYTES:
            said_ms = first_words_ms if call.shown.text else None
            outcome: Answer | Asked | Failure = Asked(asked, call.used, at_most, ms, said_ms)
        elif goes_on and not call.shown.whole:
            outcome = Failure(ModelError("the answer is empty"), call.used, at_most, ms)
        else:
            reason = call.reason(goes_on=goes_on)
            outcome = Answer(call.shown.whole, reason, call.used, at_most, ms, first_words_ms)
        return _Heard(outcome, call.shown)


@dataclass
class _Call:
    """One call of the model: what was received of its answer."""

    shown: "_Shown"
    used: Usage | None = None
    """As the provider says; None while it has not."""
    finished: Finished | None = None
    written: int = 0
    """UTF-8 bytes of all words, thoughts included."""

    @property
    def asked(self) -> OpenRound:
        """The tools that the model asks for; no calls if it asks for none."""
        if self.finished is None:
            return OpenRound(())
        calls = tuple(
            ToolCall(clean(call.id), clean(call.name), clean(call.arguments))
            for call in self.finished.calls[:MAX_CALLS]
        )
        return OpenRound(calls, self.shown.text, tuple(map(clean, self.finished.thoughts)))

    def reason(self, *, goes_on: bool) -> FinishReason | None:
        """Return why the model stopped; None if the person has cancelled the answer."""
        if self.shown.is_full:
            return FinishReason.LENGTH
        if self.finished is None or not goes_on:
            return None
        return FinishReason.STOP if self.finished.reason is FinishReason.CALLS else self.finished.reason

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
                self.finished, self.used = event, believed(usage, wrote=bool(self.written or event.calls))
                return self.shown.end()


@dataclass(frozen=True)
class _Heard:
    """What became of one call of the model."""

    outcome: Answer | Asked | Failure
    shown: "_Shown"


@dataclass
class _Shown:
    """The answer as the person sees it: without thoughts and white space around it, of MAX_ANSWER_BYTES at most."""

    on_delta: OnDelta
    clock: Clock
    answer: AnswerText
    before: str = field(default="", repr=False)
    """What the model said in this turn before it called tools."""
    text: str = field(default="", repr=False)
    """What was passed on of this answer so far."""
    first_words_at: int | None = None
    is_full: bool = False
    """Whether the answer was cut at MAX_ANSWER_BYTES."""
    _size: int = 0
    """UTF-8 bytes of the text."""
    _held_back: str = ""
    """White space that is passed on only if more words follow."""

    @property
    def whole(self) -> str:
        """All that the person was shown in this turn."""
        return f"{self.before}{self._between}{self.text}" if self.text else self.before

    @property
    def _between(self) -> str:
        return _BETWEEN if self.before else ""

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
        encoded, room = trimmed.encode(), MAX_ANSWER_BYTES - self._size - len(f"{self.before}{self._between}".encode())
        self.is_full = len(encoded) > room
        if self.is_full:
            trimmed = encoded[: max(0, room)].decode(errors="ignore")
        passed_on = trimmed if self.text or not trimmed else f"{self._between}{trimmed}"
        self.text += trimmed
        self._size += len(encoded)
        if trimmed and self.first_words_at is None:
            self.first_words_at = self.clock()
        if words.instead and self.before:
            passed_on = f"{self.before}{passed_on}"
        return self.on_delta(passed_on, instead=words.instead) and not self.is_full


def model_asked(model: Model) -> dict[str, Value]:
    """Return the log fields of a model request, in OpenTelemetry's names for GenAI."""
    provider = {"gen_ai.provider.name": model.provider, "gen_ai.request.model": model.name}
    return {"gen_ai.operation.name": "chat", **provider}


def model_answered(usage: Usage, *, first_words_ms: int | None) -> dict[str, Value]:
    """Return the log fields of a complete model response; times in seconds, as the conventions want them.

    `first_words_ms` is None for one without words.
    """
    answered: dict[str, Value] = {"gen_ai.response.model": usage.model} if usage.model else {}
    if first_words_ms is not None:
        answered["gen_ai.response.time_to_first_chunk"] = first_words_ms / 1000
    return answered | {
        "gen_ai.usage.input_tokens": usage.input,
        "gen_ai.usage.cache_read.input_tokens": usage.cached,
        "gen_ai.usage.output_tokens": usage.output,
    }
