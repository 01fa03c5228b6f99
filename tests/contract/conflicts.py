"""A proxy in front of an emulator of DynamoDB, with the rule that emulators lack: what a write meets in a transaction.

While a TransactWriteItems is under way, another one with one of its items is cancelled (TransactionConflict), and a
PutItem, UpdateItem or DeleteItem of such an item fails with TransactionConflictException (Developer Guide, "Transaction
conflict handling in DynamoDB"). Reads pass. A client that does not repeat by itself loses these writes.

A transaction that is sent again with its token while it is under way is refused with TransactionInProgressException.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import cycle
from typing import TYPE_CHECKING, Any, Final

from chalicelib.aws.dynamodb.keys import Key
from scripts.bench.dynamodb_proxy import Forward, Response
from tests.contract.in_process import client_of, in_turns

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SINGLE_WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem"})
_MODEL: Final = "com.amazonaws.dynamodb.v20120810#"
_PASSING: Final = ("TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded")
"""Reasons for a cancelled transaction that another try may not meet."""
_BEFORE_COMMIT: Final = 0.7
"""The share of a transaction's time for which it has written nothing yet."""

Item = tuple[str, str]
"""A table's name and a primary key."""


@dataclass
class Counts:
    """What was asked of DynamoDB, and how much of it was refused only for the moment."""

    transactions: int = 0
    transactions_refused: int = 0
    transactions_in_progress: int = 0
    """Refused, since they were under way already."""
    writes: int = 0
    writes_refused: int = 0


@dataclass
class ConflictProxy:
    """The rule, and what it has counted."""

    forward: Forward
    transaction_s: float
    """The least time for which a transaction holds its items."""
    reluctant: bool
    """Refuse every other write as well, whether it meets a transaction or not."""
    sleep: Callable[[float], None] = time.sleep
    """Waits for seconds while a transaction holds its items; a test may give one that waits for the test."""
    counts: Counts = field(default_factory=Counts)
    _held: set[Item] = field(default_factory=set)
    _under_way: set[str] = field(default_factory=set)
    """The tokens of transactions."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _reasons: Iterator[str | None] = field(
        default_factory=lambda: cycle([turn for reason in _PASSING for turn in (reason, None)])
    )

    @cached_property
    def client(self) -> "DynamoDBClient":
        """Whose requests come here."""
        return client_of(self.answer)

    def answer(self, operation: str, body: bytes, headers: Mapping[str, str]) -> Response:
        """Refuse a request, or pass it on."""
        if operation == "TransactWriteItems":
            return self._transaction(json.loads(body), body, headers)
        if operation in SINGLE_WRITES and self._refuses_write(item_of(json.loads(body))):
            return refusal("TransactionConflictException", {"message": "Transaction is ongoing for the item"})
        return self.forward(body, headers)

    def _refuses_write(self, item: Item) -> bool:
        with self._lock:
            refused = item in self._held or self._own_reason() is not None
            self.counts.writes += 1
            self.counts.writes_refused += refused
            return refused

    def _transaction(self, request: Mapping[str, Any], body: bytes, headers: Mapping[str, str]) -> Response:
        items = [item_of(next(iter(part.values()))) for part in request["TransactItems"]]
        token: str = request["ClientRequestToken"]
        reasons = self._begin(items, token)
        if reasons is None:
            return refusal("TransactionInProgressException", {"Message": "The transaction is in progress"})
        if reasons:
            return cancellation(reasons)
        try:
            self.sleep(self.transaction_s * _BEFORE_COMMIT)
            answer = self.forward(body, headers)
            self.sleep(self.transaction_s * (1 - _BEFORE_COMMIT))
            return answer
        finally:
            with self._lock:
                self._held.difference_update(items)
                self._under_way.discard(token)

    def _begin(self, items: Sequence[Item], token: str) -> Sequence[str] | None:
        """Hold the items; otherwise return why not, item by item, or None if the transaction has begun before."""
        with self._lock:
            if token in self._under_way:
                self.counts.transactions_in_progress += 1
                return None
            own = self._own_reason()
            reasons = [own or ("TransactionConflict" if item in self._held else "None") for item in items]
            refused = any(reason != "None" for reason in reasons)
            self.counts.transactions += 1
            self.counts.transactions_refused += refused
            if refused:
                return reasons
            self._held.update(items)
            self._under_way.add(token)
            return ()

    def _own_reason(self) -> str | None:
        return next(self._reasons) if self.reluctant else None


def item_of(part: Mapping[str, Any]) -> Item:
    """Return the item that a write is about."""
    key: Key = part.get("Key") or {name: part["Item"][name] for name in ("pk", "sk")}
    return part["TableName"], json.dumps(key, sort_keys=True)


def cancellation(codes: Sequence[str]) -> Response:
    """Return a cancelled transaction as DynamoDB responds with it: a reason for each item, "None" for those without."""
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{', '.join(codes)}]"
    reasons = [{"Code": code} | ({} if code == "None" else {"Message": "not now"}) for code in codes]
    return refusal("TransactionCanceledException", {"Message": message, "CancellationReasons": reasons})


def refusal(code: str, content: Mapping[str, Any]) -> Response:
    """Return an error as DynamoDB responds with it."""
    return 400, json.dumps({"__type": f"{_MODEL}{code}", **content}).encode()


def conflict_proxy(
    *, transaction_ms: float = 15, reluctant: bool = False, sleep: Callable[[float], None] = time.sleep
) -> ConflictProxy:
    """Return one in front of ministack's code in this process, with a client of its own."""
    return ConflictProxy(in_turns, transaction_s=transaction_ms / 1000, reluctant=reluctant, sleep=sleep)
