"""A view that invokes a worker for each message, once by Powertools' idempotency."""

import json
import os
from typing import Any, cast

import boto3
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.typing import LambdaContext
from chalice.app import Chalice

from scripts.bench.peers.apps.messages import messages_of

app = Chalice(app_name="powertools")
functions = boto3.client("lambda")
store = DynamoDBPersistenceLayer(table_name=os.environ["TABLE"])
config = IdempotencyConfig(event_key_jmespath="id")


@app.route("/webhook", methods=["POST"])
def webhook() -> str:
    """Have a worker answer each message."""
    config.register_lambda_context(context())
    for message in messages_of(app):
        wake(message={"id": message.id, "person": message.person, "text": message.text})
    return "EVENT_RECEIVED"


def context() -> LambdaContext:
    """Return Lambda's context, which Chalice has typed as that of its own local server."""
    found: Any = app.lambda_context
    return cast("LambdaContext", found)


@idempotent_function(data_keyword_argument="message", config=config, persistence_store=store)  # type: ignore[untyped-decorator]
def wake(message: dict[str, str]) -> bool:
    """Invoke the worker with the message."""
    functions.invoke(FunctionName="worker", InvocationType="Event", Payload=json.dumps(message).encode())
    return True
