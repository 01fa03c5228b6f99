"""Several models as one: the owner's choice for each question, and another model where the chosen one cannot answer."""

import json
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Final

from chalicelib.access.budget import Price, Usage
from chalicelib.conversation.ports import Model
from chalicelib.conversation.prompt import Finished, ModelEvent, Prompt, TextDelta, Used
from chalicelib.conversation.tool import Round
from chalicelib.errors import ModelBusy, ModelError, ModelUnusable
from chalicelib.llm.patience import LEAST_ANSWER_S

_MOST_REQUESTS: Final = 2
"""For one answer, to all models together."""


@dataclass(frozen=True)
class ModelChoice:
    """Implements `conversation.ports.Model` with several models.

    The usage of an answer names the model that gave it, unless that is the deployment's. So do the thoughts that come
    with calls: they go back to that model only, as no other one can read them.
    """

    first: Model
    """The deployment's model, which answers unless the prompt names another one."""
    others: Mapping[str, Callable[[], Model]] = field(default_factory=dict)
    """Builds the models that a prompt may name, by that name: the library of their provider may not be loaded yet.

    It may name the fallback too, whose price is then reserved.
    """
    fallback: tuple[str, Callable[[], Model]] | None = None
    """The name of the model that is asked where another one is busy or refuses, which sends one request at most."""
    report: Callable[[ModelError], None] = lambda _: None
    """Gets the error for which the fallback is asked. Raises nothing."""
    _asked: list[Model] = field(default_factory=list)
    """The model that was asked last."""

    @property
    def name(self) -> str:
        return self.first.name

    @property
    def provider(self) -> str:
        return self.first.provider

    @property
    def price(self) -> Price:
        return self.first.price

    @property
    def may_think_unseen(self) -> bool:
        return (self._asked or [self.first])[-1].may_think_unseen

    def answer(self, prompt: Prompt, *, seconds: float) -> Generator[ModelEvent]:
        deadline, has_words = time.monotonic() + seconds, False
        known = {**dict([self.fallback] if self.fallback else []), **self.others}
        name = prompt.model if prompt.model in known else ""
        try:
            with closing(self._ask(name, known.get(name), prompt, seconds)) as events:
                for event in events:
                    has_words |= isinstance(event, TextDelta)
                    yield event
        except ModelError as exc:
            left = deadline - time.monotonic()
            if (
                self.fallback is None
                or self.fallback[0] == name
                or has_words
                or left < LEAST_ANSWER_S
                or not _may_pass(exc)
            ):
                raise
            self.report(exc)
        else:
            return
        yield from self._ask(*self.fallback, prompt, left)

    def _ask(
        self, name: str, build: Callable[[], Model] | None, prompt: Prompt, seconds: float
    ) -> Generator[ModelEvent]:
        self._asked[:] = [build() if build else self.first]
        rounds = tuple(_as_told_to(name, one) for one in prompt.rounds)
        try:
            with closing(self._asked[0].answer(replace(prompt, rounds=rounds), seconds=seconds)) as events:
                for event in events:
                    yield _signed(name, event)
        except ModelError as exc:
            exc.model = name
            raise

    def warm(self, *, seconds: float) -> None:
        """Prepare what an answer of the deployment's model needs. Raises ModelError."""
        warm: Callable[..., None] | None = getattr(self.first, "warm", None)
        if warm:
            warm(seconds=seconds)


def _may_pass(error: ModelError) -> bool:
    """Whether another model may answer: nothing is to be paid for yet, and one request was sent at most."""
    is_of_the_model = isinstance(error, (ModelBusy, ModelUnusable))
    return is_of_the_model and not error.may_be_billed and error.requests < _MOST_REQUESTS


def _signed(name: str, event: ModelEvent) -> ModelEvent:
    """Return an event with the name of the model that it comes from, if it ends an answer."""
    match event:
        case Used(usage):
            return Used(_of(name, usage))
        case Finished(_, usage, _, thoughts):
            own = (json.dumps({"model": name}), *thoughts) if thoughts else ()
            return replace(event, usage=_of(name, usage), thoughts=own)
    return event


def _of(name: str, usage: Usage) -> Usage:
    return replace(usage, model=name) if usage.input or usage.output else usage


def _as_told_to(name: str, one: Round) -> Round:
    """Return a round with the thoughts that are the model's own, and no others."""
    is_own = one.thoughts[:1] == (json.dumps({"model": name}),)
    return replace(one, thoughts=one.thoughts[1:] if is_own else ())
