"""Code in answers: copied alone, and coloured."""

import json

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.simulator.chat_page import answered, asked, expect_to_fit, open_chat, write
from tests.simulator.chat_server import ChatServer
from tests.simulator.chromium import needs_chromium

pytestmark = needs_chromium


def copied(chat: Page, button: Locator) -> str:
    region = chat.get_by_test_id("read-out")
    region.evaluate("(region) => region.replaceChildren()")
    button.click()
    expect(region).to_have_text("Copied")  # it stays there; the button says so for two seconds only
    text: str = chat.evaluate("navigator.clipboard.readText()")
    return text


@pytest.mark.parametrize(
    ("markdown", "codes"),
    [
        ("```py\nx < 1\n\ny = 2\n```", ["x < 1\n\ny = 2"]),
        ("So:\n\n```\n<b>&amp;</b>\n```\n\nand\n\n```sh\nls -l\n```", ["<b>&amp;</b>", "ls -l"]),
        ("1. First\n\n   ```js\n   go();\n   ```\n\n2. Then\n\n   > ```\n   > quoted\n   > ```", ["go();", "quoted"]),
        ("    indented\n    code", ["indented\ncode"]),
        ("```\nnever closed", ["never closed"]),
        ("```\n  two blanks  \n\ttab\n```", ["  two blanks  \n\ttab"]),
    ],
)
def test_a_code_block_is_copied_alone(open_page: Page, bot: ChatServer, markdown: str, codes: list[str]):
    buttons = answered(open_page, bot, markdown).get_by_test_id("copy-code")
    expect(buttons).to_have_count(len(codes))
    assert [copied(open_page, button) for button in buttons.all()] == codes


def test_copying_is_said_and_undone_after_a_moment(chat: Page, bot: ChatServer):
    chat.clock.install()
    open_chat(chat, bot)
    button = answered(chat, bot, "```\nx\n```").get_by_test_id("copy-code")
    expect(button).to_have_accessible_name("Copy the code")
    chat.clock.pause_at(chat.evaluate("Date.now()") + 60_000)
    button.click()
    expect(button).to_have_accessible_name("Copied")
    chat.clock.run_for(2_500)
    expect(chat.get_by_test_id("read-out")).to_have_text("Copied")
    expect(button).to_have_accessible_name("Copy the code")


def test_a_page_that_may_not_write_to_the_clipboard_says_so(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    button = answered(chat, bot, "```\nx\n```").get_by_test_id("copy-code")
    chat.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')) }")
    button.press("Enter")
    expect(chat.get_by_test_id("read-out")).to_have_text("Could not be copied")


def test_the_button_is_neither_read_out_nor_copied_with_the_answer(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    answer = answered(chat, bot, "Run:\n\n```sh\nls\n```")
    expect(chat.get_by_test_id("read-out")).to_have_text("Aunt Mary: Run: ls")
    expect(answer).to_have_text("Run: ls")
    chat.get_by_role("button", name="Copy", exact=True).click()
    expect(chat.get_by_test_id("read-out")).to_have_text("Copied")
    assert chat.evaluate("navigator.clipboard.readText()") == "Run:\n\n```sh\nls\n```"


COLOURED = """() => {
  const isLast = ({ startContainer: { parentElement } }) => parentElement.closest("[data-testid=turn]:last-child");
  const words = (range) => range.startContainer.data.slice(range.startOffset, range.endOffset);
  const kinds = [...CSS.highlights].map(([kind, ranges]) => [kind, [...ranges].filter(isLast).map(words)]);
  return Object.fromEntries(kinds.filter(([, found]) => found.length));
}"""
"""Finds what is coloured in the last turn."""


def colours(page: Page, wanted: dict[str, list[str]]) -> dict[str, list[str]]:
    """What is coloured, once that is as wanted or a minute is over: the script comes with the first code."""
    found: dict[str, list[str]] = {}
    for _ in range(600):
        if (found := page.evaluate(COLOURED)) == wanted:
            break
        page.wait_for_timeout(100)
    return found


@pytest.mark.parametrize(
    ("lang", "code", "coloured"),
    [
        ("python", 'def f(x="a # b"):  # note\n    return 42.5',
         {"keyword": ["def", "return"], "string": ['"a # b"'], "comment": ["# note"], "number": ["42.5"]}),
        ("js", "const a = `x`; // hi\n/* long\n */ if (b === 0x1F) run()",
         {"keyword": ["const", "if"], "string": ["`x`"], "comment": ["// hi", "/* long\n */"], "number": ["0x1F"]}),
        ("SQL", "SELECT a FROM b WHERE id = 7 -- all",
         {"keyword": ["SELECT", "FROM", "WHERE"], "comment": ["-- all"], "number": ["7"]}),
        ("html", '<!-- x --><a href="y">for</a>',
         {"comment": ["<!-- x -->"], "string": ['"y"'], "keyword": ["for"]}),
        ("sh", "# list\nls 'a b'", {"comment": ["# list"], "string": ["'a b'"]}),
        ("constructor", "if 1", {"keyword": ["if"], "number": ["1"]}),
        ("text", "return 42", {}),
        ("", "return 42", {}),
    ],
)  # fmt: skip
def test_code_is_coloured_by_its_language(
    open_page: Page, bot: ChatServer, lang: str, code: str, coloured: dict[str, list[str]]
):
    answer = answered(open_page, bot, f"Say `if 1`.\n\n```{lang}\n{code}\n```\n\nreturn 42")
    assert colours(open_page, coloured) == coloured
    expect(answer.locator("pre *")).to_have_count(1)
    assert copied(open_page, answer.get_by_test_id("copy-code")) == code


def test_code_that_grows_is_coloured_once(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, "Show me")
    turn = bot.ask()
    pieces = ["First:\n\n```py\ndef", " f():\n", "    retu", "rn 1\n```\n\n", "Then:\n\n```py\nif x:", " pass\n```"]
    for seq, piece in enumerate(pieces, start=1):
        bot.say(turn, piece, seq=seq)
        chat.wait_for_timeout(100)
    bot.complete(turn, len(pieces))
    expect(chat.locator("[data-testid=turn][data-state=done]")).to_have_count(1)
    coloured = {"keyword": ["def", "return", "if", "pass"], "number": ["1"]}
    assert colours(chat, coloured) == coloured


def test_the_oldest_code_loses_its_colours_before_there_are_so_many_that_the_page_is_slow(
    open_page: Page, bot: ChatServer
):
    for piece in ("1 " * 1500, "if " * 1500, "'a' " * 1500):
        answered(open_page, bot, f"```js\n{piece}\n```")
    answered(open_page, bot, f"```js\n{'2 ' * 5000}\n```")
    sizes = "['number', 'keyword', 'string'].map((kind) => CSS.highlights.get(kind)?.size)"
    open_page.wait_for_function(f"() => String({sizes}) === '0,1500,1500'", timeout=60_000)


RARELY = [pytest.param(piece, marks=pytest.mark.full) for piece in ('"', "<!--", "\\\\", "'\\\\", "a ", "// ")]


@pytest.mark.parametrize("piece", ["'", "`", "/*", "0", '"""', "\\n'", *RARELY])
def test_code_of_hostile_length_does_not_stop_the_page(chat: Page, bot: ChatServer, piece: str):
    open_chat(chat, bot)
    answer = answered(chat, bot, f"```js\n{(piece * 19_000)[:19_000]}\n```\n\nThe end")
    expect(answer).to_contain_text("The end")


def test_a_browser_without_highlights_shows_code_without_colours(chat: Page, bot: ChatServer):
    chat.add_init_script("delete globalThis.Highlight; Object.defineProperty(CSS, 'highlights', { value: undefined })")
    open_chat(chat, bot)
    answer = answered(chat, bot, "```py\nif x: pass\n```")
    expect(answer.locator("pre")).to_have_text("if x: pass")


def test_inline_code_has_no_button_and_a_block_on_a_phone_is_not_cut(chat: Page, bot: ChatServer):
    chat.set_viewport_size({"width": 360, "height": 640})
    open_chat(chat, bot)
    answer = answered(chat, bot, f"Say `x`.\n\n```\n{'long ' * 60}\n```")
    expect(answer.get_by_test_id("copy-code")).to_have_count(1)
    expect_to_fit(chat, 360)
    box = answer.get_by_test_id("copy-code").bounding_box()
    assert box
    assert box["x"] + box["width"] <= 360


@pytest.mark.parametrize(
    ("info", "label", "name"),
    [
        ("python", "python", "Code: python"),
        ("c++", "c++", "Code: c++"),
        ("js {1,3} title=x", "js", "Code: js"),
        ("ts:src/a.ts", "ts", "Code: ts"),
        ('<b>"x', '<b>"x', 'Code: <b>"x'),
        ("", "", "Code"),
        ("x" * 5_000, "x" * 24, "Code: " + "x" * 24),
    ],
)
def test_a_code_block_says_its_language_and_does_not_copy_it(
    open_page: Page, bot: ChatServer, info: str, label: str, name: str
):
    answer = answered(open_page, bot, f"```{info}\nlet a\n```\n\nafter")
    box = answer.locator(".code")
    shown = box.evaluate("box => getComputedStyle(box, '::before').content")
    assert shown == (json.dumps(label) if label else "none")
    expect(box.get_by_role("group")).to_have_accessible_name(name)
    assert copied(open_page, box.get_by_test_id("copy-code")) == "let a"


def test_the_language_is_seen_as_soon_as_its_line_has_ended(open_page: Page, bot: ChatServer):
    turn, answer = asked(open_page, bot)
    bot.say(turn, "```py\nx")
    expect(answer.locator(".code")).to_have_attribute("data-lang", "py")
    bot.complete(turn, 1)
