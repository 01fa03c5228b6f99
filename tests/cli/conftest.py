"""Runs the command line in this process, on a table in moto."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from click.testing import CliRunner, Result
from moto import mock_aws

from scripts.cli.commands import parley
from scripts.stage.hints import PROGRAM
from tests.cli.chats import Chats
from tests.contract.stores import dynamo_client, dynamo_store
from tests.fakes.adapters import FakeClock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Run = Callable[..., Result]
BOT, SOCKET = "https://abc123defg.execute-api.eu-central-1.amazonaws.com/dev", "wss://hij456.example/dev"
ENVIRONMENT = {
    "AWS_REGION": "eu-central-1",
    "AWS_PROFILE": None,
    "PARLEY_STAGE": None,
    "PARLEY_TABLE": None,
    "PARLEY_TIMEZONE": "UTC",
    "PARLEY_DAILY_LIMIT": "10",
    "PARLEY_DEMO_URL": None,
    "PARLEY_CALLED_FROM": None,
    "COLUMNS": "80",
}


@pytest.fixture(scope="module")
def client() -> Iterator["DynamoDBClient"]:
    with mock_aws():
        yield dynamo_client("https://dynamodb.eu-central-1.amazonaws.com")


@pytest.fixture
def chats(client: "DynamoDBClient") -> Iterator[Chats]:
    """The conversations of stage dev; empty at first."""
    store = dynamo_store(client, "parley-dev")
    clock = FakeClock(time.time_ns() // 1_000_000)
    yield Chats(store, clock, day=datetime.fromtimestamp(clock() / 1000, UTC).date().isoformat())
    client.delete_table(TableName="parley-dev")


def _run(*arguments: Any, answer: str | None = None, **environment: str) -> Result:
    return CliRunner().invoke(
        parley,
        [str(argument) for argument in arguments],
        input=answer,
        env={**ENVIRONMENT, **environment},
        prog_name=PROGRAM,
    )


@pytest.fixture
def run(chats: Chats) -> Run:
    """The command line, run on stage dev."""
    return _run


@pytest.fixture
def owner(client: "DynamoDBClient") -> Run:
    """The command line, run on a stage without conversations."""
    return _run


@pytest.fixture
def deployed(client: "DynamoDBClient") -> Iterator[None]:
    """The addresses that a deployment stores."""
    noted = {"/parley/dev/api-url": BOT, "/parley/dev/websocket-url": SOCKET}
    ssm = boto3.client("ssm", region_name=client.meta.region_name)
    for name, value in noted.items():
        ssm.put_parameter(Name=name, Value=value, Type="String", Overwrite=True)
    yield
    ssm.delete_parameters(Names=list(noted))


@pytest.fixture
def people(run: Run) -> Run:
    return partial(run, "people")
