"""Where everything meets: each function's services, built once, lazily and by hand; nothing is built at import.

What only the worker needs is imported when the worker is built, so that the door's cold start does not pay for it.
"""

import os
import time
import uuid
from functools import cache, partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from chalicelib.heartbeat import Heartbeat
from chalicelib.intake import Intake
from chalicelib.notify import TopicNotifier
from chalicelib.observability import Log
from chalicelib.owner import Owner
from chalicelib.secrets import Secrets
from chalicelib.settings import OPENAI_HOST, Settings
from chalicelib.store.alerts import DynamoAlerts
from chalicelib.store.inbox import DynamoInbox
from chalicelib.store.people import DynamoPeople
from chalicelib.store.table import Table
from chalicelib.store.transcript import DynamoTranscript
from chalicelib.texts import load as load_texts
from chalicelib.wake import LambdaExaminer, LambdaWake, LambdaWarmer

if TYPE_CHECKING:
    from openai import OpenAI

    from chalicelib.channels.messenger.graph import Graph
    from chalicelib.checkup import Checkup
    from chalicelib.worker import Worker

APP_ID, APP_SECRET, PREVIOUS_APP_SECRET, VERIFY_TOKEN = "app-id", "app-secret", "app-secret-previous", "verify-token"
PAGE_TOKEN, OPENAI_KEY = "page-token", "openai-key"
WEBHOOK_URL = "webhook-url"
"""No secret, but known only after a deployment, which puts it beside them."""
WORKERS_SECRETS = (APP_ID, APP_SECRET, VERIFY_TOKEN, PAGE_TOKEN, OPENAI_KEY, WEBHOOK_URL)
LANGUAGE = "en"
PERSONA = "assistant"

_QUICK = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 2, "mode": "standard"})
_PATIENT = Config(connect_timeout=1, read_timeout=30, retries={"total_max_attempts": 1, "mode": "standard"})


@cache
def settings() -> Settings:
    """The stage's settings."""
    return Settings.from_env(os.environ)


@cache
def table() -> Table:
    """The stage's table."""
    return Table(_session().client("dynamodb", config=_QUICK), settings().table)


@cache
def intake() -> Intake:
    """The door's service."""
    secrets = Secrets(
        _session().client("ssm", config=_QUICK),
        settings().secrets_prefix,
        (APP_SECRET, PREVIOUS_APP_SECRET, VERIFY_TOKEN),
    )

    def app_secrets() -> list[str]:
        previous = secrets.find(PREVIOUS_APP_SECRET)
        return [secrets.get(APP_SECRET), *([previous] if previous else [])]

    log = Log(partial(secrets.get, APP_SECRET))
    return Intake(
        inbox=DynamoInbox(table()),
        transcript=DynamoTranscript(table()),
        wake=_wake(),
        owner=lambda: _owner(log),
        app_secrets=app_secrets,
        verify_token=partial(secrets.get, VERIFY_TOKEN),
        clock=clock,
        log=log,
    )


@cache
def worker() -> "Worker":
    """The worker's service."""
    from chalicelib import personas  # noqa: PLC0415
    from chalicelib.answers import Answers  # noqa: PLC0415
    from chalicelib.channels.messenger.sender import MessengerSender  # noqa: PLC0415
    from chalicelib.models.openai import OpenAIModel  # noqa: PLC0415
    from chalicelib.turns import Turns  # noqa: PLC0415
    from chalicelib.worker import Worker  # noqa: PLC0415

    here, secrets = settings(), _workers_secrets()
    log = Log(partial(secrets.get, APP_SECRET))
    model = OpenAIModel(
        name=here.model,
        effort=here.reasoning_effort,
        api=here.model_api,
        client=lambda: _openai(secrets.get(OPENAI_KEY), here.openai_base_url),
    )
    inbox, sender, owner = DynamoInbox(table()), MessengerSender(_graph()), _owner(log)
    turns = Turns(
        inbox=inbox,
        transcript=DynamoTranscript(table()),
        people=DynamoPeople(table()),
        sender=sender,
        answers=Answers(model, personas.load(PERSONA), load_texts(LANGUAGE), here, log.pseudonym),
        owner=owner,
        clock=clock,
        log=log,
    )
    return Worker(inbox, turns, sender, owner, clock=clock, new_id=lambda: uuid.uuid4().hex, log=log)


@cache
def checkup() -> "Checkup":
    """The worker's other service; also that of whoever may read the stage's secrets."""
    from chalicelib.channels.messenger.page import GraphPage  # noqa: PLC0415
    from chalicelib.channels.messenger.probe import HttpWebhook  # noqa: PLC0415
    from chalicelib.checkup import Checkup  # noqa: PLC0415
    from chalicelib.models.openai import OpenAICatalogue  # noqa: PLC0415
    from chalicelib.setup import Setup  # noqa: PLC0415

    here, secrets = settings(), _workers_secrets()
    webhook_url, verify_token = partial(secrets.get, WEBHOOK_URL), partial(secrets.get, VERIFY_TOKEN)
    page = GraphPage(_graph(), app_id=partial(secrets.get, APP_ID))
    log = Log(partial(secrets.get, APP_SECRET))
    return Checkup(
        page=page,
        setup=Setup(page, load_texts(LANGUAGE)),
        webhook=HttpWebhook(webhook_url, verify_token=verify_token, app_secret=partial(secrets.get, APP_SECRET)),
        catalogue=OpenAICatalogue(
            here.model,
            is_openai=urlsplit(here.openai_base_url).hostname == OPENAI_HOST,
            client=lambda: _openai(secrets.get(OPENAI_KEY), here.openai_base_url),
        ),
        owner=_owner(log),
        missing_secrets=lambda: [name for name in WORKERS_SECRETS if not secrets.find(name)],
        app_id=partial(secrets.get, APP_ID),
        webhook_url=webhook_url,
        verify_token=verify_token,
        model_shutdown=None,
        settings=here,
        clock=clock,
        log=log,
    )


@cache
def heartbeat() -> Heartbeat:
    """The scheduled function's service."""
    here = settings()
    patient, quick = (_session().client("lambda", config=config) for config in (_PATIENT, _QUICK))
    return Heartbeat(
        inbox=DynamoInbox(table()),
        wake=_wake(),
        warmer=LambdaWarmer(patient, here.api_function, here.worker_function),
        alerts=DynamoAlerts(table()),
        examiner=LambdaExaminer(quick, here.worker_function),
        clock=clock,
        log=Log(lambda: ""),
    )


def clock() -> int:
    """Now, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


@cache
def _workers_secrets() -> Secrets:
    return Secrets(_session().client("ssm", config=_QUICK), settings().secrets_prefix, WORKERS_SECRETS)


def _graph() -> "Graph":
    from chalicelib.channels.messenger.graph import Graph  # noqa: PLC0415

    secrets = _workers_secrets()
    return Graph(
        settings().graph_url, token=partial(secrets.get, PAGE_TOKEN), app_secret=partial(secrets.get, APP_SECRET)
    )


def _wake() -> LambdaWake:
    return LambdaWake(_session().client("lambda", config=_QUICK), settings().worker_function)


def _owner(log: Log) -> Owner:
    return Owner(
        people=DynamoPeople(table()),
        alerts=DynamoAlerts(table()),
        notifier=TopicNotifier(_session().client("sns", config=_QUICK), settings().topic_arn),
        texts=load_texts(LANGUAGE),
        settings=settings(),
        clock=clock,
        log=log,
    )


@cache
def _session() -> boto3.Session:
    return boto3.Session()


@cache
def _openai(key: str, base_url: str) -> "OpenAI":
    """One client a key: it keeps its connections."""
    from openai import OpenAI  # noqa: PLC0415

    return OpenAI(api_key=key, base_url=base_url)
