"""Responses of all routes, and which error becomes which response; nothing else of HTTP."""

from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from chalice.app import Response

from chalicelib.bootstrap import api
from chalicelib.errors import (
    BadRequest,
    BodyTooLarge,
    ConfigError,
    InvalidSignature,
    InvalidToken,
    IssuerUnavailable,
    ParleyError,
    RateLimited,
    StoreError,
    UnknownKey,
    WrongOrigin,
)

if TYPE_CHECKING:
    from chalicelib.content.page import HtmlPage

Handler = Callable[..., Response]

TRY_AGAIN: Final = "try again"
_NOSNIFF: Final = {"X-Content-Type-Options": "nosniff"}
_TEXT: Final = {"Content-Type": "text/plain; charset=utf-8", **_NOSNIFF}
_JSON: Final = {"Content-Type": "application/json", "Cache-Control": "no-store", **_NOSNIFF}
_NO_HEADERS: Final[Mapping[str, str]] = {}
_AS_TEXT: Final[Mapping[type[ParleyError], tuple[str, HTTPStatus]]] = {
    InvalidSignature: ("forbidden", HTTPStatus.FORBIDDEN),
    BodyTooLarge: ("too large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    BadRequest: ("no signed request", HTTPStatus.BAD_REQUEST),
}
"""Meta's servers and strangers read these: they name no detail."""
_AS_JSON: Final[Mapping[type[ParleyError], HTTPStatus]] = {
    BadRequest: HTTPStatus.BAD_REQUEST,
    InvalidToken: HTTPStatus.UNAUTHORIZED,
    WrongOrigin: HTTPStatus.FORBIDDEN,
    UnknownKey: HTTPStatus.NOT_FOUND,
    RateLimited: HTTPStatus.TOO_MANY_REQUESTS,
    IssuerUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Developers and chat pages read these: the response carries the error's message."""


def text_response(body: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Return plain text that no browser interprets as anything else."""
    return Response(status_code=status.value, body=body, headers={**_TEXT})


def json_response(
    document: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK, *, headers: Mapping[str, str] = _NO_HEADERS
) -> Response:
    """Return a JSON document that no cache keeps."""
    return Response(document, status_code=status.value, headers={**_JSON, **headers})


def page_response(page: "HtmlPage") -> Response:
    """Return a rendered page."""
    return Response(page.html, status_code=page.status, headers={**page.headers})


def errors_as_text(*, logged_as: str | None) -> Callable[[Handler], Handler]:
    """Wrap a handler so that errors become plain text. With `logged_as`, failures of ours are logged at that stage."""

    def wrap(handler: Handler) -> Handler:
        @wraps(handler)
        def respond(*arguments: Any, **values: str) -> Response:
            try:
                return handler(*arguments, **values)
            except tuple(_AS_TEXT) as exc:
                return text_response(*_AS_TEXT[type(exc)])
            except (StoreError, ConfigError) as exc:
                if logged_as:
                    api.log().failure(logged_as, exc)
                return text_response(TRY_AGAIN, HTTPStatus.INTERNAL_SERVER_ERROR)

        return respond

    return wrap


def errors_as_json(handler: Handler) -> Handler:
    """Wrap a handler so that errors become `{"error": "…"}`; failures of ours are logged under the handler's name."""

    @wraps(handler)
    def respond(**values: str) -> Response:
        try:
            return handler(**values)
        except tuple(_AS_JSON) as exc:
            return json_response({"error": str(exc)}, _AS_JSON[type(exc)])
        except (StoreError, ConfigError) as exc:
            api.log().failure(handler.__name__, exc)
            return json_response({"error": TRY_AGAIN}, HTTPStatus.INTERNAL_SERVER_ERROR)

    return respond
