"""The ports over AWS. The webhook needs few of them, and loads this module for no message (`api.WebhookPorts`)."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from secrets import token_bytes
from typing import TYPE_CHECKING, Final

from botocore.config import Config

from chalicelib.access.retention import turn_kept_s
from chalicelib.aws.dynamodb.alerts import DynamoSentAlerts
from chalicelib.aws.dynamodb.api_keys import DynamoApiKeys
from chalicelib.aws.dynamodb.calls import PATIENCE_S
from chalicelib.aws.dynamodb.connections import DynamoConnections
from chalicelib.aws.dynamodb.export_links import DynamoExportLinks
from chalicelib.aws.dynamodb.facts import DynamoFacts
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
from chalicelib.aws.sns import TopicNotifier
from chalicelib.aws.ssm import Secrets
from chalicelib.bootstrap import clients
from chalicelib.bootstrap.ports import Ports
from chalicelib.channels.web.connection_api import ApiGatewayConnections
from chalicelib.content.text import Texts, load
from chalicelib.ids import ConnectionId
from chalicelib.operations import owner_link
from chalicelib.operations.owner_link import OwnerLinks
from chalicelib.operations.warmth import Step, Warmth
from chalicelib.settings.stage import Secret

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient
    from mypy_boto3_sns import SNSClient

_NOBODY: Final = ConnectionId("nobody")
"""Looked up for the connection to DynamoDB alone; no connection has this id."""
_BROADCAST: Final = clients.LEAN.merge(
    Config(
        connect_timeout=1,
        read_timeout=2,
        max_pool_connections=50,
        retries={"total_max_attempts": 1, "mode": "standard"},
    )
)
"""For frames to up to 50 connections at once; the writer retries by itself."""


def ports(stored: Secrets | None, *, in_turn: bool = True, patience_s: float = PATIENCE_S) -> Ports:
    """Return the ports over AWS; `stored` is None for a function that may read no secrets, `in_turn` is FifoWake's.

    `patience_s` is the table's.
    """
    topic_arn: Callable[[], str | None] = partial(stored.find, Secret.TOPIC_ARN) if stored else lambda: None
    stage_table, settings = clients.table(patience_s), clients.settings()
    kept_s = turn_kept_s(settings.privacy.keep_days)
    reading = replace(stage_table, along=_personas_along())
    return Ports(
        settings=settings,
        clock=clients.clock,
        sleep=time.sleep,
        new_id=clients.new_id,
        log=clients.log_with(stored),
        texts=texts,
        inbox=DynamoInbox(stage_table, settings.limits.open_of_a_key, kept_s),
        takeovers=DynamoTakeovers(stage_table, kept_s),
        journal=DynamoJournal(stage_table, kept_s),
        lists=DynamoPersonLists(stage_table),
        tool_lists=DynamoKnownTools(stage_table),
        transcript=DynamoTranscript(stage_table),
        summaries=DynamoSummaries(stage_table),
        people=DynamoPeople(reading),
        owners=DynamoOwners(stage_table),
        owner_links=_owner_links(stage_table, stored),
        new_people=DynamoNewPeople(stage_table),
        facts=DynamoFacts(stage_table),
        export_links=DynamoExportLinks(stage_table),
        api_keys=DynamoApiKeys(reading),
        persona_texts=DynamoPersonaTexts(stage_table, _personas_along()),
        pauses=DynamoPauses(stage_table, _personas_along()),
        invites=DynamoInvites(stage_table),
        outages=DynamoOutages(stage_table, _personas_along()),
        connections=DynamoConnections(stage_table),
        connection_api=connection_api(),
        sent_alerts=DynamoSentAlerts(stage_table),
        spending=DynamoSpending(stage_table),
        api_url=partial(owner_link.api_url, stored.find if stored else lambda _: None),
        wake=lambda: clients.wake(in_turn=in_turn),
        notifier=lambda: TopicNotifier(_topics(), topic_arn),
    )


def _owner_links(stage_table: Table, stored: Secrets | None) -> OwnerLinks:
    """Return what makes links to the owner's page; only a client that may read the API's address can make one."""
    find: Callable[[Secret], str | None] = stored.find if stored else lambda _: None
    return OwnerLinks(DynamoOwnerSessions(stage_table), partial(owner_link.api_url, find), token_bytes, clients.clock)


def warmth(ports: Ports, **steps: Step) -> Warmth:
    """Return what a function prepares when it is pinged: a connection to DynamoDB, by one read, and then these."""
    first: dict[str, Step] = {"table": lambda _: ports.connections.get(_NOBODY, now=ports.clock())}
    return Warmth({**first, **steps}, ports.clock, ports.log)


def warming_connections(stored: Secrets) -> Step:
    """Return the step that opens a connection for sending to WebSockets; it looks up where only when it runs."""
    api = connection_api()
    return lambda _: api.warm(clients.connections_endpoint(stored.find(Secret.WEBSOCKET_URL)))


@cache
def texts() -> Texts:
    """Load the bot's sentences in the deployment's language, which only some requests need."""
    return load(clients.settings().language)


@cache
def _topics() -> "SNSClient":
    """Return the client that sends e-mail to the owner."""
    return clients.session().client("sns", config=clients.QUICK)


@cache
def _personas_along() -> ReadAlong:
    """Return the owner's texts of personas, which the first read of a person or a key in a minute brings along."""
    return ReadAlong(personas_key(), clients.clock)


@cache
def connection_api() -> ApiGatewayConnections:
    """Return what sends to WebSocket connections: one, since it keeps its own connections to API Gateway."""

    def create(endpoint: str) -> "ApiGatewayManagementApiClient":
        return clients.session().client("apigatewaymanagementapi", endpoint_url=endpoint, config=_BROADCAST)

    return ApiGatewayConnections(create)
