"""The routes for people's data: the privacy page, Meta's data deletion callback, and the status of a request."""

from typing import TYPE_CHECKING, cast

from chalice.app import Blueprint, Request, Response

from chalicelib.routes.responses import errors_as_text
from chalicelib.routes.services import pages

if TYPE_CHECKING:
    from chalicelib.content.page import HtmlPage

routes = Blueprint(__name__)


@routes.route("/privacy", methods=["GET"])
def privacy() -> Response:
    """Return the privacy page."""
    return _response(pages().privacy.policy())


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
    return _response(pages().privacy.progress(code))


def _base_url(request: Request) -> str:
    """Return the address of this API, which a custom domain or a stage's name changes."""
    host = request.context.get("domainName") or request.headers["host"]  # only API Gateway sends `domainName`
    return f"https://{host}{request.context['path'].removesuffix('/data-deletion')}"


def _response(page: "HtmlPage") -> Response:
    return Response(page.html, status_code=page.status, headers={**page.headers})
