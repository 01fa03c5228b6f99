"""A durable function of Lambda with a step each for counting, asking and sending; a plain view starts it.

Lambda starts one execution for each name, so that the view names it by the message's id.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, cast

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.types import LambdaContext

from scripts.peers.answering import count
from scripts.peers.messages import Message
from scripts.peers.outside import DURABLE_FUNCTION, LIMIT_REACHED, Context, Outside, Peer
from scripts.peers.view import webhook


def durable_function(outside: Outside) -> Peer:
    """Return the view, and the durable function that it starts."""

    @durable_execution
    def answer_in_steps(event: Mapping[str, str], steps: DurableContext) -> None:
        person, text = event["person"], event["text"]
        if steps.step(lambda _: count(outside, person), name="count"):
            said = steps.step(lambda _: outside.ask(text), name="ask")
        else:
            said = LIMIT_REACHED
        steps.step(lambda _: bool(outside.send(person, said)), name="send")

    def start(message: Message) -> None:
        outside.functions.invoke(
            FunctionName=DURABLE_FUNCTION,
            InvocationType="Event",
            DurableExecutionName=hashlib.sha256(message.id.encode()).hexdigest(),
            Payload=json.dumps({"person": message.person, "text": message.text}),
        )

    context = cast("LambdaContext", Context(outside))

    def run(event: Mapping[str, Any]) -> object:
        return answer_in_steps(event, context)

    return Peer(webhook(outside, start), run)
