"""Authentication of web chat clients by an API key, a ticket or an OpenID Connect token."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal, Protocol

from chalicelib.access import api_key, identity, signed_visitor, ticket
from chalicelib.access.api_key import ApiKey
from chalicelib.access.ports import ApiKeys, IdTokens
from chalicelib.access.ticket import Ticket
from chalicelib.clock import Clock
from chalicelib.errors import InvalidToken, TicketExpired
from chalicelib.ids import KeyId, PersonId

Kind = Literal["apiKey", "ticket", "token", "openKey", "addressTicket"]
"""The last two, and tokens, stand in the address of the WebSocket API: the id of an open key, and a ticket for that."""


@dataclass(frozen=True)
class Credentials:
    """What a client sends to authenticate."""

    kind: Kind
    text: str = field(repr=False)
    visitor: str | None
    """The name of the visitor, chosen by the holder of the API key; None for a new one. Ignored with other kinds."""

    @property
    def is_of_new_visitor(self) -> bool:
        """Whether they authenticate a visitor who was not there before."""
        return self.kind == "openKey" or (self.kind == "apiKey" and self.visitor is None)


@dataclass(frozen=True)
class Authenticated:
    """Who presented credentials that were accepted."""

    person: PersonId
    key: ApiKey | None = None
    """The API key they came with; None for users who signed in."""
    generation: int | None = None
    """Of a signed visitor, as in `access.ticket.Ticket`."""

    @property
    def whole_answers(self) -> bool:
        """Whether their client gets each answer when it is finished, as its API key says."""
        return self.key is not None and self.key.whole_answers


@dataclass(frozen=True)
class Rejected:
    """Credentials that were not accepted."""

    code: str
    """Stable, for clients: `auth_failed`, `key_revoked`, `ticket_expired` or `wrong_origin`."""
    message: str


_UNKNOWN = Rejected("auth_failed", "there is no such key")
_NOT_OPEN = Rejected("auth_failed", "the address names no open key")
_INVALID = Rejected("auth_failed", "the ticket is not valid")
_NO_SIGN_IN = Rejected("auth_failed", "this bot accepts no tokens")
REVOKED = Rejected("key_revoked", "the key is revoked or has expired")
_EXPIRED = Rejected("ticket_expired", "the ticket has expired: get a new one")
_WRONG_ORIGIN = Rejected("wrong_origin", "the page's origin is not one of the key's")
_FROM_DISK = Rejected("wrong_origin", "a page from a disk has the origin null: its key must allow any origin, with *")


@dataclass(frozen=True)
class Authenticator:
    """Authenticates clients."""

    keys: ApiKeys
    id_token_verifier: Callable[[], IdTokens | None]
    """Returns None if no issuer is configured. Called only for tokens, because it loads a cryptography library."""
    first_issuer: Callable[[], str | None]
    """Returns the issuer whose people have ids without an issuer; None if that is whichever is configured."""
    ticket_keys: Callable[[], Iterable[str]] = field(repr=False)
    """Returns the secrets by which tickets may be signed; those after the first are read only if it is refused."""
    own_origin: Callable[[], str]
    """The origin of the bot's own chat page."""
    clock: Clock
    new_id: Callable[[], str]

    def authenticate(self, credentials: Credentials, *, origin: str) -> Authenticated | Rejected:
        """Validate the credentials and return whose they are; `origin` is the connection's `Origin` header, or empty.

        Raises StoreError, ConfigError and IssuerUnavailable.
        """
        match credentials.kind:
            case "apiKey":
                return self._by_key(credentials.text, credentials.visitor or self.new_id(), origin)
            case "openKey":
                return self._by_open_key(credentials.text, origin)
            case "ticket":
                return self._by_ticket(credentials.text, origin, ticket.read)
            case "addressTicket":
                return self._by_ticket(credentials.text, origin, ticket.read_from_address)
            case "token":
                return self._by_token(credentials.text)

    def anonymous(self, text: str, *, origin: str) -> PersonId | None:
        """Return the visitor of a ticket that `GET /config` would renew; None for every other text.

        `origin` is as in `authenticate`. Raises StoreError and ConfigError.
        """
        found = self._by_ticket(text, origin, partial(ticket.read, oldest_ms=ticket.RENEWED_MS))
        if isinstance(found, Rejected) or signed_visitor.is_name(identity.name_of(found.person)):
            return None
        return found.person

    def _by_key(self, text: str, visitor: str, origin: str) -> Authenticated | Rejected:
        known = find_key(self.keys, text)
        return self._by_valid_key(known, visitor, origin) if known else _UNKNOWN

    def _by_open_key(self, key_id: str, origin: str) -> Authenticated | Rejected:
        known = self.keys.get(KeyId(key_id)) if api_key.is_id(key_id) else None
        return self._by_valid_key(known, self.new_id(), origin) if known and known.is_open else _NOT_OPEN

    def _by_ticket(self, text: str, origin: str, read: "_Read") -> Authenticated | Rejected:
        try:
            presented = self._read(text, read)
        except TicketExpired:
            return _EXPIRED
        except InvalidToken:
            return _INVALID
        known = self.keys.get(presented.key)
        if known is None or not signed_visitor.is_accepted(known, presented.generation):
            return _INVALID
        found = self._by_valid_key(known, presented.visitor, origin)
        return replace(found, generation=presented.generation) if isinstance(found, Authenticated) else found

    def _read(self, text: str, read: "_Read") -> Ticket:
        """Return the ticket if one of the keys signed it. Raises TicketExpired and InvalidToken."""
        for secret in self.ticket_keys():
            try:
                return read(text, secret=secret, now=self.clock())
            except TicketExpired:
                raise
            except InvalidToken:
                continue
        raise InvalidToken("the ticket is not valid")

    def _by_token(self, token: str) -> Authenticated | Rejected:
        tokens = self.id_token_verifier()
        if tokens is None:
            return _NO_SIGN_IN
        try:
            subject = tokens.subject(token)
        except InvalidToken as exc:
            return Rejected("auth_failed", str(exc))
        is_first = self.first_issuer() in (None, tokens.issuer)
        return Authenticated(identity.signed_in(subject, issuer=None if is_first else tokens.issuer))

    def _by_valid_key(self, key: ApiKey, visitor: str, origin: str) -> Authenticated | Rejected:
        if not key.is_valid(now=self.clock()):
            return REVOKED
        if not api_key.allows(key, origin, self.own_origin()):
            return _FROM_DISK if origin == "null" else _WRONG_ORIGIN
        return Authenticated(identity.visitor(key.id, visitor), key)


class _Read(Protocol):
    """Verifies a ticket of one kind. Raises TicketExpired and InvalidToken."""

    def __call__(self, text: str, /, *, secret: str, now: int) -> Ticket: ...


def find_key(keys: ApiKeys, text: str) -> ApiKey | None:
    """Return the stored key of which `text` is the whole, valid or not; None if there is none. Raises StoreError."""
    parsed = api_key.parse(text)
    known = keys.get(parsed[0]) if parsed else None
    return known if parsed and known and api_key.matches(known, parsed[1]) else None


def valid_key(keys: ApiKeys, text: str, *, now: int) -> ApiKey:
    """Return the stored key of which `text` is the whole, if it is valid. Raises InvalidToken and StoreError."""
    key = find_key(keys, text)
    if key is None or not key.is_valid(now=now):
        raise InvalidToken("there is no such key, or it is revoked or has expired")
    return key
