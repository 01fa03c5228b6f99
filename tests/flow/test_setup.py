import pytest

from chalicelib.channels.messenger.ports import AppSubscription
from chalicelib.channels.messenger.profile import greeting, questions, required
from chalicelib.channels.messenger.requirements import FIELDS
from chalicelib.channels.messenger.setup import Setup
from chalicelib.content.text import Texts, load
from chalicelib.errors import ConfigError, MetaError, NotOffered
from tests.fakes.page import FakePage

URL, VERIFY_TOKEN = "https://bot.example/api/webhook", "the verify token"
ENGLISH = load("en")


@pytest.fixture
def page() -> FakePage:
    return FakePage((URL, VERIFY_TOKEN))


def set_up(page: FakePage, texts: Texts = ENGLISH) -> dict[str, bool]:
    """Each step, and whether it wrote something."""
    setup = Setup(page, texts)
    return {
        "webhook": setup.subscribe_app(URL, VERIFY_TOKEN),
        "page": setup.subscribe_page(),
        "profile": setup.write_profile(),
        "greeting": setup.write_greeting(),
    }


def take_back(page: FakePage) -> list[bool]:
    setup = Setup(page, ENGLISH)
    return [setup.unsubscribe_page(), setup.clear_profile()]


def test_a_new_page_is_set_up_step_by_step(page: FakePage):
    assert set_up(page) == {"webhook": True, "page": True, "profile": True, "greeting": True}
    assert page.app == AppSubscription(URL, active=True, fields=frozenset(FIELDS))
    assert page.fields == frozenset(FIELDS)
    assert page.properties == {**required(ENGLISH), **questions(ENGLISH, None), **greeting(ENGLISH)}
    assert page.written == ["app", "page", "profile", "profile"]


def test_setting_up_again_writes_nothing(page: FakePage):
    set_up(page)
    assert not any(set_up(page).values())
    assert page.written == ["app", "page", "profile", "profile"]


def test_an_interrupted_set_up_is_completed_by_a_second_one(page: FakePage):
    Setup(page, ENGLISH).subscribe_app(URL, VERIFY_TOKEN)
    assert set_up(page) == {"webhook": False, "page": True, "profile": True, "greeting": True}


@pytest.mark.parametrize(
    "found",
    [
        AppSubscription("https://old.example/webhook", active=True, fields=frozenset(FIELDS)),
        AppSubscription(URL, active=False, fields=frozenset(FIELDS)),
        AppSubscription(URL, active=True, fields=frozenset({"messages"})),
        AppSubscription(URL, active=True, fields=frozenset({*FIELDS, "message_reads"})),
    ],
)
def test_a_webhook_that_is_another_is_replaced(page: FakePage, found: AppSubscription):
    set_up(page)
    page.app = found
    assert set_up(page) == {"webhook": True, "page": False, "profile": False, "greeting": False}
    assert page.app == AppSubscription(URL, active=True, fields=frozenset(FIELDS))


@pytest.mark.parametrize("found", [set(), {"messages"}, {*FIELDS, "message_reads"}])
def test_a_page_that_tells_anything_but_what_is_wanted_is_subscribed_again(page: FakePage, found: set[str]):
    set_up(page)
    page.fields = frozenset(found)
    assert set_up(page) == {"webhook": False, "page": True, "profile": False, "greeting": False}
    assert page.fields == frozenset(FIELDS)


def test_new_words_reach_the_page_and_what_the_owner_added_stays(page: FakePage):
    set_up(page)
    page.properties = {**page.properties, "ice_breakers": ["theirs"]}
    assert set_up(page, Texts("en", {**ENGLISH.sentences, "greeting": "Hello!"}))["greeting"]
    assert page.properties["greeting"][0] == {"locale": "default", "text": "Hello!"}
    assert page.properties["ice_breakers"] == ["theirs"]
    assert page.written == ["app", "page", "profile", "profile", "profile"]


def test_a_page_whose_facebook_has_no_greeting_is_set_up_and_taken_down_without_it(page: FakePage):
    page.offers_greeting = False
    setup = Setup(page, ENGLISH)
    assert setup.write_profile()
    with pytest.raises(NotOffered):
        setup.write_greeting()
    assert page.properties == {**required(ENGLISH), **questions(ENGLISH, None)}
    assert setup.clear_profile()
    assert (page.properties, setup.clear_profile()) == ({}, False)


def test_words_that_are_too_long_are_refused_before_meta_is_asked(page: FakePage):
    with pytest.raises(ConfigError, match="greeting"):
        set_up(page, Texts("en", {**ENGLISH.sentences, "greeting": "x" * 161}))
    assert "greeting" not in page.properties


def test_a_webhook_that_does_not_answer_stops_the_deployment_with_nothing_written(page: FakePage):
    page.webhook = (URL, "another verify token")
    with pytest.raises(MetaError, match="webhook"):
        set_up(page)
    assert (page.app, page.fields, page.properties) == (None, frozenset(), {})


def test_taking_down_leaves_the_page_silent_and_the_owners_own_untouched(page: FakePage):
    set_up(page)
    page.properties = {**page.properties, "ice_breakers": ["theirs"]}
    assert take_back(page) == [True, True]
    assert (page.fields, page.properties) == (frozenset(), {"ice_breakers": ["theirs"]})


def test_taking_down_again_writes_nothing(page: FakePage):
    assert take_back(page) == [False, False]
    assert page.written == []
