"""Signs people in on chat pages: leads to the issuer, and exchanges the code with which they come back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from chalicelib.access import network_address
from chalicelib.access import page_sign_in as rules
from chalicelib.access.identity import SIGNED_IN
from chalicelib.access.ports import Handovers, SignInIssuer, Tickets
from chalicelib.clock import Clock, hour_of
from chalicelib.content import assets
from chalicelib.content.assets import Asset
from chalicelib.content.persona import Persona
from chalicelib.errors import BadRequest, InvalidToken, IssuerUnavailable, RateLimited, UnknownKey
from chalicelib.log import Log

SIGN_INS_AN_HOUR: Final = 300
"""Codes that are exchanged for one network address in an hour of the clock; a company has one address."""
CALLBACK: Final = "chat/signed-in"
"""The path to which the issuer returns people, below the address of the REST API."""


@dataclass(frozen=True)
class PageSignIn:
    """Answers the requests by which a chat page signs a person in. Every method raises StoreError and ConfigError."""

    client: str | None
    """The client id at the issuer; None where people cannot sign in."""
    issuer: Callable[[], SignInIssuer]
    handovers: Handovers
    tickets: Tickets
    ticket_key: Callable[[], str] = field(repr=False)
    api_url: Callable[[], str]
    websocket_url: Callable[[], str]
    persona: Callable[[], Persona]
    """Returns who answers people who signed in."""
    clock: Clock
    log: Log

    def config(self) -> Mapping[str, Any]:
        """Return what a page needs to connect for a person who signed in. Raises UnknownKey without an issuer."""
        if self.client is None:
            raise UnknownKey("this bot has no sign-in: the address must name a key")
        return {"websocket_url": self.websocket_url(), "persona": self.persona().public()}

    def leave(self, query: Mapping[str, str], *, site: str) -> Asset:
        """Return the page that leads to the issuer, or says why it does not.

        `site` is `Sec-Fetch-Site`. Only a page of the bot's own may lead there: whoever could send people to the
        issuer with a state of their own would get the code of the person who then signs in.
        """
        if self.client is None or site != "same-origin":
            return assets.signing("leave", trouble="not_started_here", status=HTTPStatus.FORBIDDEN)
        try:
            address = rules.authorization_url(
                self.issuer().authorization_endpoint(),
                client=self.client,
                callback=self._callback(),
                state=query.get("state", ""),
                challenge=query.get("challenge", ""),
                nonce=query.get("nonce", ""),
                again="again" in query,
            )
        except BadRequest:
            return assets.signing("leave", trouble="not_started_here", status=HTTPStatus.BAD_REQUEST)
        except IssuerUnavailable as exc:
            self.log.failure("sign_in", exc)
            return assets.signing("leave", trouble="sign_in_unavailable", status=HTTPStatus.SERVICE_UNAVAILABLE)
        return assets.signing("leave", address=address)

    def put(self, body: Mapping[str, Any]) -> None:
        """Store what the issuer sent a window: a code, or nothing if the person has not signed in. Raises BadRequest.

        What comes for a slot that holds something is dropped.
        """
        self._check_client()
        slot = rules.random_text(body.get("slot"), "slot")
        code = rules.code(body["code"]) if body.get("code") else ""
        self.handovers.put(slot, code, now=self.clock())

    def token(self, body: Mapping[str, Any], *, address: str) -> str | None:
        """Return the ID token for the body's code, or for the code that waits in the slot of its secret.

        None while the slot is empty. Raises BadRequest, InvalidToken if the issuer did not let the person in,
        IssuerUnavailable, and RateLimited.
        """
        self._check_client()
        verifier = rules.random_text(body.get("verifier"), "verifier")
        code = rules.code(body["code"]) if "code" in body else self._handed_over(body.get("secret"))
        if code is None:
            return None
        if not code:
            raise InvalidToken("the person has not signed in")
        self._count(address)
        try:
            return self.issuer().exchange(code, verifier=verifier, callback=self._callback())
        except IssuerUnavailable as exc:
            self.log.failure("sign_in", exc)
            raise

    def _check_client(self) -> None:
        """Raises BadRequest if no issuer is configured."""
        if self.client is None:
            raise BadRequest("this bot has no sign-in")

    def _handed_over(self, secret: object) -> str | None:
        return self.handovers.take(rules.slot_of(rules.random_text(secret, "secret")), now=self.clock())

    def _count(self, address: str) -> None:
        """Raises RateLimited."""
        whose = network_address.hashed(address, secret=self.ticket_key())
        if not self.tickets.count(SIGNED_IN, whose, hour=hour_of(self.clock()), most=SIGN_INS_AN_HOUR):
            raise RateLimited("too many people sign in from this address: try again in an hour")

    def _callback(self) -> str:
        return f"{self.api_url().rstrip('/')}/{CALLBACK}"
