"""The one gate to DynamoDB: plain values in and out, conditions, transactions with named writes, and one kind of error.

Keys, attribute names and product rules are in the other modules.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import random
from typing import TYPE_CHECKING, Any, Final, Literal

from boto3.dynamodb.conditions import ConditionBase, ConditionExpressionBuilder
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.aws.dynamodb.items import Item
from chalicelib.aws.dynamodb.keys import Key
from chalicelib.errors import StoreError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BATCH_LIMIT: Final = 100
"""The most keys of one BatchGetItem request."""

# DynamoDB does not queue a transaction behind another one on the same item: it rejects the later one with
# TransactionConflict (Developer Guide, "DynamoDB Transactions: How it works", transaction conflict handling). botocore
# does not retry that, because the reason is inside a TransactionCanceledException, so `transact` does. All questions of
# a day write the same spend item. With twelve tries, and pauses that double up to 1.28 s, forty simultaneous
# transactions all succeed, and one that never succeeds fails within ten seconds (tests/contract/test_table.py).
_CONFLICT = "TransactionConflict"
_CONFLICT_TRIES = 12
_CONFLICT_PAUSE_S = 0.02
_CONFLICT_PAUSE_MAX_S = 1.28

_SetValue = set[int] | set[str]

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


class ConditionFailed(Exception):
    """The condition of a single write did not hold; `item` is the stored item, None if there was none."""

    def __init__(self, item: Item | None) -> None:
        super().__init__("condition failed")
        self.item = item


class TransactionRefused(Exception):
    """Conditions of a transaction did not hold, and nothing was written.

    `failed` maps the name of each write whose condition failed to the stored item, None if there was none.
    """

    def __init__(self, failed: Mapping[str, Item | None]) -> None:
        super().__init__("transaction refused")
        self.failed = failed


@dataclass(frozen=True)
class Update:
    """What an update does to an item. Attribute names may be paths into maps: `quota.2026-11-20`."""

    set: Mapping[str, Any] = field(default_factory=dict)
    set_if_absent: Mapping[str, Any] = field(default_factory=dict)
    """Set only the attributes that the item does not have."""
    add: Mapping[str, int] = field(default_factory=dict)
    """Add to a number; one that is absent counts as 0."""
    add_to_set: Mapping[str, _SetValue] = field(default_factory=dict)
    """Add to a set; top-level attributes only."""
    remove: Sequence[str] = ()


@dataclass(frozen=True)
class Write:
    """One part of a transaction, or a write of its own."""

    kind: Literal["Put", "Update", "Delete"]
    request: Mapping[str, Any] = field(repr=False)


def pauses(random_share: Callable[[], float]) -> Iterator[float]:
    """Yield the seconds to wait after each conflict but the last: exponential backoff with full jitter.

    `random_share` returns a number from 0 to 1.
    """
    for attempt in range(_CONFLICT_TRIES - 1):
        yield random_share() * min(_CONFLICT_PAUSE_S * 2**attempt, _CONFLICT_PAUSE_MAX_S)


def put(item: Item, *, when: ConditionBase | None = None) -> Write:
    """Write a whole item, in place of one that has the same key."""
    return Write("Put", {"Item": _marshal(item), **_Expression().condition(when).request()})


def update(key: Key, change: Update, *, when: ConditionBase | None = None) -> Write:
    """Change an item, or create it."""
    return Write("Update", {"Key": _marshal(key), **_Expression().change(change).condition(when).request()})


def delete(key: Key, *, when: ConditionBase | None = None) -> Write:
    """Delete an item, if there is one."""
    return Write("Delete", {"Key": _marshal(key), **_Expression().condition(when).request()})


@dataclass(frozen=True)
class Table:
    """One table. Every method raises StoreError when DynamoDB fails."""

    client: "DynamoDBClient"
    name: str
    sleep: Callable[[float], None] = time.sleep

    def get(self, key: Key) -> Item | None:
        """Return the item as last written (a strongly consistent read), or None."""
        with _wrapped():
            response = self.client.get_item(TableName=self.name, Key=_marshal(key), ConsistentRead=True)
        return _unmarshal(response["Item"]) if "Item" in response else None

    def get_many(self, keys: Sequence[Key]) -> list[Item]:
        """Return the items that exist, as last written, in any order; at most BATCH_LIMIT keys."""
        wanted: Any = {self.name: {"Keys": [_marshal(key) for key in keys], "ConsistentRead": True}}
        found: list[Item] = []
        while wanted:
            with _wrapped():
                response = self.client.batch_get_item(RequestItems=wanted)
            found += [_unmarshal(item) for item in response["Responses"][self.name]]
            wanted = response.get("UnprocessedKeys")
        return found

    def pages(
        self, condition: ConditionBase, *, index: str | None = None, newest_first: bool = False, size: int = 100
    ) -> Iterator[list[Item]]:
        """Yield the items that match a key condition in the order of their sort keys, `size` a request.

        Without an `index` the items are as last written; an index may lag behind by moments.
        """
        built = ConditionExpressionBuilder().build_expression(condition, is_key_condition=True)
        request: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": built.condition_expression,
            "ExpressionAttributeNames": built.attribute_name_placeholders,
            "ExpressionAttributeValues": _marshal(built.attribute_value_placeholders),
            "ScanIndexForward": not newest_first,
            "Limit": size,
        }
        request |= {"IndexName": index} if index else {"ConsistentRead": True}  # DynamoDB refuses both at once
        while True:
            with _wrapped():
                response = self.client.query(**request)
            yield [_unmarshal(item) for item in response["Items"]]
            if "LastEvaluatedKey" not in response:
                return
            request["ExclusiveStartKey"] = response["LastEvaluatedKey"]

    def write(self, write: Write) -> Item:
        """Execute one write. Return the item after an update, and an empty one otherwise. Raises ConditionFailed."""
        request: dict[str, Any] = {**write.request, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        try:
            with _wrapped():
                if write.kind != "Update":
                    operation = self.client.put_item if write.kind == "Put" else self.client.delete_item
                    operation(TableName=self.name, **request)
                    return {}
                response = self.client.update_item(TableName=self.name, ReturnValues="ALL_NEW", **request)
        except StoreError as exc:
            _raise_if_condition(exc)
            raise
        return _unmarshal(response["Attributes"])

    def transact(self, **writes: Write | None) -> None:
        """Execute all writes in one atomic transaction. Raises TransactionRefused.

        A write that is None is left out. A transaction that only conflicted with another one is retried.
        """
        named = {name: write for name, write in writes.items() if write}
        items: Any = [
            {
                write.kind: {
                    "TableName": self.name,
                    **write.request,
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                }
            }
            for write in named.values()
        ]
        for pause in (*pauses(random), None):
            try:
                with _wrapped():
                    self.client.transact_write_items(TransactItems=items)
                return
            except StoreError as exc:
                _raise_if_refused(exc, list(named))
                if pause is None or not _is_conflict(exc):
                    raise
                self.sleep(pause)


class _Expression:
    """Collects the names and values that DynamoDB wants apart from the expressions."""

    def __init__(self) -> None:
        self._builder = ConditionExpressionBuilder()
        self._names: dict[str, str] = {}
        self._values: dict[str, Any] = {}
        self._request: dict[str, Any] = {}

    def change(self, change: Update) -> "_Expression":
        sets = [f"{self._path(name)} = {self._value(value)}" for name, value in change.set.items()]
        sets += [
            f"{path} = if_not_exists({path}, {self._value(value)})"
            for path, value in ((self._path(name), value) for name, value in change.set_if_absent.items())
        ]
        sets += [
            f"{path} = if_not_exists({path}, {self._value(0)}) + {self._value(number)}"
            for path, number in ((self._path(name), number) for name, number in change.add.items())
        ]
        adds = [f"{self._path(name)} {self._value(values)}" for name, values in change.add_to_set.items()]
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
    """Translate botocore's errors to StoreError; the details are in its cause, since they may contain stored text."""
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


def _raise_if_refused(error: StoreError, names: Sequence[str]) -> None:
    """Raise TransactionRefused if conditions failed; DynamoDB's reasons are in the order of the writes."""
    failed = {
        name: _unmarshal(reason["Item"]) if reason.get("Item") else None
        for name, reason in zip(names, _reasons(error), strict=False)
        if reason.get("Code") == "ConditionalCheckFailed"
    }
    if failed:
        raise TransactionRefused(failed) from error


def _is_conflict(error: StoreError) -> bool:
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
