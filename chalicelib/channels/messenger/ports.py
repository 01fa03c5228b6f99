"""The page and the app at Meta: their state as values, and the calls Parley makes, as Protocols; no code."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class PageIdentity:
    """Whom a token speaks for."""

    id: str
    name: str


@dataclass(frozen=True)
class PageToken:
    """What Meta says of the page token. Times are milliseconds since 1970, None for never."""

    is_valid: bool
    app_id: str
    """Empty when Meta does not say: of what is no token at all."""
    kind: str
    """`PAGE` for a page's, `USER` for a person's."""
    scopes: frozenset[str]
    expires_at: int | None
    data_access_expires_at: int | None


@dataclass(frozen=True)
class AppSubscription:
    """Where Meta sends what happens on the pages of an app."""

    callback_url: str
    active: bool
    fields: frozenset[str]


@dataclass(frozen=True)
class WebhookResponse:
    """What the bot's webhook answered."""

    status: int
    body: str
    at: int | None
    """By the answering server's clock, in milliseconds since 1970; None when it does not say."""


class MessengerPage(Protocol):
    """The page and the app, as Meta keeps them. All methods raise MetaError, and ConfigError if a secret lacks."""

    def holder(self) -> PageIdentity:
        """Whom the page token speaks for."""

    def token(self) -> PageToken:
        """What the page token may do, and until when; also of one that is no longer valid, but not of another app's."""

    def app_subscription(self) -> AppSubscription | None:
        """Where the app is told what happens on its pages; None when nowhere."""

    def subscribe_app(self, callback_url: str, *, verify_token: str, fields: Collection[str]) -> None:
        """Have the app told so; Meta asks the address first, and nothing changes when that fails."""

    def page_subscription(self) -> frozenset[str]:
        """The fields of the page that the app is told of; empty when the page does not know the app."""

    def subscribe_page(self, fields: Collection[str]) -> None:
        """Have the app told of exactly these."""

    def unsubscribe_page(self) -> None:
        """Have the app told nothing more."""

    def profile(self) -> Mapping[str, Any]:
        """The profile's properties that Parley sets, as far as they are there."""

    def set_profile(self, properties: Mapping[str, Any]) -> None:
        """Replace these properties."""

    def clear_profile(self) -> None:
        """Delete all properties that Parley sets."""


class Webhook(Protocol):
    """The bot's own webhook, asked as Meta asks it. Both raise WebhookSilent, and ConfigError if a secret lacks."""

    def handshake(self, challenge: str) -> WebhookResponse:
        """Ask whether the address is ours: then the challenge is the answer."""

    def deliver_nothing(self, *, signed: bool) -> WebhookResponse:
        """Deliver a body without events, with the app's signature or with none."""
