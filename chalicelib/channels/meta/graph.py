"""Calls Meta's Graph API over HTTP and maps its error codes to what the caller can do.

Source of the codes: Meta's "Messenger error codes" of 25 June 2026. A code in the body has precedence over the HTTP
status.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

import requests

from chalicelib.channels.meta.signature import sign

_CONNECT_S: Final = 3
_READ_S: Final = 10
"""Timeouts in seconds, of the connection and of each read: a call that hangs must not use up a worker's time."""


class Failure(Enum):
    """What the caller can do about a failed call."""

    RETRY = "retry"
    """The call was not carried out; a retry in a moment may work."""
    BACK_OFF = "back_off"
    """Too many calls; a retry in some minutes may work."""
    AMBIGUOUS = "ambiguous"
    """The call may have been carried out."""
    SENT = "sent"
    """The call was carried out, although the response is an error."""
    UNREACHABLE = "unreachable"
    """This user cannot receive messages, now or later."""
    BROKEN = "broken"
    """No call will work until the owner acts, for example renews the token."""
    REJECTED = "rejected"
    """The request itself is invalid, so a retry fails too."""


class GraphError(Exception):
    """A failed call. Its message has Meta's codes only: never the token, the user's id or a text."""

    def __init__(self, failure: Failure, reason: str, *, code: int = 0) -> None:
        super().__init__(f"Graph API: {reason}")
        self.failure = failure
        self.reason = reason
        self.code = code


_BY_SUBCODE: Final = {
    1357046: Failure.SENT,
    2018344: Failure.BROKEN,
    2018338: Failure.UNREACHABLE,
    2018278: Failure.UNREACHABLE,
    2018065: Failure.UNREACHABLE,
    2534022: Failure.UNREACHABLE,
    2018108: Failure.UNREACHABLE,
    1893063: Failure.BROKEN,
    2018001: Failure.UNREACHABLE,
    1545041: Failure.UNREACHABLE,
    2018300: Failure.UNREACHABLE,
    2018321: Failure.UNREACHABLE,
    2534037: Failure.UNREACHABLE,
}
_BY_CODE: Final = {
    1: Failure.RETRY,
    99: Failure.RETRY,
    2: Failure.AMBIGUOUS,
    1200: Failure.AMBIGUOUS,
    4: Failure.BACK_OFF,
    17: Failure.BACK_OFF,
    32: Failure.BACK_OFF,
    613: Failure.BACK_OFF,
    80006: Failure.BACK_OFF,
    551: Failure.UNREACHABLE,
    10: Failure.BROKEN,
    102: Failure.BROKEN,
    190: Failure.BROKEN,
    200: Failure.BROKEN,
    230: Failure.BROKEN,
    368: Failure.BROKEN,
}


def classify(status: int, body: object) -> Failure:
    """Map the HTTP status and JSON body of an error response: by its subcode, else its code, else the status."""
    error = _error(body)
    failure = _BY_SUBCODE.get(_number(error.get("error_subcode"))) or _BY_CODE.get(_number(error.get("code")))
    if failure:
        return failure
    if error.get("is_transient") is True:
        return Failure.AMBIGUOUS
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Failure.BACK_OFF
    return Failure.AMBIGUOUS if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Failure.REJECTED


@dataclass(frozen=True)
class Graph:
    """A client of Meta's Graph API, authenticated by an access token. Every method raises GraphError.

    `token` and `app_secret` are called for each request, so that a renewed one is used at once.
    """

    base_url: str
    """The URL with the version and no slash at the end: `https://graph.facebook.com/v25.0`."""
    token: Callable[[], str] = field(repr=False)
    app_secret: Callable[[], str] = field(repr=False)
    session: requests.Session = field(default_factory=requests.Session, repr=False)

    def get(self, path: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        """Return the JSON object at `path`; a response that is none raises GraphError too."""
        content = _json(self._call("GET", path, query))
        if not isinstance(content, Mapping):
            raise GraphError(Failure.AMBIGUOUS, "an answer that cannot be read")
        return content

    def post(self, path: str, body: Mapping[str, Any], query: Mapping[str, str] = MappingProxyType({})) -> None:
        """Send `body` as JSON to `path`, once."""
        self._call("POST", path, query, body)

    def delete(self, path: str, body: Mapping[str, Any]) -> None:
        """Delete the object at `path`, or those of its fields that `body` names."""
        self._call("DELETE", path, {}, body)

    def _call(
        self, method: str, path: str, query: Mapping[str, str], body: Mapping[str, Any] | None = None
    ) -> requests.Response:
        token = self.token()
        signed = {"access_token": token, "appsecret_proof": sign(token.encode(), secret=self.app_secret())}
        try:
            response = self.session.request(
                method,
                f"{self.base_url}/{path}",
                params={**query, **signed},
                json=body,
                timeout=(_CONNECT_S, _READ_S),
                allow_redirects=False,  # a redirect could carry the token in the query to another host
            )
        # Without the cause: an error of `requests` holds the URL, and the URL holds the token.
        except (requests.ConnectTimeout, requests.exceptions.SSLError) as exc:
            raise GraphError(Failure.RETRY, type(exc).__name__) from None
        except requests.RequestException as exc:
            raise GraphError(Failure.AMBIGUOUS, type(exc).__name__) from None
        if response.status_code != HTTPStatus.OK:
            content = _json(response)
            raise GraphError(
                classify(response.status_code, content),
                _reason(response.status_code, content),
                code=_number(_error(content).get("code")),
            )
        return response


def _json(response: requests.Response) -> object:
    try:
        return response.json()
    except requests.JSONDecodeError:
        return None


def _reason(status: int, body: object) -> str:
    error = _error(body)
    codes = f"code {_number(error.get('code'))}, subcode {_number(error.get('error_subcode'))}, " if error else ""
    return f"{codes}HTTP {status}"


def _error(body: object) -> Mapping[str, Any]:
    error = body.get("error") if isinstance(body, Mapping) else None
    return error if isinstance(error, Mapping) else {}


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
