"""The field for writing: long pastes, and phones."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from chalicelib.conversation.turn import MAX_TEXT
from tests.simulator.chat_page import a_page, open_chat, write
from tests.simulator.chat_server import ChatServer
from tests.simulator.chromium import needs_chromium

pytestmark = needs_chromium

PASTE = """([field, text]) => {
  field.focus();
  document.execCommand("insertText", false, text);
}"""
COVER = """([height, offset]) => {
  Object.defineProperty(visualViewport, "height", { configurable: true, get: () => height });
  Object.defineProperty(visualViewport, "offsetTop", { configurable: true, get: () => offset });
  visualViewport.dispatchEvent(new Event("resize"));
}"""
"""Tells the page what Safari does when its keyboard covers the page, which Chromium cannot do."""


@pytest.fixture
def phone(browser: Browser, bot: ChatServer) -> Iterator[Page]:
    """The browser of a phone: narrow, and touched."""
    options = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True, "locale": "en-GB"}
    with a_page(browser, bot.url, **options) as page:
        yield page


@pytest.mark.parametrize(
    ("text", "too_many"),
    [("x" * (MAX_TEXT + 1), "1"), ("x" * 9_000, "5,000"), ("한" * 4_100, "100"), ("🙂" * (MAX_TEXT + 2), "2")],
)
def test_a_paste_that_is_too_long_stays_whole_and_is_not_sent_until_it_fits(
    chat: Page, bot: ChatServer, text: str, too_many: str
):
    open_chat(chat, bot)
    field = chat.get_by_test_id("composer")
    chat.evaluate(PASTE, [field.element_handle(), text])
    said = f"{too_many} characters too many: a message has at most 4,000"
    expect(field).to_have_value(text)
    expect(chat.get_by_test_id("near")).to_have_text(said)
    expect(chat.get_by_test_id("read-out")).to_have_text(said)
    expect(chat.get_by_test_id("send")).to_be_disabled()
    expect(field).to_have_attribute("aria-invalid", "true")
    chat.keyboard.press("Enter")
    expect(field).to_have_value(text)
    assert bot.heard_no_more("send_message")
    fitting = text[:MAX_TEXT]
    write(chat, fitting)
    assert bot.heard("send_message")["message"] == fitting
    expect(chat.get_by_test_id("near")).to_be_hidden()
    expect(chat.locator(".fate")).to_have_text("Sending…")


def test_blanks_around_a_message_do_not_count(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, f"{'x' * MAX_TEXT}\n\n ")
    assert bot.heard("send_message")["message"] == "x" * MAX_TEXT


def test_the_room_that_is_left_is_said_once_when_it_gets_little(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    chat.get_by_test_id("composer").fill("x" * 3_800)
    expect(chat.get_by_test_id("near")).to_have_text("200 characters left")
    chat.keyboard.type("more")
    expect(chat.get_by_test_id("near")).to_have_text("196 characters left")
    expect(chat.get_by_test_id("read-out")).to_have_text("200 characters left")
    expect(chat.get_by_test_id("send")).to_be_enabled()


def test_what_is_too_much_is_said_again_when_it_is_sent_nevertheless(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    chat.get_by_test_id("composer").fill("x" * 4_100)
    expect(chat.get_by_test_id("read-out")).to_have_text("100 characters too many: a message has at most 4,000")
    chat.get_by_test_id("composer").fill("x" * 4_050)
    chat.keyboard.press("Enter")
    expect(chat.get_by_test_id("read-out")).to_have_text("50 characters too many: a message has at most 4,000")


def test_on_a_phone_enter_breaks_the_line_and_the_button_sends(phone: Page, bot: ChatServer):
    open_chat(phone, bot)
    field = phone.get_by_test_id("composer")
    expect(field).to_have_attribute("enterkeyhint", "enter")
    field.tap()
    phone.keyboard.type("First line")
    phone.keyboard.press("Enter")
    phone.keyboard.type("Second line")
    expect(field).to_have_value("First line\nSecond line")
    phone.get_by_test_id("send").tap()
    assert bot.heard("send_message")["message"] == "First line\nSecond line"


def test_on_a_tablet_with_a_keyboard_control_and_enter_send(phone: Page, bot: ChatServer):
    open_chat(phone, bot)
    phone.get_by_test_id("composer").tap()
    phone.keyboard.type("Hello")
    phone.keyboard.press("Control+Enter")
    assert bot.heard("send_message")["message"] == "Hello"


def test_a_keyboard_that_covers_the_page_leaves_the_field_in_sight(phone: Page, bot: ChatServer):
    open_chat(phone, bot)
    phone.evaluate(COVER, [400, 60])
    box = phone.get_by_test_id("composer").bounding_box()
    assert box
    assert box["y"] >= 60
    assert box["y"] + box["height"] <= 460
    phone.evaluate(COVER, [740, 0])
    assert phone.locator(".app").evaluate("app => app.getBoundingClientRect().height") == 740
