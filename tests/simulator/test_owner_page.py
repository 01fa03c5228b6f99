"""The owner's page in a browser: the way in and out, what other pages cannot do, and how it looks."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from chalicelib.access import handles, identity
from tests.simulator.chromium import needs_chromium
from tests.simulator.commands import parley, parley_json
from tests.simulator.conftest import Demo
from tests.simulator.owners_page import enter, link_of, owners_page
from tests.simulator.served import served
from tests.simulator.test_accessibility import LIGHT_AND_WIDE, LOOKS, check

pytestmark = needs_chromium
VIEWS = ["owner", "owner/people", "owner/money", "owner/bot"]
PERSON = "10000001"


@pytest.fixture
def owner(browser: Browser, demo: Demo) -> Iterator[Page]:
    with owners_page(browser, demo) as page:
        yield page


def test_the_link_leads_to_a_button_and_the_button_to_the_page(owner: Page, demo: Demo):
    assert owner.url == f"{demo.url}/owner"
    expect(owner.get_by_role("heading", level=1)).to_have_text("A quiet day so far.")
    [cookie] = owner.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["secure"]) == ("__Host-parley", True, True)
    assert (cookie["sameSite"], cookie["path"]) == ("Lax", "/")


def test_a_preview_that_fetches_the_link_first_leaves_it_to_the_owner(browser: Browser, demo: Demo):
    link = link_of(demo)
    for agent in ("facebookexternalhit/1.1", "Mozilla/5.0 (compatible; SafeLinks)"):
        assert demo.http.get(link, headers={"User-Agent": agent}).status_code == 200
    with browser.new_context() as context:
        page = context.new_page()
        enter(page, link)
        expect(page.get_by_role("heading", level=1)).to_have_text("A quiet day so far.")


def test_a_used_link_says_so(browser: Browser, demo: Demo):
    link = link_of(demo)
    with browser.new_context() as context:
        enter(context.new_page(), link)
    assert demo.http.get(link).status_code == 404
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(link)
        expect(page.get_by_role("heading", level=1)).to_have_text("This link is used up")
        check(page)


def test_without_a_session_the_page_shows_nothing(demo: Demo):
    answer = demo.http.get("/owner")
    assert (answer.status_code, answer.headers["cache-control"]) == (403, "no-store")
    assert "set-cookie" not in answer.headers


def test_a_stolen_cookie_is_worth_nothing_after_the_owner_signed_out(owner: Page, demo: Demo):
    [cookie] = owner.context.cookies()
    stolen = {"Cookie": f"{cookie['name']}={cookie['value']}"}
    assert demo.http.get("/owner", headers=stolen).status_code == 200
    owner.get_by_role("button", name="Sign out").click()
    expect(owner.get_by_role("heading", level=1)).to_have_text("You are signed out")
    assert owner.context.cookies() == []
    assert demo.http.get("/owner", headers=stolen).status_code == 403


FORGED = """<form method="post" action="{action}"><input type="hidden" name="form" value="{code}"></form>
<script>document.forms[0].submit()</script>"""


def test_a_page_of_another_site_can_neither_sign_the_owner_out_nor_in(owner: Page, browser: Browser, demo: Demo):
    async def forged(request: Request) -> HTMLResponse:
        return HTMLResponse(FORGED.format(action=request.query_params["action"], code="0" * 64))

    with served([Route("/", forged)], host="127.0.0.2") as elsewhere:
        tab = owner.context.new_page()
        tab.goto(f"{elsewhere}/?action={demo.url}/owner/leave")
        expect(tab.get_by_role("heading", level=1)).not_to_have_text("")
        owner.reload()
        expect(owner.get_by_role("heading", level=1)).to_have_text("A quiet day so far.")
        link = link_of(demo)
        with browser.new_context() as context:
            tab = context.new_page()
            tab.goto(f"{elsewhere}/?action={link}")
            expect(tab.get_by_role("heading", level=1)).to_have_text("Please try again")
            assert context.cookies() == []
        assert demo.http.get(link).status_code == 200


def test_a_form_with_the_right_code_is_not_taken_from_elsewhere(owner: Page, demo: Demo):
    """The browser sends the cookie of SameSite=Lax with no such form; the page does not rely on that."""
    [cookie] = owner.context.cookies()
    code = owner.locator('input[name="form"]').first.get_attribute("value")
    for site in ("cross-site", "same-site", "none"):
        headers = {
            "Cookie": f"{cookie['name']}={cookie['value']}",
            "Sec-Fetch-Site": site,
            "Origin": "https://evil.example",
        }
        answer = demo.http.post("/owner/leave", data={"form": code}, headers=headers)
        assert answer.status_code == 403, site
    owner.reload()
    expect(owner.get_by_role("heading", level=1)).to_have_text("A quiet day so far.")


HOSTILE = (b"", b"form=", b"form=%00", b"form=" + b"x" * 100_000, b"&" * 9_000, b"\xff\xfe=\xff")


def test_hostile_forms_are_refused_in_words(owner: Page, demo: Demo):
    [cookie] = owner.context.cookies()
    headers = {
        "Cookie": f"{cookie['name']}={cookie['value']}",
        "Sec-Fetch-Site": "same-origin",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    for body in HOSTILE:
        answer = demo.http.post("/owner/leave", content=body, headers=headers)
        assert (answer.status_code, "Please try again" in answer.text) == (403, True), body[:20]


def test_each_view_is_accessible(browser: Browser, demo: Demo):
    demo.say("10000001", "Hello?")
    demo.wait_until_answered(PERSON)
    with owners_page(browser, demo, LIGHT_AND_WIDE) as page:
        for view in VIEWS:
            page.goto(f"{demo.url}/{view}")
            for look in LOOKS.values():
                page.set_viewport_size(look["viewport"])
                page.emulate_media(color_scheme=look["color_scheme"], forced_colors=look.get("forced_colors", "none"))
                check(page)


def test_no_view_is_wider_than_the_window(owner: Page, demo: Demo):
    demo.say("10000001", "Hello?")
    for view in VIEWS:
        owner.goto(f"{demo.url}/{view}")
        for width in (320, 360, 768, 1280):
            owner.set_viewport_size({"width": width, "height": 800})
            assert owner.evaluate("document.documentElement.scrollWidth") <= width, (view, width)


def test_the_owner_blocks_a_person_with_two_taps_and_the_bot_is_silent(owner: Page, demo: Demo):
    demo.say(PERSON, "Hello?")
    demo.wait_until_answered(PERSON)
    owner.get_by_role("link", name="People", exact=True).click()
    owner.locator(".people a").first.click()
    owner.get_by_text("Blocked", exact=True).click()
    owner.get_by_role("button", name="Save").click()
    expect(owner.get_by_role("status")).to_contain_text("Saved.")
    expect(owner.get_by_label("Blocked")).to_be_checked()
    answers = len(demo.answers_to(PERSON))
    demo.say(PERSON, "And now?")
    owner.get_by_text("As usual", exact=True).click()
    with owner.expect_navigation():
        owner.get_by_role("button", name="Save").click()
    demo.say(PERSON, "And now again?")
    demo.wait_until_answered(PERSON, turns=2)
    assert len(demo.answers_to(PERSON)) == answers + 1


def test_an_owner_opens_the_page_by_the_link_in_the_report(browser: Browser, demo: Demo):
    for turns, text in enumerate([parley_json(demo, "owner", "pair")["text"], "/report"], start=1):
        demo.say(PERSON, text)
        demo.wait_until_answered(PERSON, turns=turns)
    [link] = re.findall(r"http\S+/owner/in/\S+", demo.answers_to(PERSON)[-1])
    with browser.new_context() as context:
        page = context.new_page()
        enter(page, link)
        expect(page.get_by_role("heading", level=1)).to_have_text("A quiet day so far.")
        parley(demo, "owner", "remove", handle_of(demo, PERSON), "--yes")
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")


def handle_of(demo: Demo, psid: str) -> str:
    return handles.handle_of(identity.messenger_person(demo.facts["page_id"], psid))


def test_words_are_read_after_a_tap_of_its_own_which_is_noted(owner: Page, demo: Demo):
    demo.say(PERSON, "My secret wish")
    demo.wait_until_answered(PERSON)
    owner.get_by_role("link", name="People", exact=True).click()
    owner.locator(".people a").first.click()
    expect(owner.locator("main")).not_to_contain_text("My secret wish")
    owner.get_by_role("button", name="Read the conversation").click()
    expect(owner.locator(".said-person")).to_contain_text("My secret wish")
    check(owner)
    owner.get_by_role("link", name="People", exact=True).click()
    owner.locator(".people a").first.click()
    expect(owner.locator("main")).to_contain_text("An owner has read it once")
    check(owner)


def test_the_page_is_used_with_the_keyboard_alone(owner: Page):
    owner.keyboard.press("Tab")
    expect(owner.get_by_role("link", name="Skip to the content")).to_be_focused()
    owner.keyboard.press("Enter")
    owner.keyboard.press("Tab")
    expect(owner.locator("main :focus")).to_have_count(1)


def test_the_style_is_sent_once_and_kept(demo: Demo):
    first = demo.http.get("/owner/owner.css")
    assert first.headers["content-type"] == "text/css; charset=utf-8"
    again = demo.http.get("/owner/owner.css", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
