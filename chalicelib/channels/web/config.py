"""Gives chat pages a ticket and the values they need to connect; an API key's secret is never sent to a page."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

from chalicelib.access import api_key, browsers, network_address, signed_visitor
from chalicelib.access.api_key import ApiKey
from chalicelib.access.authentication import valid_key
from chalicelib.access.personas import Personas
from chalicelib.access.ports import ApiKeys, Tickets
from chalicelib.access.ticket import LIFETIME_S, RENEWED_MS, mint, mint_for_address, read
from chalicelib.clock import Clock, hour_of
from chalicelib.content import assets
from chalicelib.content.assets import Asset
from chalicelib.content.persona import Persona
from chalicelib.errors import BadRequest, InvalidToken, RateLimited, UnknownKey, WrongOrigin
from chalicelib.ids import KeyId

TICKETS_AN_HOUR: Final = 60
"""Tickets for one key and one network address, or one signed visitor, in an hour of the clock.

A tab needs one each time it connects.
"""
TICKETS_OF_A_SITE: Final = 10_000
"""Tickets that a site's server gets in an hour, for all its customers."""
_ALL_OF_A_SITE: Final = "site"


@dataclass(frozen=True)
class IssuedConfig:
    """The response to a chat page: what it needs to connect."""

    websocket_url: str
    ticket: str = field(repr=False)
    address_ticket: str = field(repr=False)
    """Of the same visitor, for the address of the WebSocket instead of a frame."""
    persona: Persona
    limit: int | None
    """Questions a day; None means no limit."""
    expires_in: int = LIFETIME_S
    """Seconds for which the tickets are valid."""
    visitor: str | None = None
    """The visitor's name, for the holder of the API key only."""

    def as_json(self) -> dict[str, Any]:
        """Build the JSON object of the response; a field without a value is left out."""
        values = {
            "websocket_url": self.websocket_url,
            "ticket": self.ticket,
            "address_ticket": self.address_ticket,
            "expires_in": self.expires_in,
            "persona": self.persona.public(),
            "limit": self.limit,
            "visitor": self.visitor,
        }
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True)
class ChatConfig:
    """Answers the requests of chat pages. Every method raises StoreError and ConfigError."""

    keys: ApiKeys
    tickets: Tickets
    personas: Personas
    ticket_key: Callable[[], str] = field(repr=False)
    own_origin: Callable[[], str]
    """Returns the origin of the bot's own pages, such as `https://bot.example`."""
    websocket_url: Callable[[], str]
    new_id: Callable[[], str]
    clock: Clock
    sign_in: bool = False
    """Whether people can sign in at an issuer."""

    def issue(
        self, key_id: str, *, origin: str, address: str, bearer: str, site: str = "", mode: str = "", signed: str = ""
    ) -> IssuedConfig:
        """Issue a ticket for the API key `key_id` to a page of `origin` that asks from the network address `address`.

        `signed` is the token in which the key's site says who its visitor is, or empty. Without it, `bearer` is the
        visitor's last ticket: if it is of the same key and at most 30 days old, the visitor stays the same; otherwise
        the ticket is for a new visitor. `site` and `mode` are the headers `Sec-Fetch-Site` and `Sec-Fetch-Mode`: a page
        that could not read the ticket uses up none. Raises UnknownKey, WrongOrigin, InvalidToken and RateLimited.
        """
        if not browsers.could_read(site=site, mode=mode):
            raise WrongOrigin("the page that caused this request could not read the answer: use fetch with CORS")
        key = self._valid_key(key_id)
        if not api_key.allows(key, origin, self.own_origin()):
            raise WrongOrigin("the page's origin is not one of the key's")
        secret = self.ticket_key()
        if signed:
            known = signed_visitor.read(signed, key, ticket_key=secret, now=self.clock())
            visitor = signed_visitor.name_of(key, known.subject)
            self._count(key, visitor, most=TICKETS_AN_HOUR)
            return self._config(key, visitor, known.generation)
        self._count(key, network_address.hashed(address, secret=secret), most=TICKETS_AN_HOUR)
        return self._config(key, self._visitor(key, bearer))

    def issue_to_site(self, key_text: str, params: Mapping[str, Any]) -> IssuedConfig:
        """Issue a ticket to the server of a site, which has the whole API key `key_text`, for one of its customers.

        `params` has the site's own id of the customer as `visitor`. The server's address is not counted, but its
        tickets are: for each customer as in `issue`, and for all of them. Raises InvalidToken if the key is not valid,
        BadRequest and RateLimited.
        """
        key = valid_key(self.keys, key_text, now=self.clock())
        customer = params.get("visitor")
        if not signed_visitor.is_subject(customer):
            raise BadRequest(f"visitor {signed_visitor.SUBJECT_RULE}: your own id of the customer")
        visitor = signed_visitor.name_of(key, str(customer))
        self._count(key, visitor, most=TICKETS_AN_HOUR)
        self._count(key, _ALL_OF_A_SITE, most=TICKETS_OF_A_SITE)
        return replace(self._config(key, visitor), visitor=visitor)

    def page(self, key_id: str, *, languages: str = "") -> Asset:
        """Return the chat page of a key, with a header that lets only the key's origins embed it.

        For an unknown key, any origin may embed the page, which then shows the error. Without a key, people have to
        sign in, and no other page may embed it. `languages` is the visitor's Accept-Language.
        """
        origins: tuple[str, ...] = (api_key.ANY_ORIGIN,)
        is_known = False
        with suppress(UnknownKey):
            origins, is_known = self._valid_key(key_id).origins, True
        if self.sign_in and not key_id:
            origins, is_known = (), True
        return assets.page(
            websocket_url=self.websocket_url(),
            frame_ancestors=origins,
            sign_in=self.sign_in and is_known,
            languages=languages,
        )

    def _valid_key(self, key_id: str) -> ApiKey:
        """Return a key that is neither revoked nor expired. Raises UnknownKey, the same for all other cases.

        A text that cannot be an id is not looked up.
        """
        key = self.keys.get(KeyId(key_id)) if api_key.is_id(key_id) else None
        if key is None or not key.is_valid(now=self.clock()):
            raise UnknownKey("there is no such key")
        return key

    def _count(self, key: ApiKey, whose: str, *, most: int) -> None:
        """Count a ticket for `whose`: a hashed address, a visitor or a site. Raises RateLimited after the `most`."""
        if not self.tickets.count(key.id, whose, hour=hour_of(self.clock()), most=most):
            raise RateLimited("too many tickets from this address or for this visitor: try again in an hour")

    def _config(self, key: ApiKey, visitor: str, generation: int | None = None) -> IssuedConfig:
        secret, now = self.ticket_key(), self.clock()
        return IssuedConfig(
            websocket_url=self.websocket_url(),
            ticket=mint(key.id, visitor, secret=secret, now=now, generation=generation),
            address_ticket=mint_for_address(key.id, visitor, secret=secret, now=now, generation=generation),
            persona=self.personas.named(key.persona),
            limit=key.daily_messages,
        )

    def _visitor(self, key: ApiKey, bearer: str) -> str:
        """Return the visitor of this ticket if it renews, else a new one. The ticket of a signed visitor does not."""
        try:
            last = read(bearer, secret=self.ticket_key(), now=self.clock(), oldest_ms=RENEWED_MS)
        except InvalidToken:
            return self.new_id()
        is_same = last.key == key.id and not signed_visitor.is_name(last.visitor)
        return last.visitor if is_same else self.new_id()
