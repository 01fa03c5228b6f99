"""What setting the bot up and looking after it need of the world, as `ports.py` has it for answering; no code."""

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from chalicelib.channels.messenger.registration import AppSubscription, Holder, Token
from chalicelib.findings import Answered, KnownModel


class MessengerPage(Protocol):
    """The page and the app, as Meta keeps them. All methods raise MetaError, and ConfigError if a secret lacks."""

    def holder(self) -> Holder:
        """Whom the page token speaks for."""

    def token(self) -> Token:
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

    def handshake(self, challenge: str) -> Answered:
        """Ask whether the address is ours: then the challenge is the answer."""

    def deliver_nothing(self, *, signed: bool) -> Answered:
        """Deliver a body without events, with the app's signature or with none."""


class Catalogue(Protocol):
    """What the model's provider offers."""

    def find(self) -> KnownModel:
        """What is known of the model in use. Raises ModelError."""


class Examiner(Protocol):
    """Asks for a checkup."""

    def ask(self) -> None:
        """Have it made soon; returns without waiting for it. Raises WakeError."""
