"""PARLEY_MODEL=bedrock:<id>: what is a valid id, where it is asked, and what it costs."""

from decimal import Decimal

import pytest

from chalicelib.access.budget import Usage
from chalicelib.bootstrap import worker
from chalicelib.errors import ConfigError
from chalicelib.ids import Channels
from chalicelib.llm import prices
from chalicelib.operations import spending_limit
from chalicelib.settings.bedrock import area_and_model
from chalicelib.settings.stage import ModelSettings, Secret, Settings
from tests.channels import ALL

NOVA = "bedrock:eu.amazon.nova-lite-v1:0"


def model(name: str = NOVA, **environment: str) -> ModelSettings:
    return Settings.from_env({"PARLEY_MODEL": name, **environment}).model


@pytest.mark.parametrize(
    "name",
    [
        "eu.amazon.nova-lite-v1:0",
        "amazon.nova-micro-v1:0",
        "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        "global.anthropic.claude-haiku-5-5",
        "us.openai.gpt-6-luna",
        "openai.gpt-6.1-sol",
        "us-gov.amazon.nova-pro-v1:0",
        "amazon.nova-lite-v1:0:24k",
    ],
)
def test_ids_of_models_and_profiles_are_taken_as_they_are(name: str):
    assert model(f"bedrock:{name}").name == name


@pytest.mark.parametrize(
    "name", ["", "nova", "eu.amazon.nova lite", "arn:aws:bedrock:eu-central-1:1:inference-profile/x", "a/b.c", "x.y\n"]
)
def test_another_id_is_refused_with_an_example(name: str):
    with pytest.raises(ConfigError, match=r"such as bedrock:eu\.amazon\.nova-lite-v1:0"):
        model(f"bedrock:{name}")


def test_bedrock_is_asked_in_the_stages_region_unless_another_is_named():
    assert model(AWS_DEFAULT_REGION="eu-west-1").host == "bedrock-runtime.eu-west-1.amazonaws.com"
    both = model(AWS_DEFAULT_REGION="eu-west-1", PARLEY_BEDROCK_REGION="us-east-1")
    assert both.host == "bedrock-runtime.us-east-1.amazonaws.com"
    assert model().host == "Amazon Bedrock"


def test_a_model_of_another_provider_has_no_region():
    assert model("gpt-6-luna", PARLEY_BEDROCK_REGION="us-east-1").bedrock is None
    assert not model().is_openai


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PARLEY_BEDROCK_REGION", "Frankfurt"),
        ("PARLEY_BEDROCK_REGION", "eu-central-1/../x"),
        ("PARLEY_BEDROCK_GUARDRAIL", "abc"),
        ("PARLEY_BEDROCK_GUARDRAIL", "abc:0"),
        ("PARLEY_BEDROCK_GUARDRAIL", "ABC:1"),
    ],
)
def test_a_wrong_region_or_guardrail_is_named(name: str, value: str):
    with pytest.raises(ConfigError, match=name):
        model(**{name: value})


@pytest.mark.parametrize("version", ["1", "12", "DRAFT"])
def test_a_guardrail_is_an_id_and_a_version(version: str):
    bedrock = model(PARLEY_BEDROCK_GUARDRAIL=f"abc123:{version}").bedrock
    assert bedrock
    assert bedrock.guardrail == ("abc123", version)


@pytest.mark.parametrize(
    ("name", "effort"),
    [("gpt-6-luna", "none"), ("bedrock:us.openai.gpt-6-luna", "none"), (NOVA, ""), ("bedrock:meta.llama4-x-v1:0", "")],
)
def test_without_a_choice_openais_models_do_not_think_and_others_are_sent_no_effort(name: str, effort: str):
    assert model(name).effort == effort


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("eu.amazon.nova-lite-v1:0", ("eu", "amazon.nova-lite-v1:0")),
        ("amazon.nova-lite-v1:0", ("", "amazon.nova-lite-v1:0")),
        ("us-gov.openai.gpt-oss-20b-1:0", ("us-gov", "openai.gpt-oss-20b-1:0")),
        ("ai21.jamba-1-5-mini-v1:0", ("", "ai21.jamba-1-5-mini-v1:0")),
    ],
)
def test_an_id_says_where_it_is_answered(name: str, parts: tuple[str, str]):
    assert area_and_model(name) == parts


@pytest.mark.parametrize(
    ("name", "used", "micro_usd"),
    [
        ("amazon.nova-lite-v1:0", Usage(input=10**6), 60_000),
        ("eu.amazon.nova-lite-v1:0", Usage(output=10**6), 312_000),
        ("global.anthropic.claude-haiku-5-5", Usage(output=10**6), 500_000),
        ("eu.anthropic.claude-haiku-5-5", Usage(output=10**6), 550_000),
        ("us-gov.anthropic.claude-haiku-5-5", Usage(output=10**6), 600_000),
        ("us.openai.gpt-6-luna", Usage(input=10**6, written=10**6), 137_500),
        ("anthropic.claude-haiku-5-5", Usage(10**6, 500_000, 0, 100_000), 40_000 + 5_000 + 12_500),
        ("some.model-of-tomorrow-v1:0", Usage(output=10**6), 55_000_000),
    ],
)
def test_a_call_costs_what_bedrock_takes_in_that_area(name: str, used: Usage, micro_usd: int):
    assert prices.price_of(model(f"bedrock:{name}")).cost(used) == micro_usd


def test_every_price_of_the_cache_is_at_most_that_of_input():
    for price in prices.listed_at_bedrock().values():
        assert Decimal(0) < price.cached <= price.input < price.output


@pytest.mark.parametrize("channels", ALL, ids=str)
def test_the_worker_asks_for_no_key_of_openais(channels: Channels):
    assert Secret.OPENAI_KEY not in worker.secrets_of(channels, Settings.from_env({"PARLEY_MODEL": NOVA}))
    assert worker.secrets_of(channels, Settings.from_env({})) == worker.SECRETS.of(channels)


def test_no_limit_is_advised_where_no_key_can_be_stolen():
    assert spending_limit.advised(Settings.from_env({"PARLEY_MODEL": NOVA})) is None
