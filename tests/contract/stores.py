"""The stores under test, made in one way: all ports over one table, real or remembered."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from chalicelib.access.export_link import ExportLinks
from chalicelib.access.facts import Facts
from chalicelib.access.invites import Invites
from chalicelib.access.new_people import NewPeople
from chalicelib.access.owner_ports import Owners
from chalicelib.access.owner_session_ports import OwnerSessions
from chalicelib.access.pauses import Pauses
from chalicelib.access.ports import ApiKeys, Handovers, People, PersonaTexts, Spending, Tickets
from chalicelib.aws.dynamodb.alerts import DynamoSentAlerts
from chalicelib.aws.dynamodb.api_keys import DynamoApiKeys, DynamoTickets
from chalicelib.aws.dynamodb.calls import PATIENCE_S
from chalicelib.aws.dynamodb.checkups import DynamoCheckups
from chalicelib.aws.dynamodb.connections import DynamoConnections
from chalicelib.aws.dynamodb.deletions import DynamoDeletions
from chalicelib.aws.dynamodb.export_links import DynamoExportLinks
from chalicelib.aws.dynamodb.facts import DynamoFacts
from chalicelib.aws.dynamodb.handovers import DynamoHandovers
from chalicelib.aws.dynamodb.inbox import DynamoInbox
from chalicelib.aws.dynamodb.invites import DynamoInvites
from chalicelib.aws.dynamodb.journal import DynamoJournal
from chalicelib.aws.dynamodb.keys import personas_key
from chalicelib.aws.dynamodb.new_people import DynamoNewPeople
from chalicelib.aws.dynamodb.outages import DynamoOutages
from chalicelib.aws.dynamodb.owner_sessions import DynamoOwnerSessions
from chalicelib.aws.dynamodb.owners import DynamoOwners
from chalicelib.aws.dynamodb.pauses import DynamoPauses
from chalicelib.aws.dynamodb.people import DynamoPeople
from chalicelib.aws.dynamodb.person_lists import DynamoPersonLists
from chalicelib.aws.dynamodb.personas import DynamoPersonaTexts
from chalicelib.aws.dynamodb.read_along import ReadAlong
from chalicelib.aws.dynamodb.spend import DynamoSpending
from chalicelib.aws.dynamodb.summaries import DynamoSummaries
from chalicelib.aws.dynamodb.table import Table
from chalicelib.aws.dynamodb.takeovers import DynamoTakeovers
from chalicelib.aws.dynamodb.tool_lists import DynamoKnownTools
from chalicelib.aws.dynamodb.transcript import DynamoTranscript
from chalicelib.aws.dynamodb.writes import delete
from chalicelib.clock import Clock
from chalicelib.conversation.breaker import Outages
from chalicelib.conversation.connection_ports import ConnectionStore
from chalicelib.conversation.ports import Inbox, Transcript
from chalicelib.conversation.remote_tools import ToolLists
from chalicelib.conversation.summary_ports import Summaries
from chalicelib.conversation.takeover_ports import Takeovers
from chalicelib.conversation.tool_ports import Journal, PersonLists
from chalicelib.operations.ports import Checkups, Deletions, SentAlerts
from scripts.simulator.table import create_table
from tests.fakes.api_keys import FakeApiKeys, FakeTickets
from tests.fakes.checkups import FakeCheckups
from tests.fakes.connections import FakeConnections
from tests.fakes.deletions import FakeDeletions
from tests.fakes.export_links import FakeExportLinks
from tests.fakes.facts import FakeFacts
from tests.fakes.handovers import FakeHandovers
from tests.fakes.inbox import FakeInbox
from tests.fakes.ingest import OPEN_OF_A_KEY
from tests.fakes.invites import FakeInvites
from tests.fakes.journal import FakeJournal
from tests.fakes.memory import Memory
from tests.fakes.new_people import FakeNewPeople
from tests.fakes.outages import FakeOutages
from tests.fakes.owner_sessions import FakeOwnerSessions
from tests.fakes.owners import FakeOwners
from tests.fakes.pauses import FakePauses
from tests.fakes.people import FakePeople, FakeSentAlerts
from tests.fakes.person_lists import FakePersonLists
from tests.fakes.personas import FakePersonaTexts
from tests.fakes.spend import FakeSpending
from tests.fakes.summaries import FakeSummaries
from tests.fakes.takeovers import FakeTakeovers
from tests.fakes.tool_lists import FakeToolLists

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_NUMBERS = count()


@dataclass(frozen=True)
class Store:
    """All ports over one table."""

    inbox: Inbox
    journal: Journal
    lists: PersonLists
    tool_lists: ToolLists
    transcript: Transcript
    summaries: Summaries
    people: People
    facts: Facts
    alerts: SentAlerts
    deletions: Deletions
    spending: Spending
    keys: ApiKeys
    personas: PersonaTexts
    tickets: Tickets
    handovers: Handovers
    owners: Owners
    owner_sessions: OwnerSessions
    export_links: ExportLinks
    new_people: NewPeople
    checkups: Checkups
    connections: ConnectionStore
    pauses: Pauses
    invites: Invites
    outages: Outages
    expire: Callable[[int], None]
    """Does what the time to live does: deletes what expired before a time."""
    takeovers: Takeovers


def fake_store() -> Store:
    memory = Memory()
    inbox = FakeInbox(memory)
    return Store(
        inbox,
        FakeJournal(memory),
        FakePersonLists(memory),
        FakeToolLists(memory),
        inbox,
        FakeSummaries(memory),
        FakePeople(memory),
        FakeFacts(memory),
        FakeSentAlerts(memory),
        FakeDeletions(memory),
        FakeSpending(memory),
        FakeApiKeys(memory),
        FakePersonaTexts(memory),
        FakeTickets(memory),
        FakeHandovers(memory),
        FakeOwners(memory),
        FakeOwnerSessions(memory),
        FakeExportLinks(memory),
        FakeNewPeople(memory),
        FakeCheckups(memory),
        FakeConnections(memory),
        FakePauses(memory),
        FakeInvites(memory),
        FakeOutages(memory),
        expire=lambda now: memory.expire(now=now),
        takeovers=FakeTakeovers(memory),
    )


def dynamo_store(
    client: "DynamoDBClient",
    name: str = "",
    *,
    patience_s: float = PATIENCE_S,
    sleep: Callable[[float], None] = time.sleep,
    clock: Clock | None = None,
) -> Store:
    """Over a table of its own; `patience_s` and `sleep` are the table's."""
    table = Table(client, name or f"parley-{next(_NUMBERS)}", patience_s, sleep)
    create_table(client, table.name)
    return dynamo_ports(table, clock)


def dynamo_ports(table: Table, clock: Clock | None = None) -> Store:
    """Over a table that is there; `clock` says when what is read along is due."""
    along = ReadAlong(personas_key(), clock or (lambda: time.monotonic_ns() // 1_000_000))
    reading = replace(table, along=along)
    return Store(
        DynamoInbox(table, OPEN_OF_A_KEY),
        DynamoJournal(table),
        DynamoPersonLists(table),
        DynamoKnownTools(table),
        DynamoTranscript(table),
        DynamoSummaries(table),
        DynamoPeople(reading),
        DynamoFacts(table),
        DynamoSentAlerts(table),
        DynamoDeletions(table),
        DynamoSpending(table),
        DynamoApiKeys(reading),
        DynamoPersonaTexts(table, along),
        DynamoTickets(table),
        DynamoHandovers(table),
        DynamoOwners(table),
        DynamoOwnerSessions(table),
        DynamoExportLinks(table),
        DynamoNewPeople(table),
        DynamoCheckups(table),
        DynamoConnections(table),
        DynamoPauses(table, along),
        DynamoInvites(table),
        DynamoOutages(table, along),
        expire=lambda now: _expire(table, now=now),
        takeovers=DynamoTakeovers(table),
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
            table.write(delete({"pk": item["pk"]["S"], "sk": item["sk"]["S"]}))
