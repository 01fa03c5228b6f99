"""Sends one request to DynamoDB: sends it again while it is refused only for the moment, and has one kind of error.

DynamoDB queues nothing behind a transaction. While one is under way, another transaction with one of its items is
cancelled for TransactionConflict, and a single write of such an item fails with TransactionConflictException (Developer
Guide, "Transaction conflict handling in DynamoDB"). botocore repeats neither. Nor does it repeat a transaction that was
cancelled for throttling, since that reason is inside the TransactionCanceledException. A refused request has written
nothing, so it can be sent again. TransactionInProgressException says that the same transaction was sent before, without
a response, and is under way: sent again with its token, it gets the outcome.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import random
from typing import Any, Final, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import StoreError

T = TypeVar("T")

PATIENCE_S: Final = 10.0
"""For a worker: far less than the time that a turn leaves to its lease."""
_PAUSE_S: Final = 0.02
_PAUSE_MAX_S: Final = 0.64

_FOR_THE_MOMENT: Final = frozenset(
    {
        "TransactionConflictException",
        "TransactionInProgressException",
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
    }
)
_CANCELLED_FOR_THE_MOMENT: Final = frozenset(
    {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)
"""Reasons for which a transaction is cancelled, though it would succeed a little later."""


class RefusedForNow(StoreError):
    """DynamoDB refused the request, and may accept it in a moment; what it writes is written once."""


def send(
    request: Callable[[], T],
    *,
    patience_s: float = PATIENCE_S,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Send a request until it is not refused for the moment, with pauses of `patience_s` in all. Raises StoreError.

    The time that the requests themselves take is left out: DynamoDB refuses within milliseconds, and on a busy computer
    they are no reason to give up sooner.
    """
    left_s, waits = patience_s, pauses(random)
    while True:
        try:
            return _translated(request)
        except RefusedForNow:
            pause = next(waits)
            left_s -= pause
            if left_s < 0:
                raise
        sleep(pause)


def pauses(random_share: Callable[[], float]) -> Iterator[float]:
    """Yield the seconds to wait after each refusal, without end: exponential backoff with full jitter.

    `random_share` returns a number from 0 to 1. With these pauses forty simultaneous transactions on one item, such as
    the day's budget, all succeed in time (tests/contract/test_table.py).
    """
    longest = _PAUSE_S
    while True:
        yield random_share() * longest
        longest = min(2 * longest, _PAUSE_MAX_S)


def response_of(error: StoreError) -> Mapping[str, Any]:
    """Return DynamoDB's response to a refused request; empty if there was none."""
    cause = error.__cause__
    return cause.response if isinstance(cause, ClientError) else {}


def reasons_of(response: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return why a transaction was cancelled, in the order of its writes; empty for every other response."""
    reasons: Sequence[Mapping[str, Any]] = response.get("CancellationReasons", ())
    return reasons


def _translated(request: Callable[[], T]) -> T:
    """Translate botocore's errors to StoreError; the details are in its cause, since they may contain stored text."""
    try:
        return request()
    except ClientError as exc:
        code = exc.response.get("Error", {}).get("Code", "unknown")
        kind = RefusedForNow if _is_for_the_moment(code, exc.response) else StoreError
        raise kind(f"DynamoDB refused: {code}") from exc
    except BotoCoreError as exc:
        raise StoreError(f"DynamoDB is out of reach: {type(exc).__name__}") from exc


def _is_for_the_moment(code: str, response: Mapping[str, Any]) -> bool:
    """Whether nothing speaks against the request but what passes: of a transaction, every reason has to."""
    if code != "TransactionCanceledException":
        return code in _FOR_THE_MOMENT
    codes = {reason.get("Code") for reason in reasons_of(response)} - {"None", None}
    return bool(codes) and codes <= _CANCELLED_FOR_THE_MOMENT
