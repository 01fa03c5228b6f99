"""A look at everything outside the code that the bot depends on: at the owner's command, and once a week by itself."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Final

from chalicelib.channels.messenger import profile
from chalicelib.channels.messenger.ports import MessengerPage, Webhook
from chalicelib.channels.messenger.setup import Setup
from chalicelib.clock import Clock
from chalicelib.errors import ModelUnusable, ParleyError
from chalicelib.log import Log
from chalicelib.operations.alerts import AlertService
from chalicelib.operations.diagnosis import Diagnosis, failed
from chalicelib.operations.findings import Finding, Severity, worst
from chalicelib.operations.ports import Catalogue
from chalicelib.settings import Settings

CHALLENGE: Final = "1158201444"
"""Meta's own example."""


@dataclass(frozen=True)
class HealthCheck:
    """One look. What cannot be looked at is a finding as well; nothing is raised but programming errors."""

    page: MessengerPage
    setup: Setup
    webhook: Webhook
    catalogue: Catalogue
    alerts: AlertService
    missing_secrets: Callable[[], Sequence[str]]
    app_id: Callable[[], str]
    webhook_url: Callable[[], str]
    verify_token: Callable[[], str] = field(repr=False)
    model_shutdown: date | None
    """As far as it is known without asking the provider."""
    settings: Settings
    clock: Clock
    log: Log

    def run(self, *, fix: bool = False) -> list[Finding]:
        """Look at everything. With `fix`, what is missing at Meta is set up again; that is still told, as a warning."""
        checks: dict[str, Callable[[], Iterable[Finding]]] = {
            "secrets": self._secrets,
            "page-token": self._token,
            "app-subscription": lambda: [self._app_subscription(fix=fix)],
            "page-subscription": lambda: [self._page_subscription(fix=fix)],
            "messenger-profile": lambda: [self._profile(fix=fix)],
            "webhook": self._webhook,
            "graph-api": lambda: [self._judge.graph_api(self.settings.messenger.graph_url)],
            "model": lambda: [self._model()],
            "time-zone": self._zone,
        }
        return [finding for name, check in checks.items() for finding in _made(name, check)]

    def report(self) -> Severity:
        """Look, set up again what is missing, and tell the owner when something is not as it should be."""
        findings = self.run(fix=True)
        state = worst(findings)
        self.log("checkup", state=state.value, findings=len(findings))
        if state is not Severity.OK:
            self.alerts.health_findings([finding for finding in findings if finding.state is not Severity.OK])
        return state

    def _secrets(self) -> Iterable[Finding]:
        return [self._judge.secrets(self.missing_secrets())]

    def _token(self) -> Iterable[Finding]:
        token = self.page.token()
        finding = self._judge.page_token(token, app_id=self.app_id())
        if finding.state is not Severity.OK:
            return [finding]
        return [
            finding,
            self._judge.page(self.page.holder()),
            self._judge.token_scopes(token),
            self._judge.token_expiry(token),
        ]

    def _app_subscription(self, *, fix: bool) -> Finding:
        url = self.webhook_url()
        finding = self._judge.app_subscription(self.page.app_subscription(), webhook_url=url)
        return _mended(finding, lambda: self.setup.subscribe_app(url, self.verify_token()), fix=fix)

    def _page_subscription(self, *, fix: bool) -> Finding:
        finding = self._judge.page_subscription(self.page.page_subscription())
        return _mended(finding, self.setup.subscribe_page, fix=fix)

    def _profile(self, *, fix: bool) -> Finding:
        wanted = profile.required(self.setup.texts)
        lacking = {name: wanted[name] for name in profile.missing(self.page.profile(), wanted)}
        return _mended(self._judge.profile(list(lacking)), lambda: self.page.set_profile(lacking), fix=fix)

    def _webhook(self) -> Iterable[Finding]:
        handshake = self.webhook.handshake(CHALLENGE)
        clock = self._judge.clock(handshake)
        signed, unsigned = (self.webhook.deliver_nothing(signed=signed) for signed in (True, False))
        return [
            self._judge.webhook(handshake, challenge=CHALLENGE),
            self._judge.signature(signed=signed, unsigned=unsigned),
            clock,
        ]

    def _model(self) -> Finding:
        try:
            known = self.catalogue.find()
        except ModelUnusable as exc:
            return self._judge.model_unusable(exc)
        return self._judge.model(self.settings.model.name, known, shutdown=self.model_shutdown)

    def _zone(self) -> Iterable[Finding]:
        zone = self.settings.limits.zone
        local = datetime.fromtimestamp(self.clock() / 1000, UTC).astimezone(zone)
        return [self._judge.zone(zone.key, local)]

    @property
    def _judge(self) -> Diagnosis:
        return Diagnosis(self.settings.stage.name, self.clock())


def _made(name: str, check: Callable[[], Iterable[Finding]]) -> Iterable[Finding]:
    try:
        return check()
    except ParleyError as exc:
        return [failed(name, exc)]


def _mended(finding: Finding, mend: Callable[[], object], *, fix: bool) -> Finding:
    if finding.state is Severity.OK or not fix:
        return finding
    try:
        mend()
    except ParleyError as exc:
        return replace(finding, what=f"{finding.what}; it could not be mended: {exc}")
    return replace(finding, state=Severity.WARNING, what=f"{finding.what}; it is mended now", cure="nothing more to do")
