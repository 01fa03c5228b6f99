"""A demo that trusts an issuer, and a person who signs in there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.issuer import AUDIENCE
from tests.simulator.chat_page import a_page
from tests.simulator.chatting import new_key
from tests.simulator.conftest import Demo, running_demo
from tests.simulator.sign_in_issuer import SignInIssuer

BEGUN_ELSEWHERE = urlencode({"state": f"{'a' * 43}..", "nonce": "a" * 43, "challenge": "a" * 43})
"""The query of a sign-in that no page has begun."""


@contextmanager
def trusting_demo(issuer: SignInIssuer) -> Iterator[Demo]:
    """Start a demo that accepts the issuer's tokens."""
    settings = {"PARLEY_OIDC_ISSUER": issuer.url, "PARLEY_OIDC_AUDIENCE": AUDIENCE}
    headers = {"Sec-Fetch-Site": "same-origin"}
    with running_demo(env={**os.environ, **settings}) as (demo, _):
        # The issuer runs in this process: on busy cores it may not answer the demo's first request in time.
        demo.wait_until(lambda: demo.http.get(f"/chat/sign-in?{BEGUN_ELSEWHERE}", headers=headers).status_code == 200)
        yield demo


@contextmanager
def device(browser: Browser, demo: Demo, issuer: SignInIssuer, **options: Any) -> Iterator[Page]:
    """A browser of its own, in which no person is signed in."""
    with a_page(browser, demo.url, issuer.url, **{"locale": "en-GB", **options}) as page:
        yield page


def open_page(page: Page, demo: Demo, query: str = "") -> None:
    """Open the chat page of a new key."""
    page.goto(f"{demo.url}/chat?config={new_key(demo)['id']}{query}")
    expect(page.get_by_test_id("account")).to_have_text("Sign in")


def fill_in(page: Page, name: str) -> None:
    """Say on the issuer's page who one is."""
    page.locator("[name=sub]").fill(name)
    page.get_by_role("button", name="Go").click()


def expect_signed_in(chat: Page | FrameLocator) -> None:
    expect(chat.get_by_test_id("account")).to_have_text("Sign out")
    expect(chat.get_by_test_id("presence")).to_have_attribute("data-state", "online")


def sign_in(page: Page, name: str) -> None:
    page.get_by_test_id("account").click()
    fill_in(page, name)
    expect_signed_in(page)
