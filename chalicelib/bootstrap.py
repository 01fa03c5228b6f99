"""Where everything meets: each function's services, built once, lazily and by hand; nothing is built at import.

What only the worker needs is imported when the worker is built, so that the door's cold start does not pay for it.
"""

import os
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from chalicelib import log
from chalicelib.access.budget import Budget
from chalicelib.access.entitlements import EntitlementService
from chalicelib.aws.dynamodb.alerts import DynamoSentAlerts
from chalicelib.aws.dynamodb.api_keys import DynamoApiKeys
from chalicelib.aws.dynamodb.connections import DynamoConnections
from chalicelib.aws.dynamodb.inbox import DynamoInbox
from chalicelib.aws.dynamodb.people import DynamoPeople
from chalicelib.aws.dynamodb.spend import DynamoSpending
from chalicelib.aws.dynamodb.table import Table
from chalicelib.aws.dynamodb.transcript import DynamoTranscript
from chalicelib.aws.functions import LambdaHealthCheckStarter, LambdaWarmer
from chalicelib.aws.sns import TopicNotifier
from chalicelib.aws.ssm import Secrets
from chalicelib.aws.wake import FifoWake, LambdaWake
from chalicelib.channels.messenger.webhook import MessengerWebhook
from chalicelib.channels.web.connection_api import ApiGatewayConnections
from chalicelib.content.text import load as load_texts
from chalicelib.conversation.ports import Wake
from chalicelib.ids import Channel
from chalicelib.log import Log
from chalicelib.operations.alerts import AlertService
from chalicelib.operations.heartbeat import Heartbeat
from chalicelib.settings import Secret, Settings

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient
    from openai import OpenAI

    from chalicelib.channels.meta.data_deletion import DataDeletion
    from chalicelib.channels.meta.graph import Graph
    from chalicelib.conversation.worker import Worker
    from chalicelib.operations.health import HealthCheck
    from chalicelib.operations.privacy import Privacy

WORKERS_SECRETS = (
    Secret.APP_ID,
    Secret.APP_SECRET,
    Secret.VERIFY_TOKEN,
    Secret.PAGE_TOKEN,
    Secret.OPENAI_KEY,
    Secret.WEBHOOK_URL,
    Secret.TOPIC_ARN,
)
DOORS_SECRETS = (
    Secret.APP_SECRET,
    Secret.APP_SECRET_PREVIOUS,
    Secret.VERIFY_TOKEN,
    Secret.TICKET_KEY,
    Secret.WEBHOOK_URL,
    Secret.WEBSOCKET_URL,
    Secret.TOPIC_ARN,
)
LANGUAGE = "en"

QUICK = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 2, "mode": "standard"})
_BROADCAST = Config(
    connect_timeout=1, read_timeout=2, max_pool_connections=50, retries={"total_max_attempts": 1, "mode": "standard"}
)
_PATIENT = Config(connect_timeout=1, read_timeout=30, retries={"total_max_attempts": 1, "mode": "standard"})


@cache
def settings() -> Settings:
    """The stage's settings."""
    return Settings.from_env(os.environ)


@cache
def table() -> Table:
    """The stage's table."""
    return Table(session().client("dynamodb", config=QUICK), settings().stage.table)


@cache
def intake() -> MessengerWebhook:
    """The door's service."""
    secrets = doors_secrets()

    def app_secrets() -> list[str]:
        previous = secrets.find(Secret.APP_SECRET_PREVIOUS)
        return [secrets.get(Secret.APP_SECRET), *([previous] if previous else [])]

    log = log_by(partial(secrets.get, Secret.APP_SECRET))
    return MessengerWebhook(
        inbox=DynamoInbox(table()),
        transcript=DynamoTranscript(table()),
        wake=wake(in_turn=True),
        alerts=lambda: _owner(log, secrets),
        app_secrets=app_secrets,
        verify_token=partial(secrets.get, Secret.VERIFY_TOKEN),
        clock=clock,
        log=log,
    )


@cache
def privacy() -> "Privacy":
    """What the door answers to those who ask about their data."""
    from chalicelib.aws.dynamodb.deletions import DynamoDeletions  # noqa: PLC0415
    from chalicelib.operations.privacy import Privacy  # noqa: PLC0415

    door = intake()
    return Privacy(
        deletions=DynamoDeletions(table()),
        alerts=door.alerts,
        texts=load_texts(LANGUAGE),
        settings=settings(),
        clock=clock,
        log=door.log,
    )


@cache
def data_deletion() -> "DataDeletion":
    """What the door answers to Meta's data deletion callback."""
    from chalicelib.channels.meta.data_deletion import DataDeletion  # noqa: PLC0415

    door = intake()
    return DataDeletion(privacy(), app_secrets=door.app_secrets, log=door.log)


@cache
def worker() -> "Worker":
    """The worker's service."""
    from chalicelib.channels.messenger.sender import MessengerSender  # noqa: PLC0415
    from chalicelib.channels.router import ChannelRouter  # noqa: PLC0415
    from chalicelib.channels.web.sender import WebSender  # noqa: PLC0415
    from chalicelib.conversation.agent import Answers  # noqa: PLC0415
    from chalicelib.conversation.turn_runner import TurnRunner  # noqa: PLC0415
    from chalicelib.conversation.worker import Worker  # noqa: PLC0415
    from chalicelib.llm import prices  # noqa: PLC0415
    from chalicelib.llm.openai import OpenAIModel  # noqa: PLC0415

    here, secrets = settings(), _workers_secrets()
    log = log_by(partial(secrets.get, Secret.APP_SECRET))
    model = OpenAIModel(
        name=here.model.name,
        effort=here.model.effort,
        api=here.model.api,
        client=lambda: _openai(secrets.get(Secret.OPENAI_KEY), here.model.base_url),
        price=prices.price_of(here.model),
    )
    web_sender = WebSender(DynamoConnections(table()), connection_api(), clock)
    sender = ChannelRouter({Channel.MESSENGER: MessengerSender(_graph()), Channel.WEB: web_sender})
    inbox, owner = DynamoInbox(table()), _owner(log, secrets)
    turns = TurnRunner(
        inbox=inbox,
        transcript=DynamoTranscript(table()),
        people=DynamoPeople(table()),
        terms=EntitlementService(DynamoApiKeys(table()), here.limits, here.messenger.persona),
        sender=sender,
        answers=Answers(model, load_texts(LANGUAGE), here, log.pseudonym),
        budget=Budget(here.limits.daily_budget, model.price),
        alerts=owner,
        clock=clock,
        log=log,
    )
    return Worker(inbox, turns, sender, owner, clock=clock, new_id=new_id, log=log)


@cache
def checkup() -> "HealthCheck":
    """The worker's other service; also that of whoever may read the stage's secrets."""
    from chalicelib.channels.messenger.page import GraphPage  # noqa: PLC0415
    from chalicelib.channels.messenger.probe import HttpWebhook  # noqa: PLC0415
    from chalicelib.channels.messenger.setup import Setup  # noqa: PLC0415
    from chalicelib.llm import prices  # noqa: PLC0415
    from chalicelib.llm.openai import OpenAICatalogue  # noqa: PLC0415
    from chalicelib.operations.health import HealthCheck  # noqa: PLC0415

    here, secrets = settings(), _workers_secrets()
    webhook_url, verify_token = partial(secrets.get, Secret.WEBHOOK_URL), partial(secrets.get, Secret.VERIFY_TOKEN)
    page = GraphPage(_graph(), app_id=partial(secrets.get, Secret.APP_ID))
    log, price = log_by(partial(secrets.get, Secret.APP_SECRET)), prices.find(here.model.name)
    return HealthCheck(
        page=page,
        setup=Setup(page, load_texts(LANGUAGE)),
        webhook=HttpWebhook(webhook_url, verify_token=verify_token, app_secret=partial(secrets.get, Secret.APP_SECRET)),
        catalogue=OpenAICatalogue(
            here.model.name,
            is_openai=here.model.is_openai,
            client=lambda: _openai(secrets.get(Secret.OPENAI_KEY), here.model.base_url),
        ),
        alerts=_owner(log, secrets),
        missing_secrets=lambda: [name for name in WORKERS_SECRETS if not secrets.find(name)],
        app_id=partial(secrets.get, Secret.APP_ID),
        webhook_url=webhook_url,
        verify_token=verify_token,
        model_shutdown=price.shutdown if price else None,
        settings=here,
        clock=clock,
        log=log,
    )


@cache
def heartbeat() -> Heartbeat:
    """The scheduled function's service."""
    from chalicelib.llm import prices  # noqa: PLC0415

    here, stage = settings(), settings().stage
    patient, quick = (session().client("lambda", config=config) for config in (_PATIENT, QUICK))
    return Heartbeat(
        inbox=DynamoInbox(table()),
        wake=wake(in_turn=False),
        warmer=LambdaWarmer(patient, stage.api_function, stage.worker_function, stage.websocket_functions),
        sent_alerts=DynamoSentAlerts(table()),
        examiner=LambdaHealthCheckStarter(quick, stage.worker_function),
        spending=DynamoSpending(table()),
        connections=DynamoConnections(table()),
        connection_api=connection_api(),
        budget=Budget(here.limits.daily_budget, prices.price_of(here.model)),
        zone=here.limits.zone,
        clock=clock,
        log=log_by(lambda: ""),
    )


def invocation(context: Any) -> AbstractContextManager[None]:
    """One run of a function, by the context that Lambda gives it."""
    return log.invocation(getattr(context, "aws_request_id", ""))


def clock() -> int:
    """Now, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def wake(*, in_turn: bool) -> Wake:
    """The way to wake the worker; `in_turn` as `FifoWake` has it."""
    here = settings()
    if here.stage.wake == "fifo":
        return FifoWake(session().client("sqs", config=QUICK), here.stage.wake_queue, new_id=new_id, in_turn=in_turn)
    return LambdaWake(session().client("lambda", config=QUICK), here.stage.worker_function)


@cache
def doors_secrets() -> Secrets:
    """What the API handler may read."""
    return Secrets(session().client("ssm", config=QUICK), settings().stage.secrets_prefix, DOORS_SECRETS)


@cache
def _workers_secrets() -> Secrets:
    return Secrets(session().client("ssm", config=QUICK), settings().stage.secrets_prefix, WORKERS_SECRETS)


def connection_api() -> ApiGatewayConnections:
    """The way to the WebSockets."""

    @cache
    def client(endpoint: str) -> "ApiGatewayManagementApiClient":
        return session().client("apigatewaymanagementapi", endpoint_url=endpoint, config=_BROADCAST)

    return ApiGatewayConnections(client)


def _graph() -> "Graph":
    from chalicelib.channels.meta.graph import Graph  # noqa: PLC0415

    secrets = _workers_secrets()
    token, app_secret = (partial(secrets.get, name) for name in (Secret.PAGE_TOKEN, Secret.APP_SECRET))
    return Graph(settings().messenger.graph_url, token=token, app_secret=app_secret)


def log_by(key: Callable[[], str]) -> Log:
    """The stage's log, with pseudonyms by this key."""
    return Log(key, settings().stage.name)


def new_id() -> str:
    """Never the same again."""
    return uuid.uuid4().hex


def _owner(log: Log, secrets: Secrets) -> AlertService:
    return AlertService(
        people=DynamoPeople(table()),
        sent=DynamoSentAlerts(table()),
        notifier=TopicNotifier(session().client("sns", config=QUICK), partial(secrets.find, Secret.TOPIC_ARN)),
        texts=load_texts(LANGUAGE),
        settings=settings(),
        clock=clock,
        log=log,
    )


@cache
def session() -> boto3.Session:
    """The one way to AWS."""
    return boto3.Session()


@cache
def _openai(key: str, base_url: str) -> "OpenAI":
    """One client a key: it keeps its connections."""
    from openai import OpenAI  # noqa: PLC0415

    return OpenAI(api_key=key, base_url=base_url)
