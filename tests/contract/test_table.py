"""How the gate to DynamoDB meets clashes and failures."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from chalicelib.aws.dynamodb.calls import PATIENCE_S, pauses
from chalicelib.aws.dynamodb.conditions import EXISTS
from chalicelib.aws.dynamodb.keys import api_keys
from chalicelib.aws.dynamodb.table import ConditionFailed, Table, TransactionRefused
from chalicelib.aws.dynamodb.writes import Update, delete, put, update
from chalicelib.errors import StoreError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = {"pk": "a", "sk": "b"}
STORED = {name: {"S": value} for name, value in KEY.items()}
WRITE = update(KEY, Update(set={"text": "my secret"}))
THROTTLED = ("ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded")
PASSES = ("TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded")
"""Reasons for a cancelled transaction that another try may not meet."""
SINGLE_WRITES = {
    "put_item": put({**KEY, "text": "my secret"}),
    "update_item": WRITE,
    "delete_item": delete(KEY),
}
READS: dict[str, tuple[dict[str, Any], Callable[[Table], Any], Any]] = {
    "get_item": ({"Item": STORED}, lambda table: table.get(KEY), KEY),
    "query": ({"Items": [STORED]}, lambda table: list(table.pages(api_keys())), [[KEY]]),
    "batch_get_item": ({"Responses": {"t": [STORED]}}, lambda table: table.get_many([KEY]), [KEY]),
}
"""What DynamoDB responds, how to ask for it, and what is read."""


@dataclass
class Time:
    """Passes only while somebody sleeps."""

    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    @property
    def now(self) -> float:
        return sum(self.slept)


@pytest.fixture
def client() -> "DynamoDBClient":
    config = Config(retries={"total_max_attempts": 1})
    return boto3.client(
        "dynamodb", "eu-central-1", aws_access_key_id="test", aws_secret_access_key="test", config=config
    )


@pytest.fixture
def stub(client: "DynamoDBClient") -> Iterator[Stubber]:
    """DynamoDB; every response that it was given has to be asked for."""
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def table(client: "DynamoDBClient", time: Time) -> Table:
    return Table(client, "t", sleep=time.sleep)


def cancel(stub: Stubber, *codes: str) -> None:
    reasons: list[dict[str, Any]] = [{"Code": code} for code in codes]
    stub.add_client_error(
        "transact_write_items", "TransactionCanceledException", modeled_fields={"CancellationReasons": reasons}
    )


@pytest.mark.parametrize("code", PASSES)
def test_a_transaction_cancelled_for_what_passes_is_sent_again(stub: Stubber, table: Table, time: Time, code: str):
    cancel(stub, "None", code)
    cancel(stub, code, "None")
    stub.add_response("transact_write_items", {})
    table.transact(turn=WRITE, spend=WRITE)
    assert len(time.slept) == 2
    assert all(0 <= pause < 1 for pause in time.slept)


def test_a_transaction_cancelled_for_several_reasons_that_pass_is_sent_again(stub: Stubber, table: Table):
    cancel(stub, *PASSES)
    stub.add_response("transact_write_items", {})
    table.transact(turn=WRITE, spend=WRITE, person=WRITE)


@pytest.mark.parametrize("code", ["TransactionInProgressException", *THROTTLED])
def test_a_transaction_refused_as_a_whole_for_now_is_sent_again(stub: Stubber, table: Table, code: str):
    stub.add_client_error("transact_write_items", code)
    stub.add_response("transact_write_items", {})
    table.transact(turn=WRITE)


@pytest.mark.parametrize("code", ["TransactionConflictException", *THROTTLED])
@pytest.mark.parametrize("operation", SINGLE_WRITES)
def test_a_single_write_refused_for_now_is_sent_again(stub: Stubber, table: Table, operation: str, code: str):
    for _ in range(3):
        stub.add_client_error(operation, code)
    stub.add_response(operation, {"Attributes": STORED} if operation == "update_item" else {})
    assert table.write(SINGLE_WRITES[operation]) == (KEY if operation == "update_item" else {})


@pytest.mark.parametrize("code", THROTTLED)
@pytest.mark.parametrize("operation", READS)
def test_a_read_refused_for_now_is_sent_again(stub: Stubber, table: Table, operation: str, code: str):
    response, read, found = READS[operation]
    stub.add_client_error(operation, code)
    stub.add_response(operation, response)
    assert read(table) == found


def test_a_condition_that_fails_after_a_conflict_is_reported(stub: Stubber, table: Table):
    stub.add_client_error("update_item", "TransactionConflictException")
    stub.add_client_error("update_item", "ConditionalCheckFailedException", modeled_fields={"Item": STORED})
    with pytest.raises(ConditionFailed) as caught:
        table.write(update(KEY, Update(set={"text": "my secret"}), when=EXISTS))
    assert caught.value.item == KEY


def test_a_write_on_a_condition_says_whether_it_was_made(stub: Stubber, table: Table):
    change = update(KEY, Update(set={"text": "words"}), when=EXISTS)
    stub.add_client_error("update_item", "ConditionalCheckFailedException", modeled_fields={"Item": STORED})
    assert not table.write_if(change)
    stub.add_response("update_item", {"Attributes": STORED})
    assert table.write_if(change)


@pytest.mark.parametrize(
    "refuse",
    [
        lambda stub: cancel(stub, "TransactionConflict"),
        lambda stub: cancel(stub, "ThrottlingError"),
        lambda stub: stub.add_client_error("transact_write_items", "ThrottlingException"),
    ],
)
def test_what_does_not_pass_in_some_seconds_fails(
    client: "DynamoDBClient", table: Table, time: Time, refuse: Callable[[Stubber], None]
):
    with Stubber(client) as stub:
        for _ in range(1000):
            refuse(stub)
        with pytest.raises(StoreError):
            table.transact(turn=WRITE)
    assert PATIENCE_S / 2 < time.now < PATIENCE_S


LONGEST_PAUSE_S = 0.64


@pytest.mark.parametrize("patience_s", [0.0, 0.5, 3.0, 10.0])
def test_a_table_is_patient_for_as_long_as_its_function_can_be(client: "DynamoDBClient", time: Time, patience_s: float):
    table = Table(client, "t", patience_s, time.sleep)
    with Stubber(client) as stub:
        for _ in range(1000):
            cancel(stub, "TransactionConflict")
        with pytest.raises(StoreError):
            table.transact(turn=WRITE)
    assert patience_s - LONGEST_PAUSE_S <= time.now <= patience_s


def test_a_single_write_that_meets_transactions_for_some_seconds_fails(
    client: "DynamoDBClient", table: Table, time: Time
):
    with Stubber(client) as stub:
        for _ in range(1000):
            stub.add_client_error("update_item", "TransactionConflictException")
        with pytest.raises(StoreError, match=r"^DynamoDB refused: TransactionConflictException$"):
            table.write(WRITE)
    assert time.now < PATIENCE_S


@pytest.mark.parametrize(
    "codes",
    [
        ("ValidationError",),
        ("TransactionConflict", "ValidationError"),
        ("ThrottlingError", "ItemCollectionSizeLimitExceeded"),
        ("None",),
    ],
)
def test_a_transaction_cancelled_for_good_is_not_sent_again(stub: Stubber, table: Table, codes: tuple[str, ...]):
    cancel(stub, *codes)
    with pytest.raises(StoreError):
        table.transact(turn=WRITE, spend=WRITE)


@pytest.mark.parametrize("code", ["ValidationException", "ResourceNotFoundException", "AccessDeniedException"])
def test_a_single_write_refused_for_good_is_not_sent_again(stub: Stubber, table: Table, code: str):
    stub.add_client_error("update_item", code)
    with pytest.raises(StoreError):
        table.write(WRITE)


def test_keys_that_dynamodb_left_out_are_read_after_a_pause(stub: Stubber, table: Table, time: Time):
    left_out = {"t": {"Keys": [STORED]}}
    stub.add_response("batch_get_item", {"Responses": {"t": [STORED]}, "UnprocessedKeys": left_out})
    stub.add_response("batch_get_item", {"Responses": {}, "UnprocessedKeys": left_out})
    stub.add_response("batch_get_item", {"Responses": {"t": [STORED]}})
    assert table.get_many([KEY, KEY]) == [KEY, KEY]
    assert len(time.slept) == 2


def test_keys_that_dynamodb_leaves_out_for_some_seconds_fail(client: "DynamoDBClient", table: Table, time: Time):
    with Stubber(client) as stub:
        for _ in range(1000):
            stub.add_response("batch_get_item", {"Responses": {}, "UnprocessedKeys": {"t": {"Keys": [STORED]}}})
        with pytest.raises(StoreError):
            table.get_many([KEY])
    assert time.now < PATIENCE_S


IN_TIME_S = PATIENCE_S / 2
"""Seconds within which everybody has what they want."""


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
        elif (again := asking.at + round_trip_s + next(asking.pauses)) <= IN_TIME_S:
            heappush(waiting, Asking(again, asking.number, asking.pauses))
        else:
            lost += 1
    return lost


@pytest.mark.parametrize(("workers", "held_s"), [(20, 0.04), (40, 0.02)])
def test_all_who_want_the_days_budget_at_the_same_moment_get_it_in_the_end(workers: int, held_s: float):
    random = Random(20261120)
    assert sum(given_up(random, workers=workers, held_s=held_s) for _ in range(300)) == 0


def test_a_condition_that_does_not_hold_is_not_tried_again(stub: Stubber, table: Table):
    cancel(stub, "TransactionConflict", "ConditionalCheckFailed")
    with pytest.raises(TransactionRefused) as caught:
        table.transact(turn=WRITE, spend=WRITE)
    assert caught.value.failed == {"spend": None}


def test_failures_of_dynamodb_have_one_name_and_no_words(stub: Stubber, table: Table):
    stub.add_client_error("get_item", "InternalServerError", "my secret")
    with pytest.raises(StoreError, match=r"^DynamoDB refused: InternalServerError$"):
        table.get(KEY)


def test_a_dynamodb_out_of_reach_is_a_failure_too(client: "DynamoDBClient", table: Table):
    def timed_out(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://dynamodb")

    client.meta.events.register("before-send.dynamodb", timed_out)
    with pytest.raises(StoreError, match="ReadTimeoutError"):
        table.get(KEY)


def test_no_words_are_shown_by_a_write():
    assert "my secret" not in repr(WRITE)
