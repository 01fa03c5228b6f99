"""The page and the app at Meta, and the webhook, in memory."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from chalicelib.channels.messenger.ports import AppSubscription, PageIdentity, PageToken, WebhookResponse
from chalicelib.channels.messenger.requirements import SCOPES
from chalicelib.errors import MetaError, NotOffered, WebhookUnreachable

APP: Final = "900800"
PAGE: Final = PageIdentity("4711", "Our page")
VALID: Final = PageToken(
    is_valid=True,
    app_id=APP,
    kind="PAGE",
    scopes=frozenset(SCOPES),
    expires_at=None,
    data_access_expires_at=None,
)


@dataclass
class FakePage:
    """`MessengerPage`: nothing is set up at first. It finds a webhook at `webhook` alone."""

    webhook: tuple[str, str] = field(repr=False)
    """Its address, and the verify token it wants."""
    page_token: PageToken = VALID
    app: AppSubscription | None = None
    fields: frozenset[str] = frozenset()
    properties: Mapping[str, Any] = field(default_factory=dict)
    offers_greeting: bool = True
    refusal: MetaError | None = None
    """What every call but `token` ends in."""
    written: list[str] = field(default_factory=list)
    """Which calls changed something."""

    def identity(self) -> PageIdentity:
        self._call()
        return PAGE

    def token(self) -> PageToken:
        return self.page_token

    def app_subscription(self) -> AppSubscription | None:
        self._call()
        return self.app

    def subscribe_app(self, callback_url: str, *, verify_token: str, fields: Collection[str]) -> None:
        self._call("app")
        if (callback_url, verify_token) != self.webhook:
            raise MetaError("the webhook did not answer as it should; run it again")
        self.app = AppSubscription(callback_url, active=True, fields=frozenset(fields))

    def page_subscription(self) -> frozenset[str]:
        self._call()
        return self.fields

    def subscribe_page(self, fields: Collection[str]) -> None:
        self._call("page")
        self.fields = frozenset(fields)

    def unsubscribe_page(self) -> None:
        self._call("page")
        self.fields = frozenset()

    def profile(self, names: Collection[str]) -> Mapping[str, Any]:
        self._call(names=names)
        return {name: value for name, value in self.properties.items() if name in names}

    def set_profile(self, properties: Mapping[str, Any]) -> None:
        self._call("profile", properties)
        self.properties = {**self.properties, **properties}

    def clear_profile(self, names: Collection[str]) -> None:
        self._call("profile", names)
        self.properties = {name: value for name, value in self.properties.items() if name not in names}

    def invalidate(self) -> None:
        """The page token is dead."""
        self.page_token = replace(self.page_token, is_valid=False)
        self.refusal = MetaError("Meta refuses the page token; make a new one")

    def _call(self, written: str = "", names: Collection[str] = ()) -> None:
        if self.refusal:
            raise self.refusal
        if "greeting" in names and not self.offers_greeting:
            raise NotOffered("Meta refuses the call (code 100)")
        self.written += [written] if written else []


@dataclass
class FakeWebhook:
    """`Webhook`: in order, unless told otherwise."""

    at: int | None = None
    """Its time; None for none."""
    verifies: bool = True
    takes_signed: bool = True
    takes_unsigned: bool = False
    silent: bool = False

    def handshake(self, challenge: str) -> WebhookResponse:
        return self._answer(challenge, taken=self.verifies)

    def deliver_empty(self, *, signed: bool) -> WebhookResponse:
        return self._answer("EVENT_RECEIVED", taken=self.takes_signed if signed else self.takes_unsigned)

    def _answer(self, body: str, *, taken: bool) -> WebhookResponse:
        if self.silent:
            raise WebhookUnreachable(
                "the webhook does not answer (ConnectTimeout); see the log of the function api_handler"
            )
        return WebhookResponse(200, body, self.at) if taken else WebhookResponse(403, "forbidden", self.at)
