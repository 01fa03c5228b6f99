"""The counts of a user's days, each in an attribute of its own: older items lack a map that they could be in."""

from collections.abc import Mapping
from typing import Any, Final

REFUNDS: Final = "refunds_"
"""Begins the attributes that count the refunds of a day's questions."""

SPENT: Final = "spent_"
"""Begins the attributes with the micro-USD that a day's model calls for the user cost or may cost."""


def refunds_on(day: str) -> str:
    """The attribute of a day's refunds."""
    return f"{REFUNDS}{day}"


def spent_on(day: str) -> str:
    """The attribute of a day's micro-USD."""
    return f"{SPENT}{day}"


def by_day(item: Mapping[str, Any], prefix: str) -> dict[str, int]:
    """The numbers of all attributes that begin with `prefix`, by day."""
    return {name.removeprefix(prefix): int(number) for name, number in item.items() if name.startswith(prefix)}
