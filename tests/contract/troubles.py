"""What DynamoDB, or the way to it, may do to a request instead of answering it once and in full.

Each is what somebody has met in public; the reports are named in `test_troubles.py`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from scripts.bench.dynamodb_proxy import Answer, Headers, Response
from tests.contract.conflicts import cancellation, refusal

_URL: Final = "https://dynamodb"
WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem"})


@dataclass(frozen=True)
class Request:
    """One request, and how it is answered when nothing goes wrong."""

    operation: str
    body: bytes
    headers: Headers
    answer: Answer

    @property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.body)
        return content

    @property
    def is_first_attempt(self) -> bool:
        """Whether botocore sends it for the first time."""
        return self.headers["amz-sdk-request"].startswith("attempt=1")

    def proceed(self, content: Mapping[str, Any] | None = None) -> Response:
        """Answer it; with another content, if that is given."""
        body = self.body if content is None else json.dumps(content).encode()
        return self.answer(self.operation, body, self.headers)


Trouble = Callable[[Request], Response]
"""Answers a request in its own way, or raises what botocore raises when the connection breaks."""


def refused(code: str, *, status: int = 400) -> Trouble:
    """Nothing is written."""
    return lambda _: (status, refusal(code, {"message": "not now"})[1])


def cancelled(*codes: str) -> Trouble:
    """Nothing is written; the reasons are in the order of the items, "None" where no more are given."""

    def cancel(request: Request) -> Response:
        count = len(request.content["TransactItems"])
        return cancellation([*codes, *["None"] * count][:count])

    return cancel


def fails(_: Request) -> Response:
    """An internal error before the effect."""
    return 500, refusal("InternalServerError", {"message": "Internal server error"})[1]


def is_unavailable(_: Request) -> Response:
    """A gateway on the way answers with a page."""
    return 503, b"<html>Service Unavailable</html>"


def closes(_: Request) -> Response:
    """The connection is closed before the effect."""
    raise ConnectionClosedError(endpoint_url=_URL)


def times_out(_: Request) -> Response:
    raise ReadTimeoutError(endpoint_url=_URL)


def late(trouble: Trouble) -> Trouble:
    """The same after the effect."""

    def first_act(request: Request) -> Response:
        request.proceed()
        return trouble(request)

    return first_act


def leaves_out_all_keys(request: Request) -> Response:
    """A BatchGetItem that reads nothing."""
    wanted = request.content["RequestItems"]
    return 200, json.dumps({"Responses": {}, "UnprocessedKeys": wanted}).encode()


def leaves_out_all_keys_and_says_no_more(request: Request) -> Response:
    """The same without the part for what was read."""
    return 200, json.dumps({"UnprocessedKeys": request.content["RequestItems"]}).encode()


def reads_one_key(request: Request) -> Response:
    """A BatchGetItem that reads the first key only."""
    [(table, wanted)] = request.content["RequestItems"].items()
    status, content = request.proceed({"RequestItems": {table: {**wanted, "Keys": wanted["Keys"][:1]}}})
    others = wanted["Keys"][1:]
    left_out = {table: {**wanted, "Keys": others}} if others else {}
    return status, json.dumps(json.loads(content) | {"UnprocessedKeys": left_out}).encode()


def short_page(request: Request) -> Response:
    """A Query whose page ends after one item, as if it had reached 1 MB."""
    return request.proceed(request.content | {"Limit": 1})


def empty_page(request: Request) -> Response:
    """A Query that goes on after a page without items; the first page has one item."""
    start = request.content.get("ExclusiveStartKey")
    if start is None:
        return short_page(request)
    return 200, json.dumps({"Items": [], "Count": 0, "ScannedCount": 0, "LastEvaluatedKey": start}).encode()


def names_no_last_key(request: Request) -> Response:
    """A Query whose last page has an empty LastEvaluatedKey instead of none."""
    status, content = request.proceed()
    return status, json.dumps({"LastEvaluatedKey": {}} | json.loads(content)).encode()


def index_as_it_was(queries: Sequence[Request]) -> Callable[[Request], Trouble | None]:
    """What queries of an index meet that lags behind: the responses to these queries now, whenever they are sent."""
    frozen = {_conditions(query): query.proceed() for query in queries}

    def choose(request: Request) -> Trouble | None:
        if "IndexName" not in request.content:
            return None
        return lambda request: frozen[_conditions(request)]

    return choose


def _conditions(query: Request) -> str:
    return json.dumps(query.content, sort_keys=True)


@dataclass
class Troubled:
    """Answers every request properly, or by the trouble that `chooses` returns for it."""

    answer: Answer
    chooses: Callable[[Request], Trouble | None]
    requests: list[str] = field(default_factory=list)
    """The operations of all requests, in order."""

    def __call__(self, operation: str, body: bytes, headers: Headers) -> Response:
        request = Request(operation, body, headers, self.answer)
        self.requests.append(operation)
        trouble = self.chooses(request)
        return trouble(request) if trouble else request.proceed()


def first(*troubles: Trouble, of: str) -> Callable[[Request], Trouble | None]:
    """The first requests of an operation meet these, and no other does."""
    left = list(troubles)
    return lambda request: left.pop(0) if left and request.operation == of else None


def each_second(*troubles: Trouble, of: frozenset[str]) -> Callable[[Request], Trouble | None]:
    """Every other request of these operations meets the next of these, over and over; botocore's repetitions do not."""
    numbers = count()

    def choose(request: Request) -> Trouble | None:
        if request.operation not in of or not request.is_first_attempt:
            return None
        half, is_odd = divmod(next(numbers), 2)
        return None if is_odd else troubles[half % len(troubles)]

    return choose


def unnoticed() -> Callable[[Request], Trouble | None]:
    """Every other request meets a trouble after which it is answered all the same, as if there had been none."""
    of_transactions = each_second(
        late(closes),
        cancelled("None", "TransactionConflict"),
        late(fails),
        refused("TransactionInProgressException"),
        cancelled("ThrottlingError"),
        late(times_out),
        of=frozenset({"TransactWriteItems"}),
    )
    of_writes = each_second(refused("TransactionConflictException"), closes, refused("ThrottlingException"), of=WRITES)
    of_reads = each_second(late(closes), refused("ProvisionedThroughputExceededException"), of=frozenset({"GetItem"}))
    of_pages = each_second(short_page, empty_page, names_no_last_key, closes, of=frozenset({"Query"}))
    of_batches = each_second(reads_one_key, leaves_out_all_keys, late(fails), of=frozenset({"BatchGetItem"}))
    choosers = of_transactions, of_writes, of_reads, of_pages, of_batches
    return lambda request: next((trouble for chooses in choosers if (trouble := chooses(request))), None)
