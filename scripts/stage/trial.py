"""A trial of two personas: each answers the other with the model, as long as the budget has room."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final

from chalicelib.access.budget import Usage
from chalicelib.content.persona import Persona
from chalicelib.conversation.heard import Heard
from chalicelib.conversation.ports import Model
from chalicelib.conversation.prompt import Exchange, FinishReason, Prompt
from chalicelib.conversation.prompt_builder import at_most
from chalicelib.errors import ModelError

_SECONDS: Final = 80.0
_HASH: Final = "practise"


@dataclass(frozen=True)
class Line:
    """What one of the two said."""

    by: Persona
    text: str
    was_cut: bool = False
    """Whether `max_output_tokens` cut it."""
    cost: int = 0
    """In micro-USD."""


class BudgetSpent(Exception):
    """The next answer might exceed the budget, so the model is not asked."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most
        """The most that the answer can cost, in micro-USD."""


@dataclass
class Trial:
    """Two personas that talk with each other. Amounts are in micro-USD."""

    models: tuple[Model, Model]
    """The model of each."""
    pair: tuple[Persona, Persona]
    """Who begins, and who answers."""
    budget: int
    lines: list[Line] = field(default_factory=list)
    spent: int = 0
    """What the answers have cost, a failed one as much as it can have cost."""

    def run(self, opening: str, *, turns: int) -> Iterator[Line]:
        """Yield what is said, first the opening, until each has spoken `turns` times.

        Raises ModelError if the model gives no answer, and BudgetSpent before an answer that may cost too much.
        """
        yield self._said(Line(self.pair[0], opening))
        while len(self.lines) < 2 * turns:
            yield self.next_line()

    def next_line(self) -> Line:
        """Have the other one answer. Raises as `run`."""
        return self._said(self._answer(len(self.lines) % 2))

    def next_usage(self) -> Usage:
        """Return the most that the next answer can use."""
        return at_most(self._prompt(), written=None)

    @property
    def is_free(self) -> bool:
        """Whether no answer costs anything."""
        return all(model.price.is_free for model in self.models)

    @property
    def asked(self) -> int:
        """How many answers the model has given."""
        return max(0, len(self.lines) - 1)

    @property
    def cut(self) -> int:
        """How many of them the limit cut."""
        return sum(line.was_cut for line in self.lines)

    def _said(self, line: Line) -> Line:
        self.lines.append(line)
        return line

    def _answer(self, place: int) -> Line:
        speaker, model = self.pair[place], self.models[place]
        most = model.price.cost(self.next_usage())
        if self.spent + most > self.budget:
            raise BudgetSpent(most)
        heard = Heard()
        try:
            with closing(model.answer(self._prompt(), seconds=_SECONDS)) as events:
                for event in events:
                    heard.take_in(event)
            heard.end()
        except ModelError as exc:
            self.spent += _cost(model, heard.usage, most) if exc.may_be_billed else 0
            raise
        cost = _cost(model, heard.usage, most)
        self.spent += cost
        if not heard.text.strip():
            raise ModelError("the answer is empty")
        return Line(speaker, heard.text.strip(), heard.reason is FinishReason.LENGTH, cost)

    def _prompt(self) -> Prompt:
        return _prompt(self.pair[len(self.lines) % 2], [line.text for line in self.lines])


def _cost(model: Model, usage: Usage | None, most: int) -> int:
    return model.price.cost(usage) if usage and usage.output else most


def _prompt(speaker: Persona, lines: Sequence[str]) -> Prompt:
    """Return the prompt for the next line: the other one's lines are questions, the speaker's own are answers."""
    began = len(lines) % 2 == 0
    heard = lines[1:] if began else lines
    pairs = zip(heard[:-1:2], heard[1::2], strict=True)
    return Prompt(
        instructions=speaker.system_prompt(opening_shown=began, own_opening=lines[0] if began else ""),
        history=tuple(Exchange(question, answer) for question, answer in pairs),
        question=heard[-1],
        max_output_tokens=speaker.max_output_tokens,
        person_hash=_HASH,
        temperature=speaker.temperature,
    )
