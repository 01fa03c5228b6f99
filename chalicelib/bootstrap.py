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

from chalicelib import observability
from chalicelib.channels.web.connections import ApiGatewayConnections
from chalicelib.heartbeat import Heartbeat
from chalicelib.intake import Intake
from chalicelib.messages import Channel
from chalicelib.notify import TopicNotifier
from chalicelib.observability import Log
from chalicelib.owner import Owner
from chalicelib.ports import Wake
from chalicelib.secrets import Secrets
from chalicelib.settings import Settings
from chalicelib.store.alerts import DynamoAlerts
from chalicelib.store.inbox import DynamoInbox
from chalicelib.store.keys import DynamoKeys
from chalicelib.store.people import DynamoPeople
from chalicelib.store.sockets import DynamoSockets
from chalicelib.store.spend import DynamoSpending
from chalicelib.store.table import Table
from chalicelib.store.transcript import DynamoTranscript
from chalicelib.terms import TermsOfUse
from chalicelib.texts import load as load_texts
from chalicelib.wake import FifoWake, LambdaExaminer, LambdaWake, LambdaWarmer

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient
    from openai import OpenAI

    from chalicelib.budget import Budget
    from chalicelib.channels.messenger.graph import Graph
    from chalicelib.checkup import Checkup
    from chalicelib.privacy import Privacy
    from chalicelib.worker import Worker

APP_ID, APP_SECRET, PREVIOUS_APP_SECRET, VERIFY_TOKEN = "app-id", "app-secret", "app-secret-previous", "verify-token"
PAGE_TOKEN, OPENAI_KEY = "page-token", "openai-key"
TICKET_KEY = "ticket-key"
WEBHOOK_URL, WEBSOCKET_URL, TOPIC_ARN = "webhook-url", "websocket-url", "topic-arn"
"""No secrets, but known only after a deployment, which puts them beside the secrets."""
WORKERS_SECRETS = (APP_ID, APP_SECRET, VERIFY_TOKEN, PAGE_TOKEN, OPENAI_KEY, WEBHOOK_URL, TOPIC_ARN)
DOORS_SECRETS = (APP_SECRET, PREVIOUS_APP_SECRET, VERIFY_TOKEN, TICKET_KEY, WEBHOOK_URL, WEBSOCKET_URL, TOPIC_ARN)
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
    return Table(session().client("dynamodb", config=QUICK), settings().table)


@cache
def intake() -> Intake:
    """The door's service."""
    secrets = doors_secrets()

    def app_secrets() -> list[str]:
        previous = secrets.find(PREVIOUS_APP_SECRET)
        return [secrets.get(APP_SECRET), *([previous] if previous else [])]

    log = log_by(partial(secrets.get, APP_SECRET))
    return Intake(
        inbox=DynamoInbox(table()),
        transcript=DynamoTranscript(table()),
        wake=wake(in_turn=True),
        owner=lambda: _owner(log, secrets),
        app_secrets=app_secrets,
        verify_token=partial(secrets.get, VERIFY_TOKEN),
        clock=clock,
        log=log,
    )


@cache
def privacy() -> "Privacy":
    """What the door answers to those who ask about their data."""
    from chalicelib.privacy import Privacy  # noqa: PLC0415
    from chalicelib.store.deletions import DynamoDeletions  # noqa: PLC0415

    door = intake()
    return Privacy(
        deletions=DynamoDeletions(table()),
        owner=door.owner,
        app_secrets=door.app_secrets,
        texts=load_texts(LANGUAGE),
        settings=settings(),
        clock=clock,
        log=door.log,
    )


@cache
def worker() -> "Worker":
    """The worker's service."""
    from chalicelib.answers import Answers  # noqa: PLC0415
    from chalicelib.channels.by_channel import ByChannel  # noqa: PLC0415
    from chalicelib.channels.messenger.sender import MessengerSender  # noqa: PLC0415
    from chalicelib.channels.web.sender import WebSender  # noqa: PLC0415
    from chalicelib.models.openai import OpenAIModel  # noqa: PLC0415
    from chalicelib.turns import Turns  # noqa: PLC0415
    from chalicelib.worker import Worker  # noqa: PLC0415

    here, secrets = settings(), _workers_secrets()
    log = log_by(partial(secrets.get, APP_SECRET))
    model = OpenAIModel(
        name=here.model,
        effort=here.reasoning_effort,
        api=here.model_api,
        client=lambda: _openai(secrets.get(OPENAI_KEY), here.openai_base_url),
    )
    on_the_web = WebSender(DynamoSockets(table()), connections(), clock)
    sender = ByChannel({Channel.MESSENGER: MessengerSender(_graph()), Channel.WEB: on_the_web})
    inbox, owner = DynamoInbox(table()), _owner(log, secrets)
    turns = Turns(
        inbox=inbox,
        transcript=DynamoTranscript(table()),
        people=DynamoPeople(table()),
        terms=TermsOfUse(DynamoKeys(table()), here),
        sender=sender,
        answers=Answers(model, load_texts(LANGUAGE), here, log.pseudonym),
        budget=budget(here),
        owner=owner,
        clock=clock,
        log=log,
    )
    return Worker(inbox, turns, sender, owner, clock=clock, new_id=new_id, log=log)


@cache
def checkup() -> "Checkup":
    """The worker's other service; also that of whoever may read the stage's secrets."""
    from chalicelib import prices  # noqa: PLC0415
    from chalicelib.channels.messenger.page import GraphPage  # noqa: PLC0415
    from chalicelib.channels.messenger.probe import HttpWebhook  # noqa: PLC0415
    from chalicelib.checkup import Checkup  # noqa: PLC0415
    from chalicelib.models.openai import OpenAICatalogue  # noqa: PLC0415
    from chalicelib.setup import Setup  # noqa: PLC0415

    here, secrets = settings(), _workers_secrets()
    webhook_url, verify_token = partial(secrets.get, WEBHOOK_URL), partial(secrets.get, VERIFY_TOKEN)
    page = GraphPage(_graph(), app_id=partial(secrets.get, APP_ID))
    log, price = log_by(partial(secrets.get, APP_SECRET)), prices.find(here.model)
    return Checkup(
        page=page,
        setup=Setup(page, load_texts(LANGUAGE)),
        webhook=HttpWebhook(webhook_url, verify_token=verify_token, app_secret=partial(secrets.get, APP_SECRET)),
        catalogue=OpenAICatalogue(
            here.model,
            is_openai=here.asks_openai,
            client=lambda: _openai(secrets.get(OPENAI_KEY), here.openai_base_url),
        ),
        owner=_owner(log, secrets),
        missing_secrets=lambda: [name for name in WORKERS_SECRETS if not secrets.find(name)],
        app_id=partial(secrets.get, APP_ID),
        webhook_url=webhook_url,
        verify_token=verify_token,
        model_shutdown=price.shutdown if price else None,
        settings=here,
        clock=clock,
        log=log,
    )


def budget(here: Settings) -> "Budget":
    """A day's money for the model; another server than OpenAI's is taken to send no bill."""
    from chalicelib import prices  # noqa: PLC0415
    from chalicelib.budget import Budget  # noqa: PLC0415

    return Budget(here.daily_budget, prices.assumed(here.model) if here.asks_openai else prices.FREE)


@cache
def heartbeat() -> Heartbeat:
    """The scheduled function's service."""
    here = settings()
    patient, quick = (session().client("lambda", config=config) for config in (_PATIENT, QUICK))
    return Heartbeat(
        inbox=DynamoInbox(table()),
        wake=wake(in_turn=False),
        warmer=LambdaWarmer(patient, here.api_function, here.worker_function, here.websocket_functions),
        alerts=DynamoAlerts(table()),
        examiner=LambdaExaminer(quick, here.worker_function),
        spending=DynamoSpending(table()),
        sockets=DynamoSockets(table()),
        connections=connections(),
        settings=here,
        clock=clock,
        log=log_by(lambda: ""),
    )


def invocation(context: Any) -> AbstractContextManager[None]:
    """One run of a function, by the context that Lambda gives it."""
    return observability.invocation(getattr(context, "aws_request_id", ""))


def clock() -> int:
    """Now, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def wake(*, in_turn: bool) -> Wake:
    """The way to wake the worker; `in_turn` as `FifoWake` has it."""
    here = settings()
    if here.wake == "fifo":
        return FifoWake(session().client("sqs", config=QUICK), here.wake_queue, new_id=new_id, in_turn=in_turn)
    return LambdaWake(session().client("lambda", config=QUICK), here.worker_function)


@cache
def doors_secrets() -> Secrets:
    """What the API handler may read."""
    return Secrets(session().client("ssm", config=QUICK), settings().secrets_prefix, DOORS_SECRETS)


@cache
def _workers_secrets() -> Secrets:
    return Secrets(session().client("ssm", config=QUICK), settings().secrets_prefix, WORKERS_SECRETS)


def connections() -> ApiGatewayConnections:
    """The way to the WebSockets."""

    @cache
    def client(endpoint: str) -> "ApiGatewayManagementApiClient":
        return session().client("apigatewaymanagementapi", endpoint_url=endpoint, config=_BROADCAST)

    return ApiGatewayConnections(client)


def _graph() -> "Graph":
    from chalicelib.channels.messenger.graph import Graph  # noqa: PLC0415

    secrets = _workers_secrets()
    return Graph(
        settings().graph_url, token=partial(secrets.get, PAGE_TOKEN), app_secret=partial(secrets.get, APP_SECRET)
    )


def log_by(key: Callable[[], str]) -> Log:
    """The stage's log, with pseudonyms by this key."""
    return Log(key, settings().stage)


def new_id() -> str:
    """Never the same again."""
    return uuid.uuid4().hex


def _owner(log: Log, secrets: Secrets) -> Owner:
    return Owner(
        people=DynamoPeople(table()),
        alerts=DynamoAlerts(table()),
        notifier=TopicNotifier(session().client("sns", config=QUICK), partial(secrets.find, TOPIC_ARN)),
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
