"""Messages that are answered together: the earlier ones point down to the answer."""

from playwright.sync_api import Page, expect

from tests.simulator.chat_page import open_chat, write
from tests.simulator.chat_server import ChatServer
from tests.simulator.chromium import needs_chromium

pytestmark = needs_chromium


def test_a_message_that_is_answered_with_the_next_one_points_down_and_is_no_failure(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    for text in ("hello", "help me?"):
        write(chat, text)
    first, second = bot.ask(), bot.ask()
    bot.tell("notice", turn=first, code="joined", message="↓")
    bot.complete(first, 0)
    bot.say(second, "With pleasure.")
    bot.complete(second, 1)
    turns = chat.locator("[data-testid=turn]")
    expect(turns).to_have_count(2)
    expect(turns.first).to_contain_text("↓")
    expect(turns.first).not_to_contain_text("This was not answered.")
    expect(turns.first.get_by_role("button")).to_have_count(0)
    expect(turns.last).to_contain_text("With pleasure.")
