"""A durable function of Lambda with a step each for counting, asking and sending; a plain view starts it.

Lambda starts one execution for each name, so that the view names it by the message's id. A step may run again, so that
counting does nothing the second time, as the SDK's documentation asks.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.types import LambdaContext

from scripts.peers.answering import count_once
from scripts.peers.messages import Message
from scripts.peers.outside import DURABLE_FUNCTION, LIMIT_REACHED, Context, Outside, Peer
from scripts.peers.view import webhook


def durable_function(outside: Outside) -> Peer:
    """Return the view, and the durable function that it starts."""

    @durable_execution
    def answer_in_steps(event: Mapping[str, str], steps: DurableContext) -> None:
        message = Message(**event)
        if steps.step(lambda _: count_once(outside, message), name="count"):
            said = steps.step(lambda _: outside.ask(message.text), name="ask")
        else:
            said = LIMIT_REACHED
        steps.step(lambda _: bool(outside.send(message.person, said)), name="send")

    def start(message: Message) -> None:
        outside.functions.invoke(
            FunctionName=DURABLE_FUNCTION,
            InvocationType="Event",
            DurableExecutionName=hashlib.sha256(message.id.encode()).hexdigest(),
            Payload=json.dumps(asdict(message)),
        )

    context = cast("LambdaContext", Context(outside))

    def run(event: Mapping[str, Any]) -> object:
        return answer_in_steps(event, context)

    return Peer(webhook(outside, start), run)
