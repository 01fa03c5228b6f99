"""Waking functions: the worker, by Lambda or through a queue, when there is something to do; all to keep them warm."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import invocation
from chalicelib.errors import WakeError
from chalicelib.messages import ConversationId

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient

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
        _invoke_later(self.client, self.worker_function, invocation.wake(conversation))


@dataclass(frozen=True)
class LambdaExaminer:
    """`ports_upkeep.Examiner` by asynchronous invocation of the worker."""

    client: "LambdaClient"
    worker_function: str

    def ask(self) -> None:
        _invoke_later(self.client, self.worker_function, json.dumps(invocation.CHECKUP))


@dataclass(frozen=True)
class FifoWake:
    """`ports.Wake` by an SQS FIFO queue, from which Lambda brings the worker one wake of a conversation at a time.

    Each wake has a deduplication id of its own. Were it made of the content, which is the same for every wake of a
    conversation, SQS would swallow all that follow within five minutes; so only a repetition of one call is swallowed.
    """

    client: "SQSClient"
    queue: str
    """Its name. Its address is asked for once and kept."""
    new_id: Callable[[], str]
    in_turn: bool
    """Wait for earlier wakes of the conversation. When a worker failed, they are held back until the queue's visibility
    time-out is over: whoever comes to the rescue must not wait for them. The lease keeps two workers apart even so."""

    def wake(self, conversation: ConversationId) -> None:
        wake_id = self.new_id()
        of_conversation = hashlib.sha256(conversation.encode()).hexdigest()  # any id fits so, and none is shown
        try:
            self.client.send_message(
                QueueUrl=self._url,
                MessageBody=invocation.wake(conversation),
                MessageGroupId=of_conversation if self.in_turn else wake_id,
                MessageDeduplicationId=wake_id,
            )
        except (ClientError, BotoCoreError) as exc:
            raise WakeError("the wake queue could not be written to") from exc

    @cached_property
    def _url(self) -> str:
        return self.client.get_queue_url(QueueName=self.queue)["QueueUrl"]


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


def _invoke_later(client: "LambdaClient", function: str, event: str) -> None:
    try:
        client.invoke(FunctionName=function, InvocationType="Event", Payload=event.encode())
    except (ClientError, BotoCoreError) as exc:
        raise WakeError("the worker could not be invoked") from exc
