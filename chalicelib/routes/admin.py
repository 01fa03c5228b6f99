"""The web chat's doors over HTTP, for pages and for the owner: as in `app`, no decision lives here."""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any

from chalice.app import Blueprint, IAMAuthorizer, Request, Response

from chalicelib import bootstrap, bootstrap_web
from chalicelib.errors import BadRequest, ConfigError, ParleyError, RateLimited, StoreError, UnknownKey, WrongOrigin

routes = Blueprint(__name__)

_OWNER = IAMAuthorizer()
_HEADERS = {"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_NO_MORE: Mapping[str, str] = {}
_NO_OBJECT = 'the body must be an object of JSON, such as {"name": "My shop"}'
_STATUS: Mapping[type[ParleyError], HTTPStatus] = {
    BadRequest: HTTPStatus.BAD_REQUEST,
    WrongOrigin: HTTPStatus.FORBIDDEN,
    UnknownKey: HTTPStatus.NOT_FOUND,
    RateLimited: HTTPStatus.TOO_MANY_REQUESTS,
}


def _answering(door: Callable[..., Response]) -> Callable[..., Response]:
    """Errors become answers: `{"error": "…"}`, in words for whoever called."""

    @wraps(door)
    def answer(**values: str) -> Response:
        try:
            return door(**values)
        except tuple(_STATUS) as exc:
            return _json({"error": str(exc)}, _STATUS[type(exc)])
        except (StoreError, ConfigError) as exc:
            bootstrap.intake().log.failure(door.__name__, exc)
            return _json({"error": "try again"}, HTTPStatus.INTERNAL_SERVER_ERROR)

    return answer


@routes.route("/config/{key}", methods=["GET"], cors=True)
@_answering
def config(key: str) -> Response:
    """A chat page begins: a ticket, and where to go with it.

    API Gateway answers the browser's question whether it may ask, so that costs nothing here.
    """
    request = _request()
    origin = request.headers.get("origin", "")
    found = bootstrap_web.visitors().issue(
        key,
        origin=origin,
        address=request.context["identity"]["sourceIp"],
        bearer=request.headers.get("authorization", "").removeprefix("Bearer "),
    )
    allowed = {"Access-Control-Allow-Origin": origin} if origin else {}
    return _json(found.as_json(), headers={"Vary": "Origin", **allowed})


@routes.route("/keys", methods=["POST"], authorizer=_OWNER)
@_answering
def create_key() -> Response:
    """The owner wants a new API key."""
    keyring = bootstrap_web.keyring()
    made = keyring.create(_document())
    return _json({"key": made.text, **keyring.as_json(made.key)}, HTTPStatus.CREATED)


@routes.route("/keys", methods=["GET"], authorizer=_OWNER)
@_answering
def list_keys() -> Response:
    """The owner looks at all API keys."""
    keyring = bootstrap_web.keyring()
    return _json({"keys": [keyring.as_json(key) for key in keyring.list()]})


@routes.route("/keys/{key}", methods=["DELETE"], authorizer=_OWNER)
@_answering
def revoke_key(key: str) -> Response:
    """The owner wants an API key to open nothing any more."""
    keyring = bootstrap_web.keyring()
    return _json(keyring.as_json(keyring.revoke(key)))


def _document() -> Mapping[str, Any]:
    try:
        document = json.loads(_request().raw_body)
    except (ValueError, RecursionError) as exc:
        raise BadRequest(_NO_OBJECT) from exc
    if not isinstance(document, dict):
        raise BadRequest(_NO_OBJECT)
    return document


def _request() -> Request:
    return routes.current_request


def _json(
    document: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK, *, headers: Mapping[str, str] = _NO_MORE
) -> Response:
    return Response(document, status_code=status.value, headers={**_HEADERS, **headers})
