"""What the routes of the owner's page share: who asks, whether a form is the page's own, and failures in words."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import parse_qsl

from chalice.app import Blueprint, Request, Response

from chalicelib.bootstrap import api
from chalicelib.errors import ParleyError
from chalicelib.routes.responses import page_response
from chalicelib.routes.services import pages

if TYPE_CHECKING:
    from chalicelib.operations.owner_page import FormSent, OwnerPage

Handler = Callable[..., Response]

FORM: Final = ["application/x-www-form-urlencoded"]
_LONGEST_FORM: Final = 8192
_MOST_FIELDS: Final = 20


class OwnerRequests:
    """Wraps the handlers of one blueprint."""

    def __init__(self, routes: Blueprint) -> None:
        self._routes = routes

    @property
    def request(self) -> Request:
        """The request that is being answered."""
        return self._routes.current_request

    @property
    def owner(self) -> "OwnerPage":
        """The page in the language of the client."""
        return pages().owner.speaking(self.request.headers.get("accept-language", ""))

    @property
    def up(self) -> str:
        """What leads from the address of the request to the address of the REST API, such as `../`."""
        path: str = self.request.context["resourcePath"]
        return "../" * (path.count("/") - 1)

    def in_words(self, handler: Handler) -> Handler:
        """Wrap a handler so that a failure becomes a page that says so."""

        @wraps(handler)
        def respond(**values: str) -> Response:
            try:
                return handler(**values)
            except ParleyError as exc:
                api.log().failure("owner_page", exc)
                return page_response(self.owner.failed(up=self.up))

        return respond

    def signed_in(self, handler: Handler) -> Handler:
        """Wrap a handler that gets the visit, so that other browsers get the page that says how to get in."""

        @wraps(handler)
        def respond(**values: str) -> Response:
            visit = self.owner.sign_in.visit(self.request.headers.get("cookie", ""))
            if visit is None:
                return page_response(self.owner.signed_out(up=self.up))
            return handler(visit, **values)

        return self.in_words(respond)

    def own_form(self, handler: Handler) -> Handler:
        """Wrap a handler that gets the visit and the form, so that forms of other pages change nothing."""

        @wraps(handler)
        def respond(visit: Any, **values: str) -> Response:
            form = self.form()
            if not form.is_of(visit):
                return page_response(self.owner.wrong_form(up=self.up))
            return handler(visit, form, **values)

        return self.signed_in(respond)

    def form(self) -> "FormSent":
        """Return the form in the request; one that cannot be read has no fields."""
        body = cast("bytes", self.request.raw_body)[:_LONGEST_FORM].decode("utf-8", "replace")
        try:
            fields = dict(parse_qsl(body, max_num_fields=_MOST_FIELDS))
        except ValueError:
            fields = {}
        headers = self.request.headers
        host = self.request.context.get("domainName") or headers.get("host", "")  # only API Gateway sends `domainName`
        origin, site = headers.get("origin", ""), headers.get("sec-fetch-site", "")
        return self.owner.sent(fields, host=host, origin=origin, site=site)

    def lead_to(self, path: str, **headers: str) -> Response:
        """Return what leads the browser to a path below the address of the REST API."""
        there: dict[str, str | list[str]] = {"Location": f"{self.up}{path}", "Cache-Control": "no-store", **headers}
        return Response("", status_code=HTTPStatus.SEE_OTHER.value, headers=there)
