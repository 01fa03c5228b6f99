"""Wakes the worker: by asynchronous Lambda invocation or through an SQS FIFO queue."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.aws import invocation
from chalicelib.errors import WakeError
from chalicelib.ids import ConversationId

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True)
class LambdaWake:
    """`ports.Wake` by asynchronous self-invocation."""

    client: "LambdaClient"
    worker_function: str

    def wake(self, conversation: ConversationId) -> None:
        _invoke_later(self.client, self.worker_function, invocation.wake_event(conversation))


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
                MessageBody=invocation.wake_event(conversation),
                MessageGroupId=of_conversation if self.in_turn else wake_id,
                MessageDeduplicationId=wake_id,
            )
        except (ClientError, BotoCoreError) as exc:
            raise WakeError("the wake queue could not be written to") from exc

    @cached_property
    def _url(self) -> str:
        return self.client.get_queue_url(QueueName=self.queue)["QueueUrl"]


def _invoke_later(client: "LambdaClient", function: str, event: str) -> None:
    try:
        client.invoke(FunctionName=function, InvocationType="Event", Payload=event.encode())
    except (ClientError, BotoCoreError) as exc:
        raise WakeError("the worker could not be invoked") from exc
