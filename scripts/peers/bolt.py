"""A bot on Slack's Bolt with its Chalice adapter: the view returns at once, a lazy listener answers.

Bolt reads Slack's events. So each message of Meta becomes an event of Slack with Slack's signature; Bolt is as it is.
"""

import json
import time
from collections.abc import Mapping
from typing import Any, Final

from chalice.app import BadRequestError, Chalice, Response
from slack_bolt import Ack, App
from slack_bolt.adapter.aws_lambda.chalice_handler import ChaliceSlackRequestHandler
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.signature import SignatureVerifier

from scripts.peers.answering import answer
from scripts.peers.messages import Message, event, messages
from scripts.peers.outside import Context, Outside, Peer

SIGNING_SECRET: Final = "secret"  # noqa: S105
TEAM: Final = "T1"
_SIGNED_IN: Final = AuthorizeResult(
    enterprise_id=None,
    team_id=TEAM,
    bot_token="xoxb-1",  # noqa: S106
    bot_id="B1",
    bot_user_id="U1",
)


def lazy_listener(outside: Outside) -> Peer:
    """Return the bot that invokes its own function to answer, as Bolt's documentation advises on Lambda."""
    bolt = App(signing_secret=SIGNING_SECRET, authorize=lambda: _SIGNED_IN, process_before_response=True)

    def acknowledge(ack: Ack) -> None:
        ack()

    def answer_later(event: dict[str, Any]) -> None:
        answer(outside, Message(event["client_msg_id"], event["user"], event["text"]))

    bolt.event("message")(ack=acknowledge, lazy=[answer_later])
    app = Chalice(app_name="bot")
    handler = ChaliceSlackRequestHandler(app=bolt, chalice=app, lambda_client=outside.functions)

    @app.route("/webhook", methods=["POST"])
    def webhook() -> Response:
        request = app.current_request
        if request is None:
            raise BadRequestError("no request")
        response: Response = handler.handle(request)
        return response

    context = Context(outside)

    def run(payload: Mapping[str, Any]) -> int:
        status: int = app(dict(payload), context)["statusCode"]
        return status

    def deliver(body: bytes) -> int:
        return max(run(_posted(message)) for message in messages(body))

    return Peer(deliver, run)


def _posted(message: Message) -> dict[str, Any]:
    said = {
        "type": "message",
        "channel": f"D{message.person}",
        "channel_type": "im",
        "user": message.person,
        "text": message.text,
        "ts": "1.0",
        "client_msg_id": message.id,
    }
    body = {"type": "event_callback", "team_id": TEAM, "api_app_id": "A1", "event": said, "event_id": message.id}
    text, now = json.dumps(body), str(int(time.time()))
    signed = SignatureVerifier(SIGNING_SECRET).generate_signature(timestamp=now, body=text)
    return event(text.encode(), {"x-slack-request-timestamp": now, "x-slack-signature": signed or ""})
