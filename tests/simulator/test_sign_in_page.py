"""The chat page signs people in with an issuer, and out again, in a real browser."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.issuer import AUDIENCE
from tests.simulator.chat_page import a_page, write
from tests.simulator.chatting import new_key
from tests.simulator.chromium import needs_chromium
from tests.simulator.conftest import Demo, running_demo
from tests.simulator.sign_in_issuer import SignInIssuer, sign_in_issuer

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def _issuer() -> Iterator[SignInIssuer]:
    with sign_in_issuer() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def _bot(_issuer: SignInIssuer) -> Iterator[Demo]:
    settings = {"PARLEY_OIDC_ISSUER": _issuer.url, "PARLEY_OIDC_AUDIENCE": AUDIENCE}
    with running_demo(env={**os.environ, **settings}) as (demo, _):
        yield demo


@pytest.fixture
def issuer(_issuer: SignInIssuer) -> SignInIssuer:
    _issuer.begin()
    return _issuer


@pytest.fixture
def bot(_bot: Demo) -> Demo:
    _bot.http.post("/world/reset").raise_for_status()
    return _bot


@contextmanager
def device(browser: Browser, bot: Demo, issuer: SignInIssuer) -> Iterator[Page]:
    """A browser of its own, in which nobody is signed in."""
    with a_page(browser, bot.url, issuer.url, locale="en-GB") as page:
        yield page


def sign_in(page: Page, name: str) -> None:
    """Sign in on the issuer's page."""
    page.get_by_test_id("account").click()
    page.locator("[name=sub]").fill(name)
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_test_id("account")).to_have_text("Sign out")
    expect(page.get_by_test_id("presence")).to_have_attribute("data-state", "online")


def test_two_devices_of_one_person_show_the_same_history_and_another_person_sees_none(
    browser: Browser, bot: Demo, issuer: SignInIssuer
):
    chat = f"{bot.url}/chat?config={new_key(bot)['id']}"
    with device(browser, bot, issuer) as first, device(browser, bot, issuer) as second:
        first.goto(chat)
        sign_in(first, "anna")
        write(first, "My order is 4711")
        expect(first.get_by_test_id("answer")).to_contain_text("4711")
        second.goto(chat)
        sign_in(second, "anna")
        expect(second.get_by_test_id("question")).to_have_text("My order is 4711")
        expect(second.get_by_test_id("answer")).to_contain_text("4711")
        with device(browser, bot, issuer) as third:
            third.goto(chat)
            sign_in(third, "bert")
            expect(third.get_by_test_id("starter").or_(third.get_by_test_id("opening")).first).to_be_visible()
            expect(third.get_by_test_id("question")).to_have_count(0)
