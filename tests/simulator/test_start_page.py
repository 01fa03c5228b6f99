from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.simulator.chromium import needs_chromium
from tests.simulator.conftest import Demo

pytestmark = needs_chromium


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 360, "height": 740})
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text))
    page.on("request", lambda request: None if request.url.startswith(demo.url) else faults.append(request.url))
    page.goto(demo.url)
    assert faults == []
    yield page
    page.close()


def test_the_demo_links_to_messenger(page: Page, demo: Demo):
    page.get_by_test_id("channel-messenger").click()
    expect(page).to_have_url(f"{demo.url}/messenger")
    expect(page.get_by_test_id("composer")).to_be_enabled()


def test_the_demo_links_to_the_web_chat(page: Page, demo: Demo):
    expect(page.get_by_test_id("channel-chat")).to_have_attribute("href", f"/chat?config={demo.facts['config_id']}")


def test_on_a_narrow_screen_both_links_are_seen_whole(page: Page):
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for link in ("channel-messenger", "channel-chat"):
        box = page.get_by_test_id(link).bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 361
        assert box["y"] + box["height"] <= 741
