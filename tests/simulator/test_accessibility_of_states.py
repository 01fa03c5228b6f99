"""axe finds no violation in the states of the chat page, dark, narrow and in forced colours; each state is heard."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.simulator.chat_page import open_chat, write
from tests.simulator.chat_server import YOU, ChatServer
from tests.simulator.chromium import needs_chromium
from tests.simulator.test_accessibility import DARK_AND_NARROW, check

pytestmark = needs_chromium


@pytest.fixture(params=["none", "active"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    with browser.new_context(**DARK_AND_NARROW, forced_colors=request.param) as context:
        yield context.new_page()


def heard(page: Page, words: str) -> None:
    """Wait until the live region has said these words."""
    expect(page.get_by_test_id("read-out")).to_contain_text(words)


def test_messages_that_wait_a_text_that_is_too_long_and_no_network(page: Page, bot: ChatServer):
    open_chat(page, bot)
    for text in ("One", "Two", "Three"):
        write(page, text)
    turn = bot.ask()
    bot.say(turn, "It has begun")
    frame = bot.heard("send_message")
    bot.tell("error", code="too_many_open", message="five wait", id=frame["id"])
    expect(page.locator(".fate:visible")).to_have_count(2)
    check(page)
    page.get_by_test_id("composer").fill("x" * 4_100)
    heard(page, "100 characters too many")
    check(page)
    bot.facts["history"] = [{"turn": turn, "from": YOU, "question": "One", "state": "open"}]
    page.context.set_offline(True)
    heard(page, "There is no connection to the internet.")
    check(page)


def test_nothing_left_and_the_end_of_the_chat(page: Page, bot: ChatServer):
    bot.facts.update(limit=3, remaining=1)
    open_chat(page, bot)
    write(page, "One")
    turn = bot.ask()
    bot.say(turn, "Yes.")
    bot.complete(turn, 1, remaining=0)
    heard(page, "No questions left today.")
    check(page)
    bot.tell("error", code="too_many_connections", message="ten newer ones")
    expect(page.get_by_test_id("alarm")).to_contain_text("This chat is open in too many other windows.")
    check(page)


def test_two_changes_at_once_are_both_heard(page: Page, bot: ChatServer):
    open_chat(page, bot)
    page.evaluate("""() => {
      window.heard = [];
      const region = document.getElementById("read-out");
      new MutationObserver(() => window.heard.push(region.textContent.trim())).observe(region, { childList: true });
    }""")
    write(page, "One")
    write(page, "Two")
    turn = bot.ask()
    bot.tell("error", code="too_large", message="no", id=bot.heard("send_message")["id"])
    bot.say(turn, "Yes.")
    bot.complete(turn, 1, remaining=0)
    heard(page, "No questions left today.")
    said = page.evaluate("window.heard")
    assert [words for words in said if words != "Writing…"][-3:] == [
        "This message is too long.",
        "Aunt Mary: Yes.",
        "No questions left today. You can write again tomorrow.",
    ]
