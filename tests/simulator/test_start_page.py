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


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("channel", ["channel-messenger", "channel-chat"])
def test_both_channels_link_back_to_the_start_page(page: Page, demo: Demo, channel: str, width: int):
    page.set_viewport_size({"width": width, "height": 740})
    page.get_by_test_id(channel).click()
    expect(page.get_by_test_id("composer")).to_be_enabled()
    assert page.evaluate("document.documentElement.scrollHeight") <= 740
    page.get_by_test_id("way-back").click()
    expect(page).to_have_url(f"{demo.url}/")


@pytest.mark.parametrize("shown_in", ["iframe", "empty"])
def test_the_chat_in_a_frame_has_no_link_to_the_start_page(demo: Demo, shown_in: str):
    headers = {"Sec-Fetch-Dest": shown_in, "Sec-Fetch-Site": "same-origin"}
    assert "way-back" not in demo.http.get("/chat", headers=headers).text
    assert "way-back" in demo.http.get("/chat", headers={**headers, "Sec-Fetch-Dest": "document"}).text
