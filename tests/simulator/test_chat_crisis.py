"""The text for a person in danger leads to help with one touch, and other notices stay plain text."""

import pytest
from playwright.sync_api import Page, expect

from tests.flow.bot import SAYS
from tests.simulator.chat_page import open_chat, write
from tests.simulator.chat_server import ChatServer
from tests.simulator.chromium import needs_chromium
from tests.simulator.test_accessibility import check

pytestmark = needs_chromium

HELP = SAYS("crisis", help_line=SAYS("help_line"))


def answered(chat: Page, bot: ChatServer, code: str, text: str) -> None:
    open_chat(chat, bot)
    write(chat, "I want to end it.")
    turn = bot.ask()
    bot.tell("notice", turn=turn, code=code, message=text)
    bot.complete(turn, 0)


def test_the_help_line_can_be_opened(chat: Page, bot: ChatServer):
    answered(chat, bot, "crisis", HELP)
    link = chat.get_by_role("link", name="https://findahelpline.com")
    expect(link).to_have_attribute("href", "https://findahelpline.com")
    expect(link).to_have_attribute("target", "_blank")
    expect(chat.get_by_test_id("answer")).to_contain_text("If you are in danger, call your country's emergency number")
    expect(chat.get_by_test_id("composer")).to_be_enabled()
    last = chat.get_by_test_id("answer").locator("p").last
    below = chat.get_by_test_id("answer").evaluate("(all) => all.getBoundingClientRect().bottom")
    assert below - last.evaluate("(text) => text.getBoundingClientRect().bottom") < 20, "an empty line follows"
    check(chat)


def test_an_owners_number_can_be_called(chat: Page, bot: ChatServer):
    answered(chat, bot, "crisis", "Call [109](tel:109).")
    expect(chat.get_by_role("link", name="109")).to_have_attribute("href", "tel:109")


@pytest.mark.parametrize("code", ["command", "filtered", "apology"])
def test_another_notice_is_plain_text(chat: Page, bot: ChatServer, code: str):
    answered(chat, bot, code, "There is no command /**x** https://example.com")
    expect(chat.get_by_test_id("answer")).to_have_text("There is no command /**x** https://example.com")
    expect(chat.get_by_role("link", name="https://example.com")).to_have_count(0)
