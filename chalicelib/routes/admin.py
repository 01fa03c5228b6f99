"""The routes for API keys, and for the rooms and tickets of their holders.

API Gateway checks the AWS signature of each request about keys before it arrives here.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from chalice.app import Blueprint, IAMAuthorizer, Response

from chalicelib.errors import BadRequest
from chalicelib.routes.responses import errors_as_json, json_response
from chalicelib.routes.services import pages

routes = Blueprint(__name__)

_OWNER: Final = IAMAuthorizer()
_NO_OBJECT: Final = 'the body must be an object of JSON, such as {"name": "My shop"}'


@routes.route("/keys", methods=["POST"], authorizer=_OWNER)
@errors_as_json
def create_key() -> Response:
    """Create an API key. This response is the only one that contains the key's text."""
    service = pages().api_keys
    issued = service.create(_body())
    return json_response({"key": issued.text, **service.as_json(issued.key)}, HTTPStatus.CREATED)


@routes.route("/keys", methods=["GET"], authorizer=_OWNER)
@errors_as_json
def list_keys() -> Response:
    """List all API keys."""
    service = pages().api_keys
    return json_response({"keys": [service.as_json(key) for key in service.list()]})


@routes.route("/keys/{key}", methods=["DELETE"], authorizer=_OWNER)
@errors_as_json
def revoke_key(key: str) -> Response:
    """Revoke an API key."""
    service = pages().api_keys
    return json_response(service.as_json(service.revoke(key)))


@routes.route("/rooms", methods=["POST"])
@errors_as_json
def create_room() -> Response:
    """Return the full name of a room to a program that has the API key; this stores nothing."""
    return json_response({"room": pages().api_keys.room_for_holder(_bearer(), _body())}, HTTPStatus.CREATED)


@routes.route("/tickets", methods=["POST"])
@errors_as_json
def create_ticket() -> Response:
    """Return a ticket for a customer of the site whose server has the API key."""
    issued = pages().chat_config.issue_to_site(_bearer(), _body())
    return json_response(issued.as_json(), HTTPStatus.CREATED)


def _bearer() -> str:
    header: str = routes.current_request.headers.get("authorization", "")
    return header.removeprefix("Bearer ")


def _body() -> Mapping[str, Any]:
    try:
        body = json.loads(routes.current_request.raw_body)
    except (ValueError, RecursionError) as exc:
        raise BadRequest(_NO_OBJECT) from exc
    if not isinstance(body, dict):
        raise BadRequest(_NO_OBJECT)
    return body
