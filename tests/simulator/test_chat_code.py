"""Code in answers: copied alone, and coloured."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.simulator.chat_page import fits, open_chat, write
from tests.simulator.chat_server import ChatServer
from tests.simulator.chromium import needs_chromium

pytestmark = needs_chromium


def answered(chat: Page, bot: ChatServer, *words: str) -> Locator:
    open_chat(chat, bot)
    write(chat, "Show me")
    bot.answer(*words)
    expect(chat.get_by_test_id("stop")).to_be_hidden()
    return chat.get_by_test_id("answer")


def copied(chat: Page, button: Locator) -> str:
    button.click()
    expect(button).to_have_accessible_name("Copied")
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
def test_a_code_block_is_copied_alone(chat: Page, bot: ChatServer, markdown: str, codes: list[str]):
    buttons = answered(chat, bot, markdown).get_by_test_id("copy-code")
    expect(buttons).to_have_count(len(codes))
    assert [copied(chat, button) for button in buttons.all()] == codes


def test_copying_is_said_and_undone_after_a_moment(chat: Page, bot: ChatServer):
    chat.clock.install()
    button = answered(chat, bot, "```\nx\n```").get_by_test_id("copy-code")
    expect(button).to_have_accessible_name("Copy the code")
    button.click()
    expect(chat.get_by_test_id("read-out")).to_have_text("Copied")
    chat.clock.run_for(2_500)
    expect(button).to_have_accessible_name("Copy the code")


def test_a_page_that_may_not_write_to_the_clipboard_says_so(chat: Page, bot: ChatServer):
    button = answered(chat, bot, "```\nx\n```").get_by_test_id("copy-code")
    chat.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')) }")
    button.press("Enter")
    expect(button).to_have_accessible_name("Could not be copied")


def test_the_button_is_neither_read_out_nor_copied_with_the_answer(chat: Page, bot: ChatServer):
    answer = answered(chat, bot, "Run:\n\n```sh\nls\n```")
    expect(chat.get_by_test_id("read-out")).to_have_text("Aunt Mary: Run: ls")
    expect(answer).to_have_text("Run: ls")
    chat.get_by_role("button", name="Copy", exact=True).click()
    expect(chat.get_by_role("button", name="Copied")).to_be_visible()
    assert chat.evaluate("navigator.clipboard.readText()") == "Run:\n\n```sh\nls\n```"


def test_inline_code_has_no_button_and_a_block_on_a_phone_is_not_cut(chat: Page, bot: ChatServer):
    chat.set_viewport_size({"width": 360, "height": 640})
    answer = answered(chat, bot, f"Say `x`.\n\n```\n{'long ' * 60}\n```")
    expect(answer.get_by_test_id("copy-code")).to_have_count(1)
    assert fits(chat, 360)
    box = answer.get_by_test_id("copy-code").bounding_box()
    assert box
    assert box["x"] + box["width"] <= 360
