"""A bare Chalice app that builds the three AWS clients that Parley's webhook needs, and calls none."""

import boto3
from chalice.app import Chalice

app = Chalice(app_name="three")
session = boto3.Session()
dynamodb, functions, parameters = session.client("dynamodb"), session.client("lambda"), session.client("ssm")


@app.route("/webhook", methods=["POST"])
def webhook() -> str:
    """Answer."""
    return "EVENT_RECEIVED"
