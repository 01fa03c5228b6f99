"""The routes that channels call: Meta's handshake and its events. A new channel with a webhook adds its route here."""

from typing import cast

from chalice.app import Blueprint, Response

from chalicelib.bootstrap import api
from chalicelib.routes.responses import errors_as_text, text_response

routes = Blueprint(__name__)


@routes.route("/webhook", methods=["GET"])
@errors_as_text(logged_as=None)
def webhook_handshake() -> Response:
    """Answer Meta's handshake: the challenge when the verify token is right, else 403."""
    return text_response(api.webhook().handshake(routes.current_request.query_params or {}))


@routes.route("/webhook", methods=["POST"])
@errors_as_text(logged_as=None)
def webhook() -> Response:
    """Receive Meta's events: 200 only once all are stored, 500 so that Meta delivers them again."""
    request = routes.current_request
    api.webhook().handle(cast("bytes", request.raw_body), request.headers.get("x-hub-signature-256"))
    return text_response("EVENT_RECEIVED")
