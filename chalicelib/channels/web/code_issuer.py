"""Finds an OpenID Connect issuer's endpoints, and exchanges authorization codes there; keeps no token."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import requests

from chalicelib.errors import InvalidToken, IssuerUnavailable
from chalicelib.settings.variables import is_https_or_loopback

_FIND_S: Final = 3
_EXCHANGE_S: Final = 15
"""Seconds that the issuer may take; API Gateway waits for 29 in all."""
_KEPT_S: Final = 3600.0
"""How long the endpoints are cached, in seconds."""
_LONGEST: Final = 8192
_REASON: Final = re.compile(r"[a-z_]{1,40}", re.ASCII)
"""What an issuer names, such as `invalid_client` for a client that has a secret; the owner reads it in the log."""


@dataclass
class CodeIssuer:
    """Implements `access.ports.SignInIssuer`."""

    issuer: str
    client: str
    """The client id that the issuer gave this bot; a client without a secret."""
    session: Callable[[], requests.Session] = field(default=requests.Session, repr=False)
    """Opens a new connection: a frozen Lambda function does not notice that the issuer has closed an idle one."""
    monotonic: Callable[[], float] = time.monotonic
    _found: Mapping[str, Any] = field(default_factory=dict, repr=False)
    _found_until: float = float("-inf")

    def authorization_endpoint(self) -> str:
        return self._endpoint("authorization_endpoint")

    def exchange(self, code: str, *, verifier: str, callback: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "client_id": self.client,
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": callback,
        }
        status, answer = self._asked("POST", self._endpoint("token_endpoint"), _EXCHANGE_S, form)
        if answer.get("error") == "invalid_grant":
            raise InvalidToken("the issuer refused the code")
        token = answer.get("id_token")
        if status != HTTPStatus.OK or not isinstance(token, str) or not 0 < len(token) <= _LONGEST:
            reason = str(answer.get("error", ""))
            named = f" {reason}" if _REASON.fullmatch(reason) else ""
            raise IssuerUnavailable(f"the issuer gave no ID token: HTTP {status}{named}")
        return token

    def _endpoint(self, name: str) -> str:
        """Return an address of the discovery document, which is requested at most once an hour."""
        if self.monotonic() >= self._found_until:
            _, self._found = self._asked(
                "GET", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration", _FIND_S, None
            )
            self._found_until = self.monotonic() + _KEPT_S
        address = self._found.get(name)
        if (
            self._found.get("issuer") != self.issuer
            or not isinstance(address, str)
            or not is_https_or_loopback(address)
        ):
            self._found_until = float("-inf")
            raise IssuerUnavailable(f"the issuer's own document names no {name} behind https, or another issuer")
        return address

    def _asked(
        self, method: str, url: str, seconds: float, form: Mapping[str, str] | None
    ) -> tuple[int, Mapping[str, Any]]:
        """Request a JSON object; redirects are not followed, since a code is sent to the issuer's own address only."""
        try:
            with self.session() as session:
                answer = session.request(method, url, data=form, timeout=seconds, allow_redirects=False)
            content = answer.json()
        except (requests.RequestException, ValueError, RecursionError) as exc:
            raise IssuerUnavailable(f"the issuer does not answer: {type(exc).__name__}") from exc
        if not isinstance(content, Mapping):
            raise IssuerUnavailable(f"the issuer's answer is not a JSON object: HTTP {answer.status_code}")
        return answer.status_code, content
