"""Opens the chat page in a browser, and acts as a visitor."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from tests.simulator.chat_server import ChatServer

USUAL_SIZE: ViewportSize = {"width": 1100, "height": 800}

RECORD = """
window.shown = [];
new MutationObserver(() => {
  const answers = document.querySelectorAll('[data-testid="answer"]');
  if (answers.length) window.shown.push(answers[answers.length - 1].textContent);
}).observe(document, { subtree: true, childList: true, characterData: true });
"""
"""Records every state of the last answer in `shown`."""


@contextmanager
def a_page(browser: Browser, *homes: str, **options: Any) -> Iterator[Page]:
    """Open a page that may load from these addresses only; fails on errors and violations of its security policy.

    Its visitor prefers no motion, since each frame of an animation is drawn by the processor.
    """
    usual: dict[str, Any] = {"viewport": USUAL_SIZE, "reduced_motion": "reduce"}
    context = browser.new_context(**usual | options)
    page = context.new_page()
    faults = faults_of(page, *homes)
    page.add_init_script(RECORD)
    yield page
    context.close()
    assert not faults, "\n".join(faults)


def faults_of(page: Page, *homes: str) -> list[str]:
    """Return a list to which the page's errors, violations and requests to other addresses are added from now on."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(homes) else faults.append(request.url))
    page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    return faults


def open_chat(page: Page, server: ChatServer, query: str = "config=k1") -> None:
    """Open the chat and wait until the visitor can write."""
    page.goto(f"{server.url}/chat?{query}")
    expect(page.get_by_test_id("presence")).to_have_attribute("data-state", "online")


def write(page: Page, text: str) -> None:
    page.get_by_test_id("composer").fill(text)
    page.keyboard.press("Enter")


def asked(page: Page, bot: ChatServer) -> tuple[str, Locator]:
    """Ask a question in an open chat; returns its turn, which the bot has accepted, and the place of its answer."""
    earlier = page.get_by_test_id("turn").count()
    write(page, "Tell me")
    return bot.ask(), page.get_by_test_id("answer").nth(earlier)


def answered(page: Page, bot: ChatServer, *words: str) -> Locator:
    """Ask a question in an open chat, and have it answered with these words; returns the answer."""
    earlier = page.get_by_test_id("turn").count()
    write(page, "Show me")
    bot.answer(*words)
    expect(page.locator("[data-testid=turn][data-state=done]")).to_have_count(earlier + 1)
    return page.get_by_test_id("answer").nth(earlier)


def every_state_shown(page: Page) -> list[str]:
    """Return the recorded states of the last answer."""
    shown: list[str] = page.evaluate("window.shown")
    return shown


def expect_to_fit(page: Page, width: int) -> None:
    """Wait until nothing is wider than the window; code and tables scroll by themselves.

    Styles of what has just been shown may come a moment later.
    """
    parts = "[document.body, ...document.querySelectorAll('.scroller, .said, .question')]"
    page.wait_for_function(f"width => {parts}.every((part) => part.scrollWidth <= width)", arg=width)
