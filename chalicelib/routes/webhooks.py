"""The routes that channels call: Meta's handshake and its events. A new channel with a webhook adds its route here.

A service is built before its errors become responses: a wrong setting is raised, so that Lambda logs it.
"""

from collections.abc import Callable, Mapping
from typing import cast

from chalice.app import Blueprint, Response

from chalicelib.bootstrap import api
from chalicelib.routes.responses import errors_as_text, text_response

routes = Blueprint(__name__)


@routes.route("/webhook", methods=["GET"])
def webhook_handshake() -> Response:
    """Answer Meta's handshake: the challenge when the verify token is right, else 403."""
    return _challenge(api.webhook().handshake)


@routes.route("/webhook", methods=["POST"])
def webhook() -> Response:
    """Receive Meta's events: 200 only once all are stored, 500 so that Meta delivers them again."""
    return _receive(api.webhook().handle)


@errors_as_text(logged_as=None)
def _challenge(handshake: Callable[[Mapping[str, str]], str]) -> Response:
    return text_response(handshake(routes.current_request.query_params or {}))


@errors_as_text(logged_as=None)
def _receive(handle: Callable[[bytes, str | None], None]) -> Response:
    request = routes.current_request
    handle(cast("bytes", request.raw_body), request.headers.get("x-hub-signature-256"))
    return text_response("EVENT_RECEIVED")
