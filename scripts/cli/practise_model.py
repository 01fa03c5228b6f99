"""The models that two personas practise with: those of the settings, or the demo's fake one."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from typing import Final

from chalicelib.content.persona import Persona
from chalicelib.conversation.ports import Model
from chalicelib.errors import ConfigError, ModelError
from chalicelib.settings.stage import ModelSettings, Settings
from scripts.stage import environment

STAND_IN: Final = "the demo's fake model (OPENAI_API_KEY and OPENAI_BASE_URL are not set)"

Pair = tuple[Persona, Persona]


@contextmanager
def models(pair: Pair, env: Mapping[str, str]) -> Iterator[tuple[tuple[Model, Model], str]]:
    """Return the model of each persona, and what both are called in a sentence.

    Without a key and without Bedrock it is the demo's fake model. Raises ConfigError.
    """
    from scripts.simulator.isolation import has_model  # noqa: PLC0415
    from scripts.simulator.stand_in import stand_in  # noqa: PLC0415 (slow)

    settings = environment.of_the_demo(env).settings()
    chosen = [_chosen(settings, who) for who in pair]
    with ExitStack() as until_the_end:
        if not has_model(env) and not any(one.bedrock for one in chosen):
            url = until_the_end.enter_context(stand_in())
            fake = replace(settings.model, base_url=url, api="chat")
            model = until_the_end.enter_context(_openai(fake, "none", proxied=False))
            yield (model, model), STAND_IN
            return
        key = env.get("OPENAI_API_KEY") or "none"
        first, second = (
            _bedrock(one, settings.limits.answer_s) if one.bedrock else until_the_end.enter_context(_openai(one, key))
            for one in chosen
        )
        yield (first, second), " and ".join(dict.fromkeys(one.name for one in chosen))


def why(error: ModelError, env: Mapping[str, str]) -> str:
    """Return why there is no answer, and what the owner can do."""
    from scripts.simulator.model_question import place_of, problem  # noqa: PLC0415

    model = environment.of_the_demo(env).settings().model
    if model.bedrock:
        return f"{model.name} at Amazon Bedrock gives no answer: {error}. docs/owner.md says what it needs."
    found = problem(error, name=model.name, place=place_of(model.base_url))
    return f"{found.reason} {found.cure}"


def _chosen(settings: Settings, who: Persona) -> ModelSettings:
    from chalicelib.llm import listed  # noqa: PLC0415

    return listed.find(settings, who.model) or settings.model


def _bedrock(chosen: ModelSettings, answer_s: int) -> Model:
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415 (slow)

    from chalicelib.bootstrap import bedrock_model  # noqa: PLC0415

    try:
        return bedrock_model.model(chosen, answer_s=answer_s)
    except BotoCoreError as exc:
        raise ConfigError(f"Amazon Bedrock cannot be asked: {exc}") from exc


@contextmanager
def _openai(chosen: ModelSettings, key: str, *, proxied: bool = True) -> Iterator[Model]:
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient  # noqa: PLC0415 (slow)

    from chalicelib.llm import prices  # noqa: PLC0415
    from chalicelib.llm.kept_connections import LIMITS, KeptConnections  # noqa: PLC0415
    from chalicelib.llm.openai import OpenAIModel  # noqa: PLC0415

    connections = KeptConnections(partial(DefaultAsyncHttpxClient, limits=LIMITS, trust_env=proxied))
    try:
        yield OpenAIModel(
            name=chosen.name,
            effort=chosen.effort,
            api=chosen.api,
            connections=connections,
            client=lambda http: AsyncOpenAI(api_key=key, base_url=chosen.base_url, http_client=http),
            price=prices.price_of(chosen),
            is_openai=chosen.is_openai,
        )
    finally:
        connections.close()
