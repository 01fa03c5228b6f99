"""The route of the privacy page."""

from chalice.app import Blueprint, Response

from chalicelib.routes.responses import page_response
from chalicelib.routes.services import pages

routes = Blueprint(__name__)


@routes.route("/privacy", methods=["GET"])
def privacy() -> Response:
    """Return the privacy page in the reader's language."""
    languages: str = routes.current_request.headers.get("accept-language", "")
    return page_response(pages().privacy.policy(languages))
