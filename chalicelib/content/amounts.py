"""Writes amounts of money as a language does, and lengths of time."""

from decimal import Decimal
from typing import Final

from chalicelib.content.locale_rules import LocaleRules

_MICRO: Final = 1_000_000
_CENT: Final = Decimal("0.01")
_LEAST: Final = Decimal("0.0001")
"""In dollars; what is less is not written."""
_MINUTE_MS: Final = 60_000


def money(micro: int, rules: LocaleRules) -> str:
    """Write micro-USD as dollars: to the cent, and less than a cent to the hundredth of a cent."""
    amount = Decimal(micro) / _MICRO
    if not micro:
        return "$0"
    if amount < _LEAST:
        return f"<${rules.number(_LEAST)}"
    return f"${rules.number(amount.quantize(_LEAST if amount < _CENT else _CENT))}"


def exact(micro: int, rules: LocaleRules) -> str:
    """Write micro-USD as dollars with all six decimals."""
    return f"${rules.number((Decimal(micro) / _MICRO).quantize(Decimal('0.000001')))}"


def coarse(micro: int, rules: LocaleRules) -> str:
    """Write micro-USD as dollars with as many decimals as needed, for amounts that a setting has: `$1`, `$0.50`."""
    amount = Decimal(f"{(Decimal(micro) / _MICRO).normalize():f}")
    is_round = amount == amount.to_integral_value()
    return f"${rules.number(amount if is_round else max(amount, amount.quantize(_CENT), key=_decimals))}"


def _decimals(amount: Decimal) -> int:
    return -int(amount.as_tuple().exponent)


def time(ms: int) -> str:
    """Write a time of at least a second in whole seconds or minutes: `8 s`, `2 min`."""
    return f"{ms // 1000} s" if ms < _MINUTE_MS else f"{ms // _MINUTE_MS} min"
