"""What models cost and until when they exist, read from `prices.toml`; no price stands in the code."""

import re
import tomllib
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_UP, Decimal
from functools import cache
from importlib.resources import files
from typing import Final

from chalicelib.messages import Usage

_SNAPSHOT: Final = re.compile(r"-\d{4}-\d{2}-\d{2}$")
"""The end of a dated model name, which costs what the undated one does."""


@dataclass(frozen=True)
class Price:
    """USD for a million tokens, which is micro-USD for one."""

    input: Decimal
    """The dearer of a token that is only read and one that is also put into the provider's cache: usage tells no
    difference, and a budget may be counted too high but not too low."""
    cached: Decimal
    output: Decimal
    shutdown: date | None = None
    """The day from which the model does not answer any more, where one is announced."""

    def cost(self, usage: Usage) -> int:
        """What the usage costs in whole micro-USD, rounded up."""
        fresh = usage.input - usage.cached
        exact = fresh * self.input + usage.cached * self.cached + usage.output * self.output
        return int(exact.to_integral_value(ROUND_UP))


FREE: Final = Price(Decimal(0), Decimal(0), Decimal(0))
"""A server of one's own sends no bill."""


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
    source = files("chalicelib").joinpath("prices.toml").read_text("utf-8")
    values = tomllib.loads(source, parse_float=Decimal)
    priced = {
        name: Price(max(usd["input"], usd.get("write", usd["input"])), usd["cached"], usd["output"])
        for name, usd in values["usd"].items()
    }
    gone = dict.fromkeys(values["shutdown"], _dearest(priced))
    return {name: replace(price, shutdown=values["shutdown"].get(name)) for name, price in {**gone, **priced}.items()}


def _dearest(listed: dict[str, Price]) -> Price:
    return replace(max(listed.values(), key=lambda price: (price.output, price.input)), shutdown=None)
