"""Whether a request really comes from Meta: the webhook's HMAC and its handshake. Pure.

Meta signs the raw bytes of the body: `X-Hub-Signature-256: sha256=<64 lowercase hex digits>`, with the app secret.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping

from chalicelib.errors import InvalidSignature

_HEADER = re.compile(r"sha256=([0-9a-f]{64})")


def verify(body: bytes, header: str | None, *, secrets: Iterable[str]) -> None:
    """Raise InvalidSignature unless one of the app `secrets` signed `body`. Takes equally long for every wrong one."""
    match = _HEADER.fullmatch(header or "")
    if match is None:
        raise InvalidSignature("the signature is missing or malformed")
    given = match[1].encode()
    matches = [hmac.compare_digest(sign(body, secret=secret).encode(), given) for secret in secrets]
    if not any(matches):
        raise InvalidSignature("the signature does not match")


def sign(body: bytes, *, secret: str) -> str:
    """The 64 hex digits for `body`; also Meta's `appsecret_proof` when the body is an access token."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def challenge(query: Mapping[str, str], *, verify_token: str) -> str:
    """What the handshake must answer, verbatim; raises InvalidSignature unless it knows the verify token."""
    token = query.get("hub.verify_token", "")
    known = hmac.compare_digest(token.encode(errors="replace"), verify_token.encode())
    answer = query.get("hub.challenge", "")
    if not known or query.get("hub.mode") != "subscribe" or not answer:
        raise InvalidSignature("the handshake does not know the verify token")
    return answer
