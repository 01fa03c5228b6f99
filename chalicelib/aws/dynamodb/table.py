"""The one gate to DynamoDB: plain values in and out, named changes and conditions, one kind of error.

No key, attribute name or rule of the product lives here.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import random
from typing import TYPE_CHECKING, Any, Literal

from boto3.dynamodb.conditions import ConditionBase, ConditionExpressionBuilder
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.aws.dynamodb.items import Item
from chalicelib.aws.dynamodb.keys import Key
from chalicelib.errors import StoreError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


_CONFLICT = "TransactionConflict"
_CONFLICT_TRIES = 12
_CONFLICT_PAUSE_S = 0.02
_CONFLICT_PAUSE_MOST_S = 1.28

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


class ConditionFailed(Exception):
    """A single write's condition did not hold; `item` is what stood there, None for nothing."""

    def __init__(self, item: Item | None) -> None:
        super().__init__("condition failed")
        self.item = item


class TransactionRefused(Exception):
    """Conditions of a transaction did not hold; `failed` maps a write's place to what stood there, None for nothing."""

    def __init__(self, failed: Mapping[int, Item | None]) -> None:
        super().__init__("transaction refused")
        self.failed = failed


@dataclass(frozen=True)
class Update:
    """What an update does to an item. Names may be paths into maps: `quota.2026-11-20`."""

    put: Mapping[str, Any] = field(default_factory=dict)
    first: Mapping[str, Any] = field(default_factory=dict)
    """Put only where nothing stands."""
    count: Mapping[str, int] = field(default_factory=dict)
    """Add to a number, from 0."""
    union: Mapping[str, set[int] | set[str]] = field(default_factory=dict)
    """Add to a set; top level only."""
    remove: Sequence[str] = ()


@dataclass(frozen=True)
class Write:
    """One part of a transaction, or a write of its own."""

    kind: Literal["Put", "Update", "Delete"]
    request: Mapping[str, Any] = field(repr=False)


def pauses(chance: Callable[[], float]) -> Iterator[float]:
    """Seconds to wait after one clash and the next: enough for dozens who want the same item at the same moment."""
    for attempt in range(_CONFLICT_TRIES - 1):
        yield chance() * min(_CONFLICT_PAUSE_S * 2**attempt, _CONFLICT_PAUSE_MOST_S)


def put(item: Item, *, when: ConditionBase | None = None) -> Write:
    """Write a whole item."""
    return Write("Put", {"Item": _marshal(item), **_Expression().condition(when).request()})


def update(key: Key, change: Update, *, when: ConditionBase | None = None) -> Write:
    """Change an item, or make it."""
    return Write("Update", {"Key": _marshal(key), **_Expression().change(change).condition(when).request()})


def delete(key: Key, *, when: ConditionBase | None = None) -> Write:
    """Remove an item."""
    return Write("Delete", {"Key": _marshal(key), **_Expression().condition(when).request()})


@dataclass(frozen=True)
class Table:
    """One table. Every method raises StoreError when DynamoDB fails; conditions that do not hold have errors above."""

    client: "DynamoDBClient"
    name: str
    sleep: Callable[[float], None] = time.sleep

    def get(self, key: Key) -> Item | None:
        """The item as last written."""
        with _wrapped():
            answer = self.client.get_item(TableName=self.name, Key=_marshal(key), ConsistentRead=True)
        return _unmarshal(answer["Item"]) if "Item" in answer else None

    def get_many(self, keys: Sequence[Key]) -> list[Item]:
        """The items that exist, in any order; at most 100 keys."""
        wanted: Any = {self.name: {"Keys": [_marshal(key) for key in keys], "ConsistentRead": True}}
        found: list[Item] = []
        while wanted:
            with _wrapped():
                answer = self.client.batch_get_item(RequestItems=wanted)
            found += [_unmarshal(item) for item in answer["Responses"][self.name]]
            wanted = answer.get("UnprocessedKeys")
        return found

    def pages(
        self, condition: ConditionBase, *, index: str | None = None, newest_first: bool = False, size: int = 100
    ) -> Iterator[list[Item]]:
        """What a key condition finds, page by page, in key order."""
        built = ConditionExpressionBuilder().build_expression(condition, is_key_condition=True)
        request: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": built.condition_expression,
            "ExpressionAttributeNames": built.attribute_name_placeholders,
            "ExpressionAttributeValues": _marshal(built.attribute_value_placeholders),
            "ScanIndexForward": not newest_first,
            "Limit": size,
        }
        request |= {"IndexName": index} if index else {"ConsistentRead": True}
        while True:
            with _wrapped():
                answer = self.client.query(**request)
            yield [_unmarshal(item) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def write(self, write: Write) -> Item:
        """Carry out one write; an update returns the item as it is now, others nothing. Raises ConditionFailed."""
        request: dict[str, Any] = {**write.request, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        try:
            with _wrapped():
                if write.kind != "Update":
                    carry_out = self.client.put_item if write.kind == "Put" else self.client.delete_item
                    carry_out(TableName=self.name, **request)
                    return {}
                answer = self.client.update_item(TableName=self.name, ReturnValues="ALL_NEW", **request)
        except StoreError as exc:
            _raise_if_condition(exc)
            raise
        return _unmarshal(answer["Attributes"])

    def transact(self, *writes: Write) -> None:
        """Carry out all writes or none. Raises TransactionRefused; repeats what merely clashed with another one."""
        items: Any = [
            {
                write.kind: {
                    "TableName": self.name,
                    **write.request,
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                }
            }
            for write in writes
        ]
        for pause in (*pauses(random), None):
            try:
                with _wrapped():
                    self.client.transact_write_items(TransactItems=items)
                return
            except StoreError as exc:
                _raise_if_refused(exc)
                if pause is None or not _clashed(exc):
                    raise
                self.sleep(pause)


class _Expression:
    """Collects names and values, which DynamoDB wants apart from the expressions."""

    def __init__(self) -> None:
        self._builder = ConditionExpressionBuilder()
        self._names: dict[str, str] = {}
        self._values: dict[str, Any] = {}
        self._request: dict[str, Any] = {}

    def change(self, change: Update) -> "_Expression":
        sets = [f"{self._path(name)} = {self._value(value)}" for name, value in change.put.items()]
        sets += [
            f"{path} = if_not_exists({path}, {self._value(value)})"
            for path, value in ((self._path(name), value) for name, value in change.first.items())
        ]
        sets += [
            f"{path} = if_not_exists({path}, {self._value(0)}) + {self._value(number)}"
            for path, number in ((self._path(name), number) for name, number in change.count.items())
        ]
        adds = [f"{self._path(name)} {self._value(values)}" for name, values in change.union.items()]
        removes = [self._path(name) for name in change.remove]
        clauses = [
            f"{word} {', '.join(parts)}" for word, parts in (("SET", sets), ("ADD", adds), ("REMOVE", removes)) if parts
        ]
        self._request["UpdateExpression"] = " ".join(clauses)
        return self

    def condition(self, when: ConditionBase | None) -> "_Expression":
        if when is not None:
            built = self._builder.build_expression(when)
            self._request["ConditionExpression"] = built.condition_expression
            self._names |= built.attribute_name_placeholders
            self._values |= built.attribute_value_placeholders
        return self

    def request(self) -> dict[str, Any]:
        if self._names:
            self._request["ExpressionAttributeNames"] = self._names
        if self._values:
            self._request["ExpressionAttributeValues"] = _marshal(self._values)
        return self._request

    def _path(self, name: str) -> str:
        placeholders = []
        for part in name.split("."):
            placeholder = f"#c{len(self._names)}"
            self._names[placeholder] = part
            placeholders.append(placeholder)
        return ".".join(placeholders)

    def _value(self, value: Any) -> str:
        placeholder = f":c{len(self._values)}"
        self._values[placeholder] = value
        return placeholder


@contextmanager
def _wrapped() -> Iterator[None]:
    """Turns whatever botocore raises into StoreError, whose cause keeps the details."""
    try:
        yield
    except ClientError as exc:
        code = exc.response.get("Error", {}).get("Code", "unknown")
        raise StoreError(f"DynamoDB refused: {code}") from exc
    except BotoCoreError as exc:
        raise StoreError(f"DynamoDB is out of reach: {type(exc).__name__}") from exc


def _response(error: StoreError) -> Mapping[str, Any]:
    cause = error.__cause__
    return cause.response if isinstance(cause, ClientError) else {}


def _raise_if_condition(error: StoreError) -> None:
    response = _response(error)
    if response.get("Error", {}).get("Code") == "ConditionalCheckFailedException":
        item = response.get("Item")
        raise ConditionFailed(_unmarshal(item) if item else None) from error


def _raise_if_refused(error: StoreError) -> None:
    failed = {
        place: _unmarshal(reason["Item"]) if reason.get("Item") else None
        for place, reason in enumerate(_reasons(error))
        if reason.get("Code") == "ConditionalCheckFailed"
    }
    if failed:
        raise TransactionRefused(failed) from error


def _clashed(error: StoreError) -> bool:
    code = _response(error).get("Error", {}).get("Code")
    return code == "TransactionInProgressException" or any(
        reason.get("Code") == _CONFLICT for reason in _reasons(error)
    )


def _reasons(error: StoreError) -> Sequence[Mapping[str, Any]]:
    reasons: Sequence[Mapping[str, Any]] = _response(error).get("CancellationReasons", ())
    return reasons


def _marshal(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _serialize(value) for name, value in values.items()}


def _unmarshal(values: Mapping[str, Any]) -> Item:
    return {name: _deserialize(value) for name, value in values.items()}
