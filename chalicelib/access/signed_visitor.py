"""Signed visitors: tokens (JWT, HS256) in which the site of an API key says which of its customers a visitor is.

The secret that signs them is computed, not stored, so it can be shown again. PyJWT is imported inside a function: it
loads a cryptography library, which adds 0.1 seconds to a cold start.
"""

import base64
import hmac
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.access.api_key import ApiKey
from chalicelib.errors import InvalidToken

LONGEST_SUBJECT: Final = 255
"""Characters of the site's own id of a customer."""
SUBJECT_RULE: Final = f"must be a text of 1 to {LONGEST_SUBJECT} characters"
LONGEST_LIFE_S: Final = 24 * 60 * 60
"""How far ahead a token may expire, in seconds."""
_ALGORITHM: Final = "HS256"
_CLOCK_S: Final = 60
"""By how many seconds the site's clock may be ahead."""
_HEADER: Final = frozenset({"alg", "typ"})
_ACCEPTED: Final = (0, 1)
"""How many rotations ahead of the key's generation a secret may be."""
_CLAIMS: Final = ["sub", "aud", "exp"]
_CHECKED_HERE: Final = ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")
_PREFIX: Final = "site-"
_NAME_LENGTH: Final = 27
"""Hex digits, 108 bits: with the prefix as long as an anonymous visitor's name, for which tables have room."""


@dataclass(frozen=True)
class SignedVisitor:
    """Who a valid token says the visitor is."""

    subject: str = field(repr=False)
    """The site's own id of the customer."""
    generation: int
    """Which secret of the site signed the token: the key's generation, or the one after it."""


def secret_of(key: ApiKey, *, ticket_key: str, ahead: int = 0) -> str:
    """Return the secret with which the key's site signs tokens, 43 characters; `ahead` is how many rotations later."""
    about = f"visitor {key.id} {key.generation + ahead}"
    made = hmac.digest(ticket_key.encode(), about.encode(), "sha256")
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def read(text: str, key: ApiKey, *, ticket_key: str, now: int) -> SignedVisitor:
    """Verify a token and return who it names; `now` is in milliseconds.

    It may be signed with the key's secret or with the next one, so that a site can change to that before the rotation.
    Raises InvalidToken, whose message is for the site's developer.
    """
    accepted = [(ahead, secret_of(key, ticket_key=ticket_key, ahead=ahead)) for ahead in _ACCEPTED]
    ahead, claims = _verified(text, accepted)
    _check_times(claims, now // 1000)
    if claims["aud"] != key.id:
        raise InvalidToken("the visitor's token: `aud` must be the key's id")
    found = claims["sub"]
    if not is_subject(found):
        raise InvalidToken(f"the visitor's token: `sub` {SUBJECT_RULE}")
    return SignedVisitor(str(found), key.generation + ahead)


def is_accepted(key: ApiKey, generation: int | None) -> bool:
    """Whether the secret of this generation is still accepted; None for a visitor without a token."""
    return generation is None or generation - key.generation in _ACCEPTED


def is_subject(value: Any) -> bool:
    """Whether it is a text of 1 to LONGEST_SUBJECT characters, without halves of any."""
    is_text = isinstance(value, str) and 0 < len(value) <= LONGEST_SUBJECT
    return is_text and not any("\ud800" <= character <= "\udfff" for character in value)


def name_of(key: ApiKey, subject: str) -> str:
    """Return the visitor's name in our ids: the same on each device, and after each rotation.

    It is a keyed hash, from which the subject cannot be guessed. No visitor of another kind gets a ticket for a name
    with this prefix.
    """
    known = hmac.digest(key.digest.encode(), f"visitor {key.id} {subject}".encode(), "sha256").hex()
    return f"{_PREFIX}{known[:_NAME_LENGTH]}"


def is_name(visitor: str) -> bool:
    """Whether a visitor's name was made by `name_of`."""
    return visitor.startswith(_PREFIX)


def _verified(text: str, accepted: Sequence[tuple[int, str]]) -> tuple[int, dict[str, Any]]:
    """Verify signature and header, and return which secret signed it, and the claims; the caller compares those."""
    import jwt  # noqa: PLC0415 (slow)

    options: Any = {"require": _CLAIMS, **{f"verify_{claim}": False for claim in _CHECKED_HERE}}
    for ahead, secret in accepted:
        try:
            found = jwt.decode_complete(
                text.encode("ascii", "replace"), secret, algorithms=[_ALGORITHM], options=options
            )
        except jwt.InvalidSignatureError:
            continue
        except jwt.MissingRequiredClaimError as exc:
            raise InvalidToken(f"the visitor's token lacks `{exc.claim}`") from exc
        except (jwt.InvalidTokenError, RecursionError) as exc:  # PyJWT before 2.14 does not bound the nesting of JSON
            raise InvalidToken("the visitor's token is no JWT that is signed with HS256") from exc
        if not found["header"].keys() <= _HEADER:
            raise InvalidToken("the visitor's token: its header may have `alg` and `typ` only")
        claims: dict[str, Any] = found["payload"]
        return ahead, claims
    raise InvalidToken("the visitor's token is signed with another secret than `keys signing` shows for this key")


def _check_times(claims: dict[str, Any], now_s: int) -> None:
    expires, begins = claims["exp"], claims.get("nbf", 0)
    if not _is_time(expires) or not _is_time(begins):
        raise InvalidToken("the visitor's token: `exp` must be a number of seconds since 1970")
    if now_s >= expires:
        raise InvalidToken("the visitor's token has expired")
    if expires > now_s + LONGEST_LIFE_S + _CLOCK_S:
        raise InvalidToken("the visitor's token: `exp` may be a day ahead at most, in seconds since 1970")
    if begins > now_s + _CLOCK_S:
        raise InvalidToken("the visitor's token is not valid yet")


def _is_time(value: Any) -> bool:
    return type(value) is int or (type(value) is float and math.isfinite(value))
