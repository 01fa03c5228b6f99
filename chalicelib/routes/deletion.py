"""The routes of Meta's requests to delete a person's data: the callback, and the status of a request."""

from typing import cast

from chalice.app import Blueprint, Request, Response

from chalicelib.routes.responses import errors_as_text, page_response
from chalicelib.routes.services import pages

routes = Blueprint(__name__)


@routes.route("/data-deletion", methods=["POST"], content_types=["application/x-www-form-urlencoded"])
@errors_as_text(logged_as="deletion")
def data_deletion() -> Response:
    """Store a deletion request from Meta; return its confirmation code and status page, as Meta's documents ask."""
    request = routes.current_request
    code = pages().data_deletion.receive(cast("bytes", request.raw_body))
    confirmation = pages().privacy.confirmation(code, base_url=_base_url(request))
    return Response(confirmation, headers={"Content-Type": "application/json"})


@routes.route("/deletion/{code}", methods=["GET"])
@errors_as_text(logged_as="deletion")
def deletion(code: str) -> Response:
    """Return the status page of a deletion request; 404 for an unknown code."""
    return page_response(pages().privacy.progress(code))


def _base_url(request: Request) -> str:
    """Return the address of this API, which a custom domain or a stage's name changes."""
    host = request.context.get("domainName") or request.headers["host"]  # only API Gateway sends `domainName`
    return f"https://{host}{request.context['path'].removesuffix('/data-deletion')}"
