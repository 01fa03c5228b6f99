"""Tickets: what a visitor of a chat page shows in place of an API key. Signed here, and read here only.

PyJWT brings a whole library of cryptography, a tenth of a second at a cold start: only who has a ticket waits for it.
"""

from dataclasses import dataclass
from typing import Any, Final

from chalicelib.errors import InvalidToken, TicketExpired
from chalicelib.ids import KeyId

LIFETIME_S: Final = 5 * 60
_ALGORITHM: Final = "HS256"
_CLAIMS: Final = ["key", "sub", "iat", "exp"]


@dataclass(frozen=True)
class Ticket:
    """For whom a ticket stands."""

    key: KeyId
    visitor: str


def mint(key: KeyId, visitor: str, *, secret: str, now: int) -> str:
    """A ticket, good for five minutes."""
    import jwt  # noqa: PLC0415 (slow)

    issued = now // 1000
    claims = {"key": key, "sub": visitor, "iat": issued, "exp": issued + LIFETIME_S}
    return jwt.encode(claims, secret, algorithm=_ALGORITHM)


def read(text: str, *, secret: str, now: int, oldest_ms: int | None = None) -> Ticket:
    """What a ticket says; with `oldest_ms`, it may be that old, and else five minutes.

    Raises TicketExpired when all that is wrong with it is its age, and InvalidToken.
    """
    claims = _verified(text, secret)
    good_until = claims["exp"] * 1000 if oldest_ms is None else claims["iat"] * 1000 + oldest_ms
    if now >= good_until:
        raise TicketExpired("the ticket has expired: get a new one")
    return Ticket(KeyId(claims["key"]), claims["sub"])


def _verified(text: str, secret: str) -> dict[str, Any]:
    """The claims; their times are judged by our own clock."""
    import jwt  # noqa: PLC0415 (slow)

    try:
        claims: dict[str, Any] = jwt.decode(
            text.encode("ascii", "replace"),
            secret,
            algorithms=[_ALGORITHM],
            options={"require": _CLAIMS, "verify_exp": False, "verify_iat": False},
        )
    except jwt.InvalidTokenError as exc:
        raise InvalidToken("the ticket is not one of ours") from exc
    return claims
