"""Our tables of Bedrock's models, held against litellm's; `scripts/measure/model_table.py` renews the excerpt of it."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from chalicelib.access.budget import Price
from chalicelib.llm import converse_families, prices

TABLE: Final[dict[str, dict[str, Any]]] = json.loads(
    (Path(__file__).parents[1] / "data" / "bedrock_of_litellm.json").read_text("utf-8")
)["models"]
PRICED: Final = [name for name in TABLE if prices.of_bedrock(name)]


def usd(per_token: float) -> Decimal:
    return (Decimal(str(per_token)) * 1_000_000).normalize()


def test_every_price_of_ours_is_compared():
    assert set(prices.listed_at_bedrock()) <= {*TABLE, *ONLY_OURS}


ONLY_OURS: Final = {
    "openai.gpt-5.6-luna": "of its profile global.",
    "openai.gpt-5.6-terra": "of its profile global.",
    "openai.gpt-5.6-sol": "of its profile global.",
    "openai.gpt-6.1-terra": "of its profile global.",
    "openai.gpt-6.1-sol": "of its profile global.",
    "openai.gpt-6-astra": "of its profile global.",
}
"""Ids that litellm does not list, and whose price ours is."""


def test_prices_are_those_of_the_table_also_in_each_area():
    for name in PRICED:
        told = TABLE[name]
        read = told.get("cache_read_input_token_cost", told["input_cost_per_token"])
        written = told.get("cache_creation_input_token_cost")
        assert prices.of_bedrock(name) == Price(
            usd(told["input_cost_per_token"]),
            usd(read),
            usd(told["output_cost_per_token"]),
            write=usd(written) if written else None,
        ), name


def test_a_temperature_is_sent_to_the_models_that_take_it():
    for name, told in TABLE.items():
        assert converse_families.takes_temperature(name) is told.get("supports_sampling_params", True), name


def test_an_effort_is_sent_to_models_of_claude_that_think_as_much_as_it_says():
    for name in (name for name in TABLE if "anthropic." in name):
        told = TABLE[name]
        thinks = told.get("supports_adaptive_thinking", False)
        assert ("thinking" in converse_families.effort_fields(name, "low")) is thinks, name
        for effort in ("xhigh", "max"):
            takes = told.get(f"supports_{effort}_reasoning_effort", False) and thinks
            assert ("output_config" in converse_families.effort_fields(name, effort)) is takes, name


def test_a_model_that_never_reasons_is_known_or_presumed_to_do_so():
    for name, told in TABLE.items():
        if not told.get("supports_reasoning"):
            assert converse_families.effort_fields(name, "low") == {}, name
            assert not converse_families.thinks(name, "low"), name


def test_the_beginning_of_a_request_is_marked_for_the_cache_of_models_that_have_one():
    for name in (name for name in TABLE if "openai." not in name):
        assert converse_families.caches(name) is TABLE[name].get("supports_prompt_caching", False), name
