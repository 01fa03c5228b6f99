"""The models that may answer beside the deployment's own, each with its settings and its price. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from chalicelib.access.budget import Budget
from chalicelib.llm import prices
from chalicelib.settings.bedrock import PREFIX
from chalicelib.settings.stage import ModelSettings, Settings


def named(settings: Settings, name: str) -> ModelSettings:
    """Return how the model of this name is asked, as the owner writes it: at the deployment's server, or at Bedrock.

    A model of OpenAI beside a deployment's model at Bedrock is asked as it is without any choice.
    """
    own, bedrock = settings.model, settings.choice.bedrock
    if name.startswith(PREFIX):
        effort = own.effort if own.bedrock else "none" if "openai." in name else ""
        return replace(own, name=name.removeprefix(PREFIX), bedrock=bedrock, effort=effort)
    if own.bedrock is None:
        return replace(own, name=name)
    other = replace(own, name=name, bedrock=None)
    return replace(other, api="responses", effort="none") if other.is_openai else replace(other, api="chat", effort="")


def others(settings: Settings) -> Mapping[str, ModelSettings]:
    """Return the models that may be chosen beside the deployment's own, by the names that the owner writes."""
    return {name: named(settings, name) for name in settings.choice.listed}


def beside(settings: Settings) -> Sequence[str]:
    """Return the names of all models that may answer beside the deployment's own, the fallback last."""
    choice = settings.choice
    return tuple(dict.fromkeys(filter(None, (*choice.listed, choice.fallback))))


def find(settings: Settings, name: str) -> ModelSettings | None:
    """Return how the model is asked that a persona, an API key or a person may name; None if it is not listed.

    No name means the deployment's own, which may be named too.
    """
    return settings.model if name in ("", own_name(settings)) else others(settings).get(name)


def own_name(settings: Settings) -> str:
    """Return the name of the deployment's own model, as the owner writes it where several may be meant."""
    return f"{PREFIX if settings.model.bedrock else ''}{settings.model.name}"


def every(settings: Settings) -> Sequence[ModelSettings]:
    """Return all models that may answer, the deployment's own first."""
    return [settings.model, *(named(settings, name) for name in beside(settings))]


def moderating(settings: Settings) -> ModelSettings | None:
    """Return the first model with a server that may check questions; None if all are at Bedrock, which does not."""
    return next((one for one in every(settings) if not one.bedrock), None)


def budget(settings: Settings) -> Budget:
    """Return the day's budget for the models."""
    limits = settings.limits
    return Budget(
        limits.daily_budget,
        prices.price_of(settings.model),
        limits.person_share,
        is_shared=settings.stage.channels.are_both,
        others={name: prices.price_of(named(settings, name)) for name in beside(settings)},
        fallback=settings.choice.fallback,
        model=own_name(settings),
        month_cap=limits.monthly_budget,
    )
