# ruff: noqa: RUF001 (Arabic letters are meant)
"""Right to left and left to right: in an answer's blocks, where one writes, and the whole page."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.simulator.chat_page import a_page, answered, asked, expect_to_fit, open_chat, write
from tests.simulator.chat_server import ChatServer
from tests.simulator.chromium import needs_chromium

pytestmark = needs_chromium

DIRECTION = "node => getComputedStyle(node).direction"
PLACE_OF = """(node, words) => {
  const texts = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const start = texts.currentNode.data.indexOf(words);
    if (start < 0) continue;
    const range = document.createRange();
    range.setStart(texts.currentNode, start);
    range.setEnd(texts.currentNode, start + words.length);
    return range.getBoundingClientRect().left;
  }
}"""
"""Finds the left edge of words, as they are seen."""


def directions(answer: Locator, selector: str) -> list[str]:
    return [str(node.evaluate(DIRECTION)) for node in answer.locator(selector).all()]


def in_order(place: Locator, *words: str) -> bool:
    """Check that words are seen from left to right."""
    edges = [float(place.evaluate(PLACE_OF, each)) for each in words]
    return edges == sorted(edges)


@pytest.mark.parametrize(
    ("markdown", "selector", "expected"),
    [
        ("Python: لغة برمجة\n\nهذه فقرة بالعربية.\n\nAnd English.", "p", ["ltr", "rtl", "ltr"]),
        ("שלום עולם\n\nHello", "p", ["rtl", "ltr"]),
        ("1. هذا", "ol, li", ["rtl", "rtl"]),
        ("- سيب\n- apple\n- 42", "li", ["rtl", "ltr", "rtl"]),
        ("- one\n  - واحد\n- 2", "ul, li", ["ltr", "ltr", "rtl", "rtl", "ltr"]),
        ("## عنوان\n\n> اقتباس\n\n> quote", "h2, h3, h4, blockquote", ["rtl", "rtl", "ltr"]),
        ("`npm i x` هذا الأمر", "p, code", ["rtl", "ltr"]),
        ("https://example.com/a هنا", "p, a", ["rtl", "ltr"]),
        ("[رابط](https://example.com)", "p", ["rtl"]),
        ("**42** هنا", "p", ["rtl"]),
        ("مرحبا\n\n42 %", "p", ["rtl", "rtl"]),
        ("Hello\n\n42 %", "p", ["ltr", "ltr"]),
        ("نص\n\n```js\nlet a = 1;\n```", "pre, .code", ["ltr", "ltr"]),
    ],
)
def test_each_block_has_the_direction_of_its_own_first_letter(
    open_page: Page, bot: ChatServer, markdown: str, selector: str, expected: list[str]
):
    assert directions(answered(open_page, bot, markdown), selector) == expected


def test_code_in_an_arabic_answer_is_read_from_left_to_right(open_page: Page, bot: ChatServer):
    code = "const a = {b: [1, 2]};"
    answer = answered(
        open_page, bot, f"هذا مثال:\n\n```js\n{code}\n```\n\nاكتب `{code}` هنا.\n\n| قيمة |\n|---|\n| `{code}` |"
    )
    for place in (answer.locator("pre"), answer.locator("p code"), answer.locator("td code")):
        assert in_order(place, "const", "a =", "{b", "[1", "2]", "};")
    assert in_order(answer.locator("p").nth(1), "هنا", "const", "اكتب")


def test_links_do_not_mix_with_the_text_around_them(open_page: Page, bot: ChatServer):
    answer = answered(open_page, bot, "انظر [Rules (new)](https://example.com/a) و https://example.com/b?x=1&y=2 هنا.")
    assert in_order(answer.locator("a").first, "Rules", "(", "new", ")")
    assert in_order(answer.locator("p"), "هنا", "https", "Rules", "انظر")
    assert answer.locator("a").first.evaluate("a => getComputedStyle(a, '::after').direction") == "ltr"


def test_markers_of_lists_have_their_room_where_the_item_begins(open_page: Page, bot: ChatServer):
    answer = answered(open_page, bot, "- تفاحة\n- apple")
    box = answer.locator("ul").bounding_box()
    assert box
    rooms = answer.locator("li").evaluate_all(
        "items => items.map(item => { const r = item.getBoundingClientRect(); return [r.left, r.right]; })"
    )
    assert rooms[0] == [box["x"], pytest.approx(box["x"] + box["width"] - 24)]
    assert rooms[1] == [pytest.approx(box["x"] + 24), box["x"] + box["width"]]


def test_an_arabic_table_has_its_first_column_at_the_right_and_numbers_below_their_heading(
    open_page: Page, bot: ChatServer
):
    answer = answered(open_page, bot, "| الاسم | السعر |\n|---|---|\n| تفاح | 12 |\n| apple | 5 |")
    assert in_order(answer.locator("table"), "السعر", "الاسم")
    assert directions(answer, "td") == ["rtl", "rtl", "ltr", "rtl"]
    assert directions(answer, ".wide") == ["rtl"]


def test_lines_of_a_paragraph_that_differ_have_their_own_directions(open_page: Page, bot: ChatServer):
    answer = answered(open_page, bot, "**Apple (red)!**\nتفاحة (حمراء)?\n42")
    assert directions(answer, ".line") == ["ltr", "rtl", "ltr"]
    assert in_order(answer, "Apple", "!")
    assert in_order(answer, "?", "تفاحة")


def test_a_growing_paragraph_keeps_its_direction(open_page: Page, bot: ChatServer):
    turn, answer = asked(open_page, bot)
    bot.say(turn, "`x` ")
    bot.say(turn, "هذا ", seq=2)
    expect(answer.locator("p")).to_have_css("direction", "rtl")
    bot.say(turn, "and English words", seq=3)
    expect(answer).to_contain_text("English")
    assert directions(answer, "p") == ["rtl"]
    bot.complete(turn, 3)


def test_each_line_of_a_question_has_its_own_direction_and_the_bubble_stays_at_its_side(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    chat.get_by_test_id("composer").fill("مرحبا (a)?\nHello (b)!")
    assert chat.get_by_test_id("composer").evaluate(DIRECTION) == "rtl"
    chat.keyboard.press("Enter")
    bubble = chat.get_by_test_id("question")
    assert in_order(bubble, "Hello", "(b", ")!")
    assert in_order(bubble, "?", "مرحبا")
    box, log = bubble.bounding_box(), chat.get_by_test_id("log").bounding_box()
    assert box
    assert log
    assert box["x"] + box["width"] == log["x"] + log["width"]


def test_a_notice_in_arabic_is_right_to_left(open_page: Page, bot: ChatServer):
    turn, answer = asked(open_page, bot)
    bot.tell("notice", turn=turn, code="paused", message="متوقف (now).")
    bot.complete(turn, 0)
    expect(answer).to_have_css("direction", "rtl")


@pytest.fixture(params=["ar-EG", "he-IL"])
def mirrored(browser: Browser, bot: ChatServer, request: pytest.FixtureRequest) -> Iterator[Page]:
    with a_page(browser, bot.url, locale=request.param, viewport={"width": 360, "height": 640}) as chat:
        yield chat


def middle(chat: Page, selector: str) -> float:
    box = chat.locator(selector).bounding_box()
    assert box
    return box["x"] + box["width"] / 2


def test_the_page_is_mirrored_for_readers_of_arabic_and_hebrew(mirrored: Page, bot: ChatServer):
    open_chat(mirrored, bot)
    write(mirrored, "Hello")
    bot.answer("Hello. Nice (day)!", footer="Until tomorrow.")
    expect(mirrored.get_by_test_id("answer")).to_have_text("Hello. Nice (day)!")
    assert mirrored.locator("html").get_attribute("dir") == "rtl"
    assert middle(mirrored, "#new") < middle(mirrored, ".who") < middle(mirrored, ".top .face")
    assert middle(mirrored, "#send") < middle(mirrored, "#words")
    assert middle(mirrored, "[data-testid=question]") < 180
    assert mirrored.get_by_test_id("composer").evaluate(DIRECTION) == "rtl"
    mirrored.get_by_test_id("composer").fill("Hello (a)!")
    assert mirrored.get_by_test_id("composer").evaluate(DIRECTION) == "ltr"
    assert directions(mirrored.get_by_test_id("answer"), "p") == ["ltr"]
    expect_to_fit(mirrored, 360)


def test_english_words_on_a_mirrored_page_keep_their_full_stop_at_the_end(mirrored: Page, bot: ChatServer):
    open_chat(mirrored, bot)
    assert in_order(mirrored.locator(".careful"), "An AI", "wrong", "g.")


@pytest.mark.parametrize("locale", ["en-GB", "ko-KR", "de-DE", "fr-FR"])
def test_the_page_is_left_to_right_for_everybody_else(browser: Browser, bot: ChatServer, locale: str):
    with a_page(browser, bot.url, locale=locale) as chat:
        open_chat(chat, bot)
        assert chat.locator("html").get_attribute("dir") == "ltr"
