"""What models cost and until when they exist, read from `prices.toml`; no price stands in the code."""

import re
import tomllib
from dataclasses import replace
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Final

from chalicelib.access.budget import Price
from chalicelib.settings import ModelSettings

_SNAPSHOT: Final = re.compile(r"-\d{4}-\d{2}-\d{2}$")
"""The end of a dated model name, which costs what the undated one does."""


FREE: Final = Price(Decimal(0), Decimal(0), Decimal(0))
"""A server of one's own sends no bill."""


def price_of(model: ModelSettings) -> Price:
    """The price of each request to the model that the settings name.

    Requests to another server than OpenAI's cost nothing.
    """
    return assumed(model.name) if model.is_openai else FREE


def find(model: str) -> Price | None:
    """The price of a model of OpenAI, by its name with or without a date; None when it is not listed."""
    return _listed().get(_SNAPSHOT.sub("", model))


def assumed(model: str) -> Price:
    """The price to reckon with: that of the dearest model when this one is not listed.

    It may cost anything, and a budget that stops too early is better than one that stops too late.
    """
    return find(model) or _dearest(_listed())


@cache
def _listed() -> dict[str, Price]:
    source = files("chalicelib.llm").joinpath("prices.toml").read_text("utf-8")
    values = tomllib.loads(source, parse_float=Decimal)
    priced = {
        name: Price(max(usd["input"], usd.get("write", usd["input"])), usd["cached"], usd["output"])
        for name, usd in values["usd"].items()
    }
    gone = dict.fromkeys(values["shutdown"], _dearest(priced))
    return {name: replace(price, shutdown=values["shutdown"].get(name)) for name, price in {**gone, **priced}.items()}


def _dearest(listed: dict[str, Price]) -> Price:
    return replace(max(listed.values(), key=lambda price: (price.output, price.input)), shutdown=None)
