"""The page of `parley report --html` in a browser: it fits, loads nothing, prints, and axe finds no violation."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from chalicelib.content import text
from chalicelib.operations import report_html
from chalicelib.operations.report import InviteUse, PersonUse, Report, Totals
from chalicelib.operations.report_words import ReportWords
from tests.reports import a_report
from tests.simulator.chromium import needs_chromium

pytestmark = needs_chromium

WORDS: Final = ReportWords(text.load("en"))
LONG: Final = PersonUse(
    "Donaudampfschifffahrtsgesellschaft" * 3, 9999, is_sum=True, questions=10**6, cost=10**11, last_seen=0
)
WIDTHS: Final = (1280, 768, 360)


def empty() -> Report:
    report = a_report(rows=())
    days = [replace(day, committed=0, questions=0, channels={}) for day in report.days]
    times = [replace(each, answers=0) for each in report.answer_times]
    people = replace(report.people, rest=0)
    return replace(report, days=days, totals=Totals.of(days), people=people, hours=[0] * 24, answer_times=times)


def invited() -> Report:
    report = a_report()
    uses = [InviteUse("Family", [f"{number:08x}" for number in range(9)]), InviteUse("A flyer " * 9, ["9f86d081"])]
    return replace(report, people=replace(report.people, invited=uses))


REPORTS: Final = {
    "week": a_report(),
    "month": replace(a_report(span="month"), forecast=12_345_678),
    "long names": a_report(rows=[LONG]),
    "invites": invited(),
    "nothing": empty(),
}


LOOKS: Final[Mapping[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "forced colours": {"color_scheme": "dark", "forced_colors": "active"},
}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        yield context.new_page()


@pytest.mark.parametrize("name", REPORTS)
def test_it_fits_and_axe_finds_no_violation(page: Page, tmp_path: Path, name: str):
    path = tmp_path / "report.html"
    path.write_text(report_html.as_html(REPORTS[name], WORDS))
    urls: set[str] = set()
    page.on("request", lambda request: urls.add(request.url))
    page.goto(path.as_uri())
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") == width
        overlapping = page.evaluate(OVERLAPPING)
        assert overlapping == [], width
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    for look in LOOKS if name == "week" else ("light",):
        page.emulate_media(**{"forced_colors": "none", **LOOKS[look]})
        options = {"rules": {"color-contrast": {"enabled": look != "forced colours"}}}
        found = Axe().run(page, options=options)
        assert found.violations_count == 0, (look, found.generate_report())
    assert urls == {path.as_uri()}


OVERLAPPING: Final = """() => [...document.querySelectorAll('.plot-picture')].flatMap((picture) => {
    const boxes = [...picture.querySelectorAll('.plot-label')].map((label) => label.getBoundingClientRect());
    return boxes.slice(1).filter((box, place) => box.left < boxes[place].right).map((box) => box.left);
})"""
"""The places of labels that touch the one before."""


def test_its_numbers_are_behind_each_picture_for_who_does_not_see_it(browser: Browser, tmp_path: Path):
    path = tmp_path / "report.html"
    path.write_text(report_html.as_html(a_report(), WORDS))
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(path.as_uri())
        picture = page.get_by_role("img", name="Questions by day. Most on Fri 20 November: 6.")
        assert picture.count() == 1
        page.get_by_text("Numbers").first.press("Enter")
        row = page.get_by_role("row", name="Fri 20 November 6")
        assert row.is_visible()


def test_on_paper_it_is_black_on_white_also_if_the_screen_is_dark(browser: Browser, tmp_path: Path):
    path = tmp_path / "report.html"
    path.write_text(report_html.as_html(a_report(), WORDS))
    with browser.new_context(color_scheme="dark", viewport={"width": 794, "height": 1123}) as context:
        page = context.new_page()
        page.goto(path.as_uri())
        page.emulate_media(media="print")
        colours = page.evaluate(
            "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
        )
        assert colours == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
        assert page.evaluate("document.documentElement.scrollWidth") == 794
