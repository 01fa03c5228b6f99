"""DynamoDB inside the test process: botocore's request is answered by ministack's code at a hook, without a connection.

A request takes a millisecond or two, and what happens before and after its effect is the test's choice.
"""

import copy
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore import UNSIGNED
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.config import Config
from botocore.retries.quota import RetryQuota
from botocore.retries.standard import (
    RetryEventAdapter,
    RetryHandler,
    RetryPolicy,
    RetryQuotaChecker,
    StandardRetryConditions,
)
from ministack.services import dynamodb

from chalicelib.bootstrap.clients import LEAN, QUICK
from scripts.bench.dynamodb_proxy import Answer, Headers, Response

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


ATTEMPTS: Final = 2
"""How often the bot's client sends a request at most (`QUICK` in `bootstrap/clients.py`)."""


_ONE_AT_A_TIME: Final = threading.Lock()
"""Ministack's own server does one request after another as well."""
_OTHERS_TURN_S: Final = 0.0005


def _copied(value: Any) -> Any:
    """Copy what came as JSON, in a fourth of the time that `copy.deepcopy` takes."""
    kind = type(value)
    if kind is str:
        return value
    if kind is dict:
        return {name: _copied(each) for name, each in value.items()}
    if kind is list:
        return [_copied(each) for each in value]
    return copy.deepcopy(value)


# Half of ministack's time would go into copies, and into parsing the same expressions again for each item.
dynamodb.copy = SimpleNamespace(deepcopy=_copied)
dynamodb._tokenize = cache(dynamodb._tokenize)  # noqa: SLF001
dynamodb._condition_syntax_error = cache(dynamodb._condition_syntax_error)  # noqa: SLF001


def ministack(body: bytes, headers: Headers) -> Response:
    """Do what a request asks for."""
    answering = dynamodb.handle_request("POST", "/", dict(headers), body, {})
    try:
        answering.send(None)
    except StopIteration as done:
        status, _, content = done.value
        return status, content
    raise AssertionError("ministack waits for something")


def plainly(_: str, body: bytes, headers: Headers) -> Response:
    """Answer as ministack does, whatever the operation."""
    return ministack(body, headers)


def in_turns(body: bytes, headers: Headers) -> Response:
    """Answer as ministack does, in any thread; before and after, other threads have their turn, as on a network."""
    if threading.current_thread() is threading.main_thread():
        with _ONE_AT_A_TIME:
            return ministack(body, headers)
    time.sleep(_OTHERS_TURN_S)
    with _ONE_AT_A_TIME:
        response = ministack(body, headers)
    time.sleep(_OTHERS_TURN_S)
    return response


def sender(answer: Answer) -> Callable[..., AWSResponse]:
    """Return a hook for `before-send` that answers a request instead of sending it."""

    def send(request: Any, **_: Any) -> AWSResponse:
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        operation = headers["x-amz-target"].partition(".")[2]
        status, content = answer(operation, request.body, headers)
        no_headers: Any = HeadersDict()
        return AWSResponse(request.url, status, no_headers, _Raw(content))

    return send


def client_of(
    answer: Answer = lambda _, body, headers: in_turns(body, headers), *, checks: bool = False
) -> "DynamoDBClient":
    """Return a client for any number of threads, with botocore's own retries, whose requests are answered so.

    Botocore looks at the parameters of requests only where `checks` is true: that takes a quarter of their time.
    """
    config = LEAN.merge(Config(signature_version=UNSIGNED, parameter_validation=checks))
    client = boto3.client("dynamodb", region_name="eu-central-1", config=config)
    events: Any = client.meta.events
    events.register("before-send.dynamodb", sender(answer))
    return client


@dataclass
class InProcess:
    """A client that retries as the deployed bot's does, without pauses. `answer` may be replaced at any time.

    It may raise one of botocore's errors for a connection that breaks, or what ends the process.
    """

    client: "DynamoDBClient"
    answer: Answer = plainly

    def __post_init__(self) -> None:
        events: Any = self.client.meta.events
        events.unregister("needs-retry.dynamodb", unique_id="retry-config-dynamodb")
        events.register("needs-retry.dynamodb", _retries().needs_retry)
        events.register("before-send.dynamodb", sender(self._answer))

    def _answer(self, operation: str, body: bytes, headers: Headers) -> Response:
        return self.answer(operation, body, headers)


@cache
def in_process() -> InProcess:
    """Return the one of this test process: to build a client takes longer than a whole story."""
    config = QUICK.merge(Config(signature_version=UNSIGNED))
    return InProcess(boto3.client("dynamodb", region_name="eu-central-1", config=config))


class _AtOnce:
    def delay_amount(self, _: Any) -> float:
        return 0


def _retries() -> RetryHandler:
    """The standard mode's, without pauses and without its limit of retries that fail in a row."""
    at_once: Any = _AtOnce()
    unlimited: Any = RetryQuotaChecker(RetryQuota(initial_capacity=10**9))
    policy = RetryPolicy(StandardRetryConditions(max_attempts=ATTEMPTS), at_once)
    return RetryHandler(policy, RetryEventAdapter(), unlimited)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


class _Raw(BytesIO):
    def stream(self, **_: Any) -> "list[bytes]":
        return [self.getvalue()]
