"""Simulates Lambda's event source mapping: invokes a function with each message of a FIFO queue, batch size 1.

SQS itself holds back a message group while one of its messages is being handled. A message is deleted when the function
has succeeded; otherwise it becomes visible again after the visibility timeout.
"""

import json
import math
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError

from scripts.simulator.functions import FunctionFailed

_MOST_AT_ONCE = 64


class EventSourceMapping:
    """Polls one queue and invokes one function."""

    def __init__(self, queue: str, function: Callable[[Any], Any], *, hidden_s: float) -> None:
        """Create the queue; its visibility timeout `hidden_s` must be at least the function's timeout."""
        self._function = function
        self._sqs = boto3.client("sqs")
        self._url = self._sqs.create_queue(
            QueueName=queue, Attributes={"FifoQueue": "true", "VisibilityTimeout": str(math.ceil(hidden_s))}
        )["QueueUrl"]
        self._pool = ThreadPoolExecutor(_MOST_AT_ONCE, thread_name_prefix="mapping")
        threading.Thread(target=self._poll, daemon=True).start()

    def reset(self) -> None:
        """Delete all messages, including those that are being handled."""
        self._sqs.purge_queue(QueueUrl=self._url)

    def _poll(self) -> None:
        with suppress(BotoCoreError):  # at the end, the emulator stops first
            while True:
                for message in self._sqs.receive_message(QueueUrl=self._url, WaitTimeSeconds=20).get("Messages", ()):
                    self._pool.submit(self._deliver, message)

    def _deliver(self, message: Any) -> None:
        record = {"messageId": message["MessageId"], "eventSource": "aws:sqs", "body": message["Body"]}
        try:
            self._function({"Records": [record]})
        except FunctionFailed as exc:
            sys.stderr.write(json.dumps({"stage": "lambda", "function": "worker", "error": str(exc)}) + "\n")
        else:
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
