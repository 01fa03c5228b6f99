"""In the widget's frame people sign in in a window, though openers are cut and storage is partitioned."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from chalicelib.access.page_sign_in import slot_of
from tests.simulator.chat_page import a_page
from tests.simulator.chatting import new_key
from tests.simulator.chromium import CHROMIUM, PARTITIONED, PATIENCE_MS, needs_chromium
from tests.simulator.conftest import Demo
from tests.simulator.served import served
from tests.simulator.sign_in_issuer import SignInIssuer, sign_in_issuer
from tests.simulator.signing_in import device, expect_signed_in, fill_in, open_page, sign_in, trusting_demo

pytestmark = needs_chromium

NO_STORAGE = """
const refuse = { get() { throw new DOMException("no", "SecurityError"); } };
if (parent !== window) {
  for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, refuse);
}
"""
ALONE = {"Cross-Origin-Opener-Policy": "same-origin"}


@dataclass
class Shop:
    """A page of another site that has the widget."""

    url: str = ""
    html: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    async def serve(self, _: Request) -> Response:
        return HTMLResponse(f"<!doctype html><title>Shop</title><body>{self.html}", headers=dict(self.headers))


@dataclass
class World:
    """A browser that partitions storage, the bot, its issuer, and a shop with the widget."""

    browser: Browser
    demo: Demo
    issuer: SignInIssuer
    shop: Shop

    @contextmanager
    def visit(self) -> Iterator[tuple[Page, FrameLocator]]:
        """Open the widget on the shop's page, in a browser in which no person is signed in."""
        with a_page(self.browser, self.demo.url, self.issuer.url, self.shop.url, locale="en-GB") as page:
            page.goto(self.shop.url)
            page.get_by_role("button", name="Open the chat").click()
            frame = page.frame_locator("iframe")
            expect(frame.get_by_test_id("account")).to_have_text("Sign in")
            expect(frame.get_by_test_id("presence")).to_have_attribute("data-state", "online")
            yield page, frame


@pytest.fixture(scope="module")
def _world(browser: Browser) -> Iterator[World]:
    shop = Shop()
    with (
        sign_in_issuer() as issuer,
        trusting_demo(issuer) as demo,
        served([Route("/", shop.serve)], host="127.0.0.3") as shop.url,
    ):
        partitioned = browser.browser_type.launch(executable_path=CHROMIUM, args=PARTITIONED)
        yield World(partitioned, demo, issuer, shop)
        partitioned.close()


@pytest.fixture
def world(_world: World) -> World:
    _world.issuer.begin()
    _world.demo.reset()
    key = new_key(_world.demo, origins=[_world.shop.url])["id"]
    _world.shop.html = f'<script src="{_world.demo.url}/widget.js" data-config="{key}"></script>'
    _world.shop.headers = {}
    return _world


def window_of(page: Page, frame: FrameLocator) -> Page:
    """Press the button to sign in, and return the window that opens."""
    with page.expect_popup() as opened:
        frame.get_by_test_id("account").click()
    return opened.value


def write(frame: FrameLocator, text: str) -> None:
    frame.get_by_test_id("composer").fill(text)
    frame.get_by_test_id("composer").press("Enter")


@pytest.mark.parametrize("headers", [{}, ALONE], ids=["a usual page", "a page that cuts openers"])
def test_what_was_written_elsewhere_is_in_the_widget_after_a_sign_in_in_a_window(
    world: World, headers: Mapping[str, str]
):
    world.shop.headers = headers
    with device(world.browser, world.demo, world.issuer) as elsewhere, world.visit() as (page, frame):
        open_page(elsewhere, world.demo)
        sign_in(elsewhere, "anna")
        elsewhere.get_by_test_id("composer").fill("My order is 4711")
        elsewhere.keyboard.press("Enter")
        expect(elsewhere.get_by_test_id("answer")).to_contain_text("4711")
        window = window_of(page, frame)
        expect(frame.get_by_test_id("account-words")).to_have_text("Please sign in in the window that has opened.")
        fill_in(window, "anna")
        expect_signed_in(frame)
        expect(frame.get_by_test_id("question")).to_have_text("My order is 4711")
        write(frame, "Where is it?")
        expect(elsewhere.get_by_test_id("question").last).to_have_text("Where is it?")
        expect(frame.get_by_test_id("account-words")).to_be_hidden()


def test_in_the_widget_too_the_conversation_from_before_the_sign_in_is_taken_along_after_a_yes(world: World):
    with world.visit() as (page, frame):
        write(frame, "My order is 4711")
        expect(frame.get_by_test_id("answer")).to_contain_text("4711")
        fill_in(window_of(page, frame), "anna")
        expect_signed_in(frame)
        expect(frame.get_by_test_id("question")).to_have_count(0)
        frame.get_by_test_id("along-yes").click()
        expect(frame.get_by_test_id("question")).to_have_text("My order is 4711")
        expect(frame.get_by_test_id("along-words")).to_be_hidden()


def test_window_and_frame_share_neither_storage_nor_opener_and_the_window_closes_itself(world: World):
    world.shop.headers = ALONE
    with world.visit() as (page, frame):
        window = window_of(page, frame)
        expect(window.locator("[name=sub]")).to_be_visible()
        assert window.evaluate("window.opener") is None
        with page.context.new_page() as own:
            own.goto(f"{world.demo.url}/privacy")
            assert own.evaluate("Object.keys(localStorage)") == []
        assert frame.locator("html").evaluate("Object.keys(localStorage).length") == 1
        with window.expect_event("close", timeout=PATIENCE_MS):
            fill_in(window, "anna")
        expect_signed_in(frame)


def test_two_people_on_one_shops_page_see_nothing_of_each_other(world: World):
    with world.visit() as (first, annas), world.visit() as (second, berts):
        for page, frame, name in ((first, annas, "anna"), (second, berts, "bert")):
            fill_in(window_of(page, frame), name)
            expect_signed_in(frame)
            write(frame, f"I am {name}")
            expect(frame.get_by_test_id("answer")).to_contain_text(f"I am {name}")
        for frame, name in ((annas, "anna"), (berts, "bert")):
            expect(frame.get_by_test_id("question")).to_have_text(f"I am {name}")


def test_signing_out_in_the_frame_leaves_nothing_of_the_person(world: World):
    with world.visit() as (page, frame):
        fill_in(window_of(page, frame), "anna")
        expect_signed_in(frame)
        write(frame, "My order is 4711")
        expect(frame.get_by_test_id("answer")).to_contain_text("4711")
        frame.get_by_test_id("account").click()
        expect(frame.get_by_test_id("account")).to_have_text("Sign in")
        expect(frame.get_by_test_id("presence")).to_have_attribute("data-state", "online")
        expect(frame.get_by_test_id("question")).to_have_count(0)
        window = window_of(page, frame)
        expect(window.locator("[name=sub]")).to_be_visible()  # the next person has to say who they are


def test_who_does_not_sign_in_is_told_in_window_and_frame_and_can_try_again(world: World):
    with world.visit() as (page, frame):
        window = window_of(page, frame)
        window.get_by_role("button", name="No").click()
        expect(frame.get_by_test_id("account-words")).to_have_text("You are not signed in. Please try again.")
        fill_in(window_of(page, frame), "anna")
        expect_signed_in(frame)


def test_after_a_cancel_the_frame_takes_no_code_any_more(world: World):
    with world.visit() as (page, frame):
        window = window_of(page, frame)
        frame.get_by_test_id("cancel").click()
        expect(frame.get_by_test_id("account-words")).to_be_hidden()
        expect(frame.get_by_test_id("account")).to_be_enabled()
        with window.expect_event("close", timeout=PATIENCE_MS):
            fill_in(window, "anna")
        expect(frame.get_by_test_id("account")).to_have_text("Sign in")
        assert len(world.issuer.codes) == 1  # it was not exchanged
        window_of(page, frame)  # the issuer knows the person by now
        expect_signed_in(frame)


@pytest.mark.parametrize("claims", [{"nonce": "another's"}, {"aud": "another client"}])
def test_a_token_for_another_sign_in_or_client_signs_in_no_one(world: World, claims: dict[str, str]):
    world.issuer.claims = claims
    with world.visit() as (page, frame):
        fill_in(window_of(page, frame), "anna")
        expect(frame.locator(".trouble:visible").filter(has_text=re.compile(r"Please.*again\.")).first).to_be_visible()
        expect(frame.get_by_test_id("account")).to_have_text("Sign in")


def test_a_person_who_is_sent_to_the_issuer_by_an_attacker_hands_over_nothing(world: World):
    """The attacker's frame waits for the code, and has the verifier."""
    secret = "s" * 43
    with world.visit() as (page, frame):
        window = window_of(page, frame)
        expect(window.locator("[name=sub]")).to_be_visible()
        theirs = {name: value for name, [value] in parse_qs(urlsplit(window.url).query).items()}
        theirs["state"] = f"{slot_of(secret)}.."
        victim = page.context.new_page()
        victim.goto(f"{world.issuer.url}/authorize?{urlencode(theirs)}")
        fill_in(victim, "anna")
        expect(victim.get_by_test_id("signing")).to_contain_text("not begun in this window")
    body = {"verifier": "v" * 43, "secret": secret}
    assert world.demo.http.post("/chat/sign-in", json=body).status_code == 202


def test_on_the_shops_next_page_one_is_still_signed_in(world: World):
    with world.visit() as (page, frame):
        fill_in(window_of(page, frame), "anna")
        expect_signed_in(frame)
        write(frame, "My order is 4711")
        expect(frame.get_by_test_id("answer")).to_contain_text("4711")
        page.goto(f"{world.shop.url}/?next")
        expect_signed_in(frame)
        expect(frame.get_by_test_id("question")).to_have_text("My order is 4711")


def test_a_frame_that_may_store_nothing_signs_in_for_as_long_as_it_is_open(world: World):
    with world.visit() as (page, _):
        page.add_init_script(NO_STORAGE)
        page.goto(world.shop.url)
        frame = page.frame_locator("iframe")
        asked = "try { localStorage.length } catch (error) { return error.name }"
        assert frame.locator("html").evaluate(f"() => {{ {asked} }}") == "SecurityError"
        window = window_of(page, frame)
        fill_in(window, "anna")
        expect_signed_in(frame)
        frame.get_by_test_id("account").click()
        expect(frame.get_by_test_id("account")).to_have_text("Sign in")
