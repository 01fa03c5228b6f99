"""Lambda's event source mapping: brings each message of a FIFO queue to a function, batch size 1.

SQS itself holds a group back while one of its messages is with the function. A message is deleted once the function has
succeeded, and otherwise comes again when it has been hidden long enough.
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
    """Between one queue and one function."""

    def __init__(self, queue: str, function: Callable[[Any], Any], *, hidden_s: float) -> None:
        """AWS accepts no less for `hidden_s` than the function's time-out."""
        self._function = function
        self._sqs = boto3.client("sqs")
        self._url = self._sqs.create_queue(
            QueueName=queue, Attributes={"FifoQueue": "true", "VisibilityTimeout": str(math.ceil(hidden_s))}
        )["QueueUrl"]
        self._pool = ThreadPoolExecutor(_MOST_AT_ONCE, thread_name_prefix="mapping")
        threading.Thread(target=self._poll, daemon=True).start()

    def reset(self) -> None:
        """Forget every message, also those that are with the function."""
        self._sqs.purge_queue(QueueUrl=self._url)

    def _poll(self) -> None:
        with suppress(BotoCoreError):  # the end: the emulator goes first
            while True:
                for message in self._sqs.receive_message(QueueUrl=self._url, WaitTimeSeconds=20).get("Messages", ()):
                    self._pool.submit(self._bring, message)

    def _bring(self, message: Any) -> None:
        record = {"messageId": message["MessageId"], "eventSource": "aws:sqs", "body": message["Body"]}
        try:
            self._function({"Records": [record]})
        except FunctionFailed as exc:
            sys.stderr.write(json.dumps({"stage": "lambda", "function": "worker", "error": str(exc)}) + "\n")
        else:
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
