"""What DynamoDB would charge for, reckoned from the items that calls really read and wrote, rather too much."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from chalicelib.aws.dynamodb.keys import DUE_INDEX, PEOPLE_INDEX
from tests.contract.stores import dynamo_client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_INDEXED: Final = {DUE_INDEX: ("due_bucket", "due_at"), PEOPLE_INDEX: ("channel", "last_seen")}
_WRITE_UNIT, _READ_UNIT = 1024, 4096
Item = Mapping[str, Any]


@dataclass
class Meter:
    """Stands at a client's exit. A transaction counts double, also for the indexes: whether so, AWS does not say."""

    client: "DynamoDBClient"
    writes: int = 0
    """Write request units."""
    reads: float = 0
    """Read request units."""
    _before: list[tuple[str, Item, Item]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._looking = dynamo_client(self.client.meta.endpoint_url)
        self.client.meta.events.register("provide-client-params.dynamodb", self._called)
        self.client.meta.events.register("after-call.dynamodb", self._answered)

    def close(self) -> None:
        """Let the client's calls pass."""
        self.client.meta.events.unregister("provide-client-params.dynamodb", self._called)
        self.client.meta.events.unregister("after-call.dynamodb", self._answered)

    def during(self, step: Callable[[], object]) -> tuple[int, float]:
        """The units that a step costs: written, read."""
        self.writes, self.reads = 0, 0
        step()
        return self.writes, self.reads

    def _called(self, params: Any, model: Any, **_: Any) -> None:
        self._before = [(table, key, self._item(table, key)) for table, key in _written(model.name, params)]

    def _answered(self, parsed: Any, model: Any, **_: Any) -> None:
        for table, key, before in self._before:
            units = _write_units(before, self._item(table, key))
            self.writes += 2 * units if model.name == "TransactWriteItems" else units
        if model.name == "BatchGetItem":  # each item by itself; one that is not there costs a unit as well
            self.reads += sum(
                max(1, ceil(_size(item) / _READ_UNIT))
                for found in parsed["Responses"].values()
                for item in found or [{}]
            )
        if model.name in {"GetItem", "Query"}:
            found = parsed.get("Items", [parsed.get("Item", {})])
            self.reads += max(1, ceil(sum(_size(item) for item in found) / _READ_UNIT))

    def _item(self, table: str, key: Any) -> Item:
        return self._looking.get_item(TableName=table, Key=key).get("Item", {})


def _written(call: str, params: Any) -> Iterable[tuple[str, Item]]:
    parts = [part for parts in params.get("TransactItems", []) for part in parts.values()]
    if call in {"UpdateItem", "PutItem", "DeleteItem"}:
        parts = [params]
    for part in parts:
        item = part.get("Key") or {name: part["Item"][name] for name in ("pk", "sk")}
        yield part["TableName"], item


def _write_units(before: Item, after: Item) -> int:
    units = max(1, ceil(max(_size(before), _size(after)) / _WRITE_UNIT))
    for names in _INDEXED.values():
        entries = [tuple(item.get(name) for name in names) for item in (before, after)]
        old, new = (None if None in entry else entry for entry in entries)
        units += (old is not None) + (new is not None) if old != new else 0
    return units


def _size(item: Item) -> int:
    return len(json.dumps(item, default=str, ensure_ascii=False).encode())
