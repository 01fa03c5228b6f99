"""Every store under one suite: the fake, and DynamoDB as two emulators understand it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from chalicelib.access.ports import People
from chalicelib.conversation.ports import Inbox
from chalicelib.operations.ports import SentAlerts
from scripts.simulator.aws import Emulator
from tests.contract.stores import Store, dynamo_client, dynamo_store, fake_store
from tests.contract.story import Story
from tests.fakes.adapters import FakeClock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture(scope="session")
def emulator() -> Iterator["DynamoDBClient"]:
    emulator = Emulator()
    emulator.start()
    client = dynamo_client(emulator.url)
    yield client
    client.close()
    emulator.stop()


@pytest.fixture(scope="module")
def moto_client() -> Iterator["DynamoDBClient"]:
    with mock_aws():
        yield dynamo_client("https://dynamodb.eu-central-1.amazonaws.com")


@pytest.fixture(params=["fake", "moto", "ministack"])
def store(request: pytest.FixtureRequest) -> Store:
    return _store(request)


@pytest.fixture(params=["fake", "ministack"])
def busy_store(request: pytest.FixtureRequest) -> Store:
    """For races: those stores that many threads may use at once."""
    return _store(request)


def _store(request: pytest.FixtureRequest) -> Store:
    match request.param:
        case "moto":
            return dynamo_store(request.getfixturevalue("moto_client"))
        case "ministack":
            return dynamo_store(request.getfixturevalue("emulator"))
    return fake_store()


@pytest.fixture
def inbox(store: Store) -> Inbox:
    return store.inbox


@pytest.fixture
def people(store: Store) -> People:
    return store.people


@pytest.fixture
def alerts(store: Store) -> SentAlerts:
    return store.alerts


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def story(store: Store, clock: FakeClock) -> Story:
    return Story(store, clock)


@pytest.fixture
def busy_story(busy_store: Store, clock: FakeClock) -> Story:
    return Story(busy_store, clock)
