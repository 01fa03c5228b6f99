"""How the gate to DynamoDB meets clashes and failures."""

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from chalicelib.errors import StoreError
from chalicelib.store.table import Change, Table, TransactionRefused, update

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = {"pk": "a", "sk": "b"}
WRITE = update(KEY, Change(put={"text": "my secret"}))


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


def test_what_merely_clashed_is_tried_again(client: "DynamoDBClient"):
    pauses: list[float] = []
    with Stubber(client) as stub:
        cancelled(stub, "None", "TransactionConflict")
        cancelled(stub, "TransactionConflict", "None")
        stub.add_response("transact_write_items", {})
        Table(client, "t", sleep=pauses.append).transact(WRITE, WRITE)
        stub.assert_no_pending_responses()
    assert len(pauses) == 2
    assert all(0 <= pause < 1 for pause in pauses)


def test_what_clashes_for_ever_fails_in_the_end(client: "DynamoDBClient"):
    with Stubber(client) as stub:
        for _ in range(8):
            cancelled(stub, "TransactionConflict")
        with pytest.raises(StoreError):
            Table(client, "t", sleep=lambda _: None).transact(WRITE)


def test_a_condition_that_does_not_hold_is_not_tried_again(client: "DynamoDBClient"):
    with Stubber(client) as stub:
        cancelled(stub, "TransactionConflict", "ConditionalCheckFailed")
        with pytest.raises(TransactionRefused) as caught:
            Table(client, "t").transact(WRITE, WRITE)
    assert caught.value.failed == {1: None}


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
