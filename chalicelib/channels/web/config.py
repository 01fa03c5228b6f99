"""How somebody on a web page becomes a visitor: a ticket for the chat, handed out sparingly, and never a key."""

import hmac
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from chalicelib.access import api_key
from chalicelib.access.api_key import ApiKey
from chalicelib.access.ports import ApiKeys, Tickets
from chalicelib.access.ticket import LIFETIME_S, mint, read
from chalicelib.clock import Clock
from chalicelib.content import assets, persona
from chalicelib.content.assets import Asset
from chalicelib.content.persona import Persona
from chalicelib.errors import InvalidToken, RateLimited, UnknownKey, WrongOrigin
from chalicelib.ids import KeyId

TICKETS_AN_HOUR: Final = 60
"""For one key and one address; a tab needs one each time it connects."""
_REMEMBERED_MS: Final = 30 * 24 * 60 * 60 * 1000


@dataclass(frozen=True)
class IssuedConfig:
    """What a chat page needs to begin."""

    websocket_url: str
    ticket: str = field(repr=False)
    persona: Persona
    limit: int | None
    """Questions a day; None means no limit."""
    expires_in: int = LIFETIME_S
    """Seconds for which the ticket is good."""

    def as_json(self) -> dict[str, Any]:
        """As pages read it; what there is no limit of is left out."""
        persona = {"name": self.persona.name, "opening": self.persona.opening}
        told = {
            "websocket_url": self.websocket_url,
            "ticket": self.ticket,
            "expires_in": self.expires_in,
            "persona": {name: value for name, value in persona.items() if value},
            "limit": self.limit,
        }
        return {name: value for name, value in told.items() if value is not None}


@dataclass(frozen=True)
class ChatConfig:
    """Answers chat pages. Every method raises StoreError and ConfigError."""

    keys: ApiKeys
    tickets: Tickets
    ticket_key: Callable[[], str] = field(repr=False)
    own_origin: Callable[[], str]
    """Of the bot's own pages."""
    websocket_url: Callable[[], str]
    new_id: Callable[[], str]
    clock: Clock

    def config(self, key_id: str, *, origin: str, address: str, bearer: str) -> IssuedConfig:
        """A ticket and what goes with it, for whoever asks from a page of `origin` and from `address`.

        Who brings an old ticket of the same key as `bearer` stays who they are; anything else makes a new visitor.
        Raises UnknownKey, WrongOrigin and TooManyTickets.
        """
        key = self._valid(key_id)
        if not api_key.allows(key, origin, self.own_origin()):
            raise WrongOrigin("this page is none of the key's origins")
        secret, now = self.ticket_key(), self.clock()
        hour = f"{datetime.fromtimestamp(now / 1000, UTC):%Y-%m-%dT%H}"
        if not self.tickets.count(key.id, _hidden(address, secret), hour=hour, most=TICKETS_AN_HOUR):
            raise RateLimited("too many tickets from this address: try again in an hour")
        return IssuedConfig(
            websocket_url=self.websocket_url(),
            ticket=mint(key.id, self._visitor(key, bearer), secret=secret, now=now),
            persona=persona.load(key.persona),
            limit=key.daily_messages,
        )

    def page(self, key_id: str) -> Asset:
        """The chat page of a key, which may be framed where the key may be used; without one, anywhere, to say so."""
        origins: tuple[str, ...] = (api_key.ANY_ORIGIN,)
        with suppress(UnknownKey):
            origins = self._valid(key_id).origins
        return assets.page(websocket_url=self.websocket_url(), frame_ancestors=origins)

    def _valid(self, key_id: str) -> ApiKey:
        """What can be no id is not looked for; to strangers, a key that is over is no key."""
        key = self.keys.get(KeyId(key_id)) if api_key.is_id(key_id) else None
        if key is None or not key.is_valid(now=self.clock()):
            raise UnknownKey("there is no such key")
        return key

    def _visitor(self, key: ApiKey, bearer: str) -> str:
        try:
            last = read(bearer, secret=self.ticket_key(), now=self.clock(), oldest_ms=_REMEMBERED_MS)
        except InvalidToken:
            return self.new_id()
        return last.visitor if last.key == key.id else self.new_id()


def _hidden(address: str, secret: str) -> str:
    """An address as it is counted: the same for the same one, and nothing to read back from it."""
    return hmac.digest(secret.encode(), f"address {address}".encode(), "sha256").hex()
