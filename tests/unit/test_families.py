"""Our tables of models, held against litellm's; `scripts/measure/model_table.py` renews the excerpt of it."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from chalicelib.llm import families, prices
from chalicelib.llm.families import effort
from tests.contract.openai_rules import EFFORTS

TABLE: Final[dict[str, dict[str, Any]]] = json.loads(
    (Path(__file__).parents[1] / "data" / "models_of_litellm.json").read_text("utf-8")
)["models"]
TOLD: Final = {
    "none": "supports_none_reasoning_effort",
    "minimal": "supports_minimal_reasoning_effort",
    "xhigh": "supports_xhigh_reasoning_effort",
    "max": "supports_max_reasoning_effort",
}
DOUBTED: Final = {
    ("gpt-5-chat", "minimal"): "OpenAI's page says that it does not reason",
    ("gpt-5-pro", "minimal"): "OpenAI's page names high only",
    ("gpt-5-pro-2025-10-06", "minimal"): "the same model",
    ("gpt-5.2-pro", "minimal"): "no model since gpt-5.1 takes it",
    ("gpt-5.2-pro-2025-12-11", "minimal"): "the same model",
}
"""What litellm says and we do not believe."""
CASES: Final = [
    (name, wanted, values[flag])
    for name, values in TABLE.items()
    for wanted, flag in TOLD.items()
    if flag in values and (name, wanted) not in DOUBTED
]


@pytest.mark.parametrize(("name", "wanted", "takes"), CASES)
def test_each_effort_is_sent_to_the_models_that_take_it(name: str, wanted: str, *, takes: bool):
    assert (effort(name, wanted) == wanted) is takes


@pytest.mark.parametrize("name", [name for name, values in TABLE.items() if "supports_reasoning" not in values])
def test_a_model_that_does_not_reason_gets_no_effort_and_a_temperature(name: str):
    assert effort(name, "low") == ""
    assert families.takes_temperature(name, "")


@pytest.mark.parametrize("name", [name for name, values in TABLE.items() if values.get("supports_reasoning")])
def test_a_model_that_reasons_gets_no_temperature_while_it_does(name: str):
    at = effort(name, "high")
    assert not at or not families.takes_temperature(name, at)


def test_the_doubts_are_about_what_the_table_still_says():
    assert all(TABLE[name][TOLD[wanted]] for name, wanted in DOUBTED)


@pytest.mark.parametrize("name", EFFORTS)
def test_the_tests_stand_in_knows_the_same(name: str):
    told = {wanted: TABLE[name][flag] for wanted, flag in TOLD.items() if flag in TABLE[name]}
    assert {wanted: wanted in EFFORTS[name] for wanted in told} == told


def usd(per_token: float) -> Decimal:
    return (Decimal(str(per_token)) * 1_000_000).normalize()


@pytest.mark.parametrize("name", [name for name in prices.listed() if name in TABLE and name in EFFORTS])
def test_prices_are_those_of_the_table(name: str):
    ours, told = prices.listed()[name], TABLE[name]
    assert (ours.input, ours.output) == (usd(told["input_cost_per_token"]), usd(told["output_cost_per_token"]))
    assert ours.cached == usd(told["cache_read_input_token_cost"])
    if "cache_creation_input_token_cost" in told:
        assert ours.write == usd(told["cache_creation_input_token_cost"])


@pytest.mark.parametrize("name", [name for name in prices.listed() if name in TABLE])
def test_last_days_are_those_of_the_table(name: str):
    told = TABLE[name].get("deprecation_date")
    assert prices.listed()[name].shutdown == (date.fromisoformat(told) if told else None)


@pytest.mark.parametrize(("wanted", "sent"), [("=none", "none"), ("=low", "low"), ("=", ""), ("=strange", "strange")])
@pytest.mark.parametrize("name", ["gpt-6-astra", "gpt-4o-mini", "gpt-7", "llama3.2"])
def test_an_owner_who_knows_better_than_the_table_says_so_with_a_sign(name: str, wanted: str, sent: str):
    assert effort(name, wanted) == sent
