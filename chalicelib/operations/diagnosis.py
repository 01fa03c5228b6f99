"""From what was seen to what it means: each method judges one thing, says why it matters and what mends it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import Final

from chalicelib.channels.messenger.ports import AppSubscription, PageIdentity, PageToken, WebhookResponse
from chalicelib.channels.messenger.requirements import (
    FIELDS,
    NEEDED_FIELDS,
    NEEDED_SCOPE,
    SCOPES,
    VERSION_ENDS,
    version_of,
)
from chalicelib.errors import ModelFault, ModelUnusable, ParleyError
from chalicelib.operations.findings import Finding, Severity
from chalicelib.operations.ports import ModelInfo

TOKEN_ENDS_SOON: Final = timedelta(days=14)
"""As a warning; so are the two below."""
ENDS_SOON: Final = timedelta(days=90)
SKEWED_S: Final = 60

_NOBODY_HEARD = "people write and nobody hears them"
_NOBODY_ANSWERED = "people write and get no answer"


@dataclass(frozen=True)
class Diagnosis:
    """The judge of one stage, whose commands the cures name."""

    stage: str
    now: int

    # The secrets and the token.

    def secrets(self, missing: Sequence[str]) -> Finding:
        """Whether all are there."""
        if not missing:
            return _ok("secrets", "all are there")
        return _broken("secrets", f"missing: {', '.join(missing)}", _NOBODY_ANSWERED, self._deploy)

    def page_token(self, token: PageToken, *, app_id: str) -> Finding:
        """Whether it is valid, a page's and this app's."""
        name, why = "page-token", _NOBODY_ANSWERED
        if token.app_id not in ("", app_id):
            return _broken(name, f"it belongs to another app, {token.app_id}", why, self._new_token)
        if not token.is_valid:
            return _broken(name, "it is no longer valid", why, self._new_token)
        if token.kind != "PAGE":
            return _broken(name, "it speaks for a person, not for a page", why, self._new_token)
        return _ok(name, "it is valid, and this app's")

    def page(self, holder: PageIdentity) -> Finding:
        """Which page it is."""
        return _ok("page", f"{holder.name} ({holder.id})")

    def token_scopes(self, token: PageToken) -> Finding:
        """Whether the token may do what the bot does."""
        name, missing = "page-token-scopes", [scope for scope in SCOPES if scope not in token.scopes]
        if not missing:
            return _ok(name, "it has all permissions")
        what, cure = f"missing: {', '.join(missing)}", f"grant them to the app and {self._new_token}"
        if NEEDED_SCOPE in missing:
            return _broken(name, what, _NOBODY_ANSWERED, cure)
        return _warning(name, what, "the page cannot be subscribed again when Meta unsubscribes it", cure)

    def token_expiry(self, token: PageToken) -> Finding:
        """Whether the token will go on working."""
        name, ends = "page-token-expiry", [end for end in (token.expires_at, token.data_access_expires_at) if end]
        if not ends:
            return _ok(name, "it never ends")
        end = min(ends)
        when = _day(datetime.fromtimestamp(end / 1000, UTC).date())
        if end <= self.now:
            return _broken(name, f"it ended on {when}", _NOBODY_ANSWERED, self._new_token)
        if end - self.now < TOKEN_ENDS_SOON / timedelta(milliseconds=1):
            return _warning(name, f"it ends on {when}", "from then on nobody is answered", self._new_token)
        return _ok(name, f"it is valid until {when}")

    # What Meta delivers, and where.

    def app_subscription(self, found: AppSubscription | None, *, webhook_url: str) -> Finding:
        """Whether the app is told, here, what happens on its pages."""
        name = "app-subscription"
        if not found or not found.active:
            return _broken(name, "Meta delivers nothing to the app", _NOBODY_HEARD, self._fix)
        if found.callback_url != webhook_url:
            return _broken(name, f"Meta delivers elsewhere: {found.callback_url}", _NOBODY_HEARD, self._fix)
        return self._fields(name, found.fields)

    def page_subscription(self, fields: frozenset[str]) -> Finding:
        """Whether the page tells the app what happens."""
        name = "page-subscription"
        if not fields:
            return _broken(
                name,
                "the page tells the app nothing",
                f"{_NOBODY_HEARD}; Meta cuts a page off whose webhook failed for an hour",
                self._fix,
            )
        return self._fields(name, fields)

    def profile(self, lacking: Sequence[str]) -> Finding:
        """Whether people see what the bot offers."""
        if not lacking:
            return _ok("messenger-profile", "button, greeting, menu and commands are in place")
        what, why = f"not in place: {', '.join(lacking)}", "people do not see what the bot offers"
        return _warning("messenger-profile", what, why, self._fix)

    # The webhook itself.

    def webhook(self, handshake: WebhookResponse, *, challenge: str) -> Finding:
        """Whether it proves to be this bot's."""
        if (handshake.status, handshake.body) == (HTTPStatus.OK, challenge):
            return _ok("webhook", "it answers Meta's handshake")
        what = f"it does not answer Meta's handshake (HTTP {handshake.status})"
        return _broken("webhook", what, _NOBODY_HEARD, self._deploy)

    def signature(self, *, signed: WebhookResponse, unsigned: WebhookResponse) -> Finding:
        """Whether it takes what Meta signed, and nothing else."""
        name = "webhook-signature"
        if unsigned.status == HTTPStatus.OK:
            return _broken(name, "it takes what nobody signed", "anybody may write in anybody's name", self._deploy)
        if signed.status != HTTPStatus.OK:
            what = f"it does not take what this app signed (HTTP {signed.status})"
            cure = f"{self._deploy} --renew app-secret, or look into the door's log"
            return _broken(name, what, _NOBODY_HEARD, cure)
        return _ok(name, "it takes what Meta signed, and nothing else")

    def clock(self, answered: WebhookResponse) -> Finding:
        """Whether this machine's time is the webhook's."""
        if answered.at is None:
            return _ok("clock", "the webhook does not say its time")
        seconds = round((self.now - answered.at) / 1000)
        if abs(seconds) <= SKEWED_S:
            return _ok("clock", "this machine and the webhook have the same time")
        what = f"this machine's clock is {abs(seconds)} s {'ahead of' if seconds > 0 else 'behind'} the webhook's"
        why = "AWS refuses requests of a wrong time, and days of the quota begin at the wrong moment"
        return _warning("clock", what, why, "have this machine's clock set by the network")

    def zone(self, key: str, local: datetime) -> Finding:
        """Where the quota's day begins."""
        return _ok("time-zone", f"{key}, where it is {local:%H:%M} now")

    # What comes to an end.

    def graph_api(self, graph_url: str) -> Finding:
        """Whether the version of the Graph API lives on."""
        name, version = "graph-api", version_of(graph_url)
        if version is None:
            what = "PARLEY_GRAPH_URL names no version"
            return _warning(name, what, "Meta then chooses one, which may not fit", f"append /v{max(VERSION_ENDS)}.0")
        cure = f"set PARLEY_GRAPH_URL to https://graph.facebook.com/v{max(VERSION_ENDS)}.0 and run {self._deploy}"
        if version < min(VERSION_ENDS):
            return _broken(name, f"version {version} is dead", _NOBODY_ANSWERED, cure)
        return self._ending(name, f"version {version}", VERSION_ENDS.get(version), cure)

    def model(self, model: str, known: ModelInfo, *, shutdown: date | None) -> Finding:
        """Whether the model is there, and for how long. `shutdown` is what is known of it besides."""
        cure = f"set PARLEY_MODEL to another model and run {self._deploy}"
        ends = [end for end in (known.shutdown, shutdown) if end]
        ending = self._ending("model", model, min(ends, default=None), cure)
        if known.listed or ending.state is Severity.BROKEN:
            return ending
        what = f"{model} is not in the server's list" if known.listed is False else "the server keeps no list of models"
        return _warning("model", what, f"whether it knows {model} shows only when somebody asks", "write to the bot")

    def model_unusable(self, error: ModelUnusable) -> Finding:
        """Why nobody gets an answer of the model."""
        cures = {
            ModelFault.KEY: f"{self._deploy} --renew openai-key",
            ModelFault.CREDIT: "add credit at the model's provider",
            ModelFault.MISSING: f"set PARLEY_MODEL to a model your account may use and run {self._deploy}",
        }
        return _broken("model", str(error), "people get an apology instead of an answer", cures[error.cause])

    def _fields(self, name: str, found: frozenset[str]) -> Finding:
        missing = [field for field in FIELDS if field not in found]
        if not missing:
            return _ok(name, "all fields are subscribed")
        what = f"missing fields: {', '.join(missing)}"
        if NEEDED_FIELDS & set(missing):
            return _broken(name, what, _NOBODY_HEARD, self._fix)
        return _warning(name, what, "the bot does not notice all it should: edits, human answers, policies", self._fix)

    def _ending(self, name: str, what: str, end: date | None, cure: str) -> Finding:
        today = datetime.fromtimestamp(self.now / 1000, UTC).date()
        if end is None:
            return _ok(name, f"{what}: no end announced")
        if end <= today:
            return _broken(name, f"{what} ended on {_day(end)}", _NOBODY_ANSWERED, cure)
        if end - today < ENDS_SOON:
            return _warning(name, f"{what} ends on {_day(end)}", "from then on nobody is answered", cure)
        return _ok(name, f"{what}, until {_day(end)}")

    @property
    def _deploy(self) -> str:
        return f"scripts/parley deploy --stage {self.stage}"

    @property
    def _fix(self) -> str:
        return f"scripts/parley doctor --fix --stage {self.stage}"

    @property
    def _new_token(self) -> str:
        return f"make a new page token (docs/messenger-setup.md), then {self._deploy} --renew page-token"


def failed(name: str, error: ParleyError) -> Finding:
    """A check that could not be made; errors say what is wrong and, after a semicolon, the cure."""
    what, _, cure = str(error).partition("; ")
    return _broken(name, what, "it could not be looked at", cure or "run it again in a minute")


def _ok(name: str, what: str) -> Finding:
    return Finding(name, Severity.OK, what)


def _warning(name: str, what: str, why: str, cure: str) -> Finding:
    return Finding(name, Severity.WARNING, what, why, cure)


def _broken(name: str, what: str, why: str, cure: str) -> Finding:
    return Finding(name, Severity.BROKEN, what, why, cure)


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
