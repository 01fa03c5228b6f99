"""What is seen of an answer while it grows: no half-written marks; at its end, what the model wrote."""

import pytest
from playwright.sync_api import Page, expect

from tests.simulator.chat_page import asked, every_state_shown, open_chat, write
from tests.simulator.chat_server import ChatServer
from tests.simulator.chromium import needs_chromium
from tests.simulator.shown import seen, shown

pytestmark = needs_chromium

HEAD = "<thead><tr><th>a</th></tr></thead>"


@pytest.mark.parametrize(
    ("begun", "expected"),
    [
        ("**bold wo", "<p><strong>bold wo</strong></p>"),
        ("a **", "<p>a</p>"),
        ("**bold*", "<p><strong>bold</strong></p>"),
        ("***both** an", "<p><em><strong>both</strong> an</em></p>"),
        ("~~gone", "<p><del>gone</del></p>"),
        ("~", ""),
        ("`code wi", "<p><code>code wi</code></p>"),
        ("``a `", "<p><code>a </code></p>"),
        ("[a link wi", "<p>a link wi</p>"),
        ("[a link](https://exam", "<p>a link</p>"),
        ('[a link](https://example.com "ti', "<p>a link</p>"),
        ("**[a link](https://exam", "<p><strong>a link</strong></p>"),
        ("![a pic](https://exam", "<p>a pic</p>"),
        ("See [this][1", "<p>See this</p>"),
        ("Words:\n-", "<p>Words:</p>"),
        ("Words:\n- **one**\n- *tw", "<p>Words:</p>\n<ul>\n<li><strong>one</strong></li>\n<li><em>tw</em></li>\n</ul>"),
        ("- [x", ""),
        ("1.", ""),
        ("> **quo", "<blockquote>\n<p><strong>quo</strong></p>\n</blockquote>"),
        ("## **Head", "<h3><strong>Head</strong></h3>"),
        ("Words\n\n```py", "<p>Words</p>"),
        ("```py\nif **x", "<pre><code>if **x\n</code></pre>"),
        ("```py\n- [x](\n``", "<pre><code>- [x](\n</code></pre>"),
        ("Here:\n\n| a | b", "<p>Here:</p>"),
        ("Here:\n| a | b |\n|--", "<p>Here:</p>"),
        ("|a|\n|-|\n|**b", f"<table>{HEAD}<tbody><tr><td><strong>b</strong></td></tr></tbody></table>"),
        ("|a|\n|-|\n|", f"<table>{HEAD}</table>"),
        ("2 * 3 = 6, 2*3", "<p>2 * 3 = 6, 2*3</p>"),
        ("snake_case and x**2", "<p>snake_case and x**2</p>"),
        ("a\\", "<p>a</p>"),
        ("a <br", "<p>a</p>"),
        ("1 &am", "<p>1</p>"),
        ("**1,000원(부가세 포함", "<p><strong>1,000원(부가세 포함</strong></p>"),
        ("Done **x** and [y", "<p>Done <strong>x</strong> and y</p>"),
        ("**never closed\n\nnext", "<p>**never closed</p>\n<p>next</p>"),
    ],
)  # fmt: skip
def test_a_half_written_mark_is_not_seen(open_page: Page, bot: ChatServer, begun: str, expected: str):
    assert shown(open_page, bot, [begun], grows=True) == [expected]


def test_a_growing_answer_never_shows_its_marks_and_keeps_its_finished_blocks(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, "Tell me")
    turn = bot.ask()
    text = (
        "First **bold words** and [a link](https://example.com).\n\n| a | b |\n|---|---|\n| `x` | ~~y~~ |\n\n1. **a**\n"
    )
    pieces = [text[place : place + 5] for place in range(0, len(text), 5)]
    for seq, piece in enumerate(pieces, start=1):
        bot.say(turn, piece, seq=seq)
        chat.wait_for_timeout(20)
        if seq == len(pieces) // 2:
            expect(chat.locator("[data-testid=answer] > div").first).to_be_visible()
            chat.evaluate("window.first = document.querySelector('[data-testid=answer] > div')")
    bot.complete(turn, len(pieces))
    expect(chat.locator("[data-testid=turn][data-state=done]")).to_have_count(1)
    assert [each for each in every_state_shown(chat) if any(sign in each for sign in "*|~`[]")] == []
    assert chat.evaluate("window.first.isConnected")


@pytest.mark.parametrize("text", ["**never closed", "a [b", "| a | b |", "`code", "-", "2 ** 3 *", "[b][1]", "Hm <b"])
def test_at_its_end_an_answer_is_what_the_model_wrote(open_page: Page, bot: ChatServer, text: str):
    turn, answer = asked(open_page, bot)
    bot.say(turn, "Well, ", text)
    expect(answer).to_contain_text("Well")
    bot.complete(turn, 2)
    expect(open_page.get_by_test_id("turn").last).to_have_attribute("data-state", "done")
    expect(answer).to_have_text(f"Well, {text}")


def test_an_answer_that_begins_with_what_waits_still_seems_to_be_written(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, "Tell me")
    turn = bot.ask()
    bot.say(turn, "| Product | Price |\n|---")
    expect(chat.locator(".dots")).to_be_visible()
    bot.say(turn, "|---|\n", seq=2)
    expect(chat.locator("th").first).to_have_text("Product")
    expect(chat.locator(".dots")).to_be_hidden()
    bot.complete(turn, 2)


def test_a_word_in_brackets_becomes_a_link_when_its_address_comes_at_the_end(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    states = seen(chat, bot, "See [our shop][1] today.\n\nBye.\n\n[1]: https://example.com/shop")
    assert states[16][0].strip() == "See our shop"
    write(chat, "Tell me")
    bot.answer("See [our shop][1] today.\n\nBye.\n\n", "[1]: https://example.com/shop")
    expect(chat.get_by_role("link", name="our shop")).to_have_attribute("href", "https://example.com/shop")
