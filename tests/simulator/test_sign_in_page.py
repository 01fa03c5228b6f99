"""The chat page signs people in with an issuer, and out again, in a real browser."""

import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from playwright.sync_api import Browser, Page, expect

from chalicelib.access import rooms
from tests.simulator.chat_page import expect_to_fit, write
from tests.simulator.chatting import new_key
from tests.simulator.chromium import needs_chromium
from tests.simulator.conftest import Demo
from tests.simulator.sign_in_issuer import SignInIssuer, sign_in_issuer
from tests.simulator.signing_in import (
    BEGUN_ELSEWHERE,
    device,
    expect_signed_in,
    fill_in,
    open_page,
    sign_in,
    trusting_demo,
)
from tests.simulator.test_accessibility import DARK_AND_NARROW, LIGHT_AND_WIDE, check

pytestmark = needs_chromium

STORED = "JSON.stringify([{ ...localStorage }, { ...sessionStorage }])"
SOCKETS = """
window.sockets = [];
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    sockets.push(this);
  }
};
"""
FAILED = "You are not signed in. Please try again."


@pytest.fixture(scope="module")
def _issuer() -> Iterator[SignInIssuer]:
    with sign_in_issuer() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def _trusting(_issuer: SignInIssuer) -> Iterator[Demo]:
    with trusting_demo(_issuer) as demo:
        yield demo


@pytest.fixture
def issuer(_issuer: SignInIssuer) -> SignInIssuer:
    _issuer.begin()
    return _issuer


@pytest.fixture
def demo(_trusting: Demo) -> Demo:
    _trusting.reset()
    return _trusting


@pytest.fixture
def page(browser: Browser, demo: Demo, issuer: SignInIssuer) -> Iterator[Page]:
    with device(browser, demo, issuer) as page:
        yield page


def test_two_devices_of_one_person_show_the_same_history_and_another_person_sees_none(
    browser: Browser, demo: Demo, issuer: SignInIssuer
):
    with device(browser, demo, issuer) as first, device(browser, demo, issuer) as second:
        open_page(first, demo)
        sign_in(first, "anna")
        write(first, "My order is 4711")
        expect(first.get_by_test_id("answer")).to_contain_text("4711")
        open_page(second, demo)
        sign_in(second, "anna")
        expect(second.get_by_test_id("question")).to_have_text("My order is 4711")
        write(second, "Where is it?")
        expect(first.get_by_test_id("question").last).to_have_text("Where is it?")
        with device(browser, demo, issuer) as third:
            open_page(third, demo)
            sign_in(third, "bert")
            expect(third.get_by_test_id("question")).to_have_count(0)
            write(third, "Mine is in walnut")
            expect(third.get_by_test_id("answer")).to_contain_text("walnut")
        expect(first.get_by_test_id("answer")).to_have_count(2)
        assert "walnut" not in first.content() + second.content()


def test_signed_in_one_stays_so_when_the_page_is_loaded_again_and_in_no_other_tab(page: Page, demo: Demo):
    open_page(page, demo)
    sign_in(page, "anna")
    page.reload()
    expect_signed_in(page)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_test_id("account")).to_have_text("Sign in")


def test_the_page_keeps_no_token_but_the_one_that_ends_soon_and_no_code_in_its_address(page: Page, demo: Demo):
    open_page(page, demo)
    before = page.url
    sign_in(page, "anna")
    assert page.url == before
    stored = page.evaluate(STORED)
    assert "long-lived" not in stored
    assert {name for name in re.findall(r'"(parley\.[\w.-]+)"', stored) if "ticket" not in name} == {
        "parley.sign-in.token"
    }
    assert "signed-in" not in page.evaluate("performance.getEntriesByType('navigation')[0].name")


def test_one_comes_back_to_the_same_room_which_others_who_sign_in_share(
    browser: Browser, demo: Demo, issuer: SignInIssuer
):
    address = f"{demo.url}/chat?room={full_name_of_room(demo, 'board')}"
    with device(browser, demo, issuer) as annas, device(browser, demo, issuer) as berts:
        for page, name in ((annas, "anna"), (berts, "bert")):
            page.goto(address)
            sign_in(page, name)
            assert page.url == address
            expect(page.get_by_test_id("room")).to_have_text("Room board")
        write(annas, "Hello, all")
        expect(berts.get_by_test_id("question")).to_contain_text("Hello, all")


def full_name_of_room(demo: Demo, name: str) -> str:
    ssm = boto3.client(
        "ssm",
        endpoint_url=demo.facts["aws_endpoint_url"],
        region_name=demo.facts["aws_region"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    stored = ssm.get_parameter(Name="/parley/demo/ticket-key", WithDecryption=True)
    return rooms.full_name(name, secret=stored["Parameter"]["Value"])


def test_a_room_of_a_key_is_for_the_keys_visitors(page: Page, demo: Demo):
    key = new_key(demo, open_rooms=True)["id"]
    page.goto(f"{demo.url}/chat")
    sign_in(page, "anna")
    page.goto(f"{demo.url}/chat?config={key}&room=lobby")
    expect(page.get_by_test_id("room")).to_have_text("Room lobby")
    expect(page.get_by_test_id("account")).to_be_hidden()


def test_signing_out_leaves_nothing_of_the_person_in_any_tab(page: Page, demo: Demo):
    open_page(page, demo)
    sign_in(page, "anna")
    write(page, "My order is 4711")
    expect(page.get_by_test_id("answer")).to_contain_text("4711")
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_test_id("account").click()  # the issuer still knows the person
    expect_signed_in(other)
    expect(other.get_by_test_id("question")).to_have_text("My order is 4711")
    page.get_by_test_id("account").click()
    for each in (page, other):
        expect(each.get_by_test_id("account")).to_have_text("Sign in")
        expect(each.get_by_test_id("presence")).to_have_attribute("data-state", "online")
        expect(each.get_by_test_id("question")).to_have_count(0)
        assert "4711" not in each.content()
        assert "parley.sign-in" not in each.evaluate(STORED)


def test_a_tab_that_was_elsewhere_during_the_sign_out_is_signed_out_too(page: Page, demo: Demo, issuer: SignInIssuer):
    """The same holds for a tab that was closed, which browsers open again with all that it had stored."""
    open_page(page, demo)
    chat = page.url
    sign_in(page, "anna")
    other = page.context.new_page()
    other.goto(chat)
    other.get_by_test_id("account").click()
    expect_signed_in(other)
    page.goto(issuer.url)
    other.get_by_test_id("account").click()
    expect(other.get_by_test_id("account")).to_have_text("Sign in")
    sign_in(other, "bert")
    page.goto(chat)
    expect(page.get_by_test_id("account")).to_have_text("Sign in")
    expect(page.get_by_test_id("presence")).to_have_attribute("data-state", "online")
    other.reload()
    expect_signed_in(other)


def test_after_a_sign_out_the_next_person_has_to_say_who_they_are(page: Page, demo: Demo, issuer: SignInIssuer):
    open_page(page, demo)
    sign_in(page, "anna")
    page.get_by_test_id("composer").fill("half a thought")
    page.get_by_test_id("account").click()
    expect(page.get_by_test_id("account")).to_have_text("Sign in")
    sign_in(page, "bert")
    expect(page.get_by_test_id("composer")).to_have_value("")
    assert [asked.get("prompt") for asked in issuer.asked] == [None, "login"]


QUESTIONS = {
    "en-GB": ("Take along the conversation from before you signed in?", "Yes"),
    "de-DE": ("Das Gespräch von vor der Anmeldung mitnehmen?", "Ja"),
    "ko-KR": ("로그인하기 전에 나눈 대화를 가져올까요?", "예"),
}


@pytest.mark.parametrize(
    "locale", ["de-DE", *(pytest.param(other, marks=pytest.mark.full) for other in ("en-GB", "ko-KR"))]
)
def test_after_a_yes_the_conversation_from_before_the_sign_in_is_the_persons_on_each_device(
    browser: Browser, demo: Demo, issuer: SignInIssuer, locale: str
):
    words, yes = QUESTIONS[locale]
    narrow = {"width": 360, "height": 640}
    with device(browser, demo, issuer, locale=locale, viewport=narrow) as page, device(browser, demo, issuer) as other:
        page.goto(f"{demo.url}/chat?config={new_key(demo)['id']}")
        write(page, "My order is 4711")
        expect(page.get_by_test_id("answer")).to_contain_text("4711")
        page.get_by_test_id("account").click()
        fill_in(page, "anna")
        expect(page.get_by_test_id("along-words")).to_have_text(words)
        expect_to_fit(page, 360)
        check(page)
        expect(page.get_by_test_id("question")).to_have_count(0)
        expect(page.get_by_test_id("along-yes")).to_have_text(yes)
        page.get_by_test_id("along-yes").click()
        expect(page.get_by_test_id("question")).to_have_text("My order is 4711")
        expect(page.get_by_test_id("answer")).to_contain_text("4711")
        expect(page.get_by_test_id("along-words")).to_be_hidden()
        expect(page.get_by_test_id("composer")).to_be_focused()
        open_page(other, demo)
        sign_in(other, "anna")
        expect(other.get_by_test_id("question").last).to_have_text("My order is 4711")
        page.get_by_test_id("account").click()
        expect(page.get_by_test_id("presence")).to_have_attribute("data-state", "online")
        expect(page.get_by_test_id("question")).to_have_count(0)  # of a new visitor


def test_after_a_no_the_conversation_stays_the_visitors_and_nobody_is_asked_again(page: Page, demo: Demo):
    open_page(page, demo)
    write(page, "My order is 4711")
    expect(page.get_by_test_id("answer")).to_contain_text("4711")
    sign_in(page, "anna")
    page.get_by_test_id("along-no").click()
    expect(page.get_by_test_id("along-words")).to_be_hidden()
    page.get_by_test_id("account").click()
    expect(page.get_by_test_id("question")).to_have_text("My order is 4711")
    sign_in(page, "anna")
    expect(page.get_by_test_id("along-words")).to_be_hidden()
    expect(page.get_by_test_id("question")).to_have_count(0)


def test_a_yes_whose_answer_is_lost_is_asked_for_again(page: Page, demo: Demo):
    page.add_init_script(SOCKETS)
    open_page(page, demo)
    write(page, "My order is 4711")
    expect(page.get_by_test_id("answer")).to_contain_text("4711")
    sign_in(page, "anna")
    page.evaluate("sockets.at(-1).send = function () { this.close(); }")
    page.get_by_test_id("along-yes").click()
    page.wait_for_function("() => !Object.hasOwn(sockets.at(-1), 'send')")  # it has connected again
    page.get_by_test_id("along-yes").click()
    expect(page.get_by_test_id("question")).to_have_text("My order is 4711")


def test_a_conversation_that_cannot_be_taken_along_any_more_is_said(page: Page, demo: Demo):
    open_page(page, demo)
    write(page, "My order is 4711")
    expect(page.get_by_test_id("answer")).to_contain_text("4711")
    page.evaluate("for (const name in localStorage) if (name.includes('ticket')) localStorage[name] = 'x'")
    sign_in(page, "anna")
    page.get_by_test_id("along-yes").click()
    expect(page.get_by_test_id("along-words")).to_have_text("The earlier conversation could not be taken along.")
    expect(page.get_by_test_id("along-yes")).to_be_hidden()


def test_who_has_written_nothing_before_is_asked_nothing(page: Page, demo: Demo):
    open_page(page, demo)
    sign_in(page, "anna")
    expect(page.get_by_test_id("along-words")).to_be_hidden()


def test_a_page_without_a_key_is_for_people_who_sign_in(page: Page, demo: Demo):
    page.goto(f"{demo.url}/chat")
    expect(page.get_by_test_id("trouble")).to_contain_text("Please sign in to write here.")
    expect(page.get_by_test_id("composer")).to_be_disabled()
    sign_in(page, "anna")
    write(page, "Hello")
    expect(page.get_by_test_id("answer")).to_contain_text("Hello")


def test_who_does_not_sign_in_comes_back_to_the_chat_and_is_told(page: Page, demo: Demo):
    open_page(page, demo)
    page.get_by_test_id("account").click()
    page.get_by_role("button", name="No").click()
    expect(page.get_by_test_id("account-words")).to_have_text(FAILED)
    expect(page.get_by_test_id("presence")).to_have_attribute("data-state", "online")
    sign_in(page, "anna")
    expect(page.get_by_test_id("account-words")).to_be_hidden()


@pytest.mark.parametrize("claims", [{"nonce": "another's"}, pytest.param({"nonce": None}, marks=pytest.mark.full)])
def test_a_token_for_another_sign_in_is_not_used(page: Page, demo: Demo, issuer: SignInIssuer, claims: dict[str, str]):
    issuer.claims = claims
    open_page(page, demo)
    page.get_by_test_id("account").click()
    fill_in(page, "anna")
    expect(page.get_by_test_id("account-words")).to_have_text(FAILED)
    expect(page.get_by_test_id("account")).to_have_text("Sign in")


def test_a_token_that_the_bot_refuses_ends_the_sign_in(page: Page, demo: Demo, issuer: SignInIssuer):
    issuer.claims = {"aud": "another client"}
    open_page(page, demo)
    page.get_by_test_id("account").click()
    fill_in(page, "anna")
    expect(page.get_by_test_id("trouble")).to_contain_text("Your sign-in has ended. Please sign in again.")
    expect(page.get_by_test_id("composer")).to_be_disabled()
    issuer.claims = {}
    page.get_by_test_id("account").click()
    expect_signed_in(page)
    expect(page.get_by_test_id("composer")).to_be_enabled()


@pytest.mark.parametrize(
    "state", ["a" * 43 + "..", *(pytest.param(other, marks=pytest.mark.full) for other in ("another", ""))]
)
def test_a_sign_in_that_this_tab_has_not_begun_is_not_finished(
    page: Page, demo: Demo, issuer: SignInIssuer, state: str
):
    issuer.state = state or " "
    open_page(page, demo)
    page.get_by_test_id("account").click()
    fill_in(page, "anna")
    expect(page.get_by_test_id("signing")).to_have_text(
        "This sign-in was not begun in this window. Please begin it in the chat."
    )
    assert "code" not in page.url
    page.get_by_test_id("back").click()
    expect(page.get_by_test_id("account")).to_have_text("Sign in")
    assert len(issuer.codes) == 1  # it was not exchanged


def test_a_slow_issuer_is_waited_for(page: Page, demo: Demo, issuer: SignInIssuer):
    issuer.goes_on.clear()
    open_page(page, demo)
    page.get_by_test_id("account").click()
    fill_in(page, "anna")
    expect(page.get_by_test_id("account")).to_be_disabled()
    issuer.goes_on.set()
    expect_signed_in(page)


def test_an_issuer_that_gives_no_token_is_said(page: Page, demo: Demo, issuer: SignInIssuer):
    issuer.token_status = 500
    open_page(page, demo)
    page.get_by_test_id("account").click()
    fill_in(page, "anna")
    expect(page.get_by_test_id("account-words")).to_contain_text("Nobody can sign in at the moment")
    expect(page.get_by_test_id("presence")).to_have_attribute("data-state", "online")


def test_a_sign_in_that_has_ended_is_said_and_the_next_one_shows_the_history_again(
    page: Page, demo: Demo, issuer: SignInIssuer
):
    page.clock.install()
    page.add_init_script(SOCKETS)
    open_page(page, demo)
    sign_in(page, "anna")
    write(page, "My order is 4711")
    expect(page.get_by_test_id("answer")).to_contain_text("4711")
    page.clock.fast_forward("01:30:00")
    expect(page.get_by_test_id("account")).to_have_text("Sign out")  # the connection is still open
    page.evaluate("sockets.at(-1).close()")
    page.clock.run_for(5_000)
    expect(page.get_by_test_id("trouble")).to_contain_text("Your sign-in has ended. Please sign in again.")
    page.get_by_test_id("account").click()
    expect_signed_in(page)
    expect(page.get_by_test_id("question")).to_have_text("My order is 4711")


def test_an_attackers_link_does_not_send_a_person_to_the_issuer(page: Page, demo: Demo, issuer: SignInIssuer):
    """The attacker's own frame would wait for the person's code."""
    page.goto(issuer.url)  # a page of another site
    page.evaluate("address => { location.assign(address) }", f"{demo.url}/chat/sign-in?{BEGUN_ELSEWHERE}")
    expect(page.get_by_test_id("signing")).to_contain_text("not begun in this window")
    page.goto(f"{demo.url}/chat/sign-in?{BEGUN_ELSEWHERE}")
    expect(page.get_by_test_id("signing")).to_contain_text("not begun in this window")
    assert issuer.asked == []


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("de-DE", ("Anmelden", "Abmelden")),
        pytest.param("ko-KR", ("로그인", "로그아웃"), marks=pytest.mark.full),
    ],
)
def test_on_a_narrow_dark_screen_everything_fits_in_each_language(
    browser: Browser, demo: Demo, issuer: SignInIssuer, locale: str, words: tuple[str, str]
):
    narrow = {"width": 360, "height": 640}
    with device(browser, demo, issuer, locale=locale, viewport=narrow, color_scheme="dark") as page:
        page.goto(f"{demo.url}/chat?config={new_key(demo)['id']}")
        for word in words:
            button = page.get_by_test_id("account")
            expect(button).to_have_text(word)
            expect(page.get_by_test_id("presence")).to_have_attribute("data-state", "online")
            expect_to_fit(page, 360)
            box = button.bounding_box()
            assert box
            assert box["x"] + box["width"] <= 360
            button.click()
            if word == words[0]:
                fill_in(page, "anna")


@pytest.mark.parametrize("path", ["/chat/sign-in", "/chat/signed-in"])
def test_a_body_that_no_page_sends_is_refused(demo: Demo, path: str):
    for body in (b"", b"[]", b"{", b"7", b"\xff", b"[" * 8000, b'{"x": "' + b"x" * 9000 + b'"}', b"{}"):
        answer = demo.http.post(path, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400, body[:20]


def test_scripts_of_other_pages_may_ask_for_nothing_of_a_sign_in(demo: Demo):
    for path in ("/chat/sign-in", "/chat/signed-in", "/config"):
        asks = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
        assert "access-control-allow-origin" not in demo.http.options(path, headers=asks).headers
    form = demo.http.post("/chat/signed-in", content=b"{}", headers={"Content-Type": "text/plain"})
    assert form.status_code == 415


@pytest.mark.parametrize("options", [LIGHT_AND_WIDE, DARK_AND_NARROW], ids=["light and wide", "dark and narrow"])
def test_axe_finds_no_violation_before_during_and_after_a_sign_in(
    browser: Browser, demo: Demo, issuer: SignInIssuer, options: dict[str, Any]
):
    with device(browser, demo, issuer, **options) as page:
        page.goto(f"{demo.url}/chat")
        expect(page.get_by_test_id("trouble")).to_be_visible()
        check(page)
        page.get_by_test_id("account").click()
        page.get_by_role("button", name="No").click()
        expect(page.get_by_test_id("account-words")).to_be_visible()
        check(page)
        sign_in(page, "anna")
        check(page)
        page.goto(f"{demo.url}/chat/signed-in?state={'a' * 43}..")
        expect(page.get_by_test_id("back")).to_be_visible()
        check(page)
