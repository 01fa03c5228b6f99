"""The models that an owner lists: how each is asked, what it costs, and which may be chosen."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.bootstrap import models, worker
from chalicelib.errors import ConfigError
from chalicelib.ids import Channels
from chalicelib.llm import listed, prices
from chalicelib.llm.choice import ModelChoice
from chalicelib.settings.stage import Secret, Settings

SECRETS: Any = SimpleNamespace(renew=print)
NOVA = "bedrock:eu.amazon.nova-lite-v1:0"


def settings(**env: str) -> Settings:
    return Settings.from_env(env)


def test_without_a_list_only_the_deployments_model_may_answer():
    own = settings()
    assert listed.every(own) == [own.model]
    assert listed.find(own, "") == listed.find(own, "gpt-6-luna") == own.model
    assert listed.find(own, "gpt-6-sol") is None
    assert not isinstance(models.model(own, SECRETS, report=print), ModelChoice)


def test_a_listed_model_is_asked_like_the_deployments_own():
    several = settings(PARLEY_MODELS="gpt-6-sol, gpt-5.4-mini,", PARLEY_REASONING_EFFORT="low")
    found = listed.find(several, "gpt-6-sol")
    assert found
    assert (found.name, found.api, found.effort, found.base_url) == (
        "gpt-6-sol",
        "responses",
        "low",
        several.model.base_url,
    )
    assert [one.name for one in listed.every(several)] == ["gpt-6-luna", "gpt-6-sol", "gpt-5.4-mini"]


@pytest.mark.parametrize(
    ("own", "other", "api", "effort", "is_openai"),
    [
        ("gpt-6-luna", NOVA, "responses", "", False),
        (NOVA, "gpt-6-luna", "responses", "none", True),
        (NOVA, "bedrock:global.openai.gpt-6-luna", "chat", "", False),
        ("gpt-6-luna", "bedrock:global.openai.gpt-6-luna", "responses", "none", False),
    ],
)
def test_models_of_openai_and_of_bedrock_stand_beside_each_other(
    own: str, other: str, api: str, effort: str, *, is_openai: bool
):
    found = listed.find(settings(PARLEY_MODEL=own, PARLEY_MODELS=other), other)
    assert found
    assert (found.api, found.effort, found.is_openai) == (api, effort, is_openai)
    assert bool(found.bedrock) is other.startswith("bedrock:")


def test_the_worker_may_ask_all_of_them_and_reads_a_key_if_one_has_a_key():
    mixed = settings(PARLEY_MODEL=NOVA, PARLEY_FALLBACK_MODEL="gpt-6-luna")
    assert [(one.name, bool(one.bedrock)) for one in listed.every(mixed)] == [
        ("eu.amazon.nova-lite-v1:0", True),
        ("gpt-6-luna", False),
    ]
    assert Secret.OPENAI_KEY in worker.secrets_of(Channels(messenger=True, web=True), mixed)
    bedrock = settings(PARLEY_MODEL=NOVA, PARLEY_MODELS=NOVA)
    assert Secret.OPENAI_KEY not in worker.secrets_of(Channels(messenger=True, web=True), bedrock)


def test_the_budget_knows_the_price_of_each():
    budget = listed.budget(settings(PARLEY_MODELS=f"gpt-6-sol,{NOVA}", PARLEY_FALLBACK_MODEL="gpt-5.4-mini"))
    assert budget.price_of("gpt-6-sol") == prices.assumed("gpt-6-sol")
    assert budget.price_of(NOVA) == prices.of_bedrock(NOVA.removeprefix("bedrock:"))
    assert budget.fallback == "gpt-5.4-mini"
    assert budget.price_of("gpt-5.4-mini").input == Decimal("0.75")


def test_a_deployment_is_free_only_if_all_its_models_are():
    local = {"OPENAI_BASE_URL": "http://127.0.0.1:11434/v1", "PARLEY_MODEL": "llama3.2"}
    assert listed.budget(settings(**local)).is_free
    assert listed.budget(settings(**local, PARLEY_MODELS="qwen3")).is_free
    assert not listed.budget(settings(**local, PARLEY_FALLBACK_MODEL=NOVA)).is_free


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PARLEY_MODELS", "two words"),
        ("PARLEY_MODELS", "bedrock:"),
        ("PARLEY_MODELS", ",".join(f"m{n}" for n in range(21))),
        ("PARLEY_FALLBACK_MODEL", "two words"),
    ],
)
def test_a_wrong_name_is_an_error_of_the_setting(name: str, value: str):
    with pytest.raises(ConfigError, match=name):
        settings(**{name: value})


def test_all_models_share_their_connections_and_only_the_fallback_asks_once():
    several = settings(PARLEY_MODELS="gpt-6-sol,gpt-5.4-mini", PARLEY_FALLBACK_MODEL="gpt-5.4-mini")
    choice = models.model(several, SECRETS, report=print)
    assert isinstance(choice, ModelChoice)
    assert choice.fallback
    every: list[Any] = [choice.first, *(build() for build in choice.others.values()), choice.fallback[1]()]
    assert [(one.name, one.requests, one.asks_busy_again) for one in every] == [
        ("gpt-6-luna", 2, False),
        ("gpt-6-sol", 2, False),
        ("gpt-5.4-mini", 2, True),
        ("gpt-5.4-mini", 1, True),
    ]
    assert len({id(one.connections) for one in every}) == 1


@pytest.mark.parametrize(
    ("own", "others", "asked"),
    [
        ("gpt-6-luna", "", "gpt-6-luna"),
        (NOVA, "gpt-6-luna", "gpt-6-luna"),
        ("gpt-6-luna", NOVA, "gpt-6-luna"),
        (NOVA, "", None),
        (NOVA, "bedrock:global.openai.gpt-6-luna", None),
    ],
)
def test_questions_are_checked_by_a_server_with_a_key_if_there_is_one(own: str, others: str, asked: str | None):
    found = listed.moderating(settings(PARLEY_MODEL=own, PARLEY_MODELS=others))
    assert (found.name if found else None) == asked


def test_doctor_asks_models_that_leave_nothing_out_and_ask_no_other_one():
    several = settings(PARLEY_MODELS="gpt-6-sol", PARLEY_FALLBACK_MODEL="gpt-5.4-mini")
    choice: Any = models.model(several, SECRETS, report=print)
    choice.first.refused.add("temperature")
    strict: Any = models.strict(choice)
    assert strict.fallback is None
    assert [(one.requests, one.refused) for one in (strict.first, strict.others["gpt-6-sol"]())] == [(1, set())] * 2
    single: Any = models.strict(models.model(settings(), SECRETS, report=print))
    assert (single.requests, single.refused) == (1, set())
