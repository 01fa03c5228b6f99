import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest

from chalicelib.channels.messenger.ports import AppSubscription
from chalicelib.channels.messenger.requirements import FIELDS
from chalicelib.channels.messenger.setup import Setup
from chalicelib.content.text import load
from chalicelib.errors import ConfigError, MetaError, ModelBusy, ModelFault, ModelUnusable, NotifyError
from chalicelib.log import Log
from chalicelib.operations.alerts import AlertService
from chalicelib.operations.findings import Finding, Severity, worst
from chalicelib.operations.health import HealthCheck
from chalicelib.operations.ports import ModelInfo
from chalicelib.settings import Settings
from tests.fakes.adapters import FakeClock, RememberingNotifier
from tests.fakes.memory import Memory
from tests.fakes.model import FakeCatalogue
from tests.fakes.page import APP, FakePage, FakeWebhook
from tests.fakes.people import FakePeople, FakeSentAlerts

URL, VERIFY_TOKEN = "https://bot.example/api/webhook", "the verify token"
SAYS = load("en")
OK, WARNING, BROKEN = Severity
ALL = [
    "secrets",
    "page-token",
    "page",
    "page-token-scopes",
    "page-token-expiry",
    "app-subscription",
    "page-subscription",
    "messenger-profile",
    "webhook",
    "webhook-signature",
    "clock",
    "graph-api",
    "model",
    "time-zone",
]


def nothing() -> str:
    raise ConfigError("the SSM parameter /parley/prod/x is missing; put it there as a SecureString")


@dataclass
class Patient:
    """A bot in good health; a test makes one thing worse."""

    page: FakePage = field(default_factory=lambda: FakePage((URL, VERIFY_TOKEN)))
    webhook: FakeWebhook = field(default_factory=FakeWebhook)
    catalogue: FakeCatalogue = field(default_factory=FakeCatalogue)
    notifier: RememberingNotifier = field(default_factory=RememberingNotifier)
    clock: FakeClock = field(default_factory=FakeClock)
    missing: list[str] = field(default_factory=list)
    model_shutdown: date | None = None
    has_url: bool = True
    environment: dict[str, str] = field(default_factory=dict)
    logged: io.StringIO = field(default_factory=io.StringIO)

    def __post_init__(self) -> None:
        setup = Setup(self.page, SAYS)
        setup.subscribe_app(URL, VERIFY_TOKEN)
        setup.subscribe_page()
        setup.write_profile()
        self.page.written.clear()
        self.webhook.at = self.clock()

    @property
    def checkup(self) -> HealthCheck:
        base = {"PARLEY_STAGE": "prod", "PARLEY_TIMEZONE": "Europe/Berlin"}
        settings = Settings.from_env({**base, **self.environment})
        log, memory = Log(lambda: "", settings.stage.name, stream=lambda: self.logged), Memory()
        owner = AlertService(FakePeople(memory), FakeSentAlerts(memory), self.notifier, SAYS, settings, self.clock, log)
        return HealthCheck(
            page=self.page,
            setup=Setup(self.page, SAYS),
            webhook=self.webhook,
            catalogue=self.catalogue,
            alerts=owner,
            missing_secrets=lambda: self.missing,
            app_id=lambda: APP,
            webhook_url=(lambda: URL) if self.has_url else nothing,
            verify_token=lambda: VERIFY_TOKEN,
            model_shutdown=self.model_shutdown,
            settings=settings,
            clock=self.clock,
            log=log,
        )

    def wrong(self, *, fix: bool = False) -> dict[str, Finding]:
        """What is not as it should be, by name."""
        return {finding.name: finding for finding in self.checkup.run(fix=fix) if finding.state is not OK}

    def only(self, name: str, state: Severity, *, fix: bool = False) -> Finding:
        """The single thing that is not as it should be: what it is, why it matters and what mends it are told."""
        wrong = self.wrong(fix=fix)
        assert {name: finding.state for name, finding in wrong.items()} == {name: state}
        assert all((wrong[name].what, wrong[name].why, wrong[name].cure))
        return wrong[name]

    def token(self, **changes: object) -> None:
        self.page.page_token = replace(self.page.page_token, **changes)  # type: ignore[arg-type]


@pytest.fixture
def patient() -> Iterator[Patient]:
    patient = Patient()
    yield patient
    said = [str(finding) for finding in patient.checkup.run()] + [patient.logged.getvalue(), repr(patient.checkup)]
    assert [text for text in said if VERIFY_TOKEN in text] == []


def test_of_a_healthy_bot_everything_is_well_in_one_line_each(patient: Patient):
    findings = patient.checkup.run()
    assert [finding.name for finding in findings] == ALL
    assert {finding.state for finding in findings} == {OK}
    assert all(finding.what and "\n" not in finding.what for finding in findings)
    assert [(finding.why, finding.cure) for finding in findings] == [("", "")] * len(ALL)
    assert patient.page.written == []


# Secrets and the token.


def test_missing_secrets_are_named(patient: Patient):
    patient.missing = ["app-id", "openai-key"]
    finding = patient.only("secrets", BROKEN)
    assert (finding.what, finding.cure) == ("missing: app-id, openai-key", "scripts/parley deploy --stage prod")


def test_a_page_token_that_is_no_longer_valid_is_broken(patient: Patient):
    patient.token(is_valid=False)
    assert "--renew page-token" in patient.only("page-token", BROKEN).cure


def test_a_page_token_of_another_app_is_broken(patient: Patient):
    patient.token(app_id="123")
    assert "another app, 123" in patient.only("page-token", BROKEN).what


def test_the_token_of_a_person_is_broken(patient: Patient):
    patient.token(kind="USER")
    assert "a person" in patient.only("page-token", BROKEN).what


def test_without_the_permission_to_write_the_token_is_broken(patient: Patient):
    patient.token(scopes=frozenset({"pages_show_list", "pages_manage_metadata"}))
    assert patient.only("page-token-scopes", BROKEN).what == "missing: pages_messaging"


def test_without_the_permission_to_subscribe_the_bot_works_until_it_must_subscribe(patient: Patient):
    patient.token(scopes=frozenset({"pages_messaging"}))
    assert "pages_manage_metadata" in patient.only("page-token-scopes", WARNING).what


@pytest.mark.parametrize("what", ["expires_at", "data_access_expires_at"])
def test_a_token_that_ends_within_two_weeks_is_told_before(patient: Patient, what: str):
    patient.token(**{what: patient.clock() + 14 * 24 * 3_600_000})
    assert patient.wrong() == {}
    patient.clock.tick(seconds=1)
    assert patient.only("page-token-expiry", WARNING).what == "it ends on 4 December 2026"


def test_a_token_that_has_ended_is_broken_whichever_of_its_times_it_is(patient: Patient):
    patient.token(expires_at=patient.clock() + 90 * 24 * 3_600_000, data_access_expires_at=patient.clock())
    assert patient.only("page-token-expiry", BROKEN).what == "it ended on 20 November 2026"


# What Meta delivers.


def test_an_app_that_meta_tells_nothing_is_broken(patient: Patient):
    patient.page.app = None
    assert patient.only("app-subscription", BROKEN).cure == "scripts/parley doctor --fix --stage prod"


def test_an_app_that_meta_has_switched_off_is_broken(patient: Patient):
    patient.page.app = AppSubscription(URL, active=False, fields=frozenset(FIELDS))
    patient.only("app-subscription", BROKEN)


def test_a_webhook_elsewhere_is_broken(patient: Patient):
    patient.page.app = AppSubscription("https://old.example/webhook", active=True, fields=frozenset(FIELDS))
    assert "https://old.example/webhook" in patient.only("app-subscription", BROKEN).what


def test_a_page_that_meta_cut_off_is_broken(patient: Patient):
    patient.page.fields = frozenset()
    assert "failed for an hour" in patient.only("page-subscription", BROKEN).why


def test_a_page_that_does_not_tell_of_messages_is_broken(patient: Patient):
    patient.page.fields = frozenset(FIELDS) - {"messages"}
    assert patient.only("page-subscription", BROKEN).what == "missing fields: messages"


def test_a_page_that_does_not_tell_of_edits_is_a_warning(patient: Patient):
    patient.page.fields = frozenset(FIELDS) - {"message_edits"}
    patient.only("page-subscription", WARNING)


def test_fields_beyond_what_the_bot_needs_are_no_matter(patient: Patient):
    patient.page.fields = frozenset(FIELDS) | {"message_reads"}
    assert patient.wrong() == {}


def test_a_profile_that_is_gone_is_a_warning(patient: Patient):
    patient.page.properties = {}
    what = patient.only("messenger-profile", WARNING).what
    assert what == "not in place: get_started, greeting, persistent_menu, commands"


def test_a_greeting_in_the_owners_words_is_no_matter(patient: Patient):
    patient.page.properties = {**patient.page.properties, "greeting": [{"locale": "default", "text": "Ahoy!"}]}
    assert patient.wrong() == {}


# Mending.


def test_what_meta_lost_is_set_up_again_and_told_once(patient: Patient):
    patient.page.app, patient.page.fields, patient.page.properties = None, frozenset(), {}
    wrong = patient.wrong(fix=True)
    assert {name: finding.state for name, finding in wrong.items()} == dict.fromkeys(
        ("app-subscription", "page-subscription", "messenger-profile"), WARNING
    )
    assert all("mended" in finding.what for finding in wrong.values())
    assert patient.page.app == AppSubscription(URL, active=True, fields=frozenset(FIELDS))
    assert patient.wrong(fix=True) == {}
    assert patient.page.written == ["app", "page", "profile"]


def test_a_look_alone_mends_nothing(patient: Patient):
    patient.page.app, patient.page.fields, patient.page.properties = None, frozenset(), {}
    patient.wrong()
    assert patient.page.written == []


def test_mending_the_menu_leaves_the_owners_greeting(patient: Patient):
    ahoy = [{"locale": "default", "text": "Ahoy!"}]
    patient.page.properties = {**patient.page.properties, "greeting": ahoy, "persistent_menu": []}
    patient.only("messenger-profile", WARNING, fix=True)
    assert patient.page.properties["greeting"] == ahoy
    assert patient.page.properties["persistent_menu"]


def test_what_cannot_be_mended_stays_broken_and_says_why(patient: Patient):
    patient.page.app = None
    patient.page.webhook = (URL, "another verify token")
    what = patient.only("app-subscription", BROKEN, fix=True).what
    assert "could not be mended: the webhook did not answer" in what


# The webhook.


def test_a_webhook_that_does_not_answer_is_broken(patient: Patient):
    patient.webhook.silent = True
    assert "ConnectTimeout" in patient.only("webhook", BROKEN).what


def test_a_webhook_that_refuses_the_handshake_is_broken(patient: Patient):
    patient.webhook.verifies = False
    assert "HTTP 403" in patient.only("webhook", BROKEN).what


def test_a_webhook_that_refuses_what_meta_signs_is_broken(patient: Patient):
    patient.webhook.takes_signed = False
    assert "--renew app-secret" in patient.only("webhook-signature", BROKEN).cure


def test_a_webhook_that_takes_what_nobody_signed_is_broken(patient: Patient):
    patient.webhook.takes_unsigned = True
    assert "nobody signed" in patient.only("webhook-signature", BROKEN).what


@pytest.mark.parametrize(("minutes", "words"), [(2, "120 s ahead of"), (-2, "120 s behind")])
def test_a_clock_that_goes_wrong_is_a_warning(patient: Patient, minutes: int, words: str):
    patient.clock.tick(minutes=minutes)
    assert words in patient.only("clock", WARNING).what


def test_a_webhook_that_does_not_say_its_time_is_no_matter(patient: Patient):
    patient.webhook.at = None
    assert patient.wrong() == {}


# What comes to an end.


@pytest.mark.parametrize(
    ("version", "state"), [("v19.0", BROKEN), ("v21.0", WARNING), ("v22.0", OK), ("v26.0", OK), ("v99.0", OK)]
)
def test_the_end_of_a_version_of_the_graph_api_is_told_in_time(patient: Patient, version: str, state: Severity):
    patient.environment["PARLEY_GRAPH_URL"] = f"https://graph.facebook.com/{version}"
    [finding] = [finding for finding in patient.checkup.run() if finding.name == "graph-api"]
    assert finding.state is state


def test_a_version_of_the_graph_api_that_has_ended_since_is_broken(patient: Patient):
    patient.environment["PARLEY_GRAPH_URL"] = "https://graph.facebook.com/v21.0"
    patient.webhook.at = patient.clock.tick(days=62)
    assert patient.only("graph-api", BROKEN).what == "version 21 ended on 21 January 2027"


def test_a_base_url_without_a_version_is_a_warning(patient: Patient):
    patient.environment["PARLEY_GRAPH_URL"] = "https://graph.facebook.com"
    assert patient.only("graph-api", WARNING).cure == "append /v26.0"


@pytest.mark.parametrize(
    ("cause", "cure"),
    [
        (ModelFault.KEY, "--renew openai-key"),
        (ModelFault.CREDIT, "add credit"),
        (ModelFault.MISSING, "PARLEY_MODEL"),
    ],
)
def test_a_model_that_answers_nobody_is_broken_with_the_cure_that_fits(patient: Patient, cause: ModelFault, cure: str):
    patient.catalogue.found = ModelUnusable("no", cause=cause)
    assert cure in patient.only("model", BROKEN).cure


@pytest.mark.parametrize("cause", ModelFault)
def test_every_fault_of_a_model_has_a_remedy(patient: Patient, cause: ModelFault):
    patient.catalogue.found = ModelUnusable("no", cause=cause)
    assert patient.only("model", BROKEN).cure


@pytest.mark.parametrize(
    ("days", "state"),
    [(0, BROKEN), (1, WARNING), (89, WARNING), (90, OK)],
    ids=["today", "soon", "in 89 days", "later"],
)
def test_the_end_of_a_model_is_told_in_time_whoever_knows_of_it(patient: Patient, days: int, state: Severity):
    end = date(2026, 11, 20) + timedelta(days=days)
    patient.model_shutdown = end
    by_table = patient.wrong().get("model")
    patient.model_shutdown, patient.catalogue.found = None, ModelInfo(listed=True, shutdown=end)
    assert patient.wrong().get("model") == by_table
    assert (by_table.state if by_table else OK) is state


def test_a_model_that_another_server_does_not_list_is_a_warning(patient: Patient):
    patient.catalogue.found = ModelInfo(listed=False, shutdown=None)
    assert "not in the server's list" in patient.only("model", WARNING).what
    patient.catalogue.found = ModelInfo(listed=None, shutdown=None)
    assert "keeps no list" in patient.only("model", WARNING).what


def test_the_zone_says_what_time_it_is_there(patient: Patient):
    [zone] = [finding for finding in patient.checkup.run() if finding.name == "time-zone"]
    assert zone.what == "Europe/Berlin, where it is 13:00 now"


# What cannot be looked at.


def test_meta_out_of_reach_is_told_in_words_and_all_the_rest_is_looked_at(patient: Patient):
    patient.page.refusal = MetaError("Meta does not answer (ConnectTimeout); try again in a minute")
    wrong = patient.wrong(fix=True)
    assert list(wrong) == ["page-token", "app-subscription", "page-subscription", "messenger-profile"]
    for finding in wrong.values():
        assert (finding.state, finding.what) == (BROKEN, "Meta does not answer (ConnectTimeout)")
        assert (finding.why, finding.cure) == ("it could not be looked at", "try again in a minute")


def test_a_provider_out_of_reach_is_told_in_words(patient: Patient):
    patient.catalogue.found = ModelBusy("the provider is out of reach: APITimeoutError")
    finding = patient.only("model", BROKEN)
    assert (finding.what, finding.cure) == ("the provider is out of reach: APITimeoutError", "run it again in a minute")


def test_an_address_that_nobody_has_noted_is_told_in_words(patient: Patient):
    patient.has_url = False
    finding = patient.only("app-subscription", BROKEN)
    assert finding.what == "the SSM parameter /parley/prod/x is missing"


# The weekly report.


def test_a_healthy_week_leaves_the_owner_in_peace(patient: Patient):
    assert patient.checkup.report() is OK
    assert patient.notifier.told == []


def test_the_owner_is_told_what_was_found_why_it_matters_and_the_cure(patient: Patient):
    patient.token(is_valid=False)
    patient.page.fields = frozenset()
    assert patient.checkup.report() is BROKEN
    [(subject, text)] = patient.notifier.told
    assert subject == "Parley: the weekly check found something"
    assert "page-token (broken): it is no longer valid" in text
    assert "Cure: make a new page token" in text
    assert "page-subscription (warning): the page tells the app nothing; it is mended now" in text
    assert "time-zone" not in text
    assert patient.page.fields == frozenset(FIELDS)


def test_the_owner_is_told_of_what_will_break_while_it_still_works(patient: Patient):
    patient.token(expires_at=patient.clock() + 1)
    assert patient.checkup.report() is WARNING
    [(_, text)] = patient.notifier.told
    assert "page-token-expiry (warning): it ends on 20 November 2026" in text


def test_an_owner_who_cannot_be_told_does_not_make_the_checkup_fail(patient: Patient):
    patient.token(is_valid=False)
    patient.notifier.fails = True
    assert patient.checkup.report() is BROKEN
    assert NotifyError.__name__ in patient.logged.getvalue()


def test_the_worst_finding_says_how_bad_it_is():
    findings = [Finding("a", OK, "x"), Finding("b", WARNING, "x", "y", "z")]
    assert [worst([]), worst(findings[:1]), worst(findings)] == [OK, OK, WARNING]
    assert worst([*findings, Finding("c", BROKEN, "x", "y", "z")]) is BROKEN
