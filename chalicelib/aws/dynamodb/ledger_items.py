"""The attributes of the ledger's counters, on the day's item and on the person's.

Each counter is an attribute of its own. One in a map could only be counted where the map exists already, and the items
of older versions lack it. The names are short, so that a day's item stays within 1 KB, by which DynamoDB bills writes.
"""

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.access.ledger import MonthUse

_ASKED: Final = "mq_"
_COST: Final = "mc_"
_REFUNDED: Final = "mr_"
_MODEL: Final = "model#"
_PERSONA: Final = "persona#"
_HOUR: Final = "hour#"
_ANSWER_MS: Final = "ms#"


def of_day(item: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a day that are about the ledger's counters."""
    single = ("of_no_person", "questions", "refunded", "failures", "unanswered")
    return {
        "models": _named(item, _MODEL),
        "personas": _named(item, _PERSONA),
        "hours": _numbered(item, _HOUR),
        "answer_ms": _numbered(item, _ANSWER_MS),
        **{name: int(item.get(name, 0)) for name in single},
    }


def months(item: Mapping[str, Any]) -> dict[str, MonthUse]:
    """What the months of a person came to, of the person's item."""
    asked, cost, refunded = (_starting(item, prefix) for prefix in (_ASKED, _COST, _REFUNDED))
    found = sorted({*asked, *cost, *refunded})
    return {month: MonthUse(asked.get(month, 0), cost.get(month, 0), refunded.get(month, 0)) for month in found}


def _starting(item: Mapping[str, Any], prefix: str) -> dict[str, int]:
    return {name.removeprefix(prefix): int(number) for name, number in item.items() if name.startswith(prefix)}


def _named(item: Mapping[str, Any], prefix: str) -> dict[str, int]:
    return {_unquoted(name): number for name, number in _starting(item, prefix).items()}


def _numbered(item: Mapping[str, Any], prefix: str) -> dict[int, int]:
    return {int(name): number for name, number in sorted(_starting(item, prefix).items())}


def _unquoted(name: str) -> str:
    return name.replace("%2E", ".").replace("%25", "%")
