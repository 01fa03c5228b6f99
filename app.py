"""The doors: each takes its event apart, makes one call and answers; no decision lives here."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

from chalice.app import Chalice, Rate, Request, Response

from chalicelib import bootstrap, doors_chat, doors_socket, doors_web
from chalicelib.errors import BodyTooLarge, ConfigError, InvalidSignature, StoreError, UnreadableRequest

app = Chalice(app_name="parley", configure_logs=False)
app.experimental_feature_flags.update(["WEBSOCKETS"])
app.register_blueprint(doors_web.routes)
app.register_blueprint(doors_chat.routes)
app.register_blueprint(doors_socket.sockets)

_PLAIN = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}


@app.middleware("all")
def invocation(event: Any, get_response: Callable[[Any], Any]) -> Any:
    """Whatever is invoked: its log lines carry the id that Lambda gave the run."""
    with bootstrap.invocation(event.lambda_context if isinstance(event, Request) else event.context):
        return get_response(event)


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
    request, service = _request(), bootstrap.intake()
    try:
        service.messenger(cast("bytes", request.raw_body), request.headers.get("x-hub-signature-256"))
    except InvalidSignature:
        return _answer(HTTPStatus.FORBIDDEN, "forbidden")
    except BodyTooLarge:
        return _answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large")
    except (StoreError, ConfigError):
        return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, "try again")
    return _answer(HTTPStatus.OK, "EVENT_RECEIVED")


@app.route("/privacy", methods=["GET"])
def privacy() -> Response:
    """What is stored of people, for them to read."""
    page = bootstrap.privacy().policy()
    return Response(page.html, headers={**page.headers})


@app.route("/data-deletion", methods=["POST"], content_types=["application/x-www-form-urlencoded"])
def data_deletion() -> Response:
    """Meta passes on that somebody wants their data deleted; answered with where to see what becomes of it."""
    request = _request()
    try:
        code = bootstrap.privacy().take_in(cast("bytes", request.raw_body))
    except InvalidSignature:
        return _answer(HTTPStatus.FORBIDDEN, "forbidden")
    except UnreadableRequest:
        return _answer(HTTPStatus.BAD_REQUEST, "no signed request")
    except BodyTooLarge:
        return _answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large")
    except (StoreError, ConfigError) as exc:
        bootstrap.intake().log.failure("deletion", exc)
        return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, "try again")
    context = cast("dict[str, str]", request.context)
    host = context.get("domainName") or request.headers["host"]  # API Gateway knows; stand-ins for it do not
    here = f"https://{host}{context['path'].removesuffix('/data-deletion')}"
    confirmed = {"url": f"{here}/deletion/{code}", "confirmation_code": code}
    return Response(confirmed, headers={"Content-Type": "application/json"})


@app.route("/deletion/{code}", methods=["GET"])
def deletion(code: str) -> Response:
    """What became of a request for deletion."""
    try:
        page = bootstrap.privacy().progress(code)
    except StoreError as exc:
        bootstrap.intake().log.failure("deletion", exc)
        return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, "try again")
    return Response(page.html, status_code=page.status, headers={**page.headers})


@app.lambda_function(name="worker")
def worker(event: dict[str, Any], context: Any) -> dict[str, str]:
    """Answer a conversation, or look after the bot. What goes wrong is raised, so that Lambda or the queue repeats."""
    if event.get("checkup"):
        return {"outcome": bootstrap.checkup().report().value}
    outcome = bootstrap.worker().invoked(event, remaining_ms=context.get_remaining_time_in_millis)
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
