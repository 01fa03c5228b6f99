"""Verifies and parses Meta's `signed_request`, in which a user asks for deletion of their data.

Its format is `<signature>.<payload>`, both in base64url without padding. The signature is the HMAC-SHA256 of the
encoded payload with the app secret. The algorithm that the payload names is ignored: an attacker could choose it.
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
    """A user's request to delete their data."""

    user: str = field(repr=False)
    """The app-scoped user id; Messenger uses another id for the same person, and neither leads to the other."""
    code: str = field(repr=False)
    """The confirmation code: 32 hex digits that only the app secret can make, the same in each retry by Meta."""


def read(form: bytes, *, secrets: Iterable[str]) -> DeletionRequest:
    """Verify and parse the body of the form that Meta posts; the payload is parsed only after its signature matched.

    Raises InvalidSignature if none of the app `secrets` signed it, and BadRequest if the form has no single
    `signed_request`, or the payload is no JSON object with a user id.
    """
    signature, payload = _signed(form)
    signers = (secret for secret in secrets if hmac.compare_digest(_signature(payload, secret), signature))
    signer = next(signers, None)
    if signer is None:
        raise InvalidSignature("the signed request was not signed by Meta")
    values = _decode(payload)
    user = lenient_json.identifier(values.get("user_id"))
    if user is None:
        raise BadRequest("the signed request has no user id")
    return DeletionRequest(user, _code(user, values.get("issued_at"), secret=signer))


def _signed(form: bytes) -> tuple[bytes, bytes]:
    """Return the signature and the payload, both still encoded."""
    try:
        [value] = parse_qs(form.decode("ascii")).get(_FIELD, [])
    except ValueError as exc:
        raise BadRequest("the form must have exactly one signed_request") from exc
    match = _SHAPE.fullmatch(value)
    if match is None:
        raise BadRequest("the signed request is not of the form signature.payload")
    return match["signature"].encode(), match["payload"].encode()


def _signature(payload: bytes, secret: str) -> bytes:
    return base64.urlsafe_b64encode(bytes.fromhex(sign(payload, secret=secret))).rstrip(b"=")


def _decode(payload: bytes) -> dict[str, Any]:
    try:
        values = lenient_json.load(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
    except ValueError as exc:
        raise BadRequest("the signed request has no JSON") from exc
    return values if isinstance(values, dict) else {}


def _code(user: str, issued_at: object, *, secret: str) -> str:
    return sign(json.dumps(["deletion", user, issued_at]).encode(), secret=secret)[:_CODE_DIGITS]
