"""The page, the app and the webhook: their state as values, and the calls to them, as Protocols."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class PageIdentity:
    """The page that a token belongs to."""

    id: str
    name: str


@dataclass(frozen=True)
class PageToken:
    """What Meta says about the page token. Times are milliseconds since 1970, or None for never."""

    is_valid: bool
    app_id: str
    """Empty if Meta names none, as for a text that is no token."""
    kind: str
    """`PAGE` for the token of a page, `USER` for that of a person."""
    scopes: frozenset[str]
    expires_at: int | None
    data_access_expires_at: int | None


@dataclass(frozen=True)
class AppSubscription:
    """The webhook to which Meta sends the events of an app's pages, and the fields it sends."""

    callback_url: str
    active: bool
    fields: frozenset[str]


@dataclass(frozen=True)
class WebhookResponse:
    """The response of the bot's webhook to a test request."""

    status: int
    body: str
    at: int | None
    """The time in the header `Date`, in milliseconds since 1970; None without one."""


class MessengerPage(Protocol):
    """The page and the app at Meta. All methods raise MetaError, and ConfigError if a secret is missing."""

    def identity(self) -> PageIdentity:
        """Return the page that the page token belongs to."""

    def token(self) -> PageToken:
        """Return the permissions and expiry of the page token, also of an expired one; not of another app's token."""

    def app_subscription(self) -> AppSubscription | None:
        """Return the webhook that the app is subscribed with; None if there is none."""

    def subscribe_app(self, callback_url: str, *, verify_token: str, fields: Collection[str]) -> None:
        """Subscribe the webhook. Meta first sends it a handshake; nothing changes if that fails."""

    def page_subscription(self) -> frozenset[str]:
        """Return the fields of the page that the app receives; empty if the page has not subscribed the app."""

    def subscribe_page(self, fields: Collection[str]) -> None:
        """Send exactly these fields of the page to the app."""

    def unsubscribe_page(self) -> None:
        """Send nothing of the page to the app any more."""

    def profile(self, names: Collection[str]) -> Mapping[str, Any]:
        """Return these properties of the page's profile, as far as they exist. Raises NotOffered."""

    def set_profile(self, properties: Mapping[str, Any]) -> None:
        """Replace these properties; the others stay. Raises NotOffered, having written nothing."""

    def clear_profile(self, names: Collection[str]) -> None:
        """Delete these properties. Raises NotOffered."""


class Webhook(Protocol):
    """The bot's own webhook, which gets requests like Meta's.

    Both methods raise WebhookUnreachable, and ConfigError if a secret is missing.
    """

    def handshake(self, challenge: str) -> WebhookResponse:
        """Send a handshake; the bot's webhook responds with `challenge` as the body."""

    def deliver_empty(self, *, signed: bool) -> WebhookResponse:
        """Send a body without events, with the app's signature or without a signature."""
