"""The start page and the Messenger page follow the color scheme of the browser."""

from typing import Final, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.simulator.chromium import needs_chromium
from tests.simulator.conftest import Demo

pytestmark = needs_chromium

COLORS: Final = """() => {
  const canvas = document.createElement("canvas").getContext("2d");
  const solid = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const style = getComputedStyle(node);
      const color = solid(style.backgroundColor);
      if (style.backgroundImage !== "none") return null;
      if (color[3] === 255) return color;
    }
    return [255, 255, 255, 255];
  };
  const shown = (node) => node.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const words = [...document.body.querySelectorAll("*")].filter((node) => shown(node) && !node.closest(".unseen") &&
    [...node.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim()));
  return words.map((node) => ({ words: node.textContent.trim().slice(0, 40), over: behind(node),
    ink: solid(getComputedStyle(node).color) })).filter((found) => found.over);
}"""
"""Every visible text with its color and the color behind it."""


def luminance(color: list[int]) -> float:
    """Relative luminance by WCAG 2.2."""
    linear = [part / 255 / 12.92 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in color[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: list[int], other: list[int]) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def unreadable(page: Page) -> list[str]:
    found = page.evaluate(COLORS)
    assert len(found) > 5
    return [text["words"] for text in found if contrast(text["ink"], text["over"]) < 4.5]


@pytest.mark.parametrize("path", ["/", "/messenger"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in_the_browsers_scheme_and_the_browsers_bar_has_the_pages_color(
    browser: Browser, demo: Demo, scheme: Literal["light", "dark"], path: str
):
    page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme=scheme, reduced_motion="reduce")
    page.goto(f"{demo.url}{path}")
    if path == "/messenger":
        page.get_by_test_id("composer").fill("Why is the sky blue?")
        page.keyboard.press("Enter")
        expect(page.get_by_test_id("thread")).to_contain_text("You wrote “Why is the sky blue?”")
        expect(page.get_by_test_id("panel-quota")).to_contain_text("1 of 10")
    body = page.evaluate("getComputedStyle(document.body).backgroundColor")
    red, green, blue = (int(part) for part in body.removeprefix("rgb(").removesuffix(")").split(","))
    assert (luminance([red, green, blue]) < 0.2) is (scheme == "dark")
    bar = page.locator(f'meta[name="theme-color"][media="(prefers-color-scheme: {scheme})"]').get_attribute("content")
    assert bar == f"#{red:02x}{green:02x}{blue:02x}"
    assert unreadable(page) == []
    page.close()
