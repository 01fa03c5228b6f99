"""The doors: each takes its event apart, makes one call and answers; no decision lives here."""

from http import HTTPStatus
from typing import Any, cast

from chalice.app import Chalice, Rate, Request, Response

from chalicelib import bootstrap
from chalicelib.errors import BodyTooLarge, ConfigError, InvalidSignature, StoreError
from chalicelib.messages import ConversationId

app = Chalice(app_name="parley", configure_logs=False)

_PLAIN = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}


@app.route("/health", methods=["GET"])
def health() -> Response:
    """What the heartbeat asks for to keep this function warm: makes ready what the next message will need."""
    bootstrap.intake().app_secrets()
    return _answer(HTTPStatus.OK, "ok")


@app.route("/webhook", methods=["GET"])
def webhook_handshake() -> Response:
    """Meta asks whether this address is ours."""
    try:
        challenge = bootstrap.intake().handshake(_request().query_params or {})
    except InvalidSignature:
        return _answer(HTTPStatus.FORBIDDEN, "forbidden")
    return _answer(HTTPStatus.OK, challenge)


@app.route("/webhook", methods=["POST"])
def webhook() -> Response:
    """Meta delivers events: 200 only once they are kept; 500 asks for a repetition."""
    request = _request()
    try:
        bootstrap.intake().messenger(cast("bytes", request.raw_body), request.headers.get("x-hub-signature-256"))
    except InvalidSignature:
        return _answer(HTTPStatus.FORBIDDEN, "forbidden")
    except BodyTooLarge:
        return _answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large")
    except (StoreError, ConfigError) as exc:
        bootstrap.intake().log.failure("webhook", exc)
        return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, "try again")
    return _answer(HTTPStatus.OK, "EVENT_RECEIVED")


@app.lambda_function(name="worker")
def worker(event: dict[str, Any], context: Any) -> dict[str, str]:
    """Answer a conversation, or look after the bot. Whatever goes wrong is raised, so that Lambda tries again."""
    if event.get("checkup"):
        return {"outcome": bootstrap.checkup().report().value}
    service = bootstrap.worker()
    if event.get("ping"):
        return {"outcome": "warm"}
    outcome = service.run(ConversationId(event["conversation"]), remaining_ms=context.get_remaining_time_in_millis)
    return {"outcome": outcome.value}


@app.schedule(Rate(1, unit=Rate.MINUTES), name="heartbeat")
def heartbeat(_event: Any) -> dict[str, Any]:
    """Once a minute: warm the others, wake what was left behind."""
    beat = bootstrap.heartbeat().beat()
    return {"warmed": beat.warmed, "swept": beat.swept}


def _request() -> Request:
    return cast("Request", app.current_request)


def _answer(status: HTTPStatus, body: str) -> Response:
    return Response(status_code=status.value, body=body, headers={**_PLAIN})
