"""Verifies OpenID Connect ID tokens with the keys that their issuer publishes. Tokens are never stored.

Cognito's access tokens are accepted too. They have `token_use`, and `client_id` in the place of `aud`; those of
programs that signed in by themselves have no `username`.

Only RS256 is accepted. Every issuer must support it (OpenID Connect Core, section 15.1), and a single algorithm rules
out attacks that confuse one algorithm with another.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import jwt
import requests

from chalicelib.errors import InvalidToken, IssuerUnavailable
from chalicelib.settings.variables import is_https_or_loopback

_ALGORITHM: Final = "RS256"
_LONGEST: Final = 8192
_LEEWAY_S: Final = 30
"""Tolerance for a difference between the issuer's clock and ours, in seconds."""
_TIMEOUT_S: Final = 3.0
_KEPT_S: Final = 3600.0
"""How long the issuer's keys are cached, in seconds."""
_PAUSE_S: Final = 60.0
"""Seconds between two requests for the keys, so that tokens with unknown key ids cannot cause a request each."""
_SOON_S: Final = 5.0
"""Seconds until the next request after one that failed."""
_LACKING: Final = "lacks one of sub, iss, aud, iat and exp"
_REASONS: Final[Mapping[type[Exception], str]] = {
    jwt.ExpiredSignatureError: "has expired",
    jwt.ImmatureSignatureError: "is not valid yet",
    jwt.InvalidIssuerError: "is another issuer's",
    jwt.InvalidAlgorithmError: f"is not signed with {_ALGORITHM}",
    jwt.InvalidSignatureError: "is not signed by its issuer",
    jwt.InvalidKeyError: "is signed with a key that is too short",
    jwt.MissingRequiredClaimError: _LACKING,
}


@dataclass
class OidcTokens:
    """Implements `access.ports.IdTokens` for one issuer, such as a Cognito user pool. Thread-safe."""

    issuer: str
    """The issuer's URL, exactly as in its tokens; its discovery document is at a path below it."""
    audience: str
    """The client id that the issuer gave this bot."""
    session: Callable[[], requests.Session] = field(default=requests.Session, repr=False)
    """Opens new connections: a frozen Lambda function does not notice that the issuer has closed an idle one."""
    monotonic: Callable[[], float] = time.monotonic
    _keys: Mapping[str, jwt.PyJWK] = field(default_factory=dict, repr=False)
    """The issuer's keys by key id, as of the last request."""
    _cached_until: float = float("-inf")
    _next_request_at: float = float("-inf")
    _failed: bool = False
    """Whether the last request failed."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def subject(self, token: str) -> str:
        if len(token) > _LONGEST or not token.isascii():
            raise InvalidToken(f"the token is no ASCII text of at most {_LONGEST} characters")
        try:
            header = jwt.get_unverified_header(token)
            key = self._key(header.get("kid"))
            claims = jwt.decode(
                token,
                key,
                algorithms=[_ALGORITHM],
                issuer=self.issuer,
                leeway=_LEEWAY_S,
                # the audience is checked below: access tokens have none
                options={
                    "require": ["sub", "iss", "iat", "exp"],
                    "verify_aud": False,
                    "enforce_minimum_key_length": True,
                },
            )
        except (jwt.PyJWTError, RecursionError) as exc:  # PyJWT before 2.14 does not bound the nesting of JSON
            raise InvalidToken(f"the token {_REASONS.get(type(exc), 'cannot be read')}") from exc
        if str(header.get("typ", "JWT")).upper() != "JWT":
            raise InvalidToken("the token is not an ID token")
        self._check_client(claims)
        subject: str = claims["sub"]
        if not subject:
            raise InvalidToken("the token's sub is empty")
        if subject == self.audience:
            raise InvalidToken("the token is about no person")
        return subject

    def _check_client(self, claims: Mapping[str, Any]) -> None:
        """Raise InvalidToken unless the issuer made the token for this client alone, and for a person."""
        match claims.get("token_use", "id"):
            case "id":
                self._check_audience(claims.get("aud"))
            case "access":
                self._check_access(claims)
            case _:
                raise InvalidToken("the token is not an ID token")

    def _check_audience(self, audience: Any) -> None:
        if not audience:
            raise InvalidToken(f"the token {_LACKING}")
        if audience not in (self.audience, [self.audience]):
            is_among = isinstance(audience, list) and self.audience in audience
            raise InvalidToken(f"the token is for {'other clients as well' if is_among else 'another client'}")

    def _check_access(self, claims: Mapping[str, Any]) -> None:
        if claims.get("client_id") != self.audience:
            raise InvalidToken("the token is for another client")
        if claims.get("aud"):
            raise InvalidToken("the token is for another service")
        if not claims.get("username"):
            raise InvalidToken("the token is about no person")

    def _key(self, kid: str | None) -> jwt.PyJWK:
        """Return the issuer's key of that id, from the cache if possible."""
        if kid is None:
            raise InvalidToken("the token does not name the key that signed it")
        now = self.monotonic()
        with self._lock:
            if now >= self._cached_until or kid not in self._keys:
                self._refresh(now)
            if kid not in self._keys:
                raise InvalidToken("the token is signed with a key that its issuer does not publish")
            return self._keys[kid]

    def warm(self, seconds: float) -> None:
        """Fetch the keys unless they are cached; each of the two requests takes at most `seconds`.

        Raises IssuerUnavailable.
        """
        now = self.monotonic()
        with self._lock:
            if now >= self._cached_until:
                self._refresh(now, timeout=min(seconds, _TIMEOUT_S))

    def _refresh(self, now: float, timeout: float = _TIMEOUT_S) -> None:
        """Request the keys, unless the last request was a moment ago. `_failed` is set first, in case one raises."""
        if now >= self._next_request_at:
            self._failed, self._next_request_at = True, now + _SOON_S
            self._keys = self.published(timeout)
            self._failed, self._next_request_at, self._cached_until = False, now + _PAUSE_S, now + _KEPT_S
        elif self._failed:
            raise IssuerUnavailable("the issuer did not answer a moment ago; try again")

    def published(self, timeout: float = _TIMEOUT_S) -> Mapping[str, jwt.PyJWK]:
        """Request the discovery document and the key set it names, and return the keys by id.

        Keys for other uses are left out. Each request takes at most `timeout` seconds. Raises IssuerUnavailable.
        """
        with self.session() as session:
            described = _read(session, f"{self.issuer.rstrip('/')}/.well-known/openid-configuration", timeout)
            if described.get("issuer") != self.issuer:
                raise IssuerUnavailable(
                    "the issuer's own document gives it another name; set PARLEY_OIDC_ISSUER to that name"
                )
            key_set = _read(session, str(described.get("jwks_uri")), timeout)
        try:
            published = jwt.PyJWKSet.from_dict(dict(key_set)).keys
        except (jwt.PyJWTError, TypeError) as exc:
            raise IssuerUnavailable("the issuer publishes no key that can be read") from exc
        return {
            str(key.key_id): key
            for key in published
            if key.algorithm_name == _ALGORITHM and key.public_key_use in ("sig", None)
        }


def _read(session: requests.Session, url: str, timeout: float) -> Mapping[str, Any]:
    """Request a JSON object. Redirects are not followed: they could lead to an address that is not private."""
    if not is_https_or_loopback(url):
        raise IssuerUnavailable("the issuer's keys are not behind https, so they cannot be trusted")
    try:
        answer = session.get(url, timeout=timeout, allow_redirects=False)
        content = answer.json() if answer.status_code == HTTPStatus.OK else None
    except (requests.RequestException, ValueError, RecursionError) as exc:
        raise IssuerUnavailable(f"the issuer does not answer: {type(exc).__name__}") from exc
    if not isinstance(content, Mapping):
        raise IssuerUnavailable(f"the issuer's answer is not a JSON object: HTTP {answer.status_code}")
    return content
