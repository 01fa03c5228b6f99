"""Asks the model and composes what a person reads. Writes nothing to the store."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.access import identity, quota
from chalicelib.access.budget import Usage
from chalicelib.access.person import Person
from chalicelib.clock import Clock
from chalicelib.content.persona import Persona
from chalicelib.content.text import Texts
from chalicelib.conversation.commands import Command
from chalicelib.conversation.history import at_most, tokens
from chalicelib.conversation.ports import Model, OnDelta
from chalicelib.conversation.prompt import Exchange, Finished, FinishReason, Prompt, TextDelta
from chalicelib.conversation.turn import CANCELLED, MAX_TEXT, STOPPED, Choice, Reply, Turn
from chalicelib.errors import ModelError
from chalicelib.ids import Channel, PersonId
from chalicelib.log import Value
from chalicelib.settings import Settings


def model_asked(model: Model) -> dict[str, Value]:
    """Which model was asked and how, in OpenTelemetry's names for GenAI."""
    provider = {"gen_ai.provider.name": model.provider, "gen_ai.request.model": model.name}
    return {"gen_ai.operation.name": "chat", **provider}


def model_answered(usage: Usage, *, first_words_ms: int) -> dict[str, Value]:
    """What its answer took, in the same names; seconds, as they want it."""
    return {
        "gen_ai.usage.input_tokens": usage.input,
        "gen_ai.usage.cache_read.input_tokens": usage.cached,
        "gen_ai.usage.output_tokens": usage.output,
        "gen_ai.response.time_to_first_chunk": first_words_ms / 1000,
    }


MEMORY_TOKENS: Final = 3000
"""How much of the past, with the question, a model is told: the largest part of what an answer costs."""
_FEW: Final = 2


@dataclass(frozen=True)
class Question:
    """A turn that is put to a model."""

    turn: Turn
    persona: Persona
    left: int | None
    """Questions that remain to the person once this one is answered; None when they are not counted."""
    day: str
    """On which they count."""
    seconds: float
    """How long the model may take."""


@dataclass(frozen=True)
class Answer:
    """What a model said, and what it took."""

    reply: Reply
    usage: Usage | None
    """None when the person stopped it before it was known."""
    ms: int
    first_words_ms: int
    """Until something could be read."""


@dataclass(frozen=True)
class Answers:
    """Composes replies."""

    model: Model
    texts: Texts
    settings: Settings
    pseudonym: Callable[[PersonId], str]

    def ask(self, question: Question, history: tuple[Exchange, ...], *, hear: OnDelta, clock: Clock) -> Answer:
        """The model's answer, which `hear` is told as it comes and may cut short. Raises ModelError."""
        started = first_words_at = clock()
        prompt = self._prompt(question, history)
        words: list[str] = []
        told, finished, goes_on = _TrimmedStream(hear), None, True
        with closing(self.model.answer(prompt, seconds=question.seconds)) as events:
            for event in events:
                match event:
                    case TextDelta(text):
                        first_words_at = first_words_at if words else clock()
                        words.append(text)
                        goes_on = told(text)
                    case Finished():
                        finished = event
                if not goes_on:
                    break
        text = "".join(words).strip()
        took = clock() - started, first_words_at - started
        if not goes_on:
            stopped = Reply(text, code=STOPPED) if text else self.say(CANCELLED)
            return Answer(replace(stopped, left=question.left), None, *took)
        if not text or finished is None:
            raise ModelError("the answer is empty")
        cut_short = self.texts("cut_short") if finished.reason is FinishReason.LENGTH else ""
        footer = "\n\n".join(filter(None, (cut_short, self._left(question))))
        return Answer(Reply(text, footer, left=question.left), finished.usage, *took)

    def at_most(self, turn: Turn, persona: Persona) -> Usage:
        """The most that asking the model about the turn can use."""
        told = tokens(_instructions(persona, turn)) + max(MEMORY_TOKENS, tokens(_question(turn)))
        return Usage(input=at_most(told), output=persona.max_output_tokens)

    def say(self, key: str) -> Reply:
        """One of the bot's own sentences."""
        return Reply(self.texts(key, limit=MAX_TEXT) if key == "too_long" else self.texts(key), code=key)

    def limit_reached(self, limit: int, *, day: str) -> Reply:
        """The notice that nothing is left on `day`."""
        return Reply(self.texts("limit_reached", limit=limit, **self._reset(day)), code="limit_reached", left=0)

    def budget_spent(self, *, day: str) -> Reply:
        """The notice that the bot has no more to spend on `day`."""
        return Reply(self.texts("budget_spent", **self._reset(day)), code="budget_spent")

    def to_command(self, command: Command, person: Person, *, limit: int | None, day: str) -> Reply:
        """What a command answers, once it is carried out, to somebody with so many questions a day."""
        return replace(self._to_command(command, person.quota.get(day, 0), limit, day), code="command")

    def _to_command(self, command: Command, used: int, limit: int | None, day: str) -> Reply:
        match command:
            case Command.START:
                return Reply(self._by_limit("welcome", used, limit, day))
            case Command.HELP:
                return Reply(self.texts("help"))
            case Command.RESET:
                return Reply(self.texts("reset"))
            case Command.USAGE:
                return Reply(self._by_limit("usage", used, limit, day))
            case Command.FORGET:
                yes = Choice(self.texts("forget_yes"), Command.FORGET_CONFIRMED.value)
                no = Choice(self.texts("forget_no"), Command.FORGET_CANCELLED.value)
                return Reply(self.texts("forget_ask"), choices=(yes, no))
            case Command.FORGET_CONFIRMED:
                return Reply(self.texts("forget_done"))
            case Command.FORGET_CANCELLED:
                return Reply(self.texts("forget_cancelled"))

    def _prompt(self, question: Question, history: tuple[Exchange, ...]) -> Prompt:
        return Prompt(
            instructions=_instructions(question.persona, question.turn),
            history=history,
            question=_question(question.turn),
            max_output_tokens=question.persona.max_output_tokens,
            person_hash=self.pseudonym(question.turn.person),
            temperature=question.persona.temperature,
        )

    def _by_limit(self, key: str, used: int, limit: int | None, day: str) -> str:
        if limit is None:
            return self.texts(f"{key}_unlimited", used=used)
        return self.texts(key, used=used, limit=limit, **self._reset(day))

    def _left(self, question: Question) -> str:
        """How many remain when they are few, where only words can say so: on the web, the reply's `left` is shown."""
        left = question.left
        if left is None or left > _FEW or identity.channel_of(question.turn.person) is Channel.WEB:
            return ""
        return self.texts("few_left", left=left) if left else self.texts("none_left", **self._reset(question.day))

    def _reset(self, day: str) -> dict[str, str]:
        moment = quota.resets_at(day, zone=self.settings.limits.zone)
        return {"time": f"{moment:%H:%M}", "zone": self.settings.limits.zone.key}


@dataclass
class _TrimmedStream:
    """Passes words on as they will stand in the end: without white space around the whole."""

    hear: OnDelta
    _held: str = ""
    _began: bool = False

    def __call__(self, words: str) -> bool:
        words = self._held + words
        words = words if self._began else words.lstrip()
        said = words.rstrip()
        self._held, self._began = words[len(said) :], self._began or bool(said)
        return self.hear(said)


def _instructions(persona: Persona, turn: Turn) -> str:
    """The persona's instructions; only the web chat shows users its opening."""
    return persona.system_prompt(opening_shown=identity.channel_of(turn.person) is Channel.WEB)


def memory_budget(turn: Turn) -> int:
    """Tokens of the past that fit beside the turn's question."""
    return MEMORY_TOKENS - tokens(_question(turn))


def _question(turn: Turn) -> str:
    """The person's words; what the model cannot see is said in brackets, as data."""
    if not turn.attachments:
        return turn.text
    return f"{turn.text}\n[attached, but not visible to you: {', '.join(turn.attachments)}]"
