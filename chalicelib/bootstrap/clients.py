"""What all functions share and none starts without: the settings, the AWS session, the table, the clock and the log."""

import os
import time
import uuid
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from chalicelib import log
from chalicelib.aws.dynamodb.calls import PATIENCE_S
from chalicelib.aws.dynamodb.table import Table
from chalicelib.aws.ssm import Secrets
from chalicelib.aws.wake import FifoWake, LambdaWake
from chalicelib.conversation.ports import Wake
from chalicelib.ids import Channels
from chalicelib.log import Log
from chalicelib.settings.stage import Secret, Settings, channels_of
from chalicelib.settings.variables import Variables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient

LEAN: Final = Config(user_agent=f"Boto3/{boto3.__version__} Parley", parameter_validation=False)
"""For every client. Without a name of ours, botocore joins one of a dozen parts, twice for each request; that takes a
seventh of a webhook's CPU time, and so does its validation. A wrong request is found by mypy and by the contract tests,
whose clients validate, and AWS refuses it.
"""
QUICK: Final = LEAN.merge(
    Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 2, "mode": "standard"})
)
"""For calls that a user waits for: seconds, and one retry."""
PATIENT: Final = LEAN.merge(
    Config(connect_timeout=1, read_timeout=30, retries={"total_max_attempts": 1, "mode": "standard"})
)
"""For warming other functions, which may start cold; a retry would start a second one."""
CALLER_PATIENCE_S: Final = 3.0
"""For functions whose caller waits for the response: Meta for five seconds, a person for an `accepted`."""
_OWN_PSEUDONYM_KEY: Final = uuid.uuid4().hex


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


def log_with(stored: Secrets | None) -> Log:
    """Return the log, whose pseudonyms have the key that is stored."""
    return Log(partial(_pseudonym_key, stored), settings().stage.name)


def secrets(names: Sequence[str]) -> Secrets:
    """Return the secrets a function may read. Each function's policy grants exactly its names."""
    return Secrets(session().client("ssm", config=QUICK), settings().stage.secrets_prefix, names)


def connections_endpoint(websocket_url: str | None) -> str | None:
    """Return where frames are sent to the connections of this WebSocket API; None for a domain of the owner's."""
    parts = urlsplit(websocket_url or "")
    api, _, domain = (parts.hostname or "").partition(".")
    return endpoint_of(api, parts.path.strip("/")) if domain.endswith(".amazonaws.com") else None


def endpoint_of(api: str, stage: str) -> str:
    """Return the address for writing to the connections of a WebSocket API."""
    return settings().web.connections_url.format(api=api, region=session().region_name, stage=stage)


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
def _dynamodb() -> "DynamoDBClient":
    return session().client("dynamodb", config=QUICK)


def _pseudonym_key(stored: Secrets | None) -> str:
    """Return the key of the log's pseudonyms: the stage's, or one of this process where none is stored."""
    return (stored.find(Secret.PSEUDONYM_KEY) if stored else None) or _OWN_PSEUDONYM_KEY


def wake(*, in_turn: bool) -> Wake:
    """Return what wakes the worker; `in_turn` is FifoWake's."""
    stage = settings().stage
    if stage.wake == "fifo":
        return FifoWake(session().client("sqs", config=QUICK), stage.wake_queue, new_id=new_id, in_turn=in_turn)
    return LambdaWake(functions(), stage.worker_function)
