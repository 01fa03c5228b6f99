"""Messenger's health checks: token, subscriptions, profile, webhook, API version; they run in `operations.health`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from http import HTTPStatus
from typing import Final

from chalicelib.channels.messenger import profile
from chalicelib.channels.messenger.ports import MessengerPage, PageToken, Webhook, WebhookResponse
from chalicelib.channels.messenger.profile import Profile
from chalicelib.channels.messenger.requirements import (
    FIELDS,
    NEEDED_FIELDS,
    NEEDED_SCOPE,
    SCOPES,
    VERSION_ENDS,
    version_of,
)
from chalicelib.channels.messenger.setup import Setup
from chalicelib.clock import Clock, day_text, local_date
from chalicelib.operations import checks
from chalicelib.operations.findings import NO_ANSWERS, Check, Finding, Severity, deploy_command, lifetime

CHALLENGE: Final = "1158201444"
"""The challenge in the example of Meta's documentation on webhooks."""
TOKEN_ENDS_SOON: Final = timedelta(days=14)
"""How long before the end of the page token the owner is warned."""
_NOT_RECEIVED: Final = "the bot receives no messages"


@dataclass(frozen=True)
class MessengerHealth:
    """Contributes the checks of one page, app and webhook. Each reads as little as it needs, when it runs."""

    page: MessengerPage
    setup: Setup
    webhook: Webhook
    app_id: Callable[[], str]
    webhook_url: Callable[[], str]
    verify_token: Callable[[], str] = field(repr=False)
    graph_url: str
    """Base URL of the Graph API, with its version."""
    stage: str
    """Named in the commands of remedies."""
    clock: Clock

    def checks(self) -> Sequence[Check]:
        """Return the checks in the order of the report. They raise MetaError, WebhookUnreachable and ConfigError."""
        return [
            Check("page-token", self._token),
            Check("app-subscription", self._app_subscription, fix=self._subscribe_app),
            Check("page-subscription", self._page_subscription, fix=self.setup.subscribe_page),
            Check("messenger-profile", self._profile, fix=self._restore_profile),
            Check("webhook", self._webhook),
            Check("graph-api", self._graph_api),
        ]

    def _token(self) -> list[Finding]:
        """Return one finding for a token that cannot be used, and four for one that can."""
        token = self.page.token()
        finding = self._validity(token)
        if finding.state is not Severity.OK:
            return [finding]
        holder = self.page.identity()
        return [finding, Finding.ok("page", f"{holder.name} ({holder.id})"), self._scopes(token), self._expiry(token)]

    def _validity(self, token: PageToken) -> Finding:
        name = "page-token"
        if token.app_id not in ("", self.app_id()):
            return Finding.broken(name, f"it belongs to another app, {token.app_id}", NO_ANSWERS, self._new_token)
        if not token.is_valid:
            return Finding.broken(name, "it is no longer valid", NO_ANSWERS, self._new_token)
        if token.kind != "PAGE":
            return Finding.broken(name, "it is a user token, not a page token", NO_ANSWERS, self._new_token)
        return Finding.ok(name, "it is valid, and this app's")

    def _scopes(self, token: PageToken) -> Finding:
        name, missing = "page-token-scopes", [scope for scope in SCOPES if scope not in token.scopes]
        if not missing:
            return Finding.ok(name, "it has all permissions")
        what, remedy = f"missing: {', '.join(missing)}", f"grant them to the app and {self._new_token}"
        if NEEDED_SCOPE in missing:
            return Finding.broken(name, what, NO_ANSWERS, remedy)
        return Finding.warning(name, what, "the page cannot be subscribed again when Meta unsubscribes it", remedy)

    def _expiry(self, token: PageToken) -> Finding:
        name, ends = "page-token-expiry", [end for end in (token.expires_at, token.data_access_expires_at) if end]
        if not ends:
            return Finding.ok(name, "it never ends")
        end, now = min(ends), self.clock()
        when = day_text(local_date(end, UTC))
        if end <= now:
            return Finding.broken(name, f"it ended on {when}", NO_ANSWERS, self._new_token)
        if end - now < TOKEN_ENDS_SOON / timedelta(milliseconds=1):
            return Finding.warning(name, f"it ends on {when}", "from then on people get no answers", self._new_token)
        return Finding.ok(name, f"it is valid until {when}")

    def _app_subscription(self) -> list[Finding]:
        name, url = "app-subscription", self.webhook_url()
        found = self.page.app_subscription()
        if not found or not found.active:
            return [Finding.broken(name, "Meta delivers nothing to the app", _NOT_RECEIVED, self._fix)]
        if found.callback_url != url:
            return [Finding.broken(name, f"Meta delivers elsewhere: {found.callback_url}", _NOT_RECEIVED, self._fix)]
        return [self._fields(name, found.fields)]

    def _subscribe_app(self) -> None:
        self.setup.subscribe_app(self.webhook_url(), self.verify_token())

    def _page_subscription(self) -> list[Finding]:
        name, fields = "page-subscription", self.page.page_subscription()
        if fields:
            return [self._fields(name, fields)]
        why = f"{_NOT_RECEIVED}; Meta cuts a page off whose webhook failed for an hour"
        return [Finding.broken(name, "the page is not subscribed to the app", why, self._fix)]

    def _fields(self, name: str, found: frozenset[str]) -> Finding:
        missing = [field for field in FIELDS if field not in found]
        if not missing:
            return Finding.ok(name, "all fields are subscribed")
        what = f"missing fields: {', '.join(missing)}"
        if NEEDED_FIELDS & set(missing):
            return Finding.broken(name, what, _NOT_RECEIVED, self._fix)
        why = "the bot is not notified of everything: edits, human answers, policies"
        return Finding.warning(name, what, why, self._fix)

    def _profile(self) -> list[Finding]:
        name, missing = "messenger-profile", self._missing_properties()
        if not missing:
            return [Finding.ok(name, "button, menu and commands are in place")]
        what, why = f"not in place: {', '.join(missing)}", "people do not see what the bot offers"
        return [Finding.warning(name, what, why, self._fix)]

    def _restore_profile(self) -> None:
        """Write only what is missing: texts that the owner has changed stay."""
        if missing := self._missing_properties():
            self.page.set_profile(missing)

    def _missing_properties(self) -> Profile:
        required = profile.required(self.setup.texts)
        return {name: required[name] for name in profile.missing(self.page.profile(required.keys()), required)}

    def _webhook(self) -> list[Finding]:
        handshake = self.webhook.handshake(CHALLENGE)
        clock = checks.clock_skew(handshake.at, now=self.clock())
        return [self._handshake(handshake), self._signature(), clock]

    def _handshake(self, response: WebhookResponse) -> Finding:
        if (response.status, response.body) == (HTTPStatus.OK, CHALLENGE):
            return Finding.ok("webhook", "it answers Meta's handshake")
        what = f"it does not answer Meta's handshake (HTTP {response.status})"
        return Finding.broken("webhook", what, _NOT_RECEIVED, deploy_command(self.stage))

    def _signature(self) -> Finding:
        name, deploy = "webhook-signature", deploy_command(self.stage)
        signed, unsigned = (self.webhook.deliver_empty(signed=signed) for signed in (True, False))
        if unsigned.status == HTTPStatus.OK:
            return Finding.broken(name, "it accepts unsigned requests", "a stranger can write as any person", deploy)
        if signed.status != HTTPStatus.OK:
            what = f"it does not accept requests that this app signed (HTTP {signed.status})"
            remedy = f"{deploy} --renew app-secret, or see {self._errors}"
            return Finding.broken(name, what, _NOT_RECEIVED, remedy)
        return Finding.ok(name, "it accepts only requests that Meta signed")

    def _graph_api(self) -> list[Finding]:
        name, version, newest = "graph-api", version_of(self.graph_url), f"v{max(VERSION_ENDS)}.0"
        if version is None:
            why = "Meta then chooses one, which may not fit"
            return [Finding.warning(name, "PARLEY_GRAPH_URL names no version", why, f"append /{newest}")]
        deploy = deploy_command(self.stage)
        remedy = f"set PARLEY_GRAPH_URL to https://graph.facebook.com/{newest} and run {deploy}"
        if version < min(VERSION_ENDS):
            return [Finding.broken(name, f"version {version} no longer works", NO_ANSWERS, remedy)]
        end = VERSION_ENDS.get(version)
        return [lifetime(name, f"version {version}", end=end, now=self.clock(), remedy=remedy)]

    @property
    def _fix(self) -> str:
        return f"scripts/parley doctor --fix --stage {self.stage}"

    @property
    def _errors(self) -> str:
        return f"scripts/parley logs --errors --stage {self.stage}"

    @property
    def _new_token(self) -> str:
        return f"make a new page token (docs/messenger-setup.md), then {deploy_command(self.stage)} --renew page-token"
