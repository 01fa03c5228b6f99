"""Our tables of Bedrock's models, held against litellm's; `scripts/measure/model_table.py` renews the excerpt of it."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

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


@pytest.mark.parametrize("name", PRICED)
def test_prices_are_those_of_the_table_also_in_each_area(name: str):
    told, ours = TABLE[name], prices.of_bedrock(name)
    read = told.get("cache_read_input_token_cost", told["input_cost_per_token"])
    written = told.get("cache_creation_input_token_cost")
    assert ours == Price(
        usd(told["input_cost_per_token"]),
        usd(read),
        usd(told["output_cost_per_token"]),
        write=usd(written) if written else None,
    )


@pytest.mark.parametrize("name", TABLE)
def test_a_temperature_is_sent_to_the_models_that_take_it(name: str):
    assert converse_families.takes_temperature(name) is TABLE[name].get("supports_sampling_params", True)


@pytest.mark.parametrize("name", [name for name in TABLE if "anthropic." in name])
def test_an_effort_is_sent_to_models_of_claude_that_think_as_much_as_it_says(name: str):
    told = TABLE[name]
    assert ("thinking" in converse_families.effort_fields(name, "low")) is told.get("supports_adaptive_thinking", False)
    for effort in ("xhigh", "max"):
        takes = told.get(f"supports_{effort}_reasoning_effort", False) and told.get("supports_adaptive_thinking", False)
        assert ("output_config" in converse_families.effort_fields(name, effort)) is takes


@pytest.mark.parametrize("name", TABLE)
def test_a_model_that_never_reasons_is_known_or_presumed_to_do_so(name: str):
    if not TABLE[name].get("supports_reasoning"):
        assert converse_families.effort_fields(name, "low") == {}
        assert not converse_families.thinks(name, "low")


@pytest.mark.parametrize("name", [name for name in TABLE if "openai." not in name])
def test_the_beginning_of_a_request_is_marked_for_the_cache_of_models_that_have_one(name: str):
    assert converse_families.caches(name) is TABLE[name].get("supports_prompt_caching", False)
