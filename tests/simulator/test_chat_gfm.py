"""The official examples of GitHub's Markdown, and where we differ on purpose."""

import json
from pathlib import Path

from playwright.sync_api import Page

from tests.simulator.chat_server import ChatServer
from tests.simulator.chromium import needs_chromium
from tests.simulator.shown import differing

pytestmark = needs_chromium

EXAMPLES = json.loads((Path(__file__).parent / "markdown" / "gfm.json").read_text("utf-8"))


TAGS = ("4.6 HTML blocks", "6.10 Raw HTML", "6.11 Disallowed Raw HTML (extension)")
"""Sections about HTML, whose tags are text in an answer."""
DIFFERENT = {
    "a tag is text": {170, 288, 289, 317, 327, 354, 484, 485, 486, 501, 504, 533, 545, 667, 668},
    "a list that is indented below a number is nested, though less indented than its words": {275},
    "one tilde is text": {491},
    "a bracket keeps its backslash, as it may enclose a formula": {308, 310, 572, 601},
    "a star between letters or numbers is text, as in `Kund*innen` and `2*3*4`": {364, 365, 438},
    "an address is a link without angle brackets, as GitHub's own extension says": {611, 617, 620, 621},
}
"""Examples of other sections that are shown in another way, by the reason."""
OF_BREAKS = {335}
"""An entity of a line's end, which the comparison takes for one."""


def test_the_official_examples_are_shown_as_meant_but_for_the_deliberate_differences(open_page: Page, bot: ChatServer):
    assert len(EXAMPLES) == 677
    examples = [each for each in EXAMPLES if each["section"] not in TAGS]
    assert set(differing(open_page, bot, examples, breaks=False)) == set().union(*DIFFERENT.values())


def test_with_our_line_breaks_each_line_of_a_paragraph_is_one_and_nothing_else_differs(
    open_page: Page, bot: ChatServer
):
    examples = [each for each in EXAMPLES if each["section"] not in TAGS]
    assert set(differing(open_page, bot, examples, breaks=True)) == OF_BREAKS.union(*DIFFERENT.values())
