"""The one gate to DynamoDB: plain values in and out, conditions, transactions with named writes, and one kind of error.

Keys, attribute names and product rules are in the other modules.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import uuid4

from boto3.dynamodb.conditions import ConditionBase, ConditionExpressionBuilder

from chalicelib.aws.dynamodb import calls
from chalicelib.aws.dynamodb.items import Item, key_of
from chalicelib.aws.dynamodb.keys import Key
from chalicelib.aws.dynamodb.read_along import ReadAlong
from chalicelib.aws.dynamodb.writes import Write, marshal, unmarshal
from chalicelib.errors import StoreError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")

BATCH_LIMIT: Final = 100
"""The most keys of one BatchGetItem request."""


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
class Table:
    """One table. Every method raises StoreError when DynamoDB fails, or refuses a request for some seconds."""

    client: "DynamoDBClient"
    name: str
    patience_s: float = calls.PATIENCE_S
    """For how long a request is sent again that is refused for the moment."""
    sleep: Callable[[float], None] = time.sleep
    along: ReadAlong | None = None
    """What `get` reads with an item, in the same request, when it is due."""

    def get(self, key: Key) -> Item | None:
        """Return the item as last written (a strongly consistent read), or None."""
        if self.along and self.along.is_due and self.along.key != key:
            found = self.get_many([key, self.along.key])
            self.along.took(_of(self.along.key, found))
            return _of(key, found)
        response = self._send(lambda: self.client.get_item(TableName=self.name, Key=marshal(key), ConsistentRead=True))
        return unmarshal(response["Item"]) if "Item" in response else None

    def get_many(self, keys: Sequence[Key]) -> list[Item]:
        """Return the items that exist, as last written, in any order, with a request for each BATCH_LIMIT keys."""
        return [
            item for some in range(0, len(keys), BATCH_LIMIT) for item in self._batch(keys[some : some + BATCH_LIMIT])
        ]

    def _batch(self, keys: Sequence[Key]) -> list[Item]:
        found: list[Item] = []
        wanted: Any = {self.name: {"Keys": [marshal(key) for key in keys], "ConsistentRead": True}}

        def read_the_rest() -> None:
            nonlocal wanted
            response = self.client.batch_get_item(RequestItems=wanted)
            found.extend(unmarshal(item) for item in response.get("Responses", {}).get(self.name, ()))
            wanted = response.get("UnprocessedKeys")
            if wanted:
                raise calls.RefusedForNow("DynamoDB left out keys")

        self._send(read_the_rest)
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
            "ExpressionAttributeValues": marshal(built.attribute_value_placeholders),
            "ScanIndexForward": not newest_first,
            "Limit": size,
        }
        request |= {"IndexName": index} if index else {"ConsistentRead": True}  # DynamoDB refuses both at once
        while True:
            response = self._send(lambda: self.client.query(**request))
            yield [unmarshal(item) for item in response["Items"]]
            if not response.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = response["LastEvaluatedKey"]

    def write(self, write: Write) -> Item:
        """Execute one write. Return the item after an update, and an empty one otherwise. Raises ConditionFailed."""
        try:
            return self._send(lambda: self._write(write))
        except StoreError as exc:
            _raise_if_condition(exc)
            raise

    def write_if(self, write: Write) -> bool:
        """Execute one write; False, with nothing written, if its condition is not met."""
        try:
            self.write(write)
        except ConditionFailed:
            return False
        return True

    def transact(self, **writes: Write | None) -> None:
        """Execute all writes in one atomic transaction. Raises TransactionRefused.

        A write that is None is left out. However often the transaction is sent, it has one token, so that one that was
        carried out without a response is not carried out a second time, nor refused because of its own effect.
        """
        named = {name: write for name, write in writes.items() if write}
        items: Any = [{write.kind: self._request(write)} for write in named.values()]
        token = uuid4().hex
        try:
            self._send(lambda: self.client.transact_write_items(TransactItems=items, ClientRequestToken=token))
        except StoreError as exc:
            _raise_if_refused(exc, list(named))
            raise

    def _write(self, write: Write) -> Item:
        request = self._request(write)
        match write.kind:
            case "Put":
                self.client.put_item(**request)
            case "Delete":
                self.client.delete_item(**request)
            case "Update":
                return unmarshal(self.client.update_item(ReturnValues="ALL_NEW", **request)["Attributes"])
        return {}

    def _request(self, write: Write) -> dict[str, Any]:
        return {"TableName": self.name, **write.request, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}

    def _send(self, request: Callable[[], T]) -> T:
        return calls.send(request, patience_s=self.patience_s, sleep=self.sleep)


def _of(key: Key, items: Sequence[Item]) -> Item | None:
    return next((item for item in items if key_of(item) == key), None)


def _raise_if_condition(error: StoreError) -> None:
    response = calls.response_of(error)
    if response.get("Error", {}).get("Code") == "ConditionalCheckFailedException":
        item = response.get("Item")
        raise ConditionFailed(unmarshal(item) if item else None) from error


def _raise_if_refused(error: StoreError, names: Sequence[str]) -> None:
    """Raise TransactionRefused if conditions failed; DynamoDB's reasons are in the order of the writes."""
    failed = {
        name: unmarshal(reason["Item"]) if reason.get("Item") else None
        for name, reason in zip(names, calls.reasons_of(calls.response_of(error)), strict=False)
        if reason.get("Code") == "ConditionalCheckFailed"
    }
    if failed:
        raise TransactionRefused(failed) from error
