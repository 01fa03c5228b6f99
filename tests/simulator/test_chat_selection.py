"""An answer that grows while somebody is already using its words: what is selected or focused stays so."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.simulator.chat_page import asked
from tests.simulator.chat_server import ChatServer
from tests.simulator.chromium import needs_chromium

pytestmark = needs_chromium

SELECT = """(words) => {
  const answer = [...document.querySelectorAll("[data-testid=answer]")].at(-1);
  const texts = document.createTreeWalker(answer, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { currentNode: node } = texts;
    const at = node.data.indexOf(words);
    if (at >= 0) return getSelection().setBaseAndExtent(node, at, node, at + words.length);
  }
  throw new Error(`no ${words}`);
}"""
SELECTED = "getSelection().toString()"


@pytest.mark.parametrize(
    ("pieces", "selected"),
    [
        (["The first words ", "are followed by more ", "and more."], "first words"),
        (["- one apple\n- two pears", " and a half\n", "- three plums"], "two pears"),
        (["- one apple", "\n- two\n  - small", "\n- three"], "one apple"),
        (["1. one\n\n   ```js\n   let apple = 1;", "\n   let pear = 2;", "\n   ```\n\n2. two"], "apple"),
        (["```py\ndef apple():", "\n    return 1", "\n```\n\nThe end"], "apple"),
        (["| fruit | price |\n| --- | --- |\n| apple | 1 |", "\n| pear | 2 |", "\n\nThat is all."], "apple"),
        (["> a quoted apple", " and **a", " pear**"], "quoted apple"),
        (["An apple and **some", " pears**", " and [plums](https://example.com) now"], "apple"),
        (["Title", " of **it**", "\n\nA second paragraph."], "Title"),
    ],
)
def test_words_selected_in_what_grows_stay_selected(open_page: Page, bot: ChatServer, pieces: list[str], selected: str):
    turn, answer = asked(open_page, bot)
    bot.say(turn, pieces[0])
    expect(answer).to_contain_text(selected)
    open_page.evaluate(SELECT, selected)
    for seq, piece in enumerate(pieces[1:], start=2):
        bot.say(turn, piece, seq=seq)
        expect(answer).to_contain_text(re.findall(r"\w+", piece)[-1])
        assert open_page.evaluate(SELECTED) == selected
    bot.complete(turn, len(pieces))
    expect(open_page.get_by_test_id("turn").last).to_have_attribute("data-state", "done")
    assert open_page.evaluate(SELECTED) == selected


def test_the_button_of_code_that_grows_keeps_the_focus_and_copies_all_of_it(open_page: Page, bot: ChatServer):
    turn, answer = asked(open_page, bot)
    bot.say(turn, "```py\none = 1\n")
    button = answer.get_by_test_id("copy-code")
    button.focus()
    bot.say(turn, "two = 2\n```\n\nThe end", seq=2)
    expect(answer).to_contain_text("The end")
    expect(button).to_be_focused()
    open_page.keyboard.press("Enter")
    expect(open_page.get_by_test_id("read-out")).to_have_text("Copied")
    assert open_page.evaluate("navigator.clipboard.readText()") == "one = 1\ntwo = 2"
    bot.complete(turn, 2)


def test_code_that_grows_stays_scrolled_sideways(open_page: Page, bot: ChatServer):
    turn, answer = asked(open_page, bot)
    bot.say(turn, f"```\n{'wide ' * 100}\n")
    code = answer.locator("pre")
    code.evaluate("(pre) => { pre.scrollLeft = 200 }")
    bot.say(turn, "next line\n```", seq=2)
    expect(code).to_contain_text("next line")
    assert code.evaluate("(pre) => pre.scrollLeft") == 200
    bot.complete(turn, 2)


def test_a_mark_that_turns_out_to_be_another_is_shown_as_what_it_is(open_page: Page, bot: ChatServer):
    """Each stage is compared with the same text drawn at once."""
    words = ["- a\n", "- b\n\n", "## T", "itle\n\n", "a | b\n", "--- | ---\n", "1 | `2", "`\n\n"]
    words += ["~~~j", "s\nif 1", "\n~~~\n", "> q\n"]
    stages = """async ([address, words]) => {
      const { painter } = await import(address + "/source/markdown.js");
      const place = document.createElement("div");
      const grow = painter(place);
      return words.map((_, index) => {
        const text = words.slice(0, index + 1).join("");
        const fresh = document.createElement("div");
        grow(text, true);
        painter(fresh)(text, true);
        return [place.innerHTML, fresh.innerHTML];
      });
    }"""
    for now, at_once in open_page.evaluate(stages, [bot.url, words]):
        assert now == at_once
