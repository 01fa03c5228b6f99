"""The bot's own webhook over HTTP, asked as Meta asks it and quickly given up."""

from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Final

import requests

from chalicelib.channels.messenger.ports import WebhookResponse
from chalicelib.channels.meta.signature import sign
from chalicelib.errors import WebhookUnreachable

_TIMEOUT_S: Final = (3, 7)
"""To connect and to answer: enough for a cold start, and little more than the 5 seconds Meta waits."""
_NOTHING: Final = b'{"object":"page","entry":[]}'
_LONGEST: Final = 200
"""How much is kept of an answer."""


@dataclass(frozen=True)
class HttpWebhook:
    """`ports_upkeep.Webhook` over HTTP."""

    url: Callable[[], str]
    verify_token: Callable[[], str] = field(repr=False)
    app_secret: Callable[[], str] = field(repr=False)
    session: requests.Session = field(default_factory=requests.Session, repr=False)

    def handshake(self, challenge: str) -> WebhookResponse:
        query = {"hub.mode": "subscribe", "hub.verify_token": self.verify_token(), "hub.challenge": challenge}
        return self._ask("GET", params=query)

    def deliver_nothing(self, *, signed: bool) -> WebhookResponse:
        signature = f"sha256={sign(_NOTHING, secret=self.app_secret())}"
        headers = {"Content-Type": "application/json", **({"X-Hub-Signature-256": signature} if signed else {})}
        return self._ask("POST", data=_NOTHING, headers=headers)

    def _ask(self, method: str, **request: Any) -> WebhookResponse:
        try:
            answer = self.session.request(method, self.url(), timeout=_TIMEOUT_S, allow_redirects=False, **request)
        # Without its cause: what requests raises holds the URL, and the URL holds the verify token.
        except requests.RequestException as exc:
            raise WebhookUnreachable(
                f"the webhook does not answer ({type(exc).__name__}); look into the door's log"
            ) from None
        return WebhookResponse(answer.status_code, answer.text[:_LONGEST], _time(answer.headers.get("Date", "")))


def _time(date: str) -> int | None:
    try:
        return round(parsedate_to_datetime(date).timestamp() * 1000)
    except ValueError:
        return None
