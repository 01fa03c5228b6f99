"""Thumbs up and down below an answer."""

import pytest
from playwright.sync_api import Page, expect

from tests.simulator.chat_page import open_chat, write
from tests.simulator.chat_server import OTHER, YOU, ChatServer
from tests.simulator.chromium import needs_chromium

pytestmark = needs_chromium


def test_a_thumb_is_sent_once_stays_pressed_and_can_be_changed(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, "Why?")
    turn = bot.answer("Because.")
    up, down = (chat.get_by_role("button", name=name) for name in ("Good answer", "Bad answer"))
    up.press("Enter")
    assert bot.heard("feedback") == {"action": "feedback", "turn": turn, "value": "up"}
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(up).to_be_focused()
    up.click()
    down.click()
    assert bot.heard("feedback")["value"] == "down"
    expect(up).to_have_attribute("aria-pressed", "false")
    expect(down).to_have_attribute("aria-pressed", "true")
    assert bot.heard_no_more("feedback")


def test_a_thumb_pressed_without_a_connection_is_sent_as_soon_as_there_is_one(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, "Why?")
    turn = bot.answer("Because.")
    expect(chat.get_by_test_id("thumb-up")).to_be_visible()
    bot.hold("authenticate")
    bot.break_off()
    bot.heard("authenticate")
    chat.get_by_test_id("thumb-down").click()
    bot.ready()
    assert bot.heard("feedback") == {"action": "feedback", "turn": turn, "value": "down"}


@pytest.mark.parametrize("value", ["up", "down"])
def test_a_thumb_is_still_pressed_when_the_page_is_opened_again(chat: Page, bot: ChatServer, value: str):
    past = {"turn": "1", "from": YOU, "question": "Why?", "answer": "Because.", "state": "done"}
    bot.facts["history"] = [{**past, "feedback": value}]
    open_chat(chat, bot)
    expect(chat.get_by_test_id(f"thumb-{value}")).to_have_attribute("aria-pressed", "true")
    expect(chat.locator(".thumb[aria-pressed=true]")).to_have_count(1)


def test_only_the_models_answers_to_ones_own_questions_have_thumbs(chat: Page, bot: ChatServer):
    past = {"question": "Why?", "answer": "Because.", "state": "done"}
    bot.facts["history"] = [
        {**past, "turn": "1", "from": OTHER},
        {**past, "turn": "2", "from": YOU, "code": "command"},
        {"turn": "3", "from": YOU, "question": "Why?", "state": "dropped"},
        {**past, "turn": "4", "from": YOU, "state": "stopped"},
    ]
    open_chat(chat, bot, "config=k1&room=garden")
    expect(chat.get_by_test_id("turn")).to_have_count(4)
    expect(chat.get_by_test_id("thumb-up")).to_have_count(1)
    write(chat, "And you?")
    turn = bot.ask()
    bot.say(turn, "I am")
    expect(chat.get_by_test_id("answer").last).to_have_text("I am")
    expect(chat.get_by_test_id("thumb-up")).to_have_count(1)
