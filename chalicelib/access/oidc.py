"""Whom an OpenID Connect ID token is about, by the keys that its issuer publishes; nothing is kept of a token.

RS256 alone is accepted: every issuer must be able to sign with it (OpenID Connect Core 15.1), and one algorithm cannot
be mistaken for another.
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
from chalicelib.settings import is_private_way

_ALGORITHM: Final = "RS256"
_LONGEST: Final = 8192
_LEEWAY_S: Final = 30
"""By how much the issuer's clock may differ."""
_TIMEOUT_S: Final = 3
_KEPT_S: Final = 3600.0
"""How long published keys are trusted."""
_PAUSE_S: Final = 60.0
"""Before an unknown key is looked for again: a stranger's tokens must not make us ask for each."""
_SOON_S: Final = 5.0
"""The same after an issuer that did not answer."""
_REASONS: Final[Mapping[type[Exception], str]] = {
    jwt.ExpiredSignatureError: "has expired",
    jwt.ImmatureSignatureError: "is not valid yet",
    jwt.InvalidIssuerError: "is another issuer's",
    jwt.InvalidAudienceError: "is for somebody else",
    jwt.InvalidAlgorithmError: f"is not signed with {_ALGORITHM}",
    jwt.InvalidSignatureError: "is not signed by its issuer",
    jwt.InvalidKeyError: "is signed with a key that is too short",
    jwt.MissingRequiredClaimError: "lacks one of sub, iss, aud, iat and exp",
}


@dataclass
class OidcTokens:
    """`ports_web.Tokens` over one issuer, a Cognito user pool for example."""

    issuer: str
    """Exactly as it calls itself; its discovery document stands below."""
    audience: str
    """What the issuer calls us: the client's id."""
    session: requests.Session = field(default_factory=requests.Session, repr=False)
    monotonic: Callable[[], float] = time.monotonic
    _keys: Mapping[str, jwt.PyJWK] = field(default_factory=dict, repr=False)
    _kept_until: float = float("-inf")
    _asks_again_at: float = float("-inf")
    _silent: bool = False
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
                audience=self.audience,
                leeway=_LEEWAY_S,
                options={"require": ["sub", "iss", "aud", "iat", "exp"], "enforce_minimum_key_length": True},
            )
        except jwt.PyJWTError as exc:
            raise InvalidToken(f"the token {_REASONS.get(type(exc), 'cannot be read')}") from exc
        if str(header.get("typ", "JWT")).upper() != "JWT" or claims.get("token_use", "id") != "id":
            raise InvalidToken("the token is no ID token")
        if claims["aud"] not in (self.audience, [self.audience]):
            raise InvalidToken("the token is for others as well")
        subject: str = claims["sub"]
        if not subject:
            raise InvalidToken("the token is about nobody")
        return subject

    def _key(self, kid: str | None) -> jwt.PyJWK:
        if kid is None:
            raise InvalidToken("the token does not say with which key it is signed")
        now = self.monotonic()
        with self._lock:
            if now >= self._kept_until or kid not in self._keys:
                self._refresh(now)
            if kid not in self._keys:
                raise InvalidToken("the token is signed with a key that its issuer does not publish")
            return self._keys[kid]

    def _refresh(self, now: float) -> None:
        if now >= self._asks_again_at:
            self._silent, self._asks_again_at = True, now + _SOON_S
            self._keys = self._published()
            self._silent, self._asks_again_at, self._kept_until = False, now + _PAUSE_S, now + _KEPT_S
        elif self._silent:
            raise IssuerUnavailable("the issuer did not answer a moment ago; try again")

    def _published(self) -> Mapping[str, jwt.PyJWK]:
        described = self._read(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        if described.get("issuer") != self.issuer:
            raise IssuerUnavailable("the issuer calls itself otherwise; set PARLEY_OIDC_ISSUER to what it says")
        try:
            published = jwt.PyJWKSet.from_dict(dict(self._read(str(described.get("jwks_uri"))))).keys
        except (jwt.PyJWTError, TypeError) as exc:
            raise IssuerUnavailable("the issuer publishes no key that can be read") from exc
        return {
            str(key.key_id): key
            for key in published
            if key.algorithm_name == _ALGORITHM and key.public_key_use in ("sig", None)
        }

    def _read(self, url: str) -> Mapping[str, Any]:
        if not is_private_way(url):
            raise IssuerUnavailable("the issuer's keys are not behind https; nothing of it can be trusted")
        try:
            answer = self.session.get(url, timeout=_TIMEOUT_S, allow_redirects=False)
            content = answer.json() if answer.status_code == HTTPStatus.OK else None
        except requests.RequestException as exc:
            raise IssuerUnavailable(f"the issuer does not answer: {type(exc).__name__}") from exc
        if not isinstance(content, Mapping):
            raise IssuerUnavailable(f"the issuer's answer makes no sense: HTTP {answer.status_code}")
        return content
