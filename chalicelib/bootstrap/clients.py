"""What all functions share: the settings, the AWS session, the table, the clock, the log, and the ports over them."""

import os
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cache, partial
from secrets import token_bytes
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from chalicelib import log
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
from chalicelib.aws.wake import FifoWake, LambdaWake
from chalicelib.bootstrap.ports import Ports
from chalicelib.channels.web.connection_api import ApiGatewayConnections
from chalicelib.content.text import Texts, load
from chalicelib.conversation.ports import Wake
from chalicelib.ids import Channels, ConnectionId
from chalicelib.log import Log
from chalicelib.operations import owner_link
from chalicelib.operations.owner_link import OwnerLinks
from chalicelib.operations.warmth import Step, Warmth
from chalicelib.settings.stage import Secret, Settings, channels_of
from chalicelib.settings.variables import Variables

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sns import SNSClient

_LEAN: Final = Config(user_agent=f"Boto3/{boto3.__version__} Parley", parameter_validation=False)
"""For every client. Without a name of ours, botocore joins one of a dozen parts, twice for each request; that takes a
seventh of a webhook's CPU time, and so does its validation. A wrong request is found by mypy and by the contract tests,
whose clients validate, and AWS refuses it.
"""
QUICK: Final = _LEAN.merge(
    Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 2, "mode": "standard"})
)
"""For calls that a user waits for: seconds, and one retry."""
PATIENT: Final = _LEAN.merge(
    Config(connect_timeout=1, read_timeout=30, retries={"total_max_attempts": 1, "mode": "standard"})
)
"""For warming other functions, which may start cold; a retry would start a second one."""
CALLER_PATIENCE_S: Final = 3.0
"""For functions whose caller waits for the response: Meta for five seconds, a person for an `accepted`."""
_NOBODY: Final = ConnectionId("nobody")
"""Looked up for the connection to DynamoDB alone; no connection has this id."""
_OWN_PSEUDONYM_KEY: Final = uuid.uuid4().hex
_BROADCAST: Final = _LEAN.merge(
    Config(
        connect_timeout=1,
        read_timeout=2,
        max_pool_connections=50,
        retries={"total_max_attempts": 1, "mode": "standard"},
    )
)
"""For frames to up to 50 connections at once; the writer retries by itself."""


@cache
def settings() -> Settings:
    """Read the stage's settings from the environment. Raises ConfigError."""
    return Settings.from_env(os.environ)


def channels() -> Channels:
    """Return the stage's channels; both while the setting is wrong, which whatever reads the settings reports."""
    return channels_of(Variables(os.environ))


@cache
def session() -> boto3.Session:
    """Return the one AWS session of this process."""
    return boto3.Session()


def table(patience_s: float = PATIENCE_S) -> Table:
    """Return the stage's table; it repeats for `patience_s` what DynamoDB refuses for the moment."""
    return Table(_dynamodb(), settings().stage.table, patience_s)


@cache
def functions() -> "LambdaClient":
    """Return the client that invokes functions and waits for no result: one, since each takes time to build."""
    return session().client("lambda", config=QUICK)


@cache
def _topics() -> "SNSClient":
    """Return the client that sends e-mail to the owner."""
    return session().client("sns", config=QUICK)


def secrets(names: Sequence[str]) -> Secrets:
    """Return the secrets a function may read. Each function's policy grants exactly its names."""
    return Secrets(session().client("ssm", config=QUICK), settings().stage.secrets_prefix, names)


def ports(stored: Secrets | None, *, in_turn: bool = True, patience_s: float = PATIENCE_S) -> Ports:
    """Return the ports over AWS; `stored` is None for a function that may read no secrets, `in_turn` is FifoWake's.

    `patience_s` is the table's.
    """
    topic_arn: Callable[[], str | None] = partial(stored.find, Secret.TOPIC_ARN) if stored else lambda: None
    stage_table, kept_s = table(patience_s), turn_kept_s(settings().privacy.keep_days)
    reading = replace(stage_table, along=_personas_along())
    return Ports(
        settings=settings(),
        clock=clock,
        sleep=time.sleep,
        new_id=new_id,
        log=Log(partial(_pseudonym_key, stored), settings().stage.name),
        texts=texts,
        inbox=DynamoInbox(stage_table, settings().limits.open_of_a_key, kept_s),
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
        wake=lambda: _wake(in_turn=in_turn),
        notifier=lambda: TopicNotifier(_topics(), topic_arn),
    )


def _owner_links(stage_table: Table, stored: Secrets | None) -> OwnerLinks:
    """Return what makes links to the owner's page; only a client that may read the API's address can make one."""
    find: Callable[[Secret], str | None] = stored.find if stored else lambda _: None
    return OwnerLinks(DynamoOwnerSessions(stage_table), partial(owner_link.api_url, find), token_bytes, clock)


def warmth(ports: Ports, **steps: Step) -> Warmth:
    """Return what a function prepares when it is pinged: a connection to DynamoDB, by one read, and then these."""
    first: dict[str, Step] = {"table": lambda _: ports.connections.get(_NOBODY, now=ports.clock())}
    return Warmth({**first, **steps}, ports.clock, ports.log)


def warming_connections(stored: Secrets) -> Step:
    """Return the step that opens a connection for sending to WebSockets; it looks up where only when it runs."""
    api = connection_api()
    return lambda _: api.warm(connections_endpoint(stored.find(Secret.WEBSOCKET_URL)))


def connections_endpoint(websocket_url: str | None) -> str | None:
    """Return where frames are sent to the connections of this WebSocket API; None for a domain of the owner's."""
    parts = urlsplit(websocket_url or "")
    api, _, domain = (parts.hostname or "").partition(".")
    return endpoint_of(api, parts.path.strip("/")) if domain.endswith(".amazonaws.com") else None


def endpoint_of(api: str, stage: str) -> str:
    """Return the address for writing to the connections of a WebSocket API."""
    return settings().web.connections_url.format(api=api, region=session().region_name, stage=stage)


@cache
def texts() -> Texts:
    """Load the bot's sentences in the deployment's language, which only some requests need."""
    return load(settings().language)


def clock() -> int:
    """Return the time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def new_id() -> str:
    """Return 32 hex digits that no other call returns."""
    return uuid.uuid4().hex


def invocation(context: Any) -> AbstractContextManager[None]:
    """Mark the log lines of one run of a function with the request id in Lambda's `context`."""
    return log.invocation(getattr(context, "aws_request_id", ""))


@cache
def _personas_along() -> ReadAlong:
    """Return the owner's texts of personas, which the first read of a person or a key in a minute brings along."""
    return ReadAlong(personas_key(), clock)


@cache
def _dynamodb() -> "DynamoDBClient":
    return session().client("dynamodb", config=QUICK)


def _pseudonym_key(stored: Secrets | None) -> str:
    """Return the key of the log's pseudonyms: the stage's, or one of this process where none is stored."""
    return (stored.find(Secret.PSEUDONYM_KEY) if stored else None) or _OWN_PSEUDONYM_KEY


def _wake(*, in_turn: bool) -> Wake:
    stage = settings().stage
    if stage.wake == "fifo":
        return FifoWake(session().client("sqs", config=QUICK), stage.wake_queue, new_id=new_id, in_turn=in_turn)
    return LambdaWake(functions(), stage.worker_function)


@cache
def connection_api() -> ApiGatewayConnections:
    """Return what sends to WebSocket connections: one, since it keeps its own connections to API Gateway."""

    def create(endpoint: str) -> "ApiGatewayManagementApiClient":
        return session().client("apigatewaymanagementapi", endpoint_url=endpoint, config=_BROADCAST)

    return ApiGatewayConnections(create)
