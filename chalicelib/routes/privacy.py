"""The doors for those who ask about their data: as in `app`, no decision lives here."""

from http import HTTPStatus
from typing import cast

from chalice.app import Blueprint, Request, Response

from chalicelib import bootstrap
from chalicelib.errors import BadRequest, BodyTooLarge, ConfigError, InvalidSignature, StoreError
from chalicelib.routes.responses import text_response

routes = Blueprint(__name__)


@routes.route("/privacy", methods=["GET"])
def privacy() -> Response:
    """What is stored of people, for them to read."""
    page = bootstrap.privacy().policy()
    return Response(page.html, headers={**page.headers})


@routes.route("/data-deletion", methods=["POST"], content_types=["application/x-www-form-urlencoded"])
def data_deletion() -> Response:
    """Meta passes on that somebody wants their data deleted; answered with where to see what becomes of it."""
    request = _request()
    try:
        code = bootstrap.data_deletion().receive(cast("bytes", request.raw_body))
    except InvalidSignature:
        return text_response(HTTPStatus.FORBIDDEN, "forbidden")
    except BadRequest:
        return text_response(HTTPStatus.BAD_REQUEST, "no signed request")
    except BodyTooLarge:
        return text_response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large")
    except (StoreError, ConfigError) as exc:
        bootstrap.intake().log.failure("deletion", exc)
        return text_response(HTTPStatus.INTERNAL_SERVER_ERROR, "try again")
    context = cast("dict[str, str]", request.context)
    host = context.get("domainName") or request.headers["host"]  # API Gateway knows; stand-ins for it do not
    here = f"https://{host}{context['path'].removesuffix('/data-deletion')}"
    confirmation = bootstrap.privacy().confirmation(code, base_url=here)
    return Response(confirmation, headers={"Content-Type": "application/json"})


@routes.route("/deletion/{code}", methods=["GET"])
def deletion(code: str) -> Response:
    """What became of a request for deletion."""
    try:
        page = bootstrap.privacy().progress(code)
    except StoreError as exc:
        bootstrap.intake().log.failure("deletion", exc)
        return text_response(HTTPStatus.INTERNAL_SERVER_ERROR, "try again")
    return Response(page.html, status_code=page.status, headers={**page.headers})


def _request() -> Request:
    return routes.current_request
