"""The Outages port over DynamoDB: attributes of the item that is read along with people, so it costs no call."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.aws.dynamodb import keys
from chalicelib.aws.dynamodb.conditions import equals
from chalicelib.aws.dynamodb.items import Item
from chalicelib.aws.dynamodb.ledger_items import quoted, unquoted
from chalicelib.aws.dynamodb.read_along import ReadAlong
from chalicelib.aws.dynamodb.table import ConditionFailed, Table
from chalicelib.aws.dynamodb.writes import Update, update
from chalicelib.conversation.breaker import Outage

_FAILURES: Final = "down_n_"
"""Begins the name of each attribute with a number of failures; the model's name follows."""
_AT: Final = "down_at_"
"""The same with the time of the last one."""


@dataclass(frozen=True)
class DynamoOutages:
    """`conversation.breaker.Outages` over one table; `along` is that of the owner's texts of personas."""

    table: Table
    along: ReadAlong

    def current(self) -> Mapping[str, Outage]:
        return _outages(self.along.current(self.table.get_many))

    def count(self, model: str, *, now: int, anew: bool) -> Outage:
        failures, at = _names(model)
        one_more = Update(set={failures: 1, at: now}) if anew else Update(set={at: now}, add={failures: 1})
        item = self.table.write(update(keys.personas_key(), one_more))
        self.along.took(item)
        return _outages(item)[model]

    def claim(self, model: str, seen: Outage, *, now: int) -> bool:
        at = _names(model)[1]
        try:
            item = self.table.write(update(keys.personas_key(), Update(set={at: now}), when=equals(at, seen.at)))
        except ConditionFailed:
            self.along.forget()
            return False
        self.along.took(item)
        return True

    def end(self, model: str) -> None:
        self.table.write(update(keys.personas_key(), Update(remove=_names(model))))
        self.along.forget()


def _names(model: str) -> tuple[str, str]:
    return f"{_FAILURES}{quoted(model)}", f"{_AT}{quoted(model)}"


def _outages(item: Item) -> dict[str, Outage]:
    models = {unquoted(name.removeprefix(_FAILURES)) for name in item if name.startswith(_FAILURES)}
    found = {model: _names(model) for model in models}
    return {model: Outage(int(item[failures]), int(item.get(at, 0))) for model, (failures, at) in found.items()}
