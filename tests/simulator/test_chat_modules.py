"""Whatever a visitor opens, there is one of each module in the page: two would not know of each other."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from chalicelib.content import scripts
from chalicelib.content.compact import compact
from tests.simulator.chat_page import a_page, open_chat, write
from tests.simulator.chat_server import ChatServer
from tests.simulator.chromium import needs_chromium

pytestmark = needs_chromium

NAMED = """() => [...document.querySelectorAll("link[rel=modulepreload], script")].map((one) => one.href ?? one.src)"""


def bare(script: str) -> str:
    """Return a script without what differs between the ways in which a module is sent."""
    return re.sub(r"\s|\bexport\b", "", script)


def signs() -> dict[str, str]:
    """Return for each module the longest of its lines, by which it is found in a script."""
    lines = {
        name: [line for line in text.splitlines() if "import" not in line and not line.lstrip().startswith("/*")]
        for name, text in scripts.modules().items()
    }
    return {name: bare(compact(max(own, key=len))) for name, own in lines.items() if own}


@pytest.fixture
def loaded(browser: Browser, bot: ChatServer) -> Iterator[tuple[Page, dict[str, str]]]:
    """A page, and the scripts that it has loaded by their addresses."""
    with a_page(browser, bot.url, locale="en-GB") as page:
        texts: dict[str, str] = {}
        page.on(
            "response",
            lambda response: texts.update({response.url: bare(response.text())} if response.url.endswith("js") else {}),
        )
        yield page, texts


def how_often(texts: dict[str, str]) -> dict[str, int]:
    return {name: sum(text.count(sign) for text in texts.values()) for name, sign in signs().items()}


def test_each_module_is_evaluated_once_however_much_is_opened(loaded: tuple[Page, dict[str, str]], bot: ChatServer):
    chat, texts = loaded
    bot.sign_in = True
    open_chat(chat, bot)
    expect(chat.get_by_test_id("account")).to_be_enabled()
    write(chat, "Show me everything")
    bot.answer("```js\nlet a = 1;\n```\n\n$$\\frac{1}{2}$$\n\n| a |\n|---|\n| 1 |\n\nFact[^1]\n\n[^1]: Note")
    expect(chat.locator("math")).to_have_count(1)
    expect(chat.locator(".notes")).to_have_count(1)
    chat.get_by_test_id("menu-button").click()
    chat.get_by_test_id("language").filter(has_text="Deutsch").click()
    expect(chat.get_by_test_id("account")).to_have_text("Anmelden")
    bot.hold("authenticate")
    bot.break_off()
    bot.heard("authenticate")
    bot.tell("error", code="blocked", message="no")
    expect(chat.get_by_test_id("forget-me")).not_to_be_empty()
    others = {"words_ko.js", "words_es.js", "words_fr.js", "words_pt.js"}
    for _ in range(600):  # the text of a script is noted a moment after the page has it
        found = how_often(texts)
        if {name for name, number in found.items() if number == 0} <= others:
            break
        chat.wait_for_timeout(100)
    assert {name: number for name, number in found.items() if number > 1} == {}
    assert {name for name, number in found.items() if number == 0} <= others


def test_where_people_sign_in_the_page_names_the_scripts_that_it_loads(browser: Browser, bot: ChatServer):
    bot.sign_in = True
    with a_page(browser, bot.url, locale="en-GB") as chat:
        asked: list[str] = []
        chat.on("request", lambda request: asked.append(request.url) if request.url.endswith("js") else None)
        open_chat(chat, bot)
        assert sorted(asked) == sorted(set(chat.evaluate(NAMED)))
