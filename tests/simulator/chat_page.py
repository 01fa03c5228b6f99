"""The chat page in a browser, and what a visitor does there."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.simulator.chat_server import ChatServer

RECORD = """
window.shown = [];
new MutationObserver(() => {
  const answers = document.querySelectorAll('[data-testid="answer"]');
  if (answers.length) window.shown.push(answers[answers.length - 1].textContent);
}).observe(document, { subtree: true, childList: true, characterData: true });
"""
"""Keeps every state in which the last answer was seen, in `shown`."""


@contextmanager
def a_page(browser: Browser, *homes: str, **options: Any) -> Iterator[Page]:
    """A browser's page, that may load only what is below these addresses, meet no error and break none of its rules."""
    context = browser.new_context(viewport={"width": 1100, "height": 800}, **options)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(homes) else faults.append(request.url))
    page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    page.add_init_script(RECORD)
    yield page
    context.close()
    assert faults == []


def open_chat(page: Page, server: ChatServer, query: str = "config=k1") -> None:
    """Come to the page and wait until one may write."""
    page.goto(f"{server.url}/chat?{query}")
    expect(page.get_by_test_id("presence")).to_have_attribute("data-state", "online")


def write(page: Page, text: str) -> None:
    page.get_by_test_id("composer").fill(text)
    page.keyboard.press("Enter")


def every_state_shown(page: Page) -> list[str]:
    """What the last answer looked like, each time it changed."""
    shown: list[str] = page.evaluate("window.shown")
    return shown


def fits(page: Page, width: int) -> bool:
    """Whether nothing is wider than the window: code and tables scroll by themselves."""
    widths = page.evaluate(
        "[document.body, ...document.querySelectorAll('.scroller, .said, .question')].map(n => n.scrollWidth)"
    )
    return all(each <= width for each in widths)
