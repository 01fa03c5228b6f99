"""DynamoDB inside the test process: botocore's request is answered by ministack's code at a hook, without a connection.

A request takes a millisecond or two, and what happens before and after its effect is the test's choice.
"""

from dataclasses import dataclass
from functools import cache
from io import BytesIO
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

from chalicelib.bootstrap.clients import QUICK
from scripts.bench.dynamodb_proxy import Answer, Headers, Response

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


ATTEMPTS: Final = 2
"""How often the bot's client sends a request at most (`QUICK` in `bootstrap/clients.py`)."""


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
        events.register("before-send.dynamodb", self._send)

    def _send(self, request: Any, **_: Any) -> Any:
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        operation = headers["x-amz-target"].partition(".")[2]
        status, content = self.answer(operation, request.body, headers)
        no_headers: Any = HeadersDict()
        return AWSResponse(request.url, status, no_headers, _Raw(content))


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
