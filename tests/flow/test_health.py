import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest

from chalicelib.access.budget import Usage
from chalicelib.access.entitlements import EntitlementService
from chalicelib.channels.messenger.health import MessengerHealth
from chalicelib.channels.messenger.ports import AppSubscription
from chalicelib.channels.messenger.requirements import FIELDS
from chalicelib.channels.messenger.setup import Setup
from chalicelib.content import persona
from chalicelib.content.text import load
from chalicelib.conversation.prompt import FinishReason
from chalicelib.errors import (
    ConfigError,
    MetaError,
    ModelBusy,
    ModelError,
    ModelFault,
    ModelRefused,
    ModelUnusable,
    NotifyError,
)
from chalicelib.llm.health import ModelHealth, ModelInfo
from chalicelib.llm.question import TrialQuestion
from chalicelib.log import Log
from chalicelib.operations import checks
from chalicelib.operations.alerts import AlertService
from chalicelib.operations.findings import Check, Finding, Severity, worst
from chalicelib.operations.health import HealthCheck
from chalicelib.operations.newcomers import Newcomers
from chalicelib.operations.owner_notices import OwnerNotices
from chalicelib.settings.stage import Settings
from tests.fakes.adapters import FakeClock, RememberingNotifier
from tests.fakes.api_keys import FakeApiKeys
from tests.fakes.checkups import FakeCheckups
from tests.fakes.invites import FakeInvites
from tests.fakes.memory import Memory
from tests.fakes.model import FakeCatalogue, ScriptedModel
from tests.fakes.new_people import FakeNewPeople
from tests.fakes.owners import FakeOwners
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
    "model-answer",
    "time-zone",
]


def nothing() -> str:
    raise ConfigError("the SSM parameter /parley/prod/x is missing; put it there as a SecureString")


@dataclass
class Patient:
    """A healthy bot; each test breaks one thing."""

    page: FakePage = field(default_factory=lambda: FakePage((URL, VERIFY_TOKEN)))
    webhook: FakeWebhook = field(default_factory=FakeWebhook)
    catalogue: FakeCatalogue = field(default_factory=FakeCatalogue)
    model: ScriptedModel = field(default_factory=ScriptedModel)
    personas: Sequence[str] = ("web", "assistant")
    room: int = 10
    """Questions that the day's budget has room for."""
    reserved: list[Usage] = field(default_factory=list)
    notifier: RememberingNotifier = field(default_factory=RememberingNotifier)
    clock: FakeClock = field(default_factory=FakeClock)
    checkups: FakeCheckups = field(default_factory=FakeCheckups)
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
        setup.write_greeting()
        self.page.written.clear()
        self.webhook.at = self.clock()

    def reserve(self, most: Usage) -> bool:
        self.reserved.append(most)
        return len(self.reserved) <= self.room

    @property
    def health_check(self) -> HealthCheck:
        base = {"PARLEY_STAGE": "prod", "PARLEY_TIMEZONE": "Europe/Berlin"}
        settings = Settings.from_env({**base, **self.environment})
        log, memory = Log(lambda: "", settings.stage.name, stream=lambda: self.logged), Memory()
        notices = OwnerNotices(FakeOwners(memory), None, self.notifier, "", log)
        people, keys = FakePeople(memory), EntitlementService(FakeApiKeys(memory), settings.limits)
        known = FakeNewPeople(memory), people, keys, notices, SAYS, settings, self.clock
        newcomers = Newcomers(*known, lambda: "", FakeInvites(memory))
        owner = AlertService(newcomers, FakeSentAlerts(memory), notices, SAYS, settings, self.clock, log)
        messenger = MessengerHealth(
            page=self.page,
            setup=Setup(self.page, SAYS),
            webhook=self.webhook,
            app_id=lambda: APP,
            webhook_url=(lambda: URL) if self.has_url else nothing,
            verify_token=lambda: VERIFY_TOKEN,
            graph_url=settings.messenger.graph_url,
            stage=settings.stage.name,
            clock=self.clock,
        )
        model = ModelHealth(
            name=settings.model.name,
            question=TrialQuestion(self.model, lambda: self.personas, self.reserve, settings.stage.name),
            catalogue=self.catalogue,
            shutdown=self.model_shutdown,
            stage=settings.stage.name,
            clock=self.clock,
        )
        in_order = [
            checks.secrets(lambda: self.missing, stage=settings.stage.name),
            *messenger.checks(),
            model.check(),
            checks.time_zone(settings.limits.zone, self.clock),
        ]
        return HealthCheck(in_order, owner, self.checkups, self.clock, log)

    def wrong(self, *, fix: bool = False) -> dict[str, Finding]:
        """The findings that are not OK, by name."""
        return {finding.name: finding for finding in self.health_check.run(fix=fix) if finding.state is not OK}

    def only(self, name: str, state: Severity, *, fix: bool = False) -> Finding:
        """The only finding that is not OK; it has a text, a reason and a remedy."""
        wrong = self.wrong(fix=fix)
        assert {name: finding.state for name, finding in wrong.items()} == {name: state}
        assert all((wrong[name].what, wrong[name].why, wrong[name].remedy))
        return wrong[name]

    def token(self, **changes: object) -> None:
        self.page.page_token = replace(self.page.page_token, **changes)  # type: ignore[arg-type]


@pytest.fixture
def patient() -> Iterator[Patient]:
    patient = Patient()
    yield patient
    said = [str(finding) for finding in patient.health_check.run()] + [
        patient.logged.getvalue(),
        repr(patient.health_check),
    ]
    assert [text for text in said if VERIFY_TOKEN in text] == []


def test_every_finding_about_a_healthy_bot_is_ok_and_one_line(patient: Patient):
    findings = patient.health_check.run()
    assert [finding.name for finding in findings] == ALL
    assert {finding.state for finding in findings} == {OK}
    assert all(finding.what and "\n" not in finding.what for finding in findings)
    assert [(finding.why, finding.remedy) for finding in findings] == [("", "")] * len(ALL)
    assert patient.page.written == []


# Secrets and the token.


def test_missing_secrets_are_named(patient: Patient):
    patient.missing = ["app-id", "openai-key"]
    finding = patient.only("secrets", BROKEN)
    assert (finding.what, finding.remedy) == ("missing: app-id, openai-key", "scripts/parley deploy --stage prod")


def test_a_page_token_that_is_no_longer_valid_is_broken(patient: Patient):
    patient.token(is_valid=False)
    assert "--renew page-token" in patient.only("page-token", BROKEN).remedy


def test_a_page_token_of_another_app_is_broken(patient: Patient):
    patient.token(app_id="123")
    assert "another app, 123" in patient.only("page-token", BROKEN).what


def test_the_token_of_a_person_is_broken(patient: Patient):
    patient.token(kind="USER")
    assert "a user token" in patient.only("page-token", BROKEN).what


def test_without_the_permission_to_write_the_token_is_broken(patient: Patient):
    patient.token(scopes=frozenset({"pages_show_list", "pages_manage_metadata"}))
    assert patient.only("page-token-scopes", BROKEN).what == "missing: pages_messaging"


def test_without_the_permission_to_subscribe_the_bot_works_until_it_must_subscribe(patient: Patient):
    patient.token(scopes=frozenset({"pages_messaging"}))
    assert "pages_manage_metadata" in patient.only("page-token-scopes", WARNING).what


@pytest.mark.parametrize("what", ["expires_at", "data_access_expires_at"])
def test_a_token_that_expires_within_two_weeks_is_a_warning(patient: Patient, what: str):
    patient.token(**{what: patient.clock() + 14 * 24 * 3_600_000})
    assert patient.wrong() == {}
    patient.clock.tick(seconds=1)
    assert patient.only("page-token-expiry", WARNING).what == "it ends on 4 December 2026"


def test_a_token_past_either_of_its_two_ends_is_broken(patient: Patient):
    patient.token(expires_at=patient.clock() + 90 * 24 * 3_600_000, data_access_expires_at=patient.clock())
    assert patient.only("page-token-expiry", BROKEN).what == "it ended on 20 November 2026"


# What Meta delivers.


def test_an_app_without_a_subscription_is_broken(patient: Patient):
    patient.page.app = None
    assert patient.only("app-subscription", BROKEN).remedy == "scripts/parley doctor --fix --stage prod"


def test_an_app_that_meta_has_switched_off_is_broken(patient: Patient):
    patient.page.app = AppSubscription(URL, active=False, fields=frozenset(FIELDS))
    patient.only("app-subscription", BROKEN)


def test_a_subscription_with_another_callback_url_is_broken(patient: Patient):
    patient.page.app = AppSubscription("https://old.example/webhook", active=True, fields=frozenset(FIELDS))
    assert "https://old.example/webhook" in patient.only("app-subscription", BROKEN).what


def test_a_page_that_meta_unsubscribed_is_broken(patient: Patient):
    patient.page.fields = frozenset()
    assert "failed for an hour" in patient.only("page-subscription", BROKEN).why


def test_a_page_without_the_field_messages_is_broken(patient: Patient):
    patient.page.fields = frozenset(FIELDS) - {"messages"}
    assert patient.only("page-subscription", BROKEN).what == "missing fields: messages"


def test_a_page_without_the_field_message_edits_is_a_warning(patient: Patient):
    patient.page.fields = frozenset(FIELDS) - {"message_edits"}
    patient.only("page-subscription", WARNING)


def test_fields_that_the_bot_does_not_need_are_ignored(patient: Patient):
    patient.page.fields = frozenset(FIELDS) | {"message_reads"}
    assert patient.wrong() == {}


def test_a_profile_that_is_gone_is_a_warning(patient: Patient):
    patient.page.properties = {}
    what = patient.only("messenger-profile", WARNING).what
    assert what == "not in place: get_started, persistent_menu, commands"


@pytest.mark.parametrize("greeting", [[], [{"locale": "default", "text": "Ahoy!"}]])
def test_the_greeting_is_not_checked(patient: Patient, greeting: list[dict[str, str]]):
    patient.page.properties = {**patient.page.properties, "greeting": greeting}
    assert patient.wrong() == {}


def test_a_page_whose_facebook_has_no_greeting_is_healthy_and_its_menu_is_fixed(patient: Patient):
    patient.page.offers_greeting = False
    assert patient.wrong(fix=True) == {}
    patient.page.properties = {}
    assert "fixed" in patient.only("messenger-profile", WARNING, fix=True).what
    assert patient.wrong() == {}


# Fixes.


def test_settings_lost_at_meta_are_fixed_and_reported_once(patient: Patient):
    patient.page.app, patient.page.fields, patient.page.properties = None, frozenset(), {}
    wrong = patient.wrong(fix=True)
    assert {name: finding.state for name, finding in wrong.items()} == dict.fromkeys(
        ("app-subscription", "page-subscription", "messenger-profile"), WARNING
    )
    assert all("fixed" in finding.what for finding in wrong.values())
    assert patient.page.app == AppSubscription(URL, active=True, fields=frozenset(FIELDS))
    assert patient.wrong(fix=True) == {}
    assert patient.page.written == ["app", "page", "profile"]


def test_a_check_without_fix_writes_nothing(patient: Patient):
    patient.page.app, patient.page.fields, patient.page.properties = None, frozenset(), {}
    patient.wrong()
    assert patient.page.written == []


def test_fixing_the_menu_leaves_the_owners_greeting(patient: Patient):
    ahoy = [{"locale": "default", "text": "Ahoy!"}]
    patient.page.properties = {**patient.page.properties, "greeting": ahoy, "persistent_menu": []}
    patient.only("messenger-profile", WARNING, fix=True)
    assert patient.page.properties["greeting"] == ahoy
    assert patient.page.properties["persistent_menu"]


def test_a_fault_that_cannot_be_fixed_stays_broken_with_the_reason(patient: Patient):
    patient.page.app = None
    patient.page.webhook = (URL, "another verify token")
    what = patient.only("app-subscription", BROKEN, fix=True).what
    assert "could not be fixed: the webhook did not answer" in what


# The webhook.


def test_a_webhook_that_does_not_answer_is_broken(patient: Patient):
    patient.webhook.silent = True
    assert "ConnectTimeout" in patient.only("webhook", BROKEN).what


def test_a_webhook_that_refuses_the_handshake_is_broken(patient: Patient):
    patient.webhook.verifies = False
    assert "HTTP 403" in patient.only("webhook", BROKEN).what


def test_a_webhook_that_refuses_signed_requests_is_broken(patient: Patient):
    patient.webhook.takes_signed = False
    assert "--renew app-secret" in patient.only("webhook-signature", BROKEN).remedy


def test_a_webhook_that_accepts_unsigned_requests_is_broken(patient: Patient):
    patient.webhook.takes_unsigned = True
    assert "unsigned requests" in patient.only("webhook-signature", BROKEN).what


@pytest.mark.parametrize(("minutes", "words"), [(2, "120 s ahead of"), (-2, "120 s behind")])
def test_a_clock_that_differs_by_minutes_is_a_warning(patient: Patient, minutes: int, words: str):
    patient.clock.tick(minutes=minutes)
    assert words in patient.only("clock", WARNING).what


def test_a_webhook_response_without_a_time_is_accepted(patient: Patient):
    patient.webhook.at = None
    assert patient.wrong() == {}


# Versions and models that end.


@pytest.mark.parametrize(
    ("version", "state"), [("v19.0", BROKEN), ("v21.0", WARNING), ("v22.0", OK), ("v26.0", OK), ("v99.0", OK)]
)
def test_the_owner_is_warned_before_a_version_of_the_graph_api_ends(patient: Patient, version: str, state: Severity):
    patient.environment["PARLEY_GRAPH_URL"] = f"https://graph.facebook.com/{version}"
    [finding] = [finding for finding in patient.health_check.run() if finding.name == "graph-api"]
    assert finding.state is state


def test_a_version_of_the_graph_api_that_has_ended_since_is_broken(patient: Patient):
    patient.environment["PARLEY_GRAPH_URL"] = "https://graph.facebook.com/v21.0"
    patient.webhook.at = patient.clock.tick(days=62)
    assert patient.only("graph-api", BROKEN).what == "version 21 ended on 21 January 2027"


def test_a_base_url_without_a_version_is_a_warning(patient: Patient):
    patient.environment["PARLEY_GRAPH_URL"] = "https://graph.facebook.com"
    assert patient.only("graph-api", WARNING).remedy == "append /v26.0"


@pytest.mark.parametrize(
    ("cause", "remedy"),
    [(ModelFault.KEY, "--renew openai-key"), (ModelFault.CREDIT, "add credit"), (ModelFault.MISSING, "PARLEY_MODEL")],
)
def test_an_unusable_model_is_broken_with_the_remedy_for_its_cause(patient: Patient, cause: ModelFault, remedy: str):
    patient.catalogue.found = patient.model.otherwise = ModelUnusable("no", cause=cause)
    assert remedy in patient.only("model-answer", BROKEN).remedy


@pytest.mark.parametrize("cause", ModelFault)
def test_every_fault_of_a_model_has_a_remedy(patient: Patient, cause: ModelFault):
    patient.model.otherwise = ModelUnusable("no", cause=cause)
    assert all(finding.remedy for finding in patient.wrong().values())
    patient.room = 0
    patient.catalogue.found = ModelUnusable("no", cause=cause)
    assert patient.only("model", BROKEN).remedy


@pytest.mark.parametrize(
    "error",
    [
        ModelUnusable("the key is refused: HTTP 403", cause=ModelFault.KEY),
        ModelUnusable("the key is refused: HTTP 401", cause=ModelFault.KEY),
        ModelUnusable("the model does not exist", cause=ModelFault.MISSING),
        ModelBusy("the provider is busy: HTTP 503"),
        ModelError("the provider's answer makes no sense"),
    ],
)
def test_a_model_that_answers_and_cannot_be_looked_up_is_a_warning(patient: Patient, error: ModelError):
    patient.catalogue.found = error
    assert str(error) in patient.only("model", WARNING).what


def test_the_model_is_asked_a_tiny_question_as_each_persona_in_use(patient: Patient):
    patient.personas = ("seller", "santa", "web")
    assert patient.wrong() == {}
    asked = patient.model.asked
    assert [prompt.instructions for prompt in asked] == [
        persona.load(name).system_prompt(opening_shown=False) for name in ("santa", "seller", "web")
    ]
    assert [prompt.temperature for prompt in asked] == [0.9, 0.6, None]
    assert {(prompt.max_output_tokens, prompt.history) for prompt in asked} == {(16, ())}
    assert all(len(prompt.question) < 20 for prompt in asked)


def test_the_money_for_each_question_comes_from_the_days_budget(patient: Patient):
    patient.wrong()
    assert [most.output for most in patient.reserved] == [16, 16]
    assert all(most.input >= len(persona.load("web").instructions.encode()) // 2 for most in patient.reserved)


@pytest.mark.parametrize("room", [0, 1])
def test_no_question_is_asked_that_the_budget_has_no_room_for(patient: Patient, room: int):
    patient.room = room
    patient.model.otherwise = ModelUnusable("no", cause=ModelFault.REFUSED)
    patient.health_check.run()
    assert len(patient.model.asked) == room


def test_the_personas_that_the_budget_had_room_for_are_named(patient: Patient):
    patient.room = 1
    [answer] = [finding for finding in patient.health_check.run() if finding.name == "model-answer"]
    assert (answer.state, answer.what) == (OK, "gpt-6-luna answers as assistant")


def test_a_model_that_was_not_asked_is_no_fault(patient: Patient):
    patient.room = 0
    assert patient.wrong() == {}
    [answer] = [finding for finding in patient.health_check.run() if finding.name == "model-answer"]
    assert "not asked" in answer.what


@pytest.mark.parametrize(
    "error",
    [ModelRefused("the filter refused it"), ModelUnusable("no", cause=ModelFault.REFUSED, names=["temperature"])],
)
def test_a_persona_as_which_the_model_does_not_answer_is_named_and_the_others_are_asked(
    patient: Patient, error: ModelError
):
    patient.personas = ("assistant", "santa", "web")
    patient.model.script = [("Hello.",), error, ("Hello.",)]
    finding = patient.only("model-answer", BROKEN)
    assert finding.what.startswith("as santa: ")
    assert len(patient.model.asked) == 3


@pytest.mark.parametrize("cause", sorted(set(ModelFault) - {ModelFault.REFUSED}))
def test_a_fault_that_no_persona_changes_is_found_with_one_question(patient: Patient, cause: ModelFault):
    patient.model.otherwise = ModelUnusable("no", cause=cause)
    patient.only("model-answer", BROKEN)
    assert len(patient.model.asked) == 1


def test_a_model_that_is_busy_just_now_is_a_warning(patient: Patient):
    patient.model.otherwise = ModelBusy("the provider is busy: HTTP 429")
    assert patient.only("model-answer", WARNING).what == "the provider is busy: HTTP 429"
    assert len(patient.model.asked) == 1


def test_a_model_whose_answers_make_no_sense_is_broken(patient: Patient):
    patient.model.otherwise = ModelError("odd")
    assert patient.only("model-answer", BROKEN).what == "odd"


def test_an_answer_that_is_cut_off_is_an_answer(patient: Patient):
    patient.model.otherwise = (FinishReason.LENGTH,)
    assert patient.wrong() == {}


@pytest.mark.parametrize(
    ("days", "state"),
    [(0, BROKEN), (1, WARNING), (89, WARNING), (90, OK)],
    ids=["today", "soon", "in 89 days", "later"],
)
def test_the_owner_is_warned_before_a_model_ends_by_price_table_or_provider(
    patient: Patient, days: int, state: Severity
):
    end = date(2026, 11, 20) + timedelta(days=days)
    patient.model_shutdown = end
    by_table = patient.wrong().get("model")
    patient.model_shutdown, patient.catalogue.found = None, ModelInfo(listed=True, shutdown=end)
    assert patient.wrong().get("model") == by_table
    assert (by_table.state if by_table else OK) is state


@pytest.mark.parametrize("listed", [False, None])
def test_a_model_that_answers_need_not_be_in_its_servers_list(patient: Patient, *, listed: bool | None):
    patient.catalogue.found = ModelInfo(listed=listed, shutdown=None)
    assert patient.wrong() == {}


def test_a_model_that_another_server_does_not_list_and_that_was_not_asked_is_a_warning(patient: Patient):
    patient.room = 0
    patient.catalogue.found = ModelInfo(listed=False, shutdown=None)
    assert "not in the server's list" in patient.only("model", WARNING).what
    patient.catalogue.found = ModelInfo(listed=None, shutdown=None)
    assert "keeps no list" in patient.only("model", WARNING).what


def test_the_finding_about_the_time_zone_shows_the_time_there(patient: Patient):
    [zone] = [finding for finding in patient.health_check.run() if finding.name == "time-zone"]
    assert zone.what == "Europe/Berlin, where it is 13:00 now"


# Checks that fail.


def test_checks_that_need_meta_fail_while_meta_is_unreachable_and_the_others_run(patient: Patient):
    patient.page.refusal = MetaError("Meta does not answer (ConnectTimeout); try again in a minute")
    wrong = patient.wrong(fix=True)
    assert list(wrong) == ["page-token", "app-subscription", "page-subscription", "messenger-profile"]
    for finding in wrong.values():
        assert (finding.state, finding.what) == (BROKEN, "Meta does not answer (ConnectTimeout)")
        assert (finding.why, finding.remedy) == ("it could not be checked", "try again in a minute")


def test_a_provider_that_does_not_answer_is_a_finding(patient: Patient):
    patient.room = 0
    patient.catalogue.found = ModelBusy("the provider is out of reach: APITimeoutError")
    finding = patient.only("model", BROKEN)
    assert (finding.what, finding.remedy) == (
        "the provider is out of reach: APITimeoutError",
        "run it again in a minute",
    )


def test_a_missing_webhook_url_is_a_finding(patient: Patient):
    patient.has_url = False
    finding = patient.only("app-subscription", BROKEN)
    assert finding.what == "the SSM parameter /parley/prod/x is missing"


def test_a_check_that_fails_half_way_has_one_finding_and_is_not_fixed(patient: Patient):
    def half_way() -> Iterator[Finding]:
        yield Finding.ok("first", "x")
        raise MetaError("Meta does not answer; wait")

    fixes: list[None] = []
    health = replace(patient.health_check, checks=[Check("both", half_way, fix=lambda: fixes.append(None))])
    assert health.run(fix=True) == [Finding.broken("both", "Meta does not answer", "it could not be checked", "wait")]
    assert fixes == []


# The weekly report.


def test_no_alert_is_sent_when_all_is_well(patient: Patient):
    assert patient.health_check.report() is OK
    assert patient.notifier.told == []


def test_the_alert_says_what_was_found_why_it_matters_and_the_remedy(patient: Patient):
    patient.token(is_valid=False)
    patient.page.fields = frozenset()
    assert patient.health_check.report() is BROKEN
    [(subject, text)] = patient.notifier.told
    assert subject == "Parley: the weekly check found something"
    assert "page-token (broken): it is no longer valid" in text
    assert "Fix: make a new page token" in text
    assert "page-subscription (warning): the page is not subscribed to the app; it is fixed now" in text
    assert "time-zone" not in text
    assert patient.page.fields == frozenset(FIELDS)


def test_a_warning_is_reported_to_the_owner(patient: Patient):
    patient.token(expires_at=patient.clock() + 1)
    assert patient.health_check.report() is WARNING
    [(_, text)] = patient.notifier.told
    assert "page-token-expiry (warning): it ends on 20 November 2026" in text


def test_an_alert_that_cannot_be_sent_does_not_fail_the_health_check(patient: Patient):
    patient.token(is_valid=False)
    patient.notifier.fails = True
    assert patient.health_check.report() is BROKEN
    assert NotifyError.__name__ in patient.logged.getvalue()


def test_the_state_of_several_findings_is_the_worst():
    findings = [Finding("a", OK, "x"), Finding("b", WARNING, "x", "y", "z")]
    assert [worst([]), worst(findings[:1]), worst(findings)] == [OK, OK, WARNING]
    assert worst([*findings, Finding("c", BROKEN, "x", "y", "z")]) is BROKEN


def test_what_the_weekly_check_finds_is_stored_for_the_owners_page(patient: Patient):
    assert patient.health_check.report() is OK
    kept = patient.checkups.last()
    assert kept
    assert (kept.at, kept.findings) == (patient.clock(), patient.health_check.run())
