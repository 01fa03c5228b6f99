"""Asks a model once more when its key was refused and another one is stored by now."""

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass

from chalicelib.access.budget import Price
from chalicelib.conversation.ports import Model
from chalicelib.conversation.prompt import ModelEvent, Prompt
from chalicelib.errors import ModelFault, ModelUnusable


@dataclass(frozen=True)
class RenewingModel:
    """`conversation.ports.Model` over another one; a refused key costs nothing, so both requests are one charge."""

    model: Model
    renew: Callable[[], bool]
    """Fetches the key again, because it was refused; returns whether there is another one now."""
    monotonic: Callable[[], float] = time.monotonic

    @property
    def name(self) -> str:
        return self.model.name

    @property
    def provider(self) -> str:
        return self.model.provider

    @property
    def price(self) -> Price:
        return self.model.price

    def answer(self, prompt: Prompt, *, seconds: float) -> Generator[ModelEvent]:
        deadline = self.monotonic() + seconds
        try:
            yield from self.model.answer(prompt, seconds=seconds)
        except ModelUnusable as exc:
            if exc.cause is not ModelFault.KEY or not self.renew():
                raise
        else:
            return
        yield from self.model.answer(prompt, seconds=deadline - self.monotonic())
