"""Invokes Parley's Lambda functions: asynchronously for work, synchronously to keep them warm."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.aws import invocation
from chalicelib.aws.errors import raised_as
from chalicelib.errors import WakeError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_OK: Final = 200
HEALTH_REQUEST: Final[dict[str, Any]] = {
    **invocation.PING,
    "resource": "/health",
    "path": "/health",
    "httpMethod": "GET",
    "headers": {},
    "multiValueHeaders": {},
    "queryStringParameters": None,
    "multiValueQueryStringParameters": None,
    "pathParameters": None,
    "stageVariables": None,
    "requestContext": {"resourcePath": "/health", "httpMethod": "GET", "path": "/health", "stage": "api"},
    "body": None,
    "isBase64Encoded": False,
}
"""The event that API Gateway sends for `GET /health`; Chalice fails on one with fewer fields."""


def invoke_async(client: "LambdaClient", function: str, event: str) -> None:
    """Invoke a function with a JSON event; Lambda queues it and does not wait for a result. Raises WakeError."""
    with raised_as(WakeError, "the worker could not be invoked"):
        response = client.invoke(FunctionName=function, InvocationType="Event", Payload=event.encode())
        # Empty, but unless it is read, botocore gives up the connection, and the next wake has to open one.
        response["Payload"].read()


@dataclass(frozen=True)
class LambdaJobStarter:
    """`operations.ports.JobStarter`: the worker does the job, because it may read all secrets and people."""

    client: "LambdaClient"
    worker_function: str
    event: Mapping[str, Any]
    """The event that requests the job, as `invocation` has it."""

    def start(self) -> None:
        invoke_async(self.client, self.worker_function, json.dumps(self.event))


@dataclass(frozen=True)
class LambdaWarmer:
    """`operations.ports.Warmer` by synchronous invocation: only a response proves that the function ran."""

    client: "LambdaClient"
    api_function: str
    worker_function: str
    websocket_functions: Sequence[str]

    def warm(self) -> list[str]:
        requests: dict[str, dict[str, Any]] = {
            self.api_function: HEALTH_REQUEST,
            self.worker_function: invocation.PING,
            **dict.fromkeys(self.websocket_functions, invocation.WEBSOCKET_PING),
        }
        return [function for function, event in requests.items() if self._responds(function, event)]

    def _responds(self, function: str, event: dict[str, Any]) -> bool:
        """Whether the function returned normally, with status 200 where it returns one."""
        try:
            response = self.client.invoke(FunctionName=function, Payload=json.dumps(event).encode())
            result = json.loads(response["Payload"].read())
        except (ClientError, BotoCoreError, ValueError):
            return False
        return "FunctionError" not in response and isinstance(result, dict) and result.get("statusCode", _OK) == _OK
