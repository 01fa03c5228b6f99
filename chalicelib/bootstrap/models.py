"""Builds the models that may answer. The library of a model's provider is imported with it, and no other provider's."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from typing import Any, Protocol

from chalicelib.aws.ssm import Secrets
from chalicelib.conversation.ports import Model
from chalicelib.errors import ModelError
from chalicelib.llm import listed
from chalicelib.llm.choice import ModelChoice
from chalicelib.settings.stage import ModelSettings, Settings


class WarmModel(Model, Protocol):
    """A model whose first answer can be prepared."""

    def warm(self, *, seconds: float) -> None:
        """Prepare what an answer needs, within `seconds`. Raises ModelError."""


def model(settings: Settings, secrets: Secrets, *, report: Callable[[ModelError], None]) -> WarmModel:
    """Return the model that answers, with those that may be chosen and the fallback as parts of it.

    `report` gets the errors for which the fallback is asked.
    """
    choice, build = settings.choice, partial(_built, settings=settings, secrets=secrets)
    first = build(settings.model, asks_busy_again=not choice.fallback)
    if not (choice.listed or choice.fallback):
        return first
    others = {
        name: cache(partial(build, chosen, asks_busy_again=choice.fallback in ("", name)))
        for name, chosen in listed.others(settings).items()
    }
    last = cache(partial(build, listed.named(settings, choice.fallback), requests=1)) if choice.fallback else None
    return ModelChoice(first, others, (choice.fallback, last) if last else None, report)


def without_fallback(model: WarmModel) -> WarmModel:
    """Return the same models, none of which is asked in place of another one; a prompt may name the fallback too."""
    if not isinstance(model, ModelChoice):
        return model
    last = dict([model.fallback]) if model.fallback else {}
    return replace(model, others={**last, **model.others}, fallback=None)


def strict(model: WarmModel) -> WarmModel:
    """Return the same models, each of which raises the error of a refusal instead of leaving out what is refused."""
    if isinstance(model, ModelChoice):
        first: WarmModel = _once(lambda: model.first)
        others = {name: partial(_once, build) for name, build in model.others.items()}
        return replace(model, first=first, others=others, fallback=None)
    single: WarmModel = _once(lambda: model)
    return single


def _once(build: Callable[[], Any]) -> Any:
    """Return a model that sends one request for an answer, and remembers no refusal."""
    return replace(build(), requests=1, refused=set())


def _built(
    chosen: ModelSettings, *, settings: Settings, secrets: Secrets, requests: int = 2, asks_busy_again: bool = True
) -> WarmModel:
    if chosen.bedrock:
        from chalicelib.bootstrap import bedrock_model  # noqa: PLC0415

        seconds = settings.limits.answer_s
        return bedrock_model.model(chosen, answer_s=seconds, requests=requests, asks_busy_again=asks_busy_again)
    from chalicelib.bootstrap import openai_model  # noqa: PLC0415

    return openai_model.model(chosen, secrets, requests=requests, asks_busy_again=asks_busy_again)
