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
from chalicelib.heartbeat import Heartbeat
from chalicelib.intake import Intake
from chalicelib.notify import TopicNotifier
from chalicelib.observability import Log
from chalicelib.owner import Owner
from chalicelib.ports import Wake
from chalicelib.secrets import Secrets
from chalicelib.settings import Settings
from chalicelib.store.alerts import DynamoAlerts
from chalicelib.store.inbox import DynamoInbox
from chalicelib.store.people import DynamoPeople
from chalicelib.store.spend import DynamoSpending
from chalicelib.store.table import Table
from chalicelib.store.transcript import DynamoTranscript
from chalicelib.texts import load as load_texts
from chalicelib.wake import FifoWake, LambdaExaminer, LambdaWake, LambdaWarmer

if TYPE_CHECKING:
    from openai import OpenAI

    from chalicelib.budget import Budget
    from chalicelib.channels.messenger.graph import Graph
    from chalicelib.checkup import Checkup
    from chalicelib.privacy import Privacy
    from chalicelib.worker import Worker

APP_ID, APP_SECRET, PREVIOUS_APP_SECRET, VERIFY_TOKEN = "app-id", "app-secret", "app-secret-previous", "verify-token"
PAGE_TOKEN, OPENAI_KEY = "page-token", "openai-key"
WEBHOOK_URL, TOPIC_ARN = "webhook-url", "topic-arn"
"""No secrets, but known only after a deployment, which puts them beside the secrets."""
WORKERS_SECRETS = (APP_ID, APP_SECRET, VERIFY_TOKEN, PAGE_TOKEN, OPENAI_KEY, WEBHOOK_URL, TOPIC_ARN)
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
        (APP_SECRET, PREVIOUS_APP_SECRET, VERIFY_TOKEN, TOPIC_ARN),
    )

    def app_secrets() -> list[str]:
        previous = secrets.find(PREVIOUS_APP_SECRET)
        return [secrets.get(APP_SECRET), *([previous] if previous else [])]

    log = _log(partial(secrets.get, APP_SECRET))
    return Intake(
        inbox=DynamoInbox(table()),
        transcript=DynamoTranscript(table()),
        wake=_wake(in_turn=True),
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
    from chalicelib import personas  # noqa: PLC0415
    from chalicelib.answers import Answers  # noqa: PLC0415
    from chalicelib.channels.messenger.sender import MessengerSender  # noqa: PLC0415
    from chalicelib.models.openai import OpenAIModel  # noqa: PLC0415
    from chalicelib.turns import Turns  # noqa: PLC0415
    from chalicelib.worker import Worker  # noqa: PLC0415

    here, secrets = settings(), _workers_secrets()
    log = _log(partial(secrets.get, APP_SECRET))
    model = OpenAIModel(
        name=here.model,
        effort=here.reasoning_effort,
        api=here.model_api,
        client=lambda: _openai(secrets.get(OPENAI_KEY), here.openai_base_url),
    )
    inbox, sender, owner = DynamoInbox(table()), MessengerSender(_graph()), _owner(log, secrets)
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
    return Worker(inbox, turns, sender, owner, clock=clock, new_id=_new_id, log=log)


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
    log, price = _log(partial(secrets.get, APP_SECRET)), prices.find(here.model)
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
    patient, quick = (_session().client("lambda", config=config) for config in (_PATIENT, _QUICK))
    return Heartbeat(
        inbox=DynamoInbox(table()),
        wake=_wake(in_turn=False),
        warmer=LambdaWarmer(patient, here.api_function, here.worker_function),
        alerts=DynamoAlerts(table()),
        examiner=LambdaExaminer(quick, here.worker_function),
        spending=DynamoSpending(table()),
        settings=here,
        clock=clock,
        log=_log(lambda: ""),
    )


def invocation(context: Any) -> AbstractContextManager[None]:
    """One run of a function, by the context that Lambda gives it."""
    return observability.invocation(getattr(context, "aws_request_id", ""))


def clock() -> int:
    """Now, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def _wake(*, in_turn: bool) -> Wake:
    here = settings()
    if here.wake == "fifo":
        return FifoWake(_session().client("sqs", config=_QUICK), here.wake_queue, new_id=_new_id, in_turn=in_turn)
    return LambdaWake(_session().client("lambda", config=_QUICK), here.worker_function)


@cache
def _workers_secrets() -> Secrets:
    return Secrets(_session().client("ssm", config=_QUICK), settings().secrets_prefix, WORKERS_SECRETS)


def _graph() -> "Graph":
    from chalicelib.channels.messenger.graph import Graph  # noqa: PLC0415

    secrets = _workers_secrets()
    return Graph(
        settings().graph_url, token=partial(secrets.get, PAGE_TOKEN), app_secret=partial(secrets.get, APP_SECRET)
    )


def _log(key: Callable[[], str]) -> Log:
    return Log(key, settings().stage)


def _new_id() -> str:
    return uuid.uuid4().hex


def _owner(log: Log, secrets: Secrets) -> Owner:
    return Owner(
        people=DynamoPeople(table()),
        alerts=DynamoAlerts(table()),
        notifier=TopicNotifier(_session().client("sns", config=_QUICK), partial(secrets.find, TOPIC_ARN)),
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
