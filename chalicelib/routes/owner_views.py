"""The routes of the views of the owner's page but the first one, and of their forms. No GET changes anything."""

from typing import TYPE_CHECKING, cast

from chalice.app import Blueprint, Response

from chalicelib.errors import UnknownPerson
from chalicelib.routes.owner_requests import FORM, OwnerRequests
from chalicelib.routes.responses import page_response

if TYPE_CHECKING:
    from chalicelib.operations.owner_page import FormSent
    from chalicelib.operations.owner_sign_in import Visit

routes = Blueprint(__name__)
requests = OwnerRequests(routes)


@routes.route("/owner/people", methods=["GET"])
@requests.signed_in
def people(visit: "Visit") -> Response:
    """Return the people that the query asks for."""
    return page_response(requests.owner.show_people(visit, _query(), up=requests.up))


@routes.route("/owner/people/{name}", methods=["GET"])
@requests.signed_in
def person(visit: "Visit", name: str) -> Response:
    """Return one person."""
    return page_response(requests.owner.show_person(visit, name, up=requests.up, said=_query().get("said", "")))


@routes.route("/owner/people/{name}", methods=["POST"], content_types=FORM)
@requests.own_form
def decide(_: "Visit", form: "FormSent", name: str) -> Response:
    """Carry out a decision about a person, and lead back to their page."""
    try:
        said = requests.owner.decide(name, form)
    except UnknownPerson:
        return page_response(requests.owner.missing(up=requests.up))
    return requests.lead_to(f"owner/people/{name}?said={said}")


@routes.route("/owner/people/{name}/words", methods=["POST"], content_types=FORM)
@requests.own_form
def words(visit: "Visit", _: "FormSent", name: str) -> Response:
    """Return one person with their words, and store that they were read."""
    return page_response(requests.owner.show_words(visit, name, up=requests.up))


@routes.route("/owner/money", methods=["GET"])
@requests.signed_in
def money(visit: "Visit") -> Response:
    """Return the report of the period that the query asks for."""
    return page_response(requests.owner.show_money(visit, _query(), up=requests.up))


@routes.route("/owner/bot", methods=["GET"])
@requests.signed_in
def bot(visit: "Visit") -> Response:
    """Return the bot with its keys and settings."""
    return page_response(requests.owner.show_bot(visit, up=requests.up))


@routes.route("/owner/leave-others", methods=["POST"], content_types=FORM)
@requests.own_form
def leave_others(visit: "Visit", _: "FormSent") -> Response:
    """End all sessions but this one."""
    requests.owner.sign_in.leave_others(visit)
    return requests.lead_to("owner/bot")


def _query() -> dict[str, str]:
    return cast("dict[str, str]", routes.current_request.query_params or {})
