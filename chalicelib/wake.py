"""Waking functions by AWS Lambda: the worker when there is something to do, all of them to keep them warm."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import WakeError
from chalicelib.messages import ConversationId

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

PING: Final = {"ping": True}
"""What the worker answers at once."""
CHECKUP: Final = {"checkup": True}
"""What has the worker look at everything the bot depends on: it may read all secrets."""

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
class LambdaWake:
    """`ports.Wake` by asynchronous self-invocation."""

    client: "LambdaClient"
    worker_function: str

    def wake(self, conversation: ConversationId) -> None:
        _invoke_later(self.client, self.worker_function, {"conversation": conversation})


@dataclass(frozen=True)
class LambdaExaminer:
    """`ports.Examiner` by asynchronous invocation of the worker."""

    client: "LambdaClient"
    worker_function: str

    def ask(self) -> None:
        _invoke_later(self.client, self.worker_function, CHECKUP)


@dataclass(frozen=True)
class LambdaWarmer:
    """`ports.Warmer` by synchronous invocation: only an answer proves that the function ran."""

    client: "LambdaClient"
    api_function: str
    worker_function: str

    def warm(self) -> list[str]:
        requests = {self.api_function: _HEALTH_REQUEST, self.worker_function: PING}
        return [function for function, event in requests.items() if self._answers(function, event)]

    def _answers(self, function: str, event: dict[str, Any]) -> bool:
        try:
            answer = self.client.invoke(FunctionName=function, Payload=json.dumps(event).encode())
            result = json.loads(answer["Payload"].read())
        except (ClientError, BotoCoreError, ValueError):
            return False
        return "FunctionError" not in answer and isinstance(result, dict) and result.get("statusCode", 200) == 200  # noqa: PLR2004


def _invoke_later(client: "LambdaClient", function: str, event: Mapping[str, Any]) -> None:
    try:
        client.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event).encode())
    except (ClientError, BotoCoreError) as exc:
        raise WakeError("the worker could not be invoked") from exc
