"""The naive view with a conditional put: a message that was delivered twice wakes no second worker."""

import json
import os

import boto3
from chalice.app import Chalice

from scripts.bench.peers.apps.messages import Message, messages_of

app = Chalice(app_name="conditional")
session = boto3.Session()
dynamodb, functions = session.client("dynamodb"), session.client("lambda")


@app.route("/webhook", methods=["POST"])
def webhook() -> str:
    """Keep the messages that are new, and have a worker answer each."""
    for message in messages_of(app):
        if is_new(message):
            payload = json.dumps({"id": message.id, "person": message.person, "text": message.text})
            functions.invoke(FunctionName="worker", InvocationType="Event", Payload=payload.encode())
    return "EVENT_RECEIVED"


def is_new(message: Message) -> bool:
    """Keep the message, and return whether it was not there."""
    item = {"pk": {"S": message.id}, "person": {"S": message.person}, "text": {"S": message.text}}
    try:
        dynamodb.put_item(TableName=os.environ["TABLE"], Item=item, ConditionExpression="attribute_not_exists(pk)")
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return False
    return True
