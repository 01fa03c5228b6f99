"""What a person gets to read: the model's words with their footer, or the bot's own sentences. Writes nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chalicelib import access, quota
from chalicelib.commands import Command
from chalicelib.errors import ModelError
from chalicelib.history import at_most, tokens
from chalicelib.messages import (
    MAX_TEXT,
    Choice,
    Exchange,
    Finished,
    FinishReason,
    Person,
    PersonId,
    Prompt,
    Reply,
    TextDelta,
    Turn,
    Usage,
)
from chalicelib.personas import Persona
from chalicelib.ports import Clock, Model
from chalicelib.settings import Settings
from chalicelib.texts import Texts

MEMORY_TOKENS: Final = 3000
"""How much of the past, with the question, a model is told: the largest part of what an answer costs."""
_FEW: Final = 2


@dataclass(frozen=True)
class Answer:
    """What a model said, and what it took."""

    reply: Reply
    usage: Usage
    ms: int
    first_words_ms: int
    """Until something could be read."""


@dataclass(frozen=True)
class Answers:
    """Composes replies."""

    model: Model
    persona: Persona
    texts: Texts
    settings: Settings
    pseudonym: Callable[[PersonId], str]

    def ask(
        self, turn: Turn, history: tuple[Exchange, ...], *, left: int | None, day: str, seconds: float, clock: Clock
    ) -> Answer:
        """The model's answer to the turn, with how many questions are `left` on `day`. Raises ModelError."""
        started = first_words_at = clock()
        prompt = Prompt(
            instructions=self.persona.instructions,
            history=history,
            question=_question(turn),
            max_output_tokens=self.persona.max_output_tokens,
            person_hash=self.pseudonym(turn.person),
        )
        words: list[str] = []
        finished = None
        for event in self.model.answer(prompt, seconds=seconds):
            match event:
                case TextDelta(text):
                    first_words_at = first_words_at if words else clock()
                    words.append(text)
                case Finished():
                    finished = event
        text = "".join(words).strip()
        if not text or finished is None:
            raise ModelError("the answer is empty")
        cut_short = self.texts("cut_short") if finished.reason is FinishReason.LENGTH else ""
        footer = "\n\n".join(filter(None, (cut_short, self._left(left, day))))
        return Answer(Reply(text, footer), finished.usage, clock() - started, first_words_at - started)

    def at_most(self, turn: Turn) -> Usage:
        """The most that asking the model about the turn can use."""
        told = tokens(self.persona.instructions) + max(MEMORY_TOKENS, tokens(_question(turn)))
        return Usage(input=at_most(told), output=self.persona.max_output_tokens)

    def say(self, key: str) -> Reply:
        """One of the bot's own sentences."""
        return Reply(self.texts(key, limit=MAX_TEXT) if key == "too_long" else self.texts(key))

    def limit_reached(self, limit: int, *, day: str) -> Reply:
        """The notice that nothing is left on `day`."""
        return Reply(self.texts("limit_reached", limit=limit, **self._reset(day)))

    def budget_spent(self, *, day: str) -> Reply:
        """The notice that the bot has no more to spend on `day`."""
        return Reply(self.texts("budget_spent", **self._reset(day)))

    def to_command(self, command: Command, person: Person, *, day: str) -> Reply:
        """What a command answers, once it is carried out."""
        match command:
            case Command.START:
                return Reply(self._by_limit("welcome", person, day=day))
            case Command.HELP:
                return Reply(self.texts("help"))
            case Command.RESET:
                return Reply(self.texts("reset"))
            case Command.USAGE:
                return Reply(self._by_limit("usage", person, day=day))
            case Command.FORGET:
                yes = Choice(self.texts("forget_yes"), Command.FORGET_CONFIRMED.value)
                no = Choice(self.texts("forget_no"), Command.FORGET_CANCELLED.value)
                return Reply(self.texts("forget_ask"), choices=(yes, no))
            case Command.FORGET_CONFIRMED:
                return Reply(self.texts("forget_done"))
            case Command.FORGET_CANCELLED:
                return Reply(self.texts("forget_cancelled"))

    def _by_limit(self, key: str, person: Person, *, day: str) -> str:
        limit = access.limit_of(person, default_limit=self.settings.daily_limit)
        used = person.quota.get(day, 0)
        if limit is None:
            return self.texts(f"{key}_unlimited", used=used)
        return self.texts(key, used=used, limit=limit, **self._reset(day))

    def _left(self, left: int | None, day: str) -> str:
        if left is None or left > _FEW:
            return ""
        return self.texts("few_left", left=left) if left else self.texts("none_left", **self._reset(day))

    def _reset(self, day: str) -> dict[str, str]:
        moment = quota.resets_at(day, zone=self.settings.zone)
        return {"time": f"{moment:%H:%M}", "zone": self.settings.zone.key}


def memory_budget(turn: Turn) -> int:
    """Tokens of the past that fit beside the turn's question."""
    return MEMORY_TOKENS - tokens(_question(turn))


def _question(turn: Turn) -> str:
    """The person's words; what the model cannot see is said in brackets, as data."""
    if not turn.attachments:
        return turn.text
    return f"{turn.text}\n[attached, but not visible to you: {', '.join(turn.attachments)}]"
