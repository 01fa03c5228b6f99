"""The chat page for everybody: by keyboard, by ear, on narrow screens, in their language; and as a bubble elsewhere."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.simulator.chat_page import a_page, expect_to_fit, open_chat, write
from tests.simulator.chat_server import YOU, ChatServer
from tests.simulator.chromium import needs_chromium

pytestmark = needs_chromium


def test_an_answer_is_read_out_once_and_whole(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    expect(chat.get_by_role("log")).to_have_attribute("aria-live", "off")
    write(chat, "Read to me")
    turn = bot.ask()
    bot.say(turn, "Once upon ", "a time")
    expect(chat.get_by_test_id("answer")).to_have_text("Once upon a time")
    expect(chat.get_by_test_id("read-out")).to_have_text("Writing…")
    bot.complete(turn, 2)
    expect(chat.get_by_test_id("read-out")).to_have_text("Aunt Mary: Once upon a time")


def test_everything_can_be_done_with_the_keyboard(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    expect(chat.get_by_test_id("composer")).to_be_focused()
    chat.keyboard.type("First line")
    chat.keyboard.press("Shift+Enter")
    chat.keyboard.type("second line")
    chat.keyboard.press("Enter")
    turn = bot.ask()
    expect(chat.get_by_test_id("question")).to_have_text(re.compile(r"^First line\nsecond line$"))
    bot.say(turn, "Hm")
    tab_back_to(chat, "stop")
    chat.keyboard.press("Enter")
    bot.heard("cancel")
    bot.complete(turn, 1, state="stopped", choices=[{"title": "Go on", "command": "go on"}])
    expect(chat.get_by_test_id("composer")).to_be_focused()
    tab_back_to(chat, "choice")
    chat.keyboard.press("Enter")
    assert bot.heard("send_message")["message"] == "go on"
    expect(chat.get_by_test_id("composer")).to_be_focused()


def test_an_answer_is_stopped_by_tab_and_enter_or_by_escape(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    for keys in (["Tab", "Enter"], ["Tab", "Space"], ["Escape"]):
        write(chat, "Tell me everything")
        turn = bot.ask()
        bot.say(turn, "First of all,")
        expect(chat.get_by_test_id("stop")).to_be_visible()
        expect(chat.get_by_test_id("composer")).to_be_focused()
        for key in keys:
            chat.keyboard.press(key)
        assert bot.heard("cancel")["turn"] == turn
        bot.complete(turn, 1, state="stopped")
        expect(chat.get_by_test_id("stop")).to_be_hidden()
        expect(chat.get_by_test_id("composer")).to_be_focused()


def test_escape_stops_from_anywhere_on_the_page_once_and_nothing_that_is_over(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    chat.keyboard.press("Escape")
    write(chat, "Tell me everything")
    turn = bot.ask()
    bot.say(turn, "First of all,")
    expect(chat.get_by_test_id("stop")).to_be_visible()
    chat.get_by_role("main").focus()
    composing = "new KeyboardEvent('keydown', { key: 'Escape', isComposing: true, bubbles: true })"
    chat.evaluate(f"document.activeElement.dispatchEvent({composing})")
    assert bot.heard_no_more("cancel")
    chat.keyboard.press("Escape")
    chat.keyboard.press("Escape")
    bot.heard("cancel")
    bot.complete(turn, 1, state="stopped")
    expect(chat.get_by_test_id("stop")).to_be_hidden()
    chat.keyboard.press("Escape")
    write(chat, "Next")
    bot.heard("send_message")
    assert bot.heard_no_more("cancel")


def test_in_the_widget_escape_closes_the_chat_and_the_answer_goes_on(chat: Page, bot: ChatServer):
    bot.framed_by = (bot.elsewhere,)
    chat.goto(bot.elsewhere)
    chat.get_by_role("button", name="Open the chat").click()
    frame = chat.frame_locator("iframe")
    expect(frame.get_by_test_id("composer")).to_be_focused()
    chat.keyboard.type("Do you sell roses?")
    chat.keyboard.press("Enter")
    turn = bot.ask()
    bot.say(turn, "We")
    expect(frame.get_by_test_id("stop")).to_be_visible()
    chat.keyboard.press("Escape")
    expect(chat.locator("iframe")).to_be_hidden()
    bot.complete(turn, 1)
    assert bot.heard_no_more("cancel")


def test_choices_are_read_out_and_the_one_that_was_made_is_shown_by_its_title(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    choices = [{"title": "Yes, delete it", "command": "/forget yes"}, {"title": "No", "command": "/forget no"}]
    write(chat, "/forget")
    bot.answer("Shall I?", choices=choices)
    expect(chat.get_by_test_id("read-out")).to_have_text("Aunt Mary: Shall I? Suggested answers: Yes, delete it, No")
    bot.hold("send_message")
    chat.get_by_role("button", name="No", exact=True).click()
    expect(chat.get_by_test_id("question").last).to_have_text("No")
    turn = bot.ask()
    bot.tell("notice", turn=turn, code="command", message="Nothing is deleted.")
    bot.complete(turn, 0)
    expect(chat.get_by_test_id("read-out")).to_have_text("Aunt Mary: Nothing is deleted.")
    expect(chat.get_by_test_id("question")).to_have_text(["/forget", "No"])


def test_choices_are_still_there_when_the_page_is_opened_again(chat: Page, bot: ChatServer):
    choices = [{"title": "Yes, delete it", "command": "/forget yes"}, {"title": "No", "command": "/forget no"}]
    asked = {"turn": "1", "from": YOU, "question": "/forget", "answer": "Shall I?", "code": "command"}
    bot.facts["history"] = [{**asked, "choices": choices, "state": "done"}]
    open_chat(chat, bot)
    expect(chat.get_by_test_id("choice")).to_have_text(["Yes, delete it", "No"])
    kept = {"turn": "2", "from": YOU, "question": "/forget no", "answer": "Nothing is deleted.", "code": "command"}
    bot.facts["history"].append({**kept, "state": "done"})
    open_chat(chat, bot)
    expect(chat.get_by_test_id("question")).to_have_text(["/forget", "No"])
    expect(chat.get_by_test_id("choice")).to_have_count(0)


def tab_back_to(chat: Page, testid: str) -> None:
    expect(chat.get_by_test_id(testid)).to_be_visible()
    for _ in range(10):
        chat.keyboard.press("Shift+Tab")
        if chat.evaluate("document.activeElement.dataset.testid") == testid:
            return
    pytest.fail(f"{testid} is not reached by the keyboard")


def test_on_a_narrow_screen_nothing_is_cut_off(chat: Page, bot: ChatServer):
    chat.set_viewport_size({"width": 360, "height": 640})
    bot.facts.update(limit=10, remaining=3)
    open_chat(chat, bot)
    write(chat, "W" * 300)
    table = (
        "| " + " | ".join(["A column"] * 8) + " |\n" + "|---" * 8 + "|\n" + "| " + " | ".join(["12345678"] * 8) + " |"
    )
    bot.answer(
        "V" * 500,
        f"\n\n```\n{'code ' * 60}\n```\n\n{table}\n\n- {'x' * 200}",
        choices=[{"title": "y" * 100, "command": "y"}],
    )
    expect(chat.get_by_test_id("choice")).to_be_visible()
    expect_to_fit(chat, 360)
    for part in ("composer", "send", "persona", "choice", "answer"):
        box = chat.get_by_test_id(part).bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360


@pytest.mark.parametrize(
    ("locale", "placeholder", "language"),
    [
        ("ko-KR", "메시지를 입력하세요…", "ko"),
        ("de-AT", "Nachricht schreiben…", "de"),
        ("es-MX", "Escribe un mensaje…", "es"),
        ("fr-CA", "Écris un message…", "fr"),
        ("pt-BR", "Escreva uma mensagem…", "pt"),
        ("en-US", "Write a message…", "en"),
        ("fi-FI", "Write a message…", "en"),
    ],
)
def test_the_page_speaks_the_visitors_language_or_english_and_asks_for_notices_in_it(
    browser: Browser, bot: ChatServer, locale: str, placeholder: str, language: str
):
    with a_page(browser, bot.url, bot.elsewhere, locale=locale, reduced_motion="no-preference") as chat:
        open_chat(chat, bot)
        assert chat.evaluate("document.documentElement.lang") == language
        expect(chat.get_by_placeholder(placeholder)).to_be_visible()
        write(chat, "?")
        asked = bot.heard("send_message")
        assert asked["language"] == language
        turn = bot.next_turn()
        bot.tell("question", turn=turn, **{"from": YOU}, text="?")
        bot.tell("notice", turn=turn, code="limit_reached", message="You can ask again at 00:00 (UTC).")
        bot.complete(turn, 0)
        expect(chat.get_by_test_id("answer")).to_have_text("You can ask again at 00:00 (UTC).")


def test_a_bubble_on_somebody_elses_page_opens_the_chat_and_closes_it_again(chat: Page, bot: ChatServer):
    bot.framed_by = (bot.elsewhere,)
    chat.goto(bot.elsewhere)
    assert bot.tickets == []
    bubble = chat.get_by_role("button", name="Open the chat")
    bubble.focus()
    chat.keyboard.press("Enter")
    frame = chat.frame_locator("iframe")
    expect(frame.get_by_test_id("composer")).to_be_focused()
    chat.keyboard.type("Do you sell roses?")
    chat.keyboard.press("Enter")
    turn = bot.ask()
    chat.keyboard.press("Escape")
    expect(bubble).to_be_focused()
    expect(chat.locator("iframe")).to_be_hidden()
    bot.say(turn, "We do.")
    bot.complete(turn, 1)
    expect(bubble).to_have_accessible_name("Open the chat, 1 new")
    bubble.click()
    expect(frame.get_by_test_id("answer")).to_have_text("We do.")
    expect(frame.get_by_test_id("composer")).to_be_focused()
    frame.get_by_test_id("close").click()
    expect(bubble).to_have_attribute("aria-expanded", "false")
    expect(bubble).to_have_accessible_name("Open the chat")


def test_a_page_that_is_none_of_the_keys_origins_cannot_frame_the_chat(browser: Browser, bot: ChatServer):
    with browser.new_context() as context:
        page = context.new_page()
        with page.expect_console_message(lambda said: "frame-ancestors" in said.text):
            page.goto(bot.elsewhere)
            page.get_by_role("button", name="Open the chat").click()
        assert bot.tickets == []


def test_on_a_phone_the_bubbles_chat_fills_the_screen(chat: Page, bot: ChatServer):
    bot.framed_by = (bot.elsewhere,)
    chat.set_viewport_size({"width": 360, "height": 640})
    chat.goto(bot.elsewhere)
    chat.get_by_role("button", name="Open the chat").click()
    frame = chat.frame_locator("iframe")
    expect(frame.get_by_test_id("persona")).to_have_text("Aunt Mary")
    assert chat.locator("iframe").bounding_box() == {"x": 0, "y": 0, "width": 360, "height": 640}
    frame.get_by_test_id("close").click()
    expect(chat.get_by_role("button", name="Open the chat")).to_be_focused()
