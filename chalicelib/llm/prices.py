"""Loads and validates the models' prices and shutdown dates from `prices.toml`."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, Final

from chalicelib.access.budget import Price
from chalicelib.content import toml_file
from chalicelib.content.toml_file import TomlFile
from chalicelib.settings.bedrock import area_and_model
from chalicelib.settings.stage import ModelSettings

_FILE: Final = ("llm", "prices.toml")
_BEDROCK_FILE: Final = ("llm", "bedrock_prices.toml")
_REQUIRED: Final = ("input", "cached", "output")
_SNAPSHOT: Final = re.compile(r"-\d{4}-\d{2}-\d{2}$")
"""The end of a dated model name; the dated model has the price of the undated one."""

FREE: Final = Price(Decimal(0), Decimal(0), Decimal(0))
"""The price on the owner's own server."""
_REGIONAL: Final = Decimal("1.1")
"""OpenAI's hosts of one region, such as eu.api.openai.com, cost a tenth more.

That is so for models since March 2026; the few older ones are counted too high, which a budget may be.
"""
_IN_AN_AREA: Final = Decimal("1.1")
_OF_THE_GOVERNMENT: Final = Decimal("1.2")


def price_of(model: ModelSettings) -> Price:
    """The price of each request to the model that the settings name. Another server than OpenAI's or Bedrock is free.

    A model that is not listed has the highest listed price: an unknown price must not exceed the budget.
    """
    if model.bedrock:
        return of_bedrock(model.name) or _highest(listed_at_bedrock()).times(_IN_AN_AREA)
    if not model.is_openai:
        return FREE
    return assumed(model.name).times(_REGIONAL) if model.is_regional else assumed(model.name)


def of_bedrock(model: str) -> Price | None:
    """The price of a model or an inference profile of Bedrock, by its id; None when it is not listed.

    A profile of one area that has no price of its own costs a tenth more, and one of the US government a fifth.
    """
    prices, (area, everywhere) = listed_at_bedrock(), area_and_model(model)
    if model in prices:
        return prices[model]
    found = prices.get(everywhere)
    if found is None or area in ("", "global"):
        return found
    return found.times(_OF_THE_GOVERNMENT if area == "us-gov" else _IN_AN_AREA)


def find(model: str) -> Price | None:
    """The price of an OpenAI model, by its name with or without a date; None when it is not listed."""
    return listed().get(_SNAPSHOT.sub("", model))


def assumed(model: str) -> Price:
    """The price of an OpenAI model, or the highest listed price when it is not listed."""
    return find(model) or _highest(listed())


@cache
def listed() -> dict[str, Price]:
    """All prices by model. Raises ConfigError, with file, line and reason, when the file is not valid."""
    return _prices(toml_file.load(*_FILE))


@cache
def listed_at_bedrock() -> dict[str, Price]:
    """All prices at Bedrock, by the ids of models and of some inference profiles. Raises ConfigError as `listed`."""
    return _prices(toml_file.load(*_BEDROCK_FILE))


def parse(source: str) -> dict[str, Price]:
    """Parse the text of `prices.toml`: prices by model. Raises ConfigError with file, line and reason."""
    return _prices(toml_file.parse("/".join(_FILE), source))


def _prices(file: TomlFile) -> dict[str, Price]:
    file.check_keys(("usd", "shutdown"))
    priced = {model: _price(file, model) for model in _table(file, "usd")}
    if not priced:
        raise file.error("usd must have the price of at least one model", "usd")
    ends = {model: _shutdown(file, model) for model in _table(file, "shutdown")}
    unpriced = dict.fromkeys(ends, _highest(priced))
    return {model: replace(price, shutdown=ends.get(model)) for model, price in {**unpriced, **priced}.items()}


def _table(file: TomlFile, key: str) -> dict[str, Any]:
    table = file.values.get(key, {})
    if not isinstance(table, dict):
        raise file.error(f"{key} must be a table", key)
    return table


def _price(file: TomlFile, model: str) -> Price:
    usd, where = _table(file, "usd")[model], ("usd", model)
    if not isinstance(usd, dict):
        raise file.error(f"{model} must be a table such as {{ input = 0.10, cached = 0.01, output = 0.50 }}", *where)
    file.check_keys((*_REQUIRED, "write"), *where)
    for key in _REQUIRED:
        if key not in usd:
            raise file.error(f"{model} has no price for {key}", *where)
    for key, value in usd.items():
        if type(value) not in (int, Decimal) or not (Decimal(value).is_finite() and value >= 0):
            raise file.error(f"{key} of {model} must be USD for a million tokens, such as 0.10", *where)
    amounts = {key: Decimal(value) for key, value in usd.items()}
    return Price(amounts["input"], amounts["cached"], amounts["output"], write=amounts.get("write"))


def _shutdown(file: TomlFile, model: str) -> date:
    day = _table(file, "shutdown")[model]
    if type(day) is not date:
        raise file.error(f"{model} must have a day such as 2027-01-31", "shutdown", model)
    return day


def _highest(prices: dict[str, Price]) -> Price:
    return replace(max(prices.values(), key=lambda price: (price.output, price.input)), shutdown=None)
