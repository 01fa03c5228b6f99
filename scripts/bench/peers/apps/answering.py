"""What a worker does for a message: read what was said, ask the model, store its answer and send it."""

import os

import boto3
import openai
import requests

dynamodb = boto3.client("dynamodb")
model = openai.OpenAI()
graph = requests.Session()


def read(person: str) -> str:
    """Return what was said."""
    found = dynamodb.query(
        TableName=os.environ["TABLE"],
        KeyConditionExpression="pk = :person",
        ExpressionAttributeValues={":person": {"S": person}},
        ConsistentRead=True,
    )
    return "\n".join(item["text"]["S"] for item in found["Items"] if "text" in item)


def ask(said: str, text: str) -> str:
    """Return the model's answer, streamed as a chat wants it."""
    stream = model.responses.create(
        model="gpt-6-luna", instructions="You help.", input=f"{said}\n{text}", stream=True, store=False
    )
    return "".join(event.delta for event in stream if event.type == "response.output_text.delta")


def store(person: str, message: str, answer: str) -> None:
    """Store the answer."""
    item = {"pk": {"S": person}, "sk": {"S": message}, "text": {"S": answer}}
    dynamodb.put_item(TableName=os.environ["TABLE"], Item=item)


def send(person: str, answer: str) -> None:
    """Send the answer by Messenger."""
    body = {"recipient": {"id": person}, "messaging_type": "RESPONSE", "message": {"text": answer}}
    token = {"access_token": "token"}
    graph.post(f"{os.environ['GRAPH_URL']}/me/messages", params=token, json=body, timeout=10).raise_for_status()
