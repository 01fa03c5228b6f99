"""A view that puts each message into a table and invokes a worker: no check for what was delivered twice."""

import json
import os

import boto3
from chalice.app import Chalice

from scripts.bench.peers.apps.messages import messages_of

app = Chalice(app_name="naive")
session = boto3.Session()
dynamodb, functions = session.client("dynamodb"), session.client("lambda")


@app.route("/webhook", methods=["POST"])
def webhook() -> str:
    """Keep the messages, and have a worker answer each."""
    for message in messages_of(app):
        item = {"pk": {"S": message.id}, "person": {"S": message.person}, "text": {"S": message.text}}
        dynamodb.put_item(TableName=os.environ["TABLE"], Item=item)
        payload = json.dumps({"id": message.id, "person": message.person, "text": message.text})
        functions.invoke(FunctionName="worker", InvocationType="Event", Payload=payload.encode())
    return "EVENT_RECEIVED"
