"""Slack Bolt's Chalice adapter with a lazy listener: acknowledges, and invokes its own function with the request."""

import os
from typing import Any, Final

from chalice.app import Chalice, Response
from slack_bolt import Ack, App
from slack_bolt.adapter.aws_lambda.chalice_handler import ChaliceSlackRequestHandler
from slack_bolt.authorization import AuthorizeResult

app = Chalice(app_name="bolt")
ONE: Final = AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-1", bot_user_id="U0")  # noqa: S106 (no real one)


def authorize() -> AuthorizeResult:
    """Return the one workspace's token, without a request to Slack."""
    return ONE


def acknowledge(ack: Ack) -> None:
    """Answer within Slack's three seconds."""
    ack()


def answer() -> None:
    """Answer later, in another invocation."""


bolt = App(process_before_response=True, signing_secret=os.environ["APP_SECRET"], authorize=authorize)
bolt.event("message")(ack=acknowledge, lazy=[answer])
handler = ChaliceSlackRequestHandler(app=bolt, chalice=app)


@app.route("/webhook", methods=["POST"])
def webhook() -> Response:
    """Hand the request to Bolt."""
    request: Any = app.current_request
    response: Response = handler.handle(request)
    return response
