"""The routes of a user's link to a copy of their data. GET changes nothing, so that no preview uses the link up."""

import json
from typing import Final

from chalice.app import Blueprint, Response

from chalicelib.routes.owner_requests import FORM
from chalicelib.routes.responses import errors_as_text, page_response
from chalicelib.routes.services import pages

routes = Blueprint(__name__)
_FILE: Final = {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Disposition": 'attachment; filename="my-data.json"',
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


@routes.route("/export/{link}", methods=["GET"])
@errors_as_text(logged_as="export")
def offer(link: str) -> Response:
    """Return the page with the button."""
    return page_response(pages().data_copies.offer(link, _languages()))


@routes.route("/export/{link}", methods=["POST"], content_types=FORM)
@errors_as_text(logged_as="export")
def take(link: str) -> Response:
    """Return the file, once."""
    document = pages().data_copies.take(link)
    if document is None:
        return page_response(pages().data_copies.gone(_languages()))
    return Response(json.dumps(document, ensure_ascii=False, indent=2), headers={**_FILE})


def _languages() -> str:
    return str(routes.current_request.headers.get("accept-language", ""))
