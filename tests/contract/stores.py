"""The stores under test, made in one way: all ports over one table, real or remembered."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from chalicelib.ports import Alerts, Deletions, Inbox, People, Spending, Transcript
from chalicelib.ports_web import Keys, Sockets, Tickets
from chalicelib.store.alerts import DynamoAlerts
from chalicelib.store.deletions import DynamoDeletions
from chalicelib.store.inbox import DynamoInbox
from chalicelib.store.keys import DynamoKeys
from chalicelib.store.people import DynamoPeople
from chalicelib.store.sockets import DynamoSockets
from chalicelib.store.spend import DynamoSpending
from chalicelib.store.table import Table
from chalicelib.store.tickets import DynamoTickets
from chalicelib.store.transcript import DynamoTranscript
from scripts.world.table import create_table
from tests.fakes.deletions import FakeDeletions
from tests.fakes.inbox import FakeInbox
from tests.fakes.keys import FakeKeys, FakeTickets
from tests.fakes.memory import Memory
from tests.fakes.people import FakeAlerts, FakePeople
from tests.fakes.sockets import FakeSockets
from tests.fakes.spend import FakeSpending

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_NUMBERS = count()


@dataclass(frozen=True)
class Store:
    """All ports over one table."""

    inbox: Inbox
    transcript: Transcript
    people: People
    alerts: Alerts
    deletions: Deletions
    spending: Spending
    keys: Keys
    tickets: Tickets
    sockets: Sockets
    expire: Callable[[int], None]
    """Does what the time to live does: deletes what expired before a time."""


def fake_store() -> Store:
    memory = Memory()
    inbox = FakeInbox(memory)
    return Store(
        inbox,
        inbox,
        FakePeople(memory),
        FakeAlerts(memory),
        FakeDeletions(memory),
        FakeSpending(memory),
        FakeKeys(memory),
        FakeTickets(memory),
        FakeSockets(memory),
        expire=lambda now: memory.expire(now=now),
    )


def dynamo_store(client: "DynamoDBClient", name: str = "") -> Store:
    """Over a table of its own."""
    table = Table(client, name or f"parley-{next(_NUMBERS)}")
    create_table(client, table.name)
    return Store(
        DynamoInbox(table),
        DynamoTranscript(table),
        DynamoPeople(table),
        DynamoAlerts(table),
        DynamoDeletions(table),
        DynamoSpending(table),
        DynamoKeys(table),
        DynamoTickets(table),
        DynamoSockets(table),
        expire=lambda now: _expire(table, now=now),
    )


def dynamo_client(endpoint_url: str) -> "DynamoDBClient":
    return boto3.client(
        "dynamodb",
        region_name="eu-central-1",
        endpoint_url=endpoint_url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(max_pool_connections=50),
    )


def _expire(table: Table, *, now: int) -> None:
    for item in table.client.scan(TableName=table.name)["Items"]:
        if "expires_at" in item and int(item["expires_at"]["N"]) * 1000 <= now:
            table.client.delete_item(TableName=table.name, Key={"pk": item["pk"], "sk": item["sk"]})
