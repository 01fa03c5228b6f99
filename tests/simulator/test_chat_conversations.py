"""Known visitors have several conversations: opened, renamed and deleted in a list of the page."""

from collections.abc import Iterator
from dataclasses import replace
from secrets import token_hex

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.simulator.chat_page import open_chat as open_page
from tests.simulator.chat_page import write
from tests.simulator.chat_server import PERSONA, YOU, ChatServer
from tests.simulator.chromium import needs_chromium
from tests.simulator.conftest import Demo
from tests.simulator.test_chat_customers import Shop, a_device, ask, open_chat, running_shop, sign_in

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def _shop(_running: Demo) -> Iterator[Shop]:
    _running.reset()
    with running_shop(_running) as shop:
        yield shop


@pytest.fixture
def shop(_shop: Shop) -> Shop:
    """The site, whose customers are new."""
    return replace(_shop, test=token_hex(4))


LISTED = [{"title": "Tents", "at": 2}, {"title": "Hats", "at": 1, "room": "~hats"}]
SIGNED_IN = (
    """sessionStorage.setItem("parley.sign-in.token", JSON.stringify({ token: "t", until: Date.now() + 9e6 }))"""
)


def known(chat: Page, bot: ChatServer) -> None:
    """Open the page as a visitor who has signed in."""
    bot.sign_in = True
    facts = {"websocket_url": f"{bot.url.replace('http', 'ws')}/socket", "persona": PERSONA}
    chat.route("**/config", lambda route: route.fulfill(json=facts))
    chat.add_init_script(SIGNED_IN)
    open_page(chat, bot)


def opens_named(chat: Page, bot: ChatServer, title: str) -> None:
    """Open a conversation of the list."""
    chat.get_by_test_id("menu-button").click()
    chat.get_by_test_id("own-open").click()
    bot.heard("list")
    bot.tell("conversations", conversations=LISTED)
    chat.get_by_test_id("own").filter(has_text=title).click()


def begins(frame: FrameLocator) -> None:
    frame.get_by_test_id("new-conversation").click()
    expect(frame.get_by_test_id("question")).to_have_count(0)
    expect(frame.get_by_test_id("presence")).to_have_attribute("data-state", "online")


def opens_list(frame: FrameLocator) -> None:
    frame.get_by_test_id("menu-button").click()
    frame.get_by_role("menuitem", name="Your conversations").click()
    expect(frame.get_by_test_id("own-dialog")).to_be_visible()


def two(page: Page, shop: Shop) -> FrameLocator:
    """Anna has asked in two conversations."""
    frame = sign_in(page, shop, "anna")
    ask(page, frame, "Where is my order?")
    begins(frame)
    ask(page, frame, "Which tent is for three?")
    return frame


def test_a_new_conversation_knows_nothing_of_the_others_and_all_are_listed(browser: Browser, shop: Shop):
    with a_device(browser, shop) as page:
        frame = two(page, shop)
        expect(frame.get_by_test_id("answer")).to_contain_text("It is the first message of this conversation.")
        opens_list(frame)
        own = frame.get_by_test_id("own")
        expect(own.locator("span")).to_have_text(["Which tent is for three?", "Where is my order?"])
        expect(own.first).to_have_attribute("aria-current", "true")
        own.last.click()
        expect(frame.get_by_test_id("question")).to_have_text(["Where is my order?"])
        expect(frame.get_by_test_id("own-dialog")).to_be_hidden()
        ask(page, frame, "And now?", number=2)
        expect(frame.get_by_test_id("answer").last).to_contain_text("Before that you wrote “Where is my order?”")


def test_the_conversation_is_open_again_on_the_next_page_and_on_another_device_it_is_in_the_list(
    browser: Browser, shop: Shop
):
    with a_device(browser, shop) as page, a_device(browser, shop) as other:
        two(page, shop)
        page.reload()
        frame = page.frame_locator("iframe")
        if not frame.get_by_test_id("composer").is_visible():
            frame = open_chat(page)
        expect(frame.get_by_test_id("question")).to_have_text(["Which tent is for three?"])
        there = sign_in(other, shop, "anna")
        opens_list(there)
        expect(there.get_by_test_id("own")).to_have_count(2)


def test_another_conversation_is_opened_without_loading_the_page_and_each_keeps_its_draft(chat: Page, bot: ChatServer):
    known(chat, bot)
    chat.evaluate("window.mark = 1")
    write(chat, "Which tent?")
    bot.answer("The green one.")
    expect(chat.get_by_test_id("answer")).to_have_text("The green one.")
    chat.get_by_test_id("composer").fill("A half-written question")
    opens_named(chat, bot, "Hats")
    assert bot.heard("join")["room"] == "~hats"
    expect(chat.get_by_test_id("question")).to_have_count(0)
    expect(chat.get_by_test_id("composer")).to_be_focused()
    expect(chat.get_by_test_id("composer")).to_have_value("")
    expect(chat.get_by_test_id("read-out")).to_have_text("Hats")
    write(chat, "Which hat?")
    bot.answer("The straw one.")
    expect(chat.get_by_test_id("answer")).to_have_text("The straw one.")
    bot.facts["history"] = [{"turn": "1", "from": YOU, "question": "Which tent?", "answer": "Green.", "state": "done"}]
    opens_named(chat, bot, "Tents")
    expect(chat.get_by_test_id("question")).to_have_text(["Which tent?"])
    expect(chat.get_by_test_id("composer")).to_have_value("A half-written question")
    assert chat.evaluate("window.mark") == 1


def test_a_conversation_cannot_be_left_while_a_message_waits(chat: Page, bot: ChatServer):
    known(chat, bot)
    write(chat, "One")
    bot.heard("send_message")
    chat.evaluate("document.getElementById('own').showModal()")
    bot.tell("conversations", conversations=LISTED)
    chat.get_by_test_id("own").filter(has_text="Hats").click()
    expect(chat.get_by_test_id("own-news")).to_be_visible()
    assert bot.heard_no_more("join")


def test_a_conversation_is_renamed_by_keyboard(browser: Browser, shop: Shop):
    with a_device(browser, shop) as page:
        frame = two(page, shop)
        opens_list(frame)
        frame.get_by_role("button", name="Change the title: Where is my order?").press("Enter")
        field = frame.get_by_role("textbox", name="Change the title")
        expect(field).to_be_focused()
        field.press("Escape")
        expect(field).to_be_hidden()
        expect(frame.get_by_test_id("own").last).to_be_focused()
        expect(frame.get_by_test_id("own-dialog")).to_be_visible()
        frame.get_by_test_id("rename").last.press("Enter")
        field.fill("The tent")
        field.press("Enter")
        expect(frame.get_by_test_id("own").locator("span")).to_have_text(["Which tent is for three?", "The tent"])


def test_a_conversation_is_deleted_after_a_question(browser: Browser, shop: Shop):
    with a_device(browser, shop) as page:
        frame = two(page, shop)
        opens_list(frame)
        frame.get_by_role("button", name="Delete the conversation: Where is my order?").click()
        frame.get_by_role("button", name="No", exact=True).click()
        expect(frame.get_by_test_id("own")).to_have_count(2)
        frame.get_by_test_id("erase").last.click()
        frame.get_by_test_id("erase-yes").last.click()
        expect(frame.get_by_test_id("own").locator("span")).to_have_text(["Which tent is for three?"])
        frame.get_by_test_id("erase").click()
        frame.get_by_test_id("erase-yes").click()
        expect(frame.get_by_test_id("own-dialog")).to_be_hidden()
        expect(frame.get_by_test_id("question")).to_have_count(0)
        opens_list(frame)
        expect(frame.get_by_text("No conversations yet.")).to_be_visible()


def test_by_keyboard_a_conversation_is_not_deleted_by_pressing_enter_twice_and_the_focus_stays_in_the_list(
    browser: Browser, shop: Shop
):
    with a_device(browser, shop) as page:
        frame = two(page, shop)
        opens_list(frame)
        frame.get_by_role("button", name="Delete the conversation: Where is my order?").press("Enter")
        asked = frame.get_by_role("group", name="Delete this conversation for good?")
        expect(asked.get_by_role("button", name="No", exact=True)).to_be_focused()
        page.keyboard.press("Enter")
        expect(frame.get_by_test_id("own").last).to_be_focused()
        frame.get_by_test_id("erase").last.press("Enter")
        frame.get_by_test_id("erase-yes").last.press("Enter")
        expect(frame.get_by_test_id("own").locator("span")).to_have_text(["Which tent is for three?"])
        expect(frame.get_by_test_id("own")).to_be_focused()


def test_another_customer_in_the_same_tab_comes_to_a_conversation_of_their_own(browser: Browser, shop: Shop):
    with a_device(browser, shop) as page, a_device(browser, shop) as other:
        there = sign_in(other, shop, "bert")
        ask(other, there, "Bert's question")
        two(page, shop)
        frame = sign_in(page, shop, "bert")
        expect(frame.get_by_test_id("question")).to_have_text(["Bert's question"])
        page.get_by_role("link", name="Sign out").click()
        frame = open_chat(page)
        expect(frame.get_by_test_id("question")).to_have_count(0)


def test_a_visitor_who_is_not_known_has_no_list(chat: Page, bot: ChatServer):
    open_page(chat, bot)
    chat.get_by_test_id("menu-button").click()
    expect(chat.get_by_role("menuitem", name="Help")).to_be_visible()
    expect(chat.get_by_test_id("own-open")).to_be_hidden()
