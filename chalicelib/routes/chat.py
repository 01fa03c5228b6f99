"""The chat page's doors: as in `app`, no decision lives here."""

from http import HTTPStatus
from typing import cast

from chalice.app import Blueprint, Request, Response

from chalicelib import bootstrap, bootstrap_web
from chalicelib.errors import ConfigError, StoreError
from chalicelib.routes.responses import text_response

routes = Blueprint(__name__)


@routes.route("/chat", methods=["GET"])
def chat() -> Response:
    """The chat page; `config` names the key by which its visitors come."""
    query = cast("dict[str, str]", _request().query_params or {})
    try:
        page = bootstrap_web.visitors().page(query.get("config", ""))
    except (StoreError, ConfigError) as exc:
        bootstrap.intake().log.failure("chat", exc)
        return text_response(HTTPStatus.INTERNAL_SERVER_ERROR, "try again")
    return Response(page.content, headers={**page.headers})


@routes.route("/chat/{file}", methods=["GET"])
def chat_file(file: str) -> Response:
    """What the chat page is made of."""
    asset = bootstrap_web.chat_file(file, known=_request().headers.get("if-none-match"))
    return Response(asset.content, status_code=asset.status, headers={**asset.headers})


@routes.route("/widget.js", methods=["GET"])
def widget() -> Response:
    """What puts the chat on other pages."""
    asset = bootstrap_web.widget(known=_request().headers.get("if-none-match"))
    return Response(asset.content, status_code=asset.status, headers={**asset.headers})


def _request() -> Request:
    return routes.current_request
