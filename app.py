"""Chalice's handlers: each parses its event, makes one call and returns the result; no decisions.

A handler imports what no other function needs; on Lambda, `init_phase` imports it before the first event.
"""

from collections.abc import Callable
from typing import Any, Final

from chalice.app import Blueprint, Chalice, Rate, Request, Response, WebsocketEvent

from chalicelib.aws.invocation import AnswerConversation, Ping, is_ping, parse
from chalicelib.bootstrap import api, clients, init_phase
from chalicelib.ids import ConnectionId, Needs
from chalicelib.routes import admin, chat, deletion, export, owner, owner_views, privacy, sign_in, webhooks
from chalicelib.routes.responses import text_response

ROUTES: Final = Needs[Blueprint](
    always=(privacy.routes, export.routes, owner.routes, owner_views.routes),
    messenger=(webhooks.routes, deletion.routes),
    web=(admin.routes, chat.routes, sign_in.routes),
)
"""Chalice deploys what is registered here and below, so a channel that is off has no route and no function."""

channels = clients.channels()
app = Chalice(app_name="parley", configure_logs=False)
app.experimental_feature_flags.update(["WEBSOCKETS"])
for routes in ROUTES.of(channels):
    app.register_blueprint(routes)


@app.middleware("all")
def log_request_id(event: Any, get_response: Callable[[Any], Any]) -> Any:
    """Put Lambda's request id into the log lines of this invocation."""
    with clients.invocation(event.lambda_context if isinstance(event, Request) else event.context):
        return get_response(event)


@app.route("/health", methods=["GET"])
def health() -> Response:
    """Answer the heartbeat's request, which keeps this function warm; prepares what the next request needs."""
    api.warm()
    if app.current_request and is_ping(app.current_request.to_original_event()):
        api.warmth().prepare()
    return text_response("ok")


# Chalice 1.34 does not wrap the WebSocket handlers of a blueprint for Lambda, so they are here.
if channels.web:

    @app.on_ws_connect(name="websocket_connect")
    def websocket_connect(event: WebsocketEvent) -> Response:
        """Answer a handshake: any status but 200 refuses it, and so does an exception."""
        from chalicelib.bootstrap import websocket

        request = event.to_dict()
        if is_ping(request):
            websocket.connecting().prepare()
            return text_response("ok")
        origin = next((value for name, value in request.get("headers", {}).items() if name.lower() == "origin"), "")
        endpoint = websocket.endpoint_of(request["requestContext"])
        query = request.get("queryStringParameters") or {}
        status = websocket.handler().connect(
            ConnectionId(event.connection_id), endpoint=endpoint, origin=origin, query=query
        )
        return Response("", status_code=status)

    @app.on_ws_message(name="websocket_message")
    def websocket_message(event: WebsocketEvent) -> None:
        """Receive one frame."""
        from chalicelib.bootstrap import websocket

        handler, request = websocket.handler(), event.to_dict()
        if is_ping(request):
            handler.warm()
            websocket.receiving().prepare()
            return
        at = request["requestContext"].get("requestTimeEpoch")
        handler.receive(ConnectionId(event.connection_id), event.body, at=at)

    @app.on_ws_disconnect(name="websocket_disconnect")
    def websocket_disconnect(event: WebsocketEvent) -> None:
        """Forget a closed connection. API Gateway sends this event on a best-effort basis."""
        from chalicelib.bootstrap import websocket

        if not is_ping(event.to_dict()):
            websocket.handler().disconnect(ConnectionId(event.connection_id))


@app.lambda_function(name="worker")
def worker(event: dict[str, Any], context: Any) -> dict[str, str]:
    """Answer a conversation, or do a job of the heartbeat. Exceptions are raised, so that Lambda or SQS retries."""
    from chalicelib.bootstrap import worker as answering

    match parse(event):
        case Ping():
            answering.worker()
            answering.warmth().prepare()
            return {"outcome": "warm"}
        case AnswerConversation(conversation):
            outcome = answering.worker().run(conversation, remaining_ms=context.get_remaining_time_in_millis)
            return {"outcome": outcome.value}
        case job:
            from chalicelib.bootstrap import jobs

            return {"outcome": jobs.run(job)}


@app.schedule(Rate(1, unit=Rate.MINUTES), name="heartbeat")
def heartbeat(_event: Any) -> dict[str, Any]:
    """Run the heartbeat, once a minute."""
    from chalicelib.bootstrap import heartbeat as scheduled

    beat = scheduled.heartbeat().beat()
    return {"warmed": beat.warmed, "swept": beat.swept}


init_phase.build()
