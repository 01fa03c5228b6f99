"""Opens the owner's page of a demo."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.simulator.commands import parley
from tests.simulator.conftest import Demo


def link_of(demo: Demo) -> str:
    """The link that the owner gets at the command line."""
    return parley(demo, "owner", "open").strip()


def enter(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_role("button", name="Open my page").click()
    expect(page.get_by_role("link", name="Today", exact=True)).to_be_visible()


@contextmanager
def owners_page(browser: Browser, demo: Demo, look: Mapping[str, Any] | None = None) -> Iterator[Page]:
    """A browser in which the owner is signed in; fails if a page breaks its security policy or loads from elsewhere."""
    with browser.new_context(**(look or {})) as context:
        page, faults = context.new_page(), []
        page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
        page.on("request", lambda request: None if request.url.startswith(demo.url) else faults.append(request.url))
        enter(page, link_of(demo))
        yield page
    assert faults == []
