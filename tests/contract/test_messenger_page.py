"""The promises of `MessengerPage`: of the fake, and over HTTP with the simulator of Meta."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import requests

from chalicelib.channels.messenger.page import GraphPage
from chalicelib.channels.messenger.ports import AppSubscription, MessengerPage
from chalicelib.channels.messenger.profile import GREETING, PROPERTIES, required
from chalicelib.channels.messenger.requirements import FIELDS, SCOPES
from chalicelib.channels.messenger.setup import Setup
from chalicelib.channels.meta.graph import Graph
from chalicelib.content.text import load
from chalicelib.errors import MetaError, NotOffered
from scripts.simulator.meta import APP_ID, PAGE_ID, PAGE_NAME, Meta
from scripts.simulator.recorder import Failure
from tests.contract.meta import serving
from tests.fakes.page import APP, PAGE, FakePage
from tests.threads import run

SOON, LATER = 1_796_000_000, 1_797_000_000
PROFILE = required(load("en"))


@dataclass
class Registered:
    """A page that is not set up yet."""

    page: MessengerPage
    app_id: str
    identity: tuple[str, str]
    webhook: str
    verify_token: str
    invalidate: Callable[[], None]
    withdraw_greeting: Callable[[], None]
    """Make Meta a version without greetings."""

    def subscribe_app(self, url: str = "", *, verify_token: str = "") -> None:
        self.page.subscribe_app(url or self.webhook, verify_token=verify_token or self.verify_token, fields=FIELDS)


@pytest.fixture(scope="module")
def simulator() -> Iterator[tuple[Meta, str]]:
    meta = Meta()
    with serving(meta) as url:
        yield meta, url


@pytest.fixture
def meta(simulator: tuple[Meta, str]) -> Meta:
    """Start with nothing set up and no errors."""
    meta, _ = simulator
    meta.admin.set_up("")
    meta.admin.app_fields, meta.admin.page_fields, meta.admin.profile = [], [], {}
    meta.admin.recorder.reset()
    return meta


@pytest.fixture
def url(simulator: tuple[Meta, str]) -> str:
    return simulator[1]


def graph_page(meta: Meta, url: str, *, app_id: int = APP_ID, secret: str = "", token: str = "") -> GraphPage:
    session = requests.Session()
    session.trust_env = False
    graph = Graph(
        f"{url}/graph/v25.0",
        token=lambda: token or meta.page_token,
        app_secret=lambda: secret or meta.app_secret,
        session=session,
    )
    return GraphPage(graph, app_id=lambda: str(app_id))


@pytest.fixture
def page(meta: Meta, url: str) -> GraphPage:
    return graph_page(meta, url)


@pytest.fixture(params=["fake", "simulator"])
def registered(request: pytest.FixtureRequest) -> Registered:
    if request.param == "fake":
        fake = FakePage(("https://bot/webhook", "verify"))
        return Registered(
            fake,
            APP,
            (PAGE.id, PAGE.name),
            *fake.webhook,
            invalidate=fake.invalidate,
            withdraw_greeting=partial(setattr, fake, "offers_greeting", False),
        )
    meta, url = request.getfixturevalue("meta"), request.getfixturevalue("url")

    def invalidate() -> None:
        meta.admin.token.is_valid = False

    return Registered(
        graph_page(meta, url),
        str(APP_ID),
        (PAGE_ID, PAGE_NAME),
        f"{url}/webhook",
        meta.verify_token,
        invalidate=invalidate,
        withdraw_greeting=partial(setattr, meta.admin, "offers_greeting", False),
    )


def test_a_page_token_has_an_identity_and_permissions(registered: Registered):
    identity, token = registered.page.identity(), registered.page.token()
    assert (identity.id, identity.name) == registered.identity
    assert (token.is_valid, token.app_id, token.kind) == (True, registered.app_id, "PAGE")
    assert token.scopes == set(SCOPES)
    assert (token.expires_at, token.data_access_expires_at) == (None, None)


def test_an_invalid_token_is_reported_and_every_other_call_is_refused(registered: Registered):
    registered.invalidate()
    page = registered.page
    assert page.token().is_valid is False
    profile: list[Callable[[], object]] = [
        partial(page.profile, PROPERTIES),
        partial(page.profile, GREETING),
        partial(page.clear_profile, GREETING),
    ]
    for call in (page.identity, page.page_subscription, page.unsubscribe_page, *profile):
        with pytest.raises(MetaError):
            call()


def test_the_app_is_subscribed_with_the_webhook_that_responded(registered: Registered):
    assert registered.page.app_subscription() is None
    registered.subscribe_app()
    subscription = AppSubscription(registered.webhook, active=True, fields=frozenset(FIELDS))
    assert registered.page.app_subscription() == subscription


def test_a_webhook_that_fails_the_handshake_changes_nothing(registered: Registered):
    registered.subscribe_app()
    before = registered.page.app_subscription()
    for wrong in ({"url": f"{registered.webhook}/elsewhere"}, {"verify_token": "guessed"}):
        with pytest.raises(MetaError, match="webhook"):
            registered.subscribe_app(**wrong)
    assert registered.page.app_subscription() == before


def test_the_page_sends_exactly_the_fields_subscribed_last(registered: Registered):
    page = registered.page
    assert page.page_subscription() == frozenset()
    page.subscribe_page(["messages", "message_reads"])
    page.subscribe_page(["messages", "messaging_postbacks"])
    assert page.page_subscription() == {"messages", "messaging_postbacks"}
    page.unsubscribe_page()
    assert page.page_subscription() == frozenset()


def test_the_profile_is_replaced_property_by_property_and_deleted_as_a_whole(registered: Registered):
    page = registered.page
    assert page.profile(PROPERTIES) == {}
    page.set_profile(PROFILE)
    assert page.profile(PROPERTIES) == PROFILE
    greeting = [{"locale": "default", "text": "Hello."}]
    page.set_profile({"greeting": greeting})
    assert (page.profile(PROPERTIES), page.profile(GREETING)) == (PROFILE, {"greeting": greeting})
    page.clear_profile(PROPERTIES)
    assert (page.profile(PROPERTIES), page.profile(GREETING)) == ({}, {"greeting": greeting})


def test_a_greeting_that_is_not_offered_is_no_error_of_the_page_token(registered: Registered):
    page = registered.page
    registered.withdraw_greeting()
    calls: list[Callable[[], object]] = [
        partial(page.profile, GREETING),
        partial(page.profile, [*PROPERTIES, *GREETING]),
        partial(page.set_profile, {**PROFILE, "greeting": [{"locale": "default", "text": "Hello."}]}),
        partial(page.clear_profile, GREETING),
    ]
    for call in calls:
        with pytest.raises(NotOffered):
            call()
    assert page.profile(PROPERTIES) == {}
    page.set_profile(PROFILE)
    assert page.profile(PROPERTIES) == PROFILE


# What only the Graph API can do.


def test_an_expiry_is_in_milliseconds(meta: Meta, page: GraphPage):
    meta.admin.token.expires_at, meta.admin.token.data_access_expires_at = SOON, LATER
    token = page.token()
    assert (token.expires_at, token.data_access_expires_at) == (SOON * 1000, LATER * 1000)


def test_a_token_of_another_app_raises_an_error(meta: Meta, page: GraphPage):
    meta.admin.token.app_id = "1"
    for call in (page.token, page.identity):
        with pytest.raises(MetaError, match="page token belong to the same app"):
            call()


def test_a_text_that_is_no_token_is_not_valid(meta: Meta, url: str):
    page = graph_page(meta, url, token="typed wrongly")
    assert page.token().is_valid is False
    with pytest.raises(MetaError, match="page token"):
        page.identity()


def test_a_new_page_is_really_set_up_and_again_when_meta_has_cut_it_off(meta: Meta, url: str, page: GraphPage):
    meta.admin.profile_calls_left = 10
    setup = Setup(page, load("en"))

    def set_up() -> list[bool]:
        subscribed = setup.subscribe_app(f"{url}/webhook", meta.verify_token)
        return [subscribed, setup.subscribe_page(), setup.write_profile()]

    assert set_up() == [True, True, True]
    assert meta.admin.is_listening
    meta.admin.disable_webhooks()
    assert not meta.admin.is_listening
    assert [set_up(), set_up()] == [[False, True, False], [False, False, False]]
    assert meta.admin.is_listening
    assert [setup.unsubscribe_page(), setup.clear_profile()] == [True, True]
    assert (meta.admin.is_listening, meta.admin.profile) == (False, {})
    assert meta.admin.profile_calls_left >= 0


def test_a_page_is_set_up_and_taken_down_within_metas_limit_of_ten_calls_also_without_a_greeting(
    meta: Meta, page: GraphPage
):
    setup = Setup(page, load("en"))
    meta.admin.profile_calls_left = 10
    assert [setup.write_profile(), setup.write_greeting(), setup.clear_profile()] == [True, True, True]
    meta.admin.profile_calls_left, meta.admin.offers_greeting = 10, False
    assert setup.write_profile()
    with pytest.raises(NotOffered, match="code 100"):
        setup.write_greeting()
    assert setup.clear_profile()
    assert meta.admin.profile == {}


def test_events_of_a_page_that_is_not_subscribed_are_not_sent(meta: Meta):
    mid, status = run(meta.say("anna", "is anybody there?"))
    assert (bool(mid), status) == (True, 0)


def test_the_owners_own_properties_of_the_profile_stay(meta: Meta, page: GraphPage):
    question = {"question": "When do you open?", "payload": "OPEN"}
    theirs = {"ice_breakers": [{"locale": "default", "call_to_actions": [question]}]}
    meta.admin.profile = theirs
    setup = Setup(page, load("en"))
    assert setup.write_profile()
    assert page.profile(PROPERTIES) == PROFILE
    assert setup.clear_profile()
    assert meta.admin.profile == theirs


def test_subscriptions_of_another_app_do_not_count(meta: Meta, page: GraphPage):
    rows = [{"id": "1", "subscribed_fields": ["feed"]}, {"id": APP_ID, "subscribed_fields": ["messages"]}]
    meta.admin.recorder.behaviour.failures.append(Failure(200, {"data": rows}))
    assert page.page_subscription() == {"messages"}


def test_without_the_permission_the_page_cannot_be_subscribed(meta: Meta, page: GraphPage):
    meta.admin.token.scopes.remove("pages_manage_metadata")
    with pytest.raises(MetaError, match=r"page token \(code 200, .*permissions"):
        page.subscribe_page(FIELDS)


def test_too_many_calls_raise_an_error_that_says_to_wait(meta: Meta, page: GraphPage):
    meta.admin.profile_calls_left = 1
    page.profile(PROPERTIES)
    with pytest.raises(MetaError, match="ten minutes"):
        page.set_profile(PROFILE)


@pytest.mark.parametrize("wrong", [{"secret": "of another app"}, {"app_id": 1}])
def test_an_app_id_and_secret_that_do_not_belong_together_raise_an_error(meta: Meta, url: str, wrong: dict[str, Any]):
    page = graph_page(meta, url, **wrong)
    for call in (page.token, page.app_subscription):
        with pytest.raises(MetaError, match=r"app secret .*; check that app id, app secret and page token belong"):
            call()


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (500, {"error": {"code": 1}}, "try again in a minute"),
        (503, None, "try again in a minute"),
        (400, {"error": {"code": 100}}, "refuses the call"),
        (200, ["no", "object"], "an answer that cannot be read"),
        (200, None, "an answer that cannot be read"),
    ],
)
def test_each_error_of_meta_has_a_message_with_a_remedy(
    meta: Meta, page: GraphPage, status: int, body: Any, words: str
):
    meta.admin.recorder.behaviour.failures.append(Failure(status, body))
    with pytest.raises(MetaError, match=words):
        page.identity()


@pytest.mark.parametrize(
    "odd", [{}, {"data": None}, {"data": {}}, {"data": [None, "x", {}]}, {"data": [{"id": str(APP_ID), "fields": 7}]}]
)
def test_responses_of_another_shape_are_empty(meta: Meta, page: GraphPage, odd: Any):
    failures = meta.admin.recorder.behaviour.failures
    failures.extend([Failure(200, odd)] * 4)
    assert page.token().is_valid is False
    assert page.app_subscription() is None
    assert page.page_subscription() == frozenset()
    assert page.profile(PROPERTIES) == {}


def test_meta_being_unreachable_raises_an_error_without_secrets(meta: Meta):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        page = graph_page(meta, f"http://127.0.0.1:{nobody.getsockname()[1]}")
        secrets = (meta.page_token, meta.app_secret, meta.verify_token)
        for call in (page.identity, page.token, lambda: page.subscribe_app("u", verify_token=secrets[2], fields=[])):
            with pytest.raises(MetaError, match="does not answer") as caught:
                call()
            shown = f"{caught.getrepr(chain=True)} {caught.value!r} {page!r}"
            assert [secret for secret in secrets if secret in shown] == []
