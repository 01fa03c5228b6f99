"""Counts requests to DynamoDB: a proxy in front of its own emulator."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from scripts.bench.dynamodb_proxy import Headers, Response, forwarding, served
from scripts.simulator.aws import Emulator

WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem"})
READS: Final = frozenset({"GetItem", "Query", "BatchGetItem"})


@dataclass
class Count:
    """The requests that were sent to DynamoDB."""

    url: str
    """The endpoint for the process to measure."""
    calls: Counter[str] = field(default_factory=Counter)
    """Requests by operation; `transacted` counts the items that transactions write."""

    @property
    def writes(self) -> int:
        """The number of items written; DynamoDB charges twice for those in transactions."""
        return sum(self.calls[name] for name in WRITES) + self.calls["transacted"]

    @property
    def reads(self) -> int:
        """The number of requests that read."""
        return sum(self.calls[name] for name in READS)

    def note(self, operation: str, body: bytes) -> None:
        """Count a request before it is forwarded."""
        self.calls[operation] += 1
        if operation == "TransactWriteItems":
            parts: list[Mapping[str, Any]] = json.loads(body)["TransactItems"]
            self.calls["transacted"] += sum("ConditionCheck" not in part for part in parts)


@contextmanager
def counted_dynamodb() -> Iterator[Count]:
    """Start an emulator and a proxy, and stop them at the end of the block."""
    emulator = Emulator()
    emulator.start()
    try:
        with _proxy(emulator.url) as count:
            yield count
    finally:
        emulator.stop()


@contextmanager
def _proxy(behind: str) -> Iterator[Count]:
    with forwarding(behind) as forward:
        count = Count("")

        def answer(operation: str, body: bytes, headers: Headers) -> Response:
            count.note(operation, body)
            return forward(body, headers)

        with served(answer) as count.url:
            yield count
