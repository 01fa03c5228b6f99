"""What DynamoDB would charge for, reckoned from the items that calls really read and wrote, rather too much."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from chalicelib.aws.dynamodb.index_keys import DUE_INDEX, PEOPLE_INDEX
from tests.contract.stores import dynamo_client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_INDEXED: Final = {DUE_INDEX: ("due_bucket", "due_at"), PEOPLE_INDEX: ("channel", "last_seen")}
_WRITE_UNIT, _READ_UNIT = 1024, 4096
Item = Mapping[str, Any]
_Place = tuple[str, str, str]
"""A table, and the two parts of a key."""


@dataclass
class Meter:
    """Stands at a client's exit. A transaction counts double, also for the indexes: whether so, AWS does not say."""

    client: "DynamoDBClient"
    writes: int = 0
    """Write request units."""
    reads: float = 0
    """Read request units."""
    indexed: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Write request units of the indexes since the meter began, by index and partition."""
    _known: dict[_Place, Item] = field(default_factory=dict)
    """The items that this step has written, as they are now."""
    _written: list[_Place] = field(default_factory=list)
    """What the call under way writes."""
    _is_consistent: bool = True
    """Whether the call under way reads what was written last."""
    _counts: bool = False

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
        self.writes, self.reads, self._known, self._counts = 0, 0, {}, True
        step()
        self._counts = False
        return self.writes, self.reads

    def _called(self, params: Any, model: Any, **_: Any) -> None:
        self._written = list(_written(model.name, params)) if self._counts else []
        self._is_consistent = params.get("ConsistentRead", False)
        self._known |= self._look([place for place in self._written if place not in self._known])

    def _answered(self, parsed: Any, model: Any, **_: Any) -> None:
        if not self._counts:
            return
        after = self._look(self._written)
        for place in self._written:
            entries = list(_entries_written(self._known[place], after[place]))
            each = 2 if model.name == "TransactWriteItems" else 1
            self.writes += each * (_item_units(self._known[place], after[place]) + len(entries))
            for entry in entries:
                self.indexed[entry] += each
        self._known |= after
        if model.name == "BatchGetItem":  # each item by itself; one that is not there costs a unit as well
            self.reads += sum(
                max(1, ceil(_size(item) / _READ_UNIT))
                for found in parsed["Responses"].values()
                for item in found or [{}]
            )
        if model.name in {"GetItem", "Query"}:
            found = parsed.get("Items", [parsed.get("Item", {})])
            units = max(1, ceil(sum(_size(item) for item in found) / _READ_UNIT))
            self.reads += units if self._is_consistent else units / 2

    def _look(self, places: Sequence[_Place]) -> dict[_Place, Item]:
        """The items as they are; an empty one where there is none."""
        found: dict[_Place, Item] = {place: {} for place in places}
        keys = [{"pk": {"S": pk}, "sk": {"S": sk}} for _, pk, sk in found]
        for table in {table for table, _, _ in found}:
            response = self._looking.batch_get_item(RequestItems={table: {"Keys": keys}})
            found |= {(table, item["pk"]["S"], item["sk"]["S"]): item for item in response["Responses"].get(table, [])}
        return found


def _written(call: str, params: Any) -> Iterable[_Place]:
    parts = [part for parts in params.get("TransactItems", []) for part in parts.values()]
    if call in {"UpdateItem", "PutItem", "DeleteItem"}:
        parts = [params]
    for part in parts:
        key = part.get("Key") or part["Item"]
        yield part["TableName"], key["pk"]["S"], key["sk"]["S"]


def _item_units(before: Item, after: Item) -> int:
    return max(1, ceil(max(_size(before), _size(after)) / _WRITE_UNIT))


def _entries_written(before: Item, after: Item) -> Iterator[tuple[str, str]]:
    """The index and partition of each entry that a write deletes or puts: one unit each."""
    for index, (partition, order) in _INDEXED.items():
        old, new = ((item.get(partition), item.get(order)) for item in (before, after))
        if old != new:
            yield from ((index, name["S"]) for name, at in (old, new) if name and at)


def _size(item: Item) -> int:
    return len(json.dumps(item, default=str, ensure_ascii=False).encode())
