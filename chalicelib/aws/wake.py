"""Wakes the worker: by asynchronous Lambda invocation or through an SQS FIFO queue."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.aws import invocation
from chalicelib.aws.errors import raised_as
from chalicelib.aws.functions import invoke_async
from chalicelib.errors import WakeError
from chalicelib.ids import ConversationId

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True)
class LambdaWake:
    """`conversation.ports.Wake` by asynchronous invocation of the worker."""

    client: "LambdaClient"
    worker_function: str

    def wake(self, conversation: ConversationId) -> None:
        invoke_async(self.client, self.worker_function, invocation.wake_event(conversation))


@dataclass(frozen=True)
class FifoWake:
    """`conversation.ports.Wake` through an SQS FIFO queue: one wake of a conversation reaches the worker at a time.

    Each wake has its own deduplication id. All wakes of a conversation have the same body; with a deduplication id made
    from the body, SQS would drop every wake that follows another within five minutes. Only a retry by botocore has the
    same id, and SQS drops it.
    """

    client: "SQSClient"
    queue: str
    """The queue's name; its URL is requested once and cached."""
    new_id: Callable[[], str]
    in_turn: bool
    """Whether a wake waits for earlier wakes of its conversation. After a worker has failed, SQS holds those back until
    the queue's visibility timeout is over. The heartbeat, which retries the failed work, must not wait for that, so its
    wakes are sent out of turn. The lease excludes a second worker in both cases."""

    def wake(self, conversation: ConversationId) -> None:
        wake_id = self.new_id()
        # SQS limits the length and the characters of a group id, so the conversation's id is hashed.
        group = hashlib.sha256(conversation.encode()).hexdigest()
        with raised_as(WakeError, "the wake queue could not be written to"):
            self.client.send_message(
                QueueUrl=self._url,
                MessageBody=invocation.wake_event(conversation),
                MessageGroupId=group if self.in_turn else wake_id,
                MessageDeduplicationId=wake_id,
            )

    @cached_property
    def _url(self) -> str:
        return self.client.get_queue_url(QueueName=self.queue)["QueueUrl"]
