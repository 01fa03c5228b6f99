"""Records each request of a client to DynamoDB, with the request units that AWS would charge, rather too many."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from chalicelib.aws.dynamodb.index_keys import DUE_INDEX, PEOPLE_INDEX

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_INDEXED: Final = {DUE_INDEX: ("due_bucket", "due_at"), PEOPLE_INDEX: ("channel", "last_seen")}
"""The key attributes of each index: of its partition, and of the order in it."""
_WRITE_UNIT, _READ_UNIT = 1024, 4096
TRANSACTION: Final = "TransactWriteItems"
_SINGLE_WRITES: Final = frozenset({"UpdateItem", "PutItem", "DeleteItem"})

Item = Mapping[str, Any]
_Place = tuple[str, str, str]
"""A table, and the two parts of a key."""


@dataclass(frozen=True)
class Written:
    """One item that a request writes, or whose condition a transaction checks."""

    pk: str
    sk: str
    units: int
    """Write units of the table: doubled in a transaction."""
    index_units: Mapping[tuple[str, str], int]
    """Write units by index and its partition, doubled in a transaction: whether so, AWS does not say."""


@dataclass(frozen=True)
class TableRequest:
    """One request."""

    operation: str
    written: Sequence[Written] = ()
    read_units: float = 0
    read_from: str = ""
    """The partition that a request reads, or the first one."""

    @property
    def is_transaction(self) -> bool:
        """Whether the request writes all of its items or none."""
        return self.operation == TRANSACTION

    @property
    def write_units(self) -> int:
        """All write units, with those of the indexes."""
        return sum(item.units + sum(item.index_units.values()) for item in self.written)


@dataclass
class TableRequests:
    """Stands at a client's exit; while it records, it looks up the written items before and after each request."""

    client: "DynamoDBClient"
    looking: "DynamoDBClient"
    """Another client of the same tables, whose requests are not recorded."""
    _known: dict[_Place, Item] = field(default_factory=dict)
    """The items that this step has written, as they are now."""
    _places: list[_Place] = field(default_factory=list)
    """What the request under way writes."""
    _params: Any = None
    """The parameters of that request."""
    _made: list[TableRequest] | None = None
    """None while nothing is recorded."""

    def __post_init__(self) -> None:
        self.client.meta.events.register("provide-client-params.dynamodb", self._called)
        self.client.meta.events.register("after-call.dynamodb", self._answered)

    def close(self) -> None:
        """Let the client's requests pass."""
        self.client.meta.events.unregister("provide-client-params.dynamodb", self._called)
        self.client.meta.events.unregister("after-call.dynamodb", self._answered)

    def during(self, step: Callable[[], object]) -> list[TableRequest]:
        """Run a step, and return the requests that it made."""
        self._made, self._known = [], {}
        step()
        made, self._made = self._made, None
        return made

    def _called(self, params: Any, model: Any, **_: Any) -> None:
        if self._made is None:
            return
        self._places, self._params = list(_written(model.name, params)), params
        self._known |= self._look([place for place in self._places if place not in self._known])

    def _answered(self, parsed: Any, model: Any, **_: Any) -> None:
        if self._made is None:
            return
        after, factor = self._look(self._places), 2 if model.name == TRANSACTION else 1
        written = [_units(place, self._known[place], after[place], factor) for place in self._places]
        self._known |= after
        read = _read_units(model.name, self._params, parsed)
        self._made.append(TableRequest(model.name, written, read, _read_from(self._params) if read else ""))

    def _look(self, places: Sequence[_Place]) -> dict[_Place, Item]:
        """Return the items as they are; an empty one where there is none."""
        found: dict[_Place, Item] = {place: {} for place in places}
        keys = [{"pk": {"S": pk}, "sk": {"S": sk}} for _, pk, sk in found]
        for table in {table for table, _, _ in found}:
            response = self.looking.batch_get_item(RequestItems={table: {"Keys": keys}})
            found |= {(table, item["pk"]["S"], item["sk"]["S"]): item for item in response["Responses"].get(table, [])}
        return found


def _written(operation: str, params: Any) -> Iterable[_Place]:
    parts = [part for parts in params.get("TransactItems", []) for part in parts.values()]
    if operation in _SINGLE_WRITES:
        parts = [params]
    for part in parts:
        key = part.get("Key") or part["Item"]
        yield part["TableName"], key["pk"]["S"], key["sk"]["S"]


def _units(place: _Place, before: Item, after: Item, factor: int) -> Written:
    """Return what a write of an item costs; `factor` is 2 in a transaction."""
    units = max(1, ceil(max(_size(before), _size(after)) / _WRITE_UNIT))
    of_indexes: dict[tuple[str, str], int] = {}
    for index, names in _INDEXED.items():
        entries = [tuple(item.get(name) for name in names) for item in (before, after)]
        old, new = (None if None in entry else entry for entry in entries)
        for entry in (old, new):
            if entry and old != new:
                partition = (index, str(next(iter((entry[0] or {}).values()))))
                of_indexes[partition] = of_indexes.get(partition, 0) + factor
    return Written(place[1], place[2], factor * units, of_indexes)


def _read_units(operation: str, params: Any, parsed: Any) -> float:
    if operation == "BatchGetItem":  # each item by itself; one that is not there costs a unit as well
        responses = parsed["Responses"].values()
        return sum(max(1, ceil(_size(item) / _READ_UNIT)) for found in responses for item in found or [{}])
    if operation in {"GetItem", "Query"}:
        found = parsed.get("Items", [parsed.get("Item", {})])
        units = max(1, ceil(sum(_size(item) for item in found) / _READ_UNIT))
        return units if params.get("ConsistentRead", False) else units / 2
    return 0


def _read_from(params: Any) -> str:
    """Return the partition key of a read: of a query it is the value that is no prefix of a sort key."""
    if "Key" in params:
        return str(params["Key"]["pk"]["S"])
    if "RequestItems" in params:
        return str(next(iter(params["RequestItems"].values()))["Keys"][0]["pk"]["S"])
    return str(next(iter(params["ExpressionAttributeValues"].values()))["S"])


def _size(item: Item) -> int:
    return len(json.dumps(item, default=str, ensure_ascii=False).encode())
