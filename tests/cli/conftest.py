"""Runs the command line in this process: on a table in ministack, and on what else moto has of AWS."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from click.testing import CliRunner, Result
from moto import mock_aws
from moto.core.models import botocore_stubber

from scripts.cli.commands import parley
from scripts.stage import environment
from scripts.stage.hints import PROGRAM
from tests.cli.chats import TABLE, Chats, Copies
from tests.contract.in_process import ministack
from tests.contract.stores import dynamo_client, dynamo_store
from tests.fakes.adapters import FakeClock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Run = Callable[..., Result]
_connect = environment.connected
BOT, SOCKET = "https://abc123defg.execute-api.eu-central-1.amazonaws.com/dev", "wss://hij456.example/dev"
DYNAMODB = "https://dynamodb.eu-central-1.amazonaws.com"
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
    """Of the table in ministack, which takes a tenth of moto's time for a request."""
    with mock_aws(), pytest.MonkeyPatch.context() as patched:
        patched.setattr(botocore_stubber, "process_request", partial(_answered, botocore_stubber.process_request))
        patched.setattr(environment, "connected", _connected)
        yield dynamo_client(DYNAMODB)


def _connected(region: str | None, *, emulator: str | None = None) -> environment.Aws:
    """One connection for all commands with the same variables: to make one takes longer than a command."""
    return _of_variables(region, emulator, frozenset(each for each in os.environ.items() if each[0].startswith("AWS_")))


@cache
def _of_variables(region: str | None, emulator: str | None, _: frozenset[tuple[str, str]]) -> environment.Aws:
    return _connect(region, emulator=emulator)


def _answered(by_moto: Callable[[Any], Any], request: Any) -> Any:
    if not request.url.startswith(DYNAMODB):
        return by_moto(request)
    status, body = ministack(request.body, {"x-amz-target": request.headers["X-Amz-Target"].decode()})
    return status, {}, body


@pytest.fixture
def chats(client: "DynamoDBClient") -> Iterator[Chats]:
    """The conversations of stage dev; empty at first."""
    store = dynamo_store(client, TABLE)
    clock = FakeClock(time.time_ns() // 1_000_000)
    yield Chats(store, clock, day=datetime.fromtimestamp(clock() / 1000, UTC).date().isoformat())
    client.delete_table(TableName=TABLE)


@pytest.fixture(scope="module")
def copies(client: "DynamoDBClient") -> Copies:
    """What the tests of a module have in common."""
    return Copies(client)


def _run(*arguments: Any, answer: str | None = None, **variables: str) -> Result:
    return CliRunner().invoke(
        parley,
        [str(argument) for argument in arguments],
        input=answer,
        env={**ENVIRONMENT, **variables},
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
