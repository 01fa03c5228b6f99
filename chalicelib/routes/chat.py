"""The chat page's routes: the page, its files, the widget, and the config that a page begins with."""

from typing import Final, cast

from chalice.app import Blueprint, CORSConfig, Response

from chalicelib.content import assets
from chalicelib.content.assets import Asset
from chalicelib.routes.responses import errors_as_json, errors_as_text, json_response
from chalicelib.routes.services import pages

routes = Blueprint(__name__)

SIGNED: Final = "Parley-Visitor"
"""The header of a page's token that says who its visitor is. It is not in the address, because addresses are logged."""


@routes.route("/chat", methods=["GET"])
@errors_as_text(logged_as="chat")
def chat() -> Response:
    """Return the chat page; the query's `config` names the API key of its visitors."""
    query = cast("dict[str, str]", routes.current_request.query_params or {})
    languages: str = routes.current_request.headers.get("accept-language", "")
    return _response(pages().chat_config.page(query.get("config", ""), languages=languages))


@routes.route("/chat/{file}", methods=["GET"])
def chat_file(file: str) -> Response:
    """Return a file of the chat page; 304 when the browser has it, 404 when there is none."""
    return _response(assets.file(file, known=routes.current_request.headers.get("if-none-match")))


@routes.route("/widget.js", methods=["GET"])
def widget() -> Response:
    """Return the script that puts the chat on other pages; 304 when the browser has it."""
    return _response(assets.widget(known=routes.current_request.headers.get("if-none-match")))


@routes.route("/config/{key}", methods=["GET"], cors=CORSConfig(allow_headers=[SIGNED]))
@errors_as_json
def config(key: str) -> Response:
    """Return a ticket and the WebSocket's address to a chat page.

    API Gateway answers the browser's preflight request, so that one costs no invocation.
    """
    request = routes.current_request
    origin: str = request.headers.get("origin", "")
    issued = pages().chat_config.issue(
        key,
        origin=origin,
        address=request.context["identity"]["sourceIp"],
        bearer=request.headers.get("authorization", "").removeprefix("Bearer "),
        site=request.headers.get("sec-fetch-site", ""),
        mode=request.headers.get("sec-fetch-mode", ""),
        signed=request.headers.get(SIGNED, ""),
    )
    allowed = {"Access-Control-Allow-Origin": origin} if origin else {}
    return json_response(issued.as_json(), headers={"Vary": "Origin", **allowed})


def _response(asset: Asset) -> Response:
    return Response(asset.content, status_code=asset.status, headers={**asset.headers})
