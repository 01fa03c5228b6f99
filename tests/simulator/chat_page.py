"""Opens the chat page in a browser, and acts as a visitor."""

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
"""Records every state of the last answer in `shown`."""


@contextmanager
def a_page(browser: Browser, *homes: str, **options: Any) -> Iterator[Page]:
    """Open a page that may load from these addresses only; fails on errors and violations of its security policy.

    Its visitor prefers no motion, since each frame of an animation is drawn by the processor.
    """
    usual: dict[str, Any] = {"viewport": {"width": 1100, "height": 800}, "reduced_motion": "reduce"}
    context = browser.new_context(**usual | options)
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
    """Open the chat and wait until the visitor can write."""
    page.goto(f"{server.url}/chat?{query}")
    expect(page.get_by_test_id("presence")).to_have_attribute("data-state", "online")


def write(page: Page, text: str) -> None:
    page.get_by_test_id("composer").fill(text)
    page.keyboard.press("Enter")


def every_state_shown(page: Page) -> list[str]:
    """Return the recorded states of the last answer."""
    shown: list[str] = page.evaluate("window.shown")
    return shown


def fits(page: Page, width: int) -> bool:
    """Check that nothing is wider than the window; code and tables scroll by themselves."""
    widths = page.evaluate(
        "[document.body, ...document.querySelectorAll('.scroller, .said, .question')].map(n => n.scrollWidth)"
    )
    return all(each <= width for each in widths)
