"""Tickets: signed tokens (JWT, HS256) by which visitors of a chat page authenticate instead of an API key.

PyJWT is imported inside functions: it loads a cryptography library, which adds 0.1 seconds to a cold start.
"""

from dataclasses import dataclass
from typing import Any, Final

from chalicelib.errors import InvalidToken, TicketExpired
from chalicelib.ids import KeyId

LIFETIME_S: Final = 5 * 60
"""How long a ticket is accepted, in seconds."""
RENEWED_MS: Final = 30 * 24 * 60 * 60 * 1000
"""How old a ticket may be that proves who a returning visitor is."""
_FOR_ADDRESSES: Final = "address"
"""The claim `use` of tickets that stand in an address; all other tickets lack it."""
_ALGORITHM: Final = "HS256"
_CLAIMS: Final = ["key", "sub", "iat", "exp"]


@dataclass(frozen=True)
class Ticket:
    """The claims of a valid ticket."""

    key: KeyId
    visitor: str
    generation: int | None = None
    """Of a signed visitor, which secret of the key's site signed the token (`access.signed_visitor`)."""


def mint(key: KeyId, visitor: str, *, secret: str, now: int, generation: int | None = None) -> str:
    """Issue a ticket that expires after LIFETIME_S; `now` is in milliseconds."""
    return _signed(Ticket(key, visitor, generation), {}, secret=secret, now=now)


def mint_for_address(key: KeyId, visitor: str, *, secret: str, now: int, generation: int | None = None) -> str:
    """Issue a ticket for the address of a WebSocket, as `mint` does; addresses get into logs, so it renews nothing."""
    return _signed(Ticket(key, visitor, generation), {"use": _FOR_ADDRESSES}, secret=secret, now=now)


def read(text: str, *, secret: str, now: int, oldest_ms: int | None = None) -> Ticket:
    """Verify a ticket and return its claims. `oldest_ms` replaces its lifetime, for the renewal of old tickets.

    Raises TicketExpired if the age is the only fault, and InvalidToken for every other one, such as being for an
    address.
    """
    claims = _verified(text, secret)
    if "use" in claims:
        raise InvalidToken("the ticket is for another use")
    good_until = claims["exp"] * 1000 if oldest_ms is None else claims["iat"] * 1000 + oldest_ms
    if now >= good_until:
        raise TicketExpired("the ticket has expired: get a new one")
    return Ticket(KeyId(claims["key"]), claims["sub"], claims.get("gen"))


def read_from_address(text: str, *, secret: str, now: int) -> Ticket:
    """Verify a ticket of `mint_for_address` and return its claims. Raises as `read` does."""
    claims = _verified(text, secret)
    if claims.get("use") != _FOR_ADDRESSES:
        raise InvalidToken("the ticket is not for an address")
    if now >= min(claims["exp"], claims["iat"] + LIFETIME_S) * 1000:
        raise TicketExpired("the ticket has expired: get a new one")
    return Ticket(KeyId(claims["key"]), claims["sub"], claims.get("gen"))


def _signed(ticket: Ticket, claims: dict[str, Any], *, secret: str, now: int) -> str:
    import jwt  # noqa: PLC0415 (slow)

    issued = now // 1000
    claims |= {"key": ticket.key, "sub": ticket.visitor, "iat": issued, "exp": issued + LIFETIME_S}
    if ticket.generation is not None:
        claims["gen"] = ticket.generation
    return jwt.encode(claims, secret, algorithm=_ALGORITHM)


def _verified(text: str, secret: str) -> dict[str, Any]:
    """Verify the signature only. Times are compared by the caller, with the clock that was passed in."""
    import jwt  # noqa: PLC0415 (slow)

    try:
        claims: dict[str, Any] = jwt.decode(
            text.encode("ascii", "replace"),
            secret,
            algorithms=[_ALGORITHM],
            options={"require": _CLAIMS, "verify_exp": False, "verify_iat": False},
        )
    except (jwt.InvalidTokenError, RecursionError) as exc:  # PyJWT before 2.14 does not bound the nesting of JSON
        raise InvalidToken("the ticket is not valid") from exc
    return claims
