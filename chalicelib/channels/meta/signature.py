"""Verifies that a request comes from Meta, by the webhook's HMAC or its verify token.

Meta signs the raw bytes of the body with the app secret, in the header `X-Hub-Signature-256: sha256=<64 lowercase
hex digits>`.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping

from chalicelib.errors import InvalidSignature

_HEADER = re.compile(r"sha256=([0-9a-f]{64})")


def verify(body: bytes, header: str | None, *, secrets: Iterable[str]) -> None:
    """Verify that one of the app `secrets` signed `body`. Raises InvalidSignature.

    `header` is the value of `X-Hub-Signature-256`. Each secret is compared in constant time, and none after one that
    matched: the last ones may be fetched only because the first were refused.
    """
    match = _HEADER.fullmatch(header or "")
    if match is None:
        raise InvalidSignature("the signature is missing or malformed")
    given = match[1].encode()
    if not any(hmac.compare_digest(sign(body, secret=secret).encode(), given) for secret in secrets):
        raise InvalidSignature("the signature does not match")


def sign(body: bytes, *, secret: str) -> str:
    """Compute the 64 hex digits for `body`; for an access token as the body they are Meta's `appsecret_proof`."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def challenge(query: Mapping[str, str], *, verify_tokens: Iterable[str]) -> str:
    """Return the `hub.challenge` of a handshake's query, which is the whole response body.

    Raises InvalidSignature if it has none of the verify tokens, or the query is no handshake.
    """
    token, expected = query.get("hub.verify_token", "").encode(errors="replace"), query.get("hub.challenge", "")
    is_handshake = query.get("hub.mode") == "subscribe" and bool(expected)
    if not (is_handshake and any(hmac.compare_digest(token, known.encode()) for known in verify_tokens)):
        raise InvalidSignature("the handshake does not know the verify token")
    return expected
