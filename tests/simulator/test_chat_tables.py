"""Tables in answers: alignment, lines in a cell, whole words, and how they scroll."""

from typing import Literal

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.simulator.chat_page import answered, expect_to_fit, open_chat
from tests.simulator.chat_server import ChatServer
from tests.simulator.chromium import needs_chromium

pytestmark = needs_chromium

PRICES = """\
| Product | Price | Rating | Colour |
| :--- | ---: | :---: | --- |
| Headphones | 129.99 | **good** | black |
| Loudspeakers | 1,299.00 | fair | white |
"""
WIDE = "| " + " | ".join(f"Column{n}" for n in range(12)) + " |\n|" + "---|" * 12 + "\n|" + "Headphones|" * 12 + "\n"
PHONE: ViewportSize = {"width": 360, "height": 640}


def test_columns_are_aligned_as_the_model_says(open_page: Page, bot: ChatServer):
    answer = answered(open_page, bot, PRICES)
    aligned = "cells => cells.map(cell => getComputedStyle(cell).textAlign.replace('-webkit-', ''))"
    assert answer.locator("th").evaluate_all(aligned) == ["left", "right", "center", "start"]
    assert answer.locator("td").evaluate_all(aligned) == 2 * ["left", "right", "center", "start"]


@pytest.mark.parametrize(
    ("cell", "lines"),
    [
        ("one<br>two", "one\ntwo"),
        ("one<br/>two<BR />three", "one\ntwo\nthree"),
        ("**one<br>two**", "one\ntwo"),
        ("`a<br>b`", "a<br>b"),
        ("<b>one</b>", "<b>one</b>"),
        ("a<br onclick=x>b", "a<br onclick=x>b"),
    ],
)
def test_a_cell_has_several_lines_and_every_other_tag_is_text(open_page: Page, bot: ChatServer, cell: str, lines: str):
    answer = answered(open_page, bot, f"|Head|\n|-|\n|{cell}|\n\nUse the <br> tag.")
    assert answer.locator("td").inner_text() == lines
    expect(answer.locator("p")).to_have_text("Use the <br> tag.")


@pytest.mark.parametrize("locale", ["en-GB", "ko-KR"])
def test_no_word_is_cut_on_a_phone(chat: Page, bot: ChatServer, locale: str):
    chat.set_viewport_size(PHONE)
    open_chat(chat, bot)
    answer = answered(
        chat, bot, PRICES + "| A cell with a sentence of several words | 1 | 2 | Bluetooth-Lautsprecher |"
    )
    cut = """cells => cells.flatMap(cell => {
      const [range, text] = [document.createRange(), cell.textContent];
      const node = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT).nextNode();
      return [...(node?.data ?? "").matchAll(/[\\w.,]+/g)].filter(word => {
        range.setStart(node, word.index);
        range.setEnd(node, word.index + word[0].length);
        return range.getClientRects().length > 1;
      }).map(word => word[0]);
    })"""
    assert answer.locator("th, td").evaluate_all(cut) == []
    expect_to_fit(chat, 360)
    long = answer.get_by_text("A cell with a sentence").bounding_box()
    assert long
    assert long["width"] >= 140, "a sentence has a column in which several words stand beside each other"


def test_an_address_in_a_cell_is_broken_rather_than_makes_the_table_wide(open_page: Page, bot: ChatServer):
    address = "https://example.com/" + 20 * "long/"
    answer = answered(open_page, bot, f"|Name|Where|\n|-|-|\n|Shop|{address}|\n")
    assert answer.locator(".wide").evaluate("box => box.scrollWidth - box.clientWidth") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_one_sees_at_which_side_a_wide_table_goes_on(chat: Page, bot: ChatServer, scheme: Literal["light", "dark"]):
    chat.set_viewport_size(PHONE)
    chat.emulate_media(color_scheme=scheme)
    open_chat(chat, bot)
    wide = answered(chat, bot, WIDE + "| |\n").locator(".wide")

    def sides(left: int) -> list[bytes]:
        """Return pictures of both ends of the last row, whose cells are empty, when scrolled so far."""
        wide.evaluate("(box, left) => { box.scrollLeft = left }", left)
        before, now = None, ends()
        while now != before:
            before, now = now, ends()
        return now

    def ends() -> list[bytes]:
        box, row = wide.bounding_box(), wide.locator("tr").last.bounding_box()
        assert box
        assert row
        places = (box["x"] + 1, box["x"] + box["width"] - 5)
        return [
            chat.screenshot(clip={"x": x, "y": row["y"] + row["height"] - 6, "width": 4, "height": 3}) for x in places
        ]

    at_start, between, at_end = sides(0), sides(200), sides(100_000)
    assert at_start[0] != between[0], "nothing shows that something is hidden at the left"
    assert between[1] != at_end[1], "nothing shows that something is hidden at the right"


def test_a_table_that_fits_is_no_wider_than_its_words(open_page: Page, bot: ChatServer):
    wide = answered(open_page, bot, "|A|B|\n|-|-|\n|1|2|").locator(".wide")
    assert wide.evaluate("box => box.scrollWidth - box.clientWidth") == 0
    box = wide.bounding_box()
    assert box
    assert box["width"] < 200


def test_a_wide_table_is_scrolled_by_keyboard_and_has_a_name(chat: Page, bot: ChatServer):
    chat.set_viewport_size(PHONE)
    open_chat(chat, bot)
    answer = answered(chat, bot, WIDE)
    wide = answer.get_by_role("region", name="Table")
    wide.focus()
    chat.keyboard.press("ArrowRight")
    wide.evaluate("async (box) => { while (!box.scrollLeft) await new Promise(requestAnimationFrame) }")
