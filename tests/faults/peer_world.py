"""What the peers live in: an AWS inside this process, and for Powertools a clock that is simulated."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

import boto3
from aws_durable_execution_sdk_python_testing.executor import Executor
from aws_lambda_powertools.utilities.idempotency import base
from aws_lambda_powertools.utilities.idempotency.persistence import base as layer
from aws_lambda_powertools.utilities.idempotency.persistence import datarecord, dynamodb
from moto import mock_aws

from scripts.peers.outside import TABLE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient

QUIET: Final = ("slack_bolt", "aws_durable_execution_sdk_python", "aws_durable_execution_sdk_python_testing")
"""Libraries that log each crash."""
OF_POWERTOOLS: Final[tuple[ModuleType, ...]] = (base, layer, datarecord, dynamodb)


@dataclass(frozen=True)
class Aws:
    """Clients of boto3 over an AWS in this process."""

    dynamodb: "DynamoDBClient"
    functions: "LambdaClient"


@contextmanager
def aws() -> Iterator[Aws]:
    """Keep one for many schedules: no two have a person in common."""
    Executor.RETRY_BACKOFF_SECONDS = 0  # Lambda's pauses between tries of a durable function take no time here
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    with mock_aws():
        session = boto3.Session("test", "test", region_name="us-east-1")
        made = Aws(session.client("dynamodb"), session.client("lambda"))
        made.dynamodb.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield made


def note_what_counts(*, params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
    """Transactions do; of updates only those of counts, as Powertools updates items too."""
    context["counts"] = "TransactItems" in params or params["Key"]["id"]["S"].startswith("used#")


@contextmanager
def powertools_clock(clock: Callable[[], int]) -> Iterator[None]:
    """Powertools asks for the time as `dt.datetime.now()`."""

    class Simulated(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Simulated":
            return cls.fromtimestamp(clock() / 1000, tz)

    simulated = SimpleNamespace(datetime=Simulated, timedelta=timedelta)
    patches = [patch.object(module, "dt", simulated) for module in OF_POWERTOOLS]
    for each in patches:
        each.start()
    yield
    for each in patches:
        each.stop()
