"""The doors: each takes its event apart, makes one call and answers; no decision lives here."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

from chalice.app import Chalice, Rate, Request, Response, WebsocketEvent

from chalicelib import bootstrap, bootstrap_web
from chalicelib.aws import invocation
from chalicelib.aws.invocation import AnswerConversation, Ping, RunHealthCheck, is_ping
from chalicelib.errors import BodyTooLarge, ConfigError, InvalidSignature, StoreError
from chalicelib.ids import ConnectionId
from chalicelib.routes import admin, chat, privacy
from chalicelib.routes.responses import text_response

app = Chalice(app_name="parley", configure_logs=False)
app.experimental_feature_flags.update(["WEBSOCKETS"])
for door in (privacy, admin, chat):
    app.register_blueprint(door.routes)


@app.middleware("all")
def request_id(event: Any, get_response: Callable[[Any], Any]) -> Any:
    """Whatever is invoked: its log lines carry the id that Lambda gave the run."""
    with bootstrap.invocation(event.lambda_context if isinstance(event, Request) else event.context):
        return get_response(event)


@app.route("/health", methods=["GET"])
def health() -> Response:
    """What the heartbeat asks for to keep this function warm: makes ready what the next message will need."""
    bootstrap.intake().app_secrets()
    return text_response(HTTPStatus.OK, "ok")


@app.route("/webhook", methods=["GET"])
def webhook_handshake() -> Response:
    """Meta asks whether this address is ours."""
    try:
        challenge = bootstrap.intake().handshake(_request().query_params or {})
    except InvalidSignature:
        return text_response(HTTPStatus.FORBIDDEN, "forbidden")
    return text_response(HTTPStatus.OK, challenge)


@app.route("/webhook", methods=["POST"])
def webhook() -> Response:
    """Meta delivers events: 200 only once they are kept; 500 asks for a repetition."""
    request, service = _request(), bootstrap.intake()
    try:
        service.handle(cast("bytes", request.raw_body), request.headers.get("x-hub-signature-256"))
    except InvalidSignature:
        return text_response(HTTPStatus.FORBIDDEN, "forbidden")
    except BodyTooLarge:
        return text_response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large")
    except (StoreError, ConfigError):
        return text_response(HTTPStatus.INTERNAL_SERVER_ERROR, "try again")
    return text_response(HTTPStatus.OK, "EVENT_RECEIVED")


# A blueprint's WebSocket handlers are not wrapped for Lambda by Chalice 1.34: so these stand here.


@app.on_ws_connect(name="websocket_connect")
def websocket_connect(event: WebsocketEvent) -> None:
    """Somebody opens a WebSocket; the handshake fails only when that cannot be noted."""
    said = event.to_dict()
    if is_ping(said):
        bootstrap_web.reception()
        return
    origin = next((value for name, value in said.get("headers", {}).items() if name.lower() == "origin"), "")
    endpoint = bootstrap_web.connections_url(said["requestContext"])
    bootstrap_web.reception().connect(ConnectionId(event.connection_id), endpoint=endpoint, origin=origin)


@app.on_ws_message(name="websocket_message")
def websocket_message(event: WebsocketEvent) -> None:
    """One frame."""
    if is_ping(event.to_dict()):
        bootstrap_web.reception().warm()
        return
    bootstrap_web.reception().receive(ConnectionId(event.connection_id), event.body)


@app.on_ws_disconnect(name="websocket_disconnect")
def websocket_disconnect(event: WebsocketEvent) -> None:
    """They have gone; API Gateway tells it as well as it can."""
    if not is_ping(event.to_dict()):
        bootstrap_web.reception().disconnect(ConnectionId(event.connection_id))


@app.lambda_function(name="worker")
def worker(event: dict[str, Any], context: Any) -> dict[str, str]:
    """Answer a conversation, or look after the bot. What goes wrong is raised, so that Lambda or the queue repeats."""
    match invocation.parse(event):
        case Ping():
            bootstrap.worker()
            return {"outcome": "warm"}
        case RunHealthCheck():
            return {"outcome": bootstrap.checkup().report().value}
        case AnswerConversation(conversation):
            outcome = bootstrap.worker().run(conversation, remaining_ms=context.get_remaining_time_in_millis)
            return {"outcome": outcome.value}


@app.schedule(Rate(1, unit=Rate.MINUTES), name="heartbeat")
def heartbeat(_event: Any) -> dict[str, Any]:
    """Once a minute: warm the others, wake what was left behind."""
    beat = bootstrap.heartbeat().beat()
    return {"warmed": beat.warmed, "swept": beat.swept}


def _request() -> Request:
    return cast("Request", app.current_request)
