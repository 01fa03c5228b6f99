"""Where everything meets: each function's services, built once, lazily and by hand; nothing is built at import.

What only the worker needs is imported when the worker is built, so that the door's cold start does not pay for it.
"""

import os
import time
import uuid
from functools import cache, partial
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from chalicelib.heartbeat import Heartbeat
from chalicelib.intake import Intake
from chalicelib.notify import TopicNotifier
from chalicelib.observability import Log
from chalicelib.owner import Owner
from chalicelib.secrets import Secrets
from chalicelib.settings import Settings
from chalicelib.store.alerts import DynamoAlerts
from chalicelib.store.inbox import DynamoInbox
from chalicelib.store.people import DynamoPeople
from chalicelib.store.table import Table
from chalicelib.store.transcript import DynamoTranscript
from chalicelib.texts import load as load_texts
from chalicelib.wake import LambdaWake, LambdaWarmer

if TYPE_CHECKING:
    from openai import OpenAI

    from chalicelib.budget import Budget
    from chalicelib.worker import Worker

APP_SECRET, PREVIOUS_APP_SECRET, VERIFY_TOKEN = "app-secret", "app-secret-previous", "verify-token"
PAGE_TOKEN, OPENAI_KEY = "page-token", "openai-key"
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
    from chalicelib.channels.messenger.graph import Graph  # noqa: PLC0415
    from chalicelib.channels.messenger.sender import MessengerSender  # noqa: PLC0415
    from chalicelib.models.openai import OpenAIModel  # noqa: PLC0415
    from chalicelib.turns import Turns  # noqa: PLC0415
    from chalicelib.worker import Worker  # noqa: PLC0415

    here = settings()
    secrets = Secrets(
        _session().client("ssm", config=_QUICK), here.secrets_prefix, (APP_SECRET, PAGE_TOKEN, OPENAI_KEY)
    )
    log = Log(partial(secrets.get, APP_SECRET))
    model = OpenAIModel(
        name=here.model,
        effort=here.reasoning_effort,
        api=here.model_api,
        client=lambda: _openai(secrets.get(OPENAI_KEY), here.openai_base_url),
    )
    graph = Graph(here.graph_url, token=partial(secrets.get, PAGE_TOKEN), app_secret=partial(secrets.get, APP_SECRET))
    inbox, sender, owner = DynamoInbox(table()), MessengerSender(graph), _owner(log)
    turns = Turns(
        inbox=inbox,
        transcript=DynamoTranscript(table()),
        people=DynamoPeople(table()),
        sender=sender,
        answers=Answers(model, personas.load(PERSONA), load_texts(LANGUAGE), here, log.pseudonym),
        budget=budget(here),
        owner=owner,
        clock=clock,
        log=log,
    )
    return Worker(inbox, turns, sender, owner, clock=clock, new_id=lambda: uuid.uuid4().hex, log=log)


def budget(here: Settings) -> "Budget":
    """A day's money for the model; another server than OpenAI's is taken to send no bill."""
    from chalicelib import prices  # noqa: PLC0415
    from chalicelib.budget import Budget  # noqa: PLC0415

    return Budget(here.daily_budget, prices.assumed(here.model) if here.asks_openai else prices.FREE)


@cache
def heartbeat() -> Heartbeat:
    """The scheduled function's service."""
    here = settings()
    warmer = LambdaWarmer(_session().client("lambda", config=_PATIENT), here.api_function, here.worker_function)
    return Heartbeat(inbox=DynamoInbox(table()), wake=_wake(), warmer=warmer, clock=clock, log=Log(lambda: ""))


def clock() -> int:
    """Now, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


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
