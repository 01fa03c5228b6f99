"""Meta's `signed_request`, by which it passes on that somebody wants their data deleted. Pure.

`<signature>.<payload>`, both in base64url without padding. The signature is the HMAC-SHA256, with the app secret, of
the payload's text as it came; the algorithm that a payload names is not believed.
"""

import base64
import hmac
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs

from chalicelib.channels import lenient_json
from chalicelib.channels.meta.signature import sign
from chalicelib.errors import BadRequest, InvalidSignature

_FIELD: Final = "signed_request"
_SHAPE: Final = re.compile(r"(?P<signature>[A-Za-z0-9_-]{43})=?\.(?P<payload>[A-Za-z0-9_-]+)={0,2}")
_CODE_DIGITS: Final = 32


@dataclass(frozen=True)
class DeletionRequest:
    """Somebody wants their data deleted."""

    user: str = field(repr=False)
    """App-scoped: not the id by which Messenger knows the same person."""
    code: str = field(repr=False)
    """128 bits that only we can make, the same however often Meta repeats the request."""


def read(form: bytes, *, secrets: Iterable[str]) -> DeletionRequest:
    """What a form that Meta posted asks for; not a word of it is read before it is proven.

    Raises InvalidSignature when none of the app `secrets` signed it, and UnreadableRequest when nothing in it could be
    signed, or when what was signed names nobody.
    """
    signature, payload = _signed(form)
    signers = [secret for secret in secrets if hmac.compare_digest(_signature(payload, secret), signature)]
    if not signers:
        raise InvalidSignature("the signed request was not signed by Meta")
    said = _said(payload)
    user = lenient_json.identifier(said.get("user_id"))
    if user is None:
        raise BadRequest("the signed request names nobody")
    return DeletionRequest(user, _code(user, said.get("issued_at"), secret=signers[0]))


def _signed(form: bytes) -> tuple[bytes, bytes]:
    """The signature and what is signed, both as they came."""
    try:
        [value] = parse_qs(form.decode("ascii")).get(_FIELD, [])
    except ValueError as exc:
        raise BadRequest("there is not one signed request in the form") from exc
    match = _SHAPE.fullmatch(value)
    if match is None:
        raise BadRequest("the signed request is not of the form signature.payload")
    return match["signature"].encode(), match["payload"].encode()


def _signature(payload: bytes, secret: str) -> bytes:
    return base64.urlsafe_b64encode(bytes.fromhex(sign(payload, secret=secret))).rstrip(b"=")


def _said(payload: bytes) -> dict[str, Any]:
    try:
        said = lenient_json.load(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
    except ValueError as exc:
        raise BadRequest("the signed request holds no JSON") from exc
    return said if isinstance(said, dict) else {}


def _code(user: str, issued_at: object, *, secret: str) -> str:
    return sign(json.dumps(["deletion", user, issued_at]).encode(), secret=secret)[:_CODE_DIGITS]
