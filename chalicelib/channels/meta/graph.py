"""The Graph API over HTTP: one call, and what each of Meta's error codes means for us. No call's meaning is known here.

Codes as in Meta's "Messenger error codes" of 25 June 2026; a body's code goes before the HTTP status.
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


class Failure(Enum):
    """What to do about a call that failed."""

    RETRY = "retry"
    """Surely not carried out, and it may work in a moment."""
    BACK_OFF = "back_off"
    """Too much at once: it may work in minutes."""
    AMBIGUOUS = "ambiguous"
    """It may have been carried out."""
    SENT = "sent"
    """Carried out, although the answer says otherwise."""
    UNREACHABLE = "unreachable"
    """This person cannot be written to."""
    BROKEN = "broken"
    """Nobody can be written to until the owner acts."""
    REJECTED = "rejected"
    """The call itself is wrong: a repetition would be as well."""


class GraphError(Exception):
    """A failed call; its words are Meta's codes and never hold the token, the person or the text."""

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
    """What an error answer means, by subcode, then code, then status."""
    error = _error(body)
    found = _BY_SUBCODE.get(_number(error.get("error_subcode"))) or _BY_CODE.get(_number(error.get("code")))
    if found:
        return found
    if error.get("is_transient") is True:
        return Failure.AMBIGUOUS
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Failure.BACK_OFF
    return Failure.AMBIGUOUS if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Failure.REJECTED


@dataclass(frozen=True)
class Graph:
    """Meta's Graph API as whoever `token` speaks for.

    `token` and `app_secret` are asked for at each call, so that a new one is used. Every method raises GraphError.
    """

    base_url: str
    """With the version: `https://graph.facebook.com/v25.0`."""
    token: Callable[[], str] = field(repr=False)
    app_secret: Callable[[], str] = field(repr=False)
    session: requests.Session = field(default_factory=requests.Session, repr=False)

    def get(self, path: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        """What stands there. An answer that is no object of JSON is none."""
        answer = _json(self._call("GET", path, query))
        if not isinstance(answer, Mapping):
            raise GraphError(Failure.AMBIGUOUS, "an answer that cannot be read")
        return answer

    def post(self, path: str, body: Mapping[str, Any], query: Mapping[str, str] = MappingProxyType({})) -> None:
        """Carry out one call."""
        self._call("POST", path, query, body)

    def delete(self, path: str, body: Mapping[str, Any]) -> None:
        """Take away what stands there."""
        self._call("DELETE", path, {}, body)

    def _call(
        self, method: str, path: str, query: Mapping[str, str], body: Mapping[str, Any] | None = None
    ) -> requests.Response:
        token = self.token()
        signed = {"access_token": token, "appsecret_proof": sign(token.encode(), secret=self.app_secret())}
        try:
            answer = self.session.request(
                method,
                f"{self.base_url}/{path}",
                params={**query, **signed},
                json=body,
                timeout=(_CONNECT_S, _READ_S),
                allow_redirects=False,
            )
        # Without their cause: what requests raises holds the URL, and the URL holds the token.
        except (requests.ConnectTimeout, requests.exceptions.SSLError) as exc:
            raise GraphError(Failure.RETRY, type(exc).__name__) from None
        except requests.RequestException as exc:
            raise GraphError(Failure.AMBIGUOUS, type(exc).__name__) from None
        if answer.status_code != HTTPStatus.OK:
            content = _json(answer)
            raise GraphError(
                classify(answer.status_code, content),
                _reason(answer.status_code, content),
                code=_number(_error(content).get("code")),
            )
        return answer


def _json(answer: requests.Response) -> object:
    try:
        return answer.json()
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
