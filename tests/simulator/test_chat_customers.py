"""Customers of a site in a real browser, with the whole bot behind it, on the page of `docs/examples/shop.py`."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Any

import jwt
import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from scripts.simulator.aws import free_port
from tests.simulator.chat_page import a_page
from tests.simulator.chatting import new_key
from tests.simulator.chromium import needs_chromium
from tests.simulator.commands import parley_json
from tests.simulator.conftest import PATIENCE_S, ROOT, Demo

pytestmark = needs_chromium

UNKNOWN = "The chat does not recognise you. Please load the page again."


@dataclass(frozen=True)
class Shop:
    """A running site, its API key, and the secret that signs its visitors."""

    demo: Demo
    url: str
    key: Mapping[str, Any]
    secret: str
    test: str = ""
    """Ends the names of customers, so that each test has its own."""

    def tag(self, token: str) -> str:
        """Return the line of HTML with any token."""
        return (
            f'<script src="{self.demo.url}/widget.js" data-config="{self.key["id"]}" data-visitor="{token}"></script>'
        )


@contextmanager
def running_shop(demo: Demo, **wish: Any) -> Iterator[Shop]:
    """Start the site as its guide says, with a new API key."""
    port = free_port()
    url = f"http://localhost:{port}"
    key = new_key(demo, origins=[url], **wish)
    signing = parley_json(demo, "keys", "signing", key["id"])
    secret = signing["secret"]
    env = {"PARLEY_SECRET": secret, "PARLEY_TAG": signing["embed"], "PORT": str(port)}
    command = [sys.executable, str(ROOT / "docs" / "examples" / "shop.py")]
    process = subprocess.Popen(command, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert process.stdout
        assert process.stdout.readline().decode().strip() == url
        yield Shop(demo, url, key, secret)
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def _shop(_running: Demo) -> Iterator[Shop]:
    _running.reset()
    with running_shop(_running) as shop:
        yield shop


@pytest.fixture
def shop(_shop: Shop) -> Shop:
    """The site, whose customers are new."""
    return replace(_shop, test=token_hex(4))


@pytest.fixture
def own_shop(_running: Demo) -> Iterator[Shop]:
    """A site with a key of its own, whose secret a test may replace."""
    with running_shop(_running) as shop:
        yield shop


@contextmanager
def a_device(browser: Browser, shop: Shop, **options: Any) -> Iterator[Page]:
    """A browser of its own, with nothing stored."""
    with a_page(browser, shop.demo.url, shop.url, locale="en-GB", **options) as page:
        yield page


def sign_in(page: Page, shop: Shop, customer: str) -> FrameLocator:
    """Come to the shop as a customer, and open the chat."""
    page.goto(f"{shop.url}/sign-in?as={customer}{shop.test}")
    return open_chat(page)


def open_chat(page: Page) -> FrameLocator:
    """Open the chat, unless it is open still from the page before."""
    page.wait_for_function("window.Parley")  # after a click on a link, its page may still load the script
    page.evaluate("Parley.open()")
    frame = page.frame_locator("iframe")
    expect(frame.get_by_test_id("presence")).to_have_attribute("data-state", "online")
    return frame


def ask(page: Page, frame: FrameLocator, text: str, *, number: int = 1) -> None:
    """Ask, and wait until so many turns have ended."""
    frame.get_by_test_id("composer").fill(text)
    page.keyboard.press("Enter")
    expect(frame.locator("[data-testid=turn][data-state=done]")).to_have_count(number)


def test_a_customer_finds_the_same_conversation_on_the_second_device(browser: Browser, shop: Shop):
    with a_device(browser, shop) as phone, a_device(browser, shop) as computer:
        there = sign_in(phone, shop, "anna")
        ask(phone, there, "Where is my order?")
        here = sign_in(computer, shop, "anna")
        expect(here.get_by_test_id("question")).to_have_text(["Where is my order?"])
        ask(computer, here, "And the second one?", number=2)
        expect(here.get_by_test_id("answer").last).to_contain_text("Before that you wrote “Where is my order?”")
        expect(there.get_by_test_id("question")).to_have_text(["Where is my order?", "And the second one?"])


def test_on_a_phone_the_chat_of_the_example_fills_the_screen(browser: Browser, shop: Shop):
    with a_device(browser, shop, viewport={"width": 360, "height": 740}, is_mobile=True) as phone:
        sign_in(phone, shop, "anna")
        box = phone.locator("iframe").bounding_box()
        assert box
        assert box["width"] == 360
        assert phone.evaluate("innerWidth") == 360


def test_two_customers_see_nothing_of_each_other_on_two_devices_or_on_one(browser: Browser, shop: Shop):
    with a_device(browser, shop) as annas, a_device(browser, shop) as berts:
        frame = sign_in(annas, shop, "anna")
        other = sign_in(berts, shop, "bert")
        ask(annas, frame, "Anna's secret")
        ask(berts, other, "What did Anna write?")
        expect(other.get_by_test_id("answer")).to_contain_text("It is the first message of this conversation.")
        expect(other.get_by_text("Anna's secret")).to_have_count(0)
        expect(frame.get_by_test_id("question")).to_have_text(["Anna's secret"])
        same = sign_in(annas, shop, "bert")
        expect(same.get_by_test_id("question")).to_have_text(["What did Anna write?"])


def test_after_signing_out_a_stranger_has_a_conversation_of_their_own(browser: Browser, shop: Shop):
    with a_device(browser, shop) as page:
        ask(page, sign_in(page, shop, "anna"), "Anna's secret")
        page.get_by_role("link", name="Sign out").click()
        frame = open_chat(page)
        expect(frame.get_by_test_id("opening")).to_be_visible()
        expect(frame.get_by_test_id("question")).to_have_count(0)
        ask(page, frame, "Who am I?")
        expect(frame.get_by_test_id("answer")).to_contain_text("It is the first message of this conversation.")
        back = sign_in(page, shop, "anna")
        expect(back.get_by_test_id("question")).to_have_text(["Anna's secret"])
        page.get_by_role("link", name="Sign out").click()
        expect(open_chat(page).get_by_test_id("question")).to_have_count(0)


def wrong_tokens(shop: Shop) -> Mapping[str, str]:
    """Tokens for Anna that must open nothing."""
    now = int(time.time())
    claims = {"sub": f"anna{shop.test}", "aud": shop.key["id"], "exp": now + 600}
    other = new_key(shop.demo)
    others = parley_json(shop.demo, "keys", "signing", other["id"])["secret"]
    good = jwt.encode(claims, shop.secret, algorithm="HS256")
    head, _, signature = jwt.encode({**claims, "sub": f"bert{shop.test}"}, shop.secret, algorithm="HS256").split(".")
    return {
        "forged": jwt.encode(claims, "x" * 43, algorithm="HS256"),
        "changed": f"{head}.{good.split('.')[1]}.{signature}",
        "unsigned": jwt.encode(claims, "", algorithm="none"),
        "signed with the API key": jwt.encode(claims, shop.key["key"], algorithm="HS256"),
        "expired": jwt.encode({**claims, "exp": now - 1}, shop.secret, algorithm="HS256"),
        "too long": jwt.encode({**claims, "exp": now + 25 * 60 * 60}, shop.secret, algorithm="HS256"),
        "another key's": jwt.encode({**claims, "aud": other["id"]}, others, algorithm="HS256"),
        "another key's signature": jwt.encode(claims, others, algorithm="HS256"),
        "for another key": jwt.encode({**claims, "aud": other["id"]}, shop.secret, algorithm="HS256"),
    }


def test_forged_expired_and_other_keys_signatures_are_refused(browser: Browser, shop: Shop):
    with a_device(browser, shop) as annas:
        ask(annas, sign_in(annas, shop, "anna"), "Anna's secret")
    with a_device(browser, shop) as page:
        reasons: list[str] = []
        page.on("console", lambda said: reasons.append(said.text))
        for kind, token in wrong_tokens(shop).items():
            reasons.clear()
            deliver(page, shop, token)
            page.evaluate("Parley.open()")
            frame = page.frame_locator("iframe")
            expect(frame.get_by_test_id("trouble"), kind).to_contain_text(UNKNOWN)
            expect(frame.get_by_test_id("question")).to_have_count(0)
            assert any("Parley: the visitor's token" in reason for reason in reasons), (kind, reasons)


def deliver(page: Page, shop: Shop, token: str) -> None:
    """Load the shop's page with any token in its tag."""
    page.goto(f"{shop.url}/sign-out")
    page.evaluate("token => { document.querySelector('script').dataset.visitor = token; }", token)


def test_the_days_questions_are_counted_for_the_customer_on_all_devices(browser: Browser, shop: Shop):
    with running_shop(shop.demo, daily_messages=1) as sparing, a_device(browser, sparing) as phone:
        frame = sign_in(phone, sparing, "anna")
        ask(phone, frame, "The only one")
        with a_device(browser, sparing) as computer:
            here = sign_in(computer, sparing, "anna")
            expect(here.get_by_test_id("left")).to_have_text("No questions left today")
            expect(here.get_by_test_id("spent")).to_have_text("No questions left today. You can write again tomorrow.")
            expect(here.get_by_test_id("composer")).to_be_disabled()
        with a_device(browser, sparing) as berts:
            expect(sign_in(berts, sparing, "bert").get_by_test_id("left")).to_have_text("1 of 1 questions left today")


def test_what_is_forgotten_on_one_device_is_gone_on_the_other(browser: Browser, shop: Shop):
    with a_device(browser, shop) as phone, a_device(browser, shop) as computer:
        ask(phone, sign_in(phone, shop, "anna"), "Anna's secret")
        here = sign_in(computer, shop, "anna")
        ask(computer, here, "/forget", number=2)
        here.get_by_test_id("choice").first.click()
        expect(here.get_by_test_id("answer").last).to_contain_text("deleted")
        expect(sign_in(phone, shop, "anna").get_by_text("Anna's secret")).to_have_count(0)


def test_a_secret_that_leaked_is_refused_at_once_and_the_next_one_opens_the_same_conversation(
    browser: Browser, own_shop: Shop
):
    following = parley_json(own_shop.demo, "keys", "signing", own_shop.key["id"], "--next")["secret"]
    with a_device(browser, own_shop) as page:
        frame = sign_in(page, own_shop, "anna")
        ask(page, frame, "Where is my order?")
        parley_json(own_shop.demo, "keys", "rotate", own_shop.key["id"], "--yes")
        expect(frame.get_by_test_id("trouble")).to_contain_text(UNKNOWN)
        claims = {"sub": f"anna{own_shop.test}", "aud": own_shop.key["id"], "exp": int(time.time()) + 600}
        deliver(page, own_shop, jwt.encode(claims, following, algorithm="HS256"))
        expect(open_chat(page).get_by_test_id("question")).to_have_text(["Where is my order?"])


def test_the_owner_finds_blocks_and_exports_the_customer_by_the_sites_own_id(browser: Browser, shop: Shop):
    with a_device(browser, shop) as page:
        frame = sign_in(page, shop, "anna")
        ask(page, frame, "Where is my order?")
        person = parley_json(shop.demo, "keys", "customer", shop.key["id"], f"anna{shop.test}")["person"]
        assert person in [each["person"] for each in parley_json(shop.demo, "people", "list")["people"]]
        parley_json(shop.demo, "people", "block", person, "--yes")
        expect(frame.get_by_test_id("trouble")).to_contain_text("Your messages are not answered here.")


def test_a_token_that_expired_on_an_open_page_is_replaced_by_the_guides_code(browser: Browser, shop: Shop):
    """The page was open for long before the customer opened the chat."""
    guide = (ROOT / "docs" / "customers.md").read_text()
    [code] = re.findall(r"^```js\n(addEventListener.*?)^```", guide, re.DOTALL | re.MULTILINE)
    now = int(time.time())
    old, new = (
        jwt.encode({"sub": f"anna{shop.test}", "aud": shop.key["id"], "exp": exp}, shop.secret, algorithm="HS256")
        for exp in (now - 1, now + 600)
    )
    with a_device(browser, shop) as page:
        deliver(page, shop, old)
        page.route(f"{shop.url}/chat-token", lambda route: route.fulfill(body=new))
        page.evaluate(code)
        frame = open_chat(page)
        ask(page, frame, "Where is my order?")
        expect(sign_in(page, shop, "anna").get_by_test_id("question")).to_have_text(["Where is my order?"])


def test_the_example_without_its_values_says_how_to_get_them():
    command = [sys.executable, str(ROOT / "docs" / "examples" / "shop.py")]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 1
    assert "scripts/parley keys signing" in done.stderr
