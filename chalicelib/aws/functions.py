"""Invokes Parley's other Lambda functions: to keep them warm, and to start a health check."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.aws import invocation

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
from chalicelib.aws.wake import _invoke_later

_HEALTH_REQUEST: Final[dict[str, Any]] = {
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
"""What API Gateway would send for `GET /health`: Chalice answers nothing shorter."""


@dataclass(frozen=True)
class LambdaHealthCheckStarter:
    """`ports_upkeep.Examiner` by asynchronous invocation of the worker."""

    client: "LambdaClient"
    worker_function: str

    def start(self) -> None:
        _invoke_later(self.client, self.worker_function, json.dumps(invocation.CHECKUP))


@dataclass(frozen=True)
class LambdaWarmer:
    """`ports.Warmer` by synchronous invocation: only an answer proves that the function ran."""

    client: "LambdaClient"
    api_function: str
    worker_function: str
    websocket_functions: Sequence[str]

    def warm(self) -> list[str]:
        requests: dict[str, dict[str, Any]] = {
            self.api_function: _HEALTH_REQUEST,
            self.worker_function: invocation.PING,
            **dict.fromkeys(self.websocket_functions, invocation.SOCKET_PING),
        }
        return [function for function, event in requests.items() if self._answers(function, event)]

    def _answers(self, function: str, event: dict[str, Any]) -> bool:
        try:
            answer = self.client.invoke(FunctionName=function, Payload=json.dumps(event).encode())
            result = json.loads(answer["Payload"].read())
        except (ClientError, BotoCoreError, ValueError):
            return False
        return "FunctionError" not in answer and isinstance(result, dict) and result.get("statusCode", 200) == 200  # noqa: PLR2004
