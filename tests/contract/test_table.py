"""How the gate to DynamoDB meets clashes and failures."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from chalicelib.aws.dynamodb.table import Table, TransactionRefused, Update, pauses, update
from chalicelib.errors import StoreError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = {"pk": "a", "sk": "b"}
WRITE = update(KEY, Update(set={"text": "my secret"}))


@pytest.fixture
def client() -> "DynamoDBClient":
    config = Config(retries={"total_max_attempts": 1})
    return boto3.client(
        "dynamodb", "eu-central-1", aws_access_key_id="test", aws_secret_access_key="test", config=config
    )


def cancelled(stub: Stubber, *codes: str) -> None:
    reasons: list[dict[str, Any]] = [{"Code": code} for code in codes]
    stub.add_client_error(
        "transact_write_items", "TransactionCanceledException", modeled_fields={"CancellationReasons": reasons}
    )


def test_a_transaction_conflict_is_retried(client: "DynamoDBClient"):
    slept: list[float] = []
    with Stubber(client) as stub:
        cancelled(stub, "None", "TransactionConflict")
        cancelled(stub, "TransactionConflict", "None")
        stub.add_response("transact_write_items", {})
        Table(client, "t", sleep=slept.append).transact(turn=WRITE, spend=WRITE)
        stub.assert_no_pending_responses()
    assert len(slept) == 2
    assert all(0 <= pause < 1 for pause in slept)


def test_a_lasting_transaction_conflict_fails(client: "DynamoDBClient"):
    with Stubber(client) as stub:
        for _ in range(12):
            cancelled(stub, "TransactionConflict")
        with pytest.raises(StoreError):
            Table(client, "t", sleep=lambda _: None).transact(turn=WRITE)


@dataclass(order=True)
class Asking:
    """A worker that comes back with its transaction at a time."""

    at: float
    number: int
    pauses: Iterator[float] = field(compare=False)


def given_up(random: Random, *, workers: int, held_s: float, round_trip_s: float = 0.01) -> int:
    """How many of so many who want one item at the same moment never get it.

    As in DynamoDB, an item in one transaction refuses all others meanwhile.
    """
    waiting = [Asking(0.0, number, pauses(random.random)) for number in range(workers)]
    free_at, lost = 0.0, 0
    while waiting:
        asking = heappop(waiting)
        if asking.at >= free_at:
            free_at = asking.at + held_s
        elif (pause := next(asking.pauses, None)) is not None:
            heappush(waiting, Asking(asking.at + round_trip_s + pause, asking.number, asking.pauses))
        else:
            lost += 1
    return lost


@pytest.mark.parametrize(("workers", "held_s"), [(20, 0.04), (40, 0.02)])
def test_all_who_want_the_days_budget_at_the_same_moment_get_it_in_the_end(workers: int, held_s: float):
    random = Random(20261120)
    assert sum(given_up(random, workers=workers, held_s=held_s) for _ in range(300)) == 0


def test_the_pauses_after_conflicts_take_less_than_ten_seconds():
    assert sum(pauses(lambda: 1.0)) < 10


def test_a_condition_that_does_not_hold_is_not_tried_again(client: "DynamoDBClient"):
    with Stubber(client) as stub:
        cancelled(stub, "TransactionConflict", "ConditionalCheckFailed")
        with pytest.raises(TransactionRefused) as caught:
            Table(client, "t").transact(turn=WRITE, spend=WRITE)
    assert caught.value.failed == {"spend": None}


def test_failures_of_dynamodb_have_one_name_and_no_words(client: "DynamoDBClient"):
    with Stubber(client) as stub:
        stub.add_client_error("get_item", "ProvisionedThroughputExceededException", "my secret")
        with pytest.raises(StoreError, match=r"^DynamoDB refused: ProvisionedThroughputExceededException$"):
            Table(client, "t").get(KEY)


def test_a_dynamodb_out_of_reach_is_a_failure_too(client: "DynamoDBClient"):
    def timed_out(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://dynamodb")

    client.meta.events.register("before-send.dynamodb", timed_out)
    with pytest.raises(StoreError, match="ReadTimeoutError"):
        Table(client, "t").get(KEY)


def test_no_words_are_shown_by_a_write():
    assert "my secret" not in repr(WRITE)
