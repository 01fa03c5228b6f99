from datetime import date
from decimal import Decimal

import pytest

from chalicelib.access.budget import Price, Usage
from chalicelib.errors import ConfigError
from chalicelib.llm import prices
from chalicelib.llm.prices import FREE
from chalicelib.settings.stage import Settings

ROUND = Price(input=Decimal(2), cached=Decimal("0.5"), output=Decimal(10))


@pytest.mark.parametrize(
    ("usage", "micro_usd"),
    [
        (Usage(), 0),
        (Usage(input=1_000_000), 2_000_000),
        (Usage(input=100, cached=100), 50),
        (Usage(input=100, cached=40, output=7), 60 * 2 + 20 + 70),
        (Usage(input=1, cached=1), 1),
        (Usage(input=3, cached=3), 2),
    ],
)
def test_a_call_costs_its_tokens_rounded_up_to_a_millionth_of_a_dollar(usage: Usage, micro_usd: int):
    assert ROUND.cost(usage) == micro_usd


def test_a_cost_is_as_exact_as_the_prices_are():
    assert Price(Decimal("0.1"), Decimal("0.1"), Decimal("0.1")).cost(Usage(input=30)) == 3


def test_a_server_of_ones_own_costs_nothing():
    assert FREE.cost(Usage(10**9, 10**6, 10**9)) == 0


def test_a_typical_answer_of_the_default_model_costs_a_fiftieth_of_a_cent():
    assert prices.assumed("gpt-6-luna").cost(Usage(input=1500, cached=1024, output=250)) == 195


@pytest.mark.parametrize(
    ("written", "micro_usd"),
    [
        (None, 1000 * 0.125 + 500 * 0.01),
        (0, 1000 * 0.10 + 500 * 0.01),
        (400, 600 * 0.10 + 400 * 0.125 + 500 * 0.01),
        (1000, 1000 * 0.125 + 500 * 0.01),
    ],
    ids=["untold", "nothing", "a part", "everything"],
)
def test_what_is_written_to_the_providers_cache_costs_more_and_is_presumed_if_usage_does_not_tell(
    written: int | None, micro_usd: float
):
    used = Usage(input=1_500_000, cached=500_000, written=None if written is None else written * 1000)
    assert prices.assumed("gpt-6-luna").cost(used) == round(micro_usd * 1000)


@pytest.mark.parametrize("written", [None, 0, 500, 1000])
def test_a_model_without_a_price_for_cache_writes_has_one_price_for_input(written: int | None):
    assert prices.assumed("gpt-5.4-nano").cost(Usage(input=1000, written=written)) == 200


@pytest.mark.parametrize("region", ["eu", "us", "ae", "jp"])
@pytest.mark.parametrize("model", ["gpt-6-luna", "gpt-6-astra", "gpt-5.4-mini", "gpt-7"])
def test_a_regional_host_of_openai_costs_a_tenth_more(region: str, model: str):
    env = {"PARLEY_MODEL": model, "OPENAI_BASE_URL": f"https://{region}.api.openai.com/v1"}
    regional, everywhere = (prices.price_of(Settings.from_env(one).model) for one in (env, {"PARLEY_MODEL": model}))
    for used in (
        Usage(input=10**7),
        Usage(input=10**7, cached=10**7),
        Usage(input=10**7, written=10**7),
        Usage(output=10**7),
    ):
        assert regional.cost(used) * 10 == everywhere.cost(used) * 11
    assert regional.shutdown == everywhere.shutdown


@pytest.mark.parametrize(
    "url", ["https://EU.api.OpenAI.com:443/v1/", "https://eu.api.openai.com", "https://eu.api.openai.com./v1"]
)
def test_a_regional_host_is_recognised_however_it_is_written(url: str):
    settings = Settings.from_env({"OPENAI_BASE_URL": url}).model
    assert (settings.is_regional, settings.host) == (True, "eu.api.openai.com")
    assert prices.price_of(settings).cost(Usage(input=10**7, written=0)) == 1_100_000


@pytest.mark.parametrize(
    "url", ["https://api.openai.com.example/v1", "https://eu-api.openai.com/v1", "https://xapi.openai.com/v1"]
)
def test_a_host_that_only_looks_like_openais_is_another_server(url: str):
    settings = Settings.from_env({"OPENAI_BASE_URL": url}).model
    assert (settings.is_openai, settings.is_regional, prices.price_of(settings)) == (False, False, FREE)


@pytest.mark.parametrize(
    "url", ["https://api.openai.com/v1", "https://API.OpenAI.com:443/v1/", "https://api.openai.com./v1", ""]
)
def test_openais_own_host_has_the_listed_price(url: str):
    settings = Settings.from_env({"OPENAI_BASE_URL": url}).model
    assert prices.price_of(settings) == prices.find("gpt-6-luna")


def test_a_dated_name_costs_what_the_model_does():
    assert prices.find("gpt-6-luna-2026-09-22") == prices.find("gpt-6-luna") is not None


def test_a_model_that_is_not_listed_is_not_found_and_reckoned_with_as_the_dearest():
    assert prices.find("gpt-7") is None
    dearest = prices.assumed("gpt-7")
    assert dearest == prices.find("gpt-6-astra")
    assert dearest.shutdown is None


@pytest.mark.parametrize(
    ("model", "shutdown"),
    [
        ("gpt-6-luna", None),
        ("gpt-5-nano", date(2026, 12, 11)),
        ("gpt-4.1-mini-2025-04-14", date(2027, 1, 14)),
        ("o4-mini", date(2026, 10, 23)),
    ],
)
def test_it_is_known_until_when_a_model_answers(model: str, shutdown: date | None):
    found = prices.find(model)
    assert found
    assert found.shutdown == shutdown


def test_a_model_that_is_gone_and_has_no_price_is_reckoned_with_as_the_dearest():
    assert prices.assumed("o4-mini").output == prices.assumed("gpt-6-astra").output


FILE = """# USD for a million tokens.
[usd]
"a-1" = { input = 2, cached = 0.5, output = 10.00 }
b = { input = 0.10, write = 0.125, cached = 0.01, output = 0.50 }

[shutdown]
"a-1" = 2027-01-31
gone = 2026-10-23
"""


def test_a_file_has_prices_and_the_days_on_which_models_end():
    ends, gone = date(2027, 1, 31), date(2026, 10, 23)
    assert prices.parse(FILE) == {
        "a-1": Price(Decimal(2), Decimal("0.5"), Decimal(10), ends),
        "b": Price(Decimal("0.10"), Decimal("0.01"), Decimal("0.5"), write=Decimal("0.125")),
        "gone": Price(Decimal(2), Decimal("0.5"), Decimal(10), gone),
    }


def test_every_price_that_ships_is_valid():
    assert prices.listed()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (FILE.replace("output = 10.00", "outptu = 10.00"), 'llm/prices.toml, line 3: unknown key "outptu"; there are '),
        (FILE.replace(", output = 10.00", ""), "llm/prices.toml, line 3: a-1 has no price for output"),
        (FILE.replace("0.125", "nan"), "llm/prices.toml, line 4: write of b must be USD for a million tokens"),
        (FILE.replace("0.125", "inf"), "llm/prices.toml, line 4: write of b must be USD for a million tokens"),
        (FILE.replace("0.125", "-1"), "llm/prices.toml, line 4: write of b must be USD for a million tokens"),
        (FILE.replace("0.125", "true"), "llm/prices.toml, line 4: write of b must be USD for a million tokens"),
        (FILE.replace("0.125", '"0.125"'), "llm/prices.toml, line 4: write of b must be USD for a million tokens"),
        (FILE.replace("gone = 2026-10-23", "gone = 2026"), "llm/prices.toml, line 8: gone must have a day such as "),
        (FILE.replace("gone = 2026-10-23", "gone = 2026-10-23T00:00:00Z"), "line 8: gone must have a day such as "),
        (FILE.replace("[usd]", "[eur]"), 'llm/prices.toml, line 2: unknown key "eur"; there are usd, shutdown'),
        ('[usd]\n"a" = 2', "llm/prices.toml, line 2: a must be a table such as { input = 0.10, "),
        ("usd = 2", "llm/prices.toml, line 1: usd must be a table"),
        ("[usd]", "llm/prices.toml, line 1: usd must have the price of at least one model"),
        ("[usd\n", "llm/prices.toml, line 1: expected ']' at the end of a table declaration"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_line_and_the_reason(text: str, reason: str):
    with pytest.raises(ConfigError) as caught:
        prices.parse(text)
    assert reason in str(caught.value)
