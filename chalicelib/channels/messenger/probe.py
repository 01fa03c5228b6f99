"""Sends the bot's own webhook requests like Meta's, to check its health; with short timeouts and no retry."""

from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Final

import requests

from chalicelib.channels.messenger.ports import WebhookResponse
from chalicelib.channels.meta.signature import sign
from chalicelib.errors import WebhookUnreachable

_TIMEOUT_S: Final = (3, 7)
"""Timeouts to connect and to read: enough for a cold start, and little more than the 5 seconds that Meta waits."""
_EMPTY: Final = b'{"object":"page","entry":[]}'
_MAX_BODY: Final = 200
"""Characters of the response body that are kept."""


@dataclass(frozen=True)
class HttpWebhook:
    """`Webhook` over HTTP."""

    url: Callable[[], str]
    verify_token: Callable[[], str] = field(repr=False)
    app_secret: Callable[[], str] = field(repr=False)
    session: requests.Session = field(default_factory=requests.Session, repr=False)

    def handshake(self, challenge: str) -> WebhookResponse:
        query = {"hub.mode": "subscribe", "hub.verify_token": self.verify_token(), "hub.challenge": challenge}
        return self._request("GET", params=query)

    def deliver_empty(self, *, signed: bool) -> WebhookResponse:
        signature = f"sha256={sign(_EMPTY, secret=self.app_secret())}"
        headers = {"Content-Type": "application/json", **({"X-Hub-Signature-256": signature} if signed else {})}
        return self._request("POST", data=_EMPTY, headers=headers)

    def _request(self, method: str, **options: Any) -> WebhookResponse:
        try:
            # Without redirects: one could carry the verify token to another address.
            response = self.session.request(method, self.url(), timeout=_TIMEOUT_S, allow_redirects=False, **options)
        # Without the cause: an error of `requests` holds the URL, and the URL holds the verify token.
        except requests.RequestException as exc:
            raise WebhookUnreachable(
                f"the webhook does not answer ({type(exc).__name__}); see the log of the function api_handler"
            ) from None
        return WebhookResponse(response.status_code, response.text[:_MAX_BODY], _time(response.headers.get("Date", "")))


def _time(date: str) -> int | None:
    """Parse a header `Date` into milliseconds since 1970; None if it is missing or malformed."""
    try:
        return round(parsedate_to_datetime(date).timestamp() * 1000)
    except ValueError:
        return None
