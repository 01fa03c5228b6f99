"""The routes of the owner's page: the way in by a link and out again, and the views.

No GET changes anything, so that neither a preview of the link nor a page of another site can.
"""

from typing import TYPE_CHECKING

from chalice.app import Blueprint, Response

from chalicelib.access import owner_session
from chalicelib.content import assets
from chalicelib.errors import InvalidToken
from chalicelib.routes.owner_requests import FORM, OwnerRequests
from chalicelib.routes.responses import page_response

if TYPE_CHECKING:
    from chalicelib.operations.owner_page import FormSent
    from chalicelib.operations.owner_sign_in import Visit

routes = Blueprint(__name__)
requests = OwnerRequests(routes)


@routes.route("/owner/owner.css", methods=["GET"])
def style() -> Response:
    """Return the style of all these pages; 304 when the browser has it."""
    asset = assets.owner_style(known=routes.current_request.headers.get("if-none-match"))
    return Response(asset.content, status_code=asset.status, headers={**asset.headers})


@routes.route("/owner/in/{link}", methods=["GET"])
@requests.in_words
def offer(link: str) -> Response:
    """Return the page with the button that opens the link."""
    return page_response(requests.owner.offer(link, up=requests.up))


@routes.route("/owner/in/{link}", methods=["POST"], content_types=FORM)
@requests.in_words
def enter(link: str) -> Response:
    """Use the link up, and lead to the first view with the cookie of a new session."""
    owner = requests.owner
    if not requests.form().is_own:
        return page_response(owner.wrong_form(up=requests.up))
    try:
        cookie = owner.sign_in.enter(link)
    except InvalidToken:
        return page_response(owner.gone(up=requests.up))
    return requests.lead_to("owner", **{"Set-Cookie": owner_session.set_cookie(cookie)})


@routes.route("/owner/leave", methods=["POST"], content_types=FORM)
@requests.own_form
def leave(visit: "Visit", _: "FormSent") -> Response:
    """End the session."""
    requests.owner.sign_in.leave(visit)
    return requests.lead_to("owner", **{"Set-Cookie": owner_session.set_cookie("")})


@routes.route("/owner", methods=["GET"])
@requests.signed_in
def today(visit: "Visit") -> Response:
    """Return the first view."""
    return page_response(requests.owner.show_today(visit, up=requests.up))
