"""The attributes of the ledger's counters, on the day's item and on the user's.

Each counter is an attribute of its own. One in a map could only be counted where the map exists already, and the items
of older versions lack it. The names are short, so that a day's item stays within 1 KB, by which DynamoDB bills writes.
"""

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.access.budget import DaySpend
from chalicelib.access.ledger import MonthUse, month_of
from chalicelib.aws.dynamodb.day_counts import spent_on
from chalicelib.aws.dynamodb.keys import SPEND_PREFIX
from chalicelib.ids import Channel

_ASKED: Final = "mq_"
_COST: Final = "mc_"
_REFUNDED: Final = "mr_"
_MODEL: Final = "model#"
_PERSONA: Final = "persona#"
_HOUR: Final = "hour#"
_ANSWER_MS: Final = "ms#"


_SINGLE: Final = ("of_no_person", "questions", "refunded", "failures", "unanswered")
_OLDER: Final = ("committed", "tokens_in", "tokens_cached", "tokens_out", "answers", "calls")


def counted(change: DaySpend) -> dict[str, int]:
    """The attributes of the day's item to which something is added, and how much."""
    values = {name: getattr(change, name) for name in (*_OLDER, *_SINGLE)}
    values |= {committed_by(channel): amount for channel, amount in change.channels.items()}
    values |= {f"{_MODEL}{quoted(name)}": amount for name, amount in change.models.items()}
    values |= {f"{_PERSONA}{quoted(name)}": amount for name, amount in change.personas.items()}
    values |= {f"{_HOUR}{hour:02d}": number for hour, number in change.hours.items()}
    values |= {f"{_ANSWER_MS}{bound}": number for bound, number in change.answer_ms.items()}
    return {name: number for name, number in values.items() if number}


def asked_in(month: str) -> str:
    """The attribute of a user's questions of a month."""
    return f"{_ASKED}{month}"


def of_person(day: str, amount: int) -> dict[str, int]:
    """The attributes of a user's item to which the cost of a call on that day is added, and how much."""
    return {spent_on(day): amount, cost_in(month_of(day)): amount}


def cost_in(month: str) -> str:
    """The attribute of a user's cost of a month."""
    return f"{_COST}{month}"


def refunded_in(month: str) -> str:
    """The attribute of a user's refunds of a month."""
    return f"{_REFUNDED}{month}"


def of_month(month: str) -> list[str]:
    """All attributes of a user's month."""
    return [f"{prefix}{month}" for prefix in (_ASKED, _COST, _REFUNDED)]


def committed_by(channel: Channel) -> str:
    """The attribute of a day's costs with the part of `committed` that the channel has used."""
    return f"committed_{channel}"


def granted_to(channel: Channel) -> str:
    """The attribute of the day's own item with the part of `committed_by` that is granted to the channel's shards."""
    return f"granted_{channel}"


def day_spend(item: Mapping[str, Any]) -> DaySpend:
    """The day's costs and counters of an item: its own, or a shard's. What it has granted to shards is theirs."""
    granted = {channel: int(item.get(granted_to(channel), 0)) for channel in Channel}
    totals = {name: int(item.get(name, 0)) for name in (*_OLDER, *_SINGLE)}
    return DaySpend(
        day=item["pk"].removeprefix(SPEND_PREFIX).split("#")[0],
        channels={channel: int(item.get(committed_by(channel), 0)) - granted[channel] for channel in Channel},
        models=_named(item, _MODEL),
        personas=_named(item, _PERSONA),
        hours=_numbered(item, _HOUR),
        answer_ms=_numbered(item, _ANSWER_MS),
        **{**totals, "committed": totals["committed"] - sum(granted.values())},
    )


def months(item: Mapping[str, Any]) -> dict[str, MonthUse]:
    """What the months of a user came to, of the user's item."""
    asked, cost, refunded = (_starting(item, prefix) for prefix in (_ASKED, _COST, _REFUNDED))
    found = sorted({*asked, *cost, *refunded})
    return {month: MonthUse(asked.get(month, 0), cost.get(month, 0), refunded.get(month, 0)) for month in found}


def _starting(item: Mapping[str, Any], prefix: str) -> dict[str, int]:
    return {name.removeprefix(prefix): int(number) for name, number in item.items() if name.startswith(prefix)}


def _named(item: Mapping[str, Any], prefix: str) -> dict[str, int]:
    return {unquoted(name): number for name, number in _starting(item, prefix).items()}


def _numbered(item: Mapping[str, Any], prefix: str) -> dict[int, int]:
    return {int(name): number for name, number in sorted(_starting(item, prefix).items())}


def quoted(name: str) -> str:
    """The name without dots, which an update takes for a path."""
    return name.replace("%", "%25").replace(".", "%2E")


def unquoted(name: str) -> str:
    """The name that `quoted` got."""
    return name.replace("%2E", ".").replace("%25", "%")
