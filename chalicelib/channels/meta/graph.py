"""Calls Meta's Graph API over HTTP; `graph_errors` says what a caller can do about a failed call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urljoin

import requests

from chalicelib.channels.meta.graph_errors import Failure, classify, error_of, number
from chalicelib.channels.meta.signature import sign

_CONNECT_S: Final = 3
_READ_S: Final = 10
"""Timeouts in seconds, of the connection and of each read: a call that hangs must not use up a worker's time."""
_TOKEN_REFUSED: Final = 190
"""Meta's code for an access token that is invalid or expired."""


class GraphError(Exception):
    """A failed call. Its message has Meta's codes only: never the token, the user's id or a text."""

    def __init__(self, failure: Failure, reason: str, *, code: int = 0) -> None:
        super().__init__(f"Graph API: {reason}")
        self.failure = failure
        self.reason = reason
        self.code = code


@dataclass(frozen=True)
class Graph:
    """A client of Meta's Graph API, authenticated by an access token. Every method raises GraphError.

    `token` and `app_secret` are called for each request, so that a renewed one is used at once.
    """

    base_url: str
    """The URL with the version and no slash at the end: `https://graph.facebook.com/v25.0`."""
    token: Callable[[], str] = field(repr=False)
    app_secret: Callable[[], str] = field(repr=False)
    renew: Callable[[], bool] = lambda: False
    """Fetches the token again, because it was refused; returns whether there is another one now."""
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

    def warm(self, *, seconds: float) -> None:
        """Open the connection for the next call with a request without a token; any response will do."""
        try:
            self.session.head(urljoin(self.base_url, "/"), timeout=seconds, allow_redirects=False)
        except requests.RequestException as exc:
            raise GraphError(Failure.RETRY, type(exc).__name__) from None

    def _call(
        self, method: str, path: str, query: Mapping[str, str], body: Mapping[str, Any] | None = None
    ) -> requests.Response:
        """Call once, or again with a new token if Meta refused the one that the process has kept."""
        try:
            return self._call_once(method, path, query, body)
        except GraphError as exc:
            if exc.code != _TOKEN_REFUSED or not self.renew():
                raise
        return self._call_once(method, path, query, body)

    def _call_once(
        self, method: str, path: str, query: Mapping[str, str], body: Mapping[str, Any] | None
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
                code=number(error_of(content).get("code")),
            )
        return response


def _json(response: requests.Response) -> object:
    """Return the body's value; None for a body that cannot be read, also for one nested too deep."""
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


def _reason(status: int, body: object) -> str:
    error = error_of(body)
    codes = f"code {number(error.get('code'))}, subcode {number(error.get('error_subcode'))}, " if error else ""
    return f"{codes}HTTP {status}"
