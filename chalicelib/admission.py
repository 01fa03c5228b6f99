"""Who is let in to the web chat, and as whom: by an API key, a ticket or a sign-in token, each checked in full."""

from collections.abc import Callable
from dataclasses import dataclass, field

from chalicelib import identity, keys
from chalicelib.channels.web import ticket
from chalicelib.channels.web.asked import Authenticate
from chalicelib.errors import InvalidToken, TicketExpired
from chalicelib.messages import PersonId
from chalicelib.messages_web import ApiKey
from chalicelib.ports import Clock
from chalicelib.ports_web import Keys, Tokens


@dataclass(frozen=True)
class TurnedAway:
    """Not let in; a stable code, and what the client is told."""

    code: str
    message: str


_UNKNOWN = TurnedAway("auth_failed", "there is no such key")
_INVALID = TurnedAway("auth_failed", "the ticket is not one of ours")
_NO_SIGN_IN = TurnedAway("auth_failed", "this bot takes no sign-in tokens")
_REVOKED = TurnedAway("key_revoked", "the key is revoked or has expired")
_EXPIRED = TurnedAway("ticket_expired", "the ticket has expired: get a new one")
_WRONG_ORIGIN = TurnedAway("wrong_origin", "this page is none of the key's origins")


@dataclass(frozen=True)
class Admission:
    """Checks proofs."""

    keys: Keys
    tokens: Callable[[], Tokens | None]
    """Who signs people in elsewhere, if anybody does."""
    ticket_key: Callable[[], str] = field(repr=False)
    own_origin: Callable[[], str]
    """Of the bot's own pages."""
    clock: Clock

    def admit(self, proof: Authenticate, *, origin: str) -> PersonId | TurnedAway:
        """The person that the proof is about. Raises StoreError, ConfigError and TokensOutOfReach."""
        match proof.kind:
            case "apiKey":
                return self._by_key(proof.credential, proof.visitor, origin)
            case "ticket":
                return self._by_ticket(proof.credential, origin)
        return self._by_token(proof.credential)

    def _by_key(self, text: str, visitor: str, origin: str) -> PersonId | TurnedAway:
        parsed = keys.parse(text)
        known = self.keys.get(parsed[0]) if parsed else None
        if not parsed or not known or not keys.matches(known, parsed[1]):
            return _UNKNOWN
        return self._vouched_for(known, visitor, origin)

    def _by_ticket(self, text: str, origin: str) -> PersonId | TurnedAway:
        try:
            shown = ticket.read(text, secret=self.ticket_key(), now=self.clock())
        except TicketExpired:
            return _EXPIRED
        except InvalidToken:
            return _INVALID
        known = self.keys.get(shown.key)
        return self._vouched_for(known, shown.visitor, origin) if known else _INVALID

    def _by_token(self, token: str) -> PersonId | TurnedAway:
        issuer = self.tokens()
        if issuer is None:
            return _NO_SIGN_IN
        try:
            return identity.signed_in(issuer.subject(token))
        except InvalidToken as exc:
            return TurnedAway("auth_failed", str(exc))

    def _vouched_for(self, key: ApiKey, visitor: str, origin: str) -> PersonId | TurnedAway:
        if not key.is_valid(now=self.clock()):
            return _REVOKED
        if not keys.allows(key, origin, self.own_origin()):
            return _WRONG_ORIGIN
        return identity.visitor(key.id, visitor)
