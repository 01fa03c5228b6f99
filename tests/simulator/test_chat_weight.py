"""What the chat page loads, and when."""

import pytest
from playwright.sync_api import Browser, expect

from tests.simulator.chat_page import a_page, open_chat, write
from tests.simulator.chat_server import ChatServer
from tests.simulator.chromium import needs_chromium
from tests.simulator.conftest import Demo

pytestmark = needs_chromium

ONCE = """() => performance.getEntriesByType("resource").map((one) => one.name)
  .filter((name) => /\\.(m?js|css)$/.test(name))"""
NAMED = """() => [...document.querySelectorAll("link[rel=modulepreload], link[rel=stylesheet], script")]
  .map((one) => one.href ?? one.src).sort()"""


@pytest.mark.parametrize("locale", ["en-US", "ko-KR"])
def test_a_visitor_who_asks_and_is_answered_loads_each_file_once_and_none_that_the_page_does_not_name(
    browser: Browser, bot: ChatServer, locale: str
):
    with a_page(browser, bot.url, locale=locale) as chat:
        open_chat(chat, bot)
        write(chat, "Hello")
        bot.answer("**Hello** there.\n\n- one\n\n| a |\n|---|\n| 1 |")
        expect(chat.locator("[data-testid=turn][data-state=done]")).to_have_count(1)
        assert sorted(chat.evaluate(ONCE)) == sorted(set(chat.evaluate(NAMED)))


def test_the_demo_compresses_as_api_gateway_does(demo: Demo):
    script, short = demo.http.get("/chat/page.js"), demo.http.get("/chat/nothing.js")
    assert script.headers["content-encoding"] == "gzip"
    assert int(script.headers["content-length"]) < len(script.content) / 2
    assert "content-encoding" not in short.headers
    assert "content-encoding" not in demo.http.get("/chat/page.js", headers={"Accept-Encoding": "br"}).headers
