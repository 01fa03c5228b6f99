"""A view that starts a durable execution for each message, named by the message's id: Lambda starts it once."""

import hashlib
import json

import boto3
from chalice.app import Chalice

from scripts.bench.peers.apps.messages import messages_of

app = Chalice(app_name="durable")
functions = boto3.client("lambda")


@app.route("/webhook", methods=["POST"])
def webhook() -> str:
    """Have an execution answer each message."""
    for message in messages_of(app):
        functions.invoke(
            FunctionName="worker:1",
            InvocationType="Event",
            DurableExecutionName=hashlib.sha256(message.id.encode()).hexdigest(),
            Payload=json.dumps({"id": message.id, "person": message.person, "text": message.text}).encode(),
        )
    return "EVENT_RECEIVED"
