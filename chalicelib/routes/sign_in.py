"""The routes by which a chat page signs a person in: to the issuer and back, and from a window to its iframe."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, cast

from chalice.app import Blueprint, Response

from chalicelib.content import assets
from chalicelib.content.assets import Asset
from chalicelib.errors import BadRequest
from chalicelib.routes.responses import errors_as_json, errors_as_text, json_response
from chalicelib.routes.services import pages

routes = Blueprint(__name__)

_LONGEST_BODY: Final = 8192


@routes.route("/config", methods=["GET"])
@errors_as_json
def sign_in_config() -> Response:
    """Return what a page without a key needs; it has no ticket."""
    return json_response(pages().sign_in.config())


@routes.route("/chat/sign-in", methods=["GET"])
@errors_as_text(logged_as="sign_in")
def leave() -> Response:
    """Return the page that leads to the issuer."""
    request = routes.current_request
    query = cast("dict[str, str]", request.query_params or {})
    return _response(pages().sign_in.leave(query, site=request.headers.get("sec-fetch-site", "")))


@routes.route("/chat/sign-in", methods=["POST"])
@errors_as_json
def sign_in() -> Response:
    """Return the ID token for a code; 202 while none was handed over."""
    address: str = routes.current_request.context["identity"]["sourceIp"]
    token = pages().sign_in.token(_body(), address=address)
    return json_response({"token": token}) if token else json_response({}, HTTPStatus.ACCEPTED)


@routes.route("/chat/signed-in", methods=["GET"])
def arrive() -> Response:
    """Return the page at the one address to which the issuer returns people; only the page reads the query."""
    return _response(assets.signing("return"))


@routes.route("/chat/signed-in", methods=["POST"])
@errors_as_json
def hand_over() -> Response:
    """Store what a window hands over to its iframe."""
    pages().sign_in.put(_body())
    return json_response({}, HTTPStatus.CREATED)


def _body() -> Mapping[str, Any]:
    raw = routes.current_request.raw_body
    try:
        body = json.loads(raw) if len(raw) <= _LONGEST_BODY else None
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise BadRequest("the body must be an object of JSON")
    return body


def _response(asset: Asset) -> Response:
    return Response(asset.content, status_code=asset.status, headers={**asset.headers})
