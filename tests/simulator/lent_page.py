"""One page for test after test: a new one takes more of the processor than a short test."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from playwright.sync_api import Browser, Page

from tests.simulator.chat_page import RECORD, USUAL_SIZE, faults_of, open_chat
from tests.simulator.chat_server import ChatServer

LASTING: Final = frozenset(
    {
        "add_init_script",
        "clock",
        "close",
        "context",
        "emulate_media",
        "expect_popup",
        "expose_binding",
        "expose_function",
        "on",
        "once",
        "route",
        "route_web_socket",
        "set_extra_http_headers",
    }
)
"""What of a page changes more than its document."""
IS_WORN: Final = """() => {
  const turns = [...document.querySelectorAll("[data-testid=turn]")];
  return turns.length >= 20 || turns.some((turn) => turn.dataset.state !== "done");
}"""
"""Whether an open chat has so many turns that it gets slow, or one that has not ended."""


class LentPage(Page):
    """A page that remembers whether a test changed more than its document."""

    is_changed = False

    def __getattribute__(self, name: str) -> Any:
        if name in LASTING:
            self.is_changed = True
        return super().__getattribute__(name)


class Lender:
    """Lends a page that is as new: with an empty storage, and nothing of the test before.

    A page to which a test did what lasts is closed after it.
    """

    def __init__(self, browser: Browser, bot: ChatServer, **options: Any) -> None:
        self._browser = browser
        self._bot = bot
        self._options = {"viewport": USUAL_SIZE, "reduced_motion": "reduce", **options}
        self._page: Page | None = None
        self._faults: list[str] = []
        self._was_elsewhere = False
        self._is_open = False

    @contextmanager
    def page(self) -> Iterator[Page]:
        """Lend the page; fails on errors and violations of its security policy."""
        self.leave()
        page = self._page or self._new()
        yield page
        self._make_as_new(page)
        self._check()

    @contextmanager
    def open_page(self) -> Iterator[Page]:
        """Lend the page with an open chat, which may have turns of earlier tests; fails as `page` does."""
        page = self._page or self._new()
        if not self._is_open:
            self._bot.begin()
            open_chat(page, self._bot)
            self._is_open = True
        yield page
        if _is_changed(page) or page.evaluate(IS_WORN):
            self._make_as_new(page)
        self._check()

    def leave(self) -> None:
        """Leave the open chat, if there is one: what happens to the bot from now on concerns it no more."""
        if self._is_open and self._page:
            self._make_as_new(self._page)

    def close(self) -> None:
        """Close the page, if one is open."""
        if self._page:
            self._page.context.close()
        self._page = None

    def _new(self) -> Page:
        context = self._browser.new_context(**self._options)
        page = context.new_page()
        page.add_init_script(RECORD)
        page.on("framenavigated", lambda frame: self._went_to(frame.url))
        self._faults = faults_of(page, self._bot.url, self._bot.elsewhere)
        page.__class__ = LentPage
        self._page = page
        return page

    def _went_to(self, address: str) -> None:
        self._was_elsewhere = self._was_elsewhere or address.startswith(self._bot.elsewhere)

    def _make_as_new(self, page: Page) -> None:
        """Empty the page and its storage, or close it."""
        if _is_changed(page):
            self.close()
        else:
            page.mouse.move(0, 0)
            page.goto(f"{self._bot.elsewhere if self._was_elsewhere else self._bot.url}/left")
            if page.viewport_size != USUAL_SIZE:
                page.set_viewport_size(USUAL_SIZE)
        self._was_elsewhere = self._is_open = False

    def _check(self) -> None:
        faults = list(self._faults)
        self._faults.clear()
        assert not faults, "\n".join(faults)


def _is_changed(page: Page) -> bool:
    return isinstance(page, LentPage) and page.is_changed
