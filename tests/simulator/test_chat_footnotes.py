"""Footnotes of answers lead to their notes and back, also with other answers in the page."""

from playwright.sync_api import Page, expect

from tests.simulator.chat_page import open_chat, write
from tests.simulator.chat_server import ChatServer
from tests.simulator.chromium import needs_chromium

pytestmark = needs_chromium


def test_a_number_leads_to_the_note_of_its_own_answer_and_back_by_keyboard(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    for number in range(2):
        write(chat, f"{number}?")
        bot.answer(f"Fact {number}[^x].\n\n", f"[^x]: Source {number}.")
        expect(chat.locator("[data-testid=turn][data-state=done]")).to_have_count(number + 1)
    address = chat.url
    for number in range(2):
        answer = chat.get_by_test_id("answer").nth(number)
        link = answer.get_by_role("link", name="Footnote 1")
        link.press("Enter")
        expect(answer.locator(".notes li")).to_be_focused()
        expect(answer.locator(".notes li")).to_contain_text(f"Source {number}.")
        answer.get_by_role("link", name="Back to the text").click()
        expect(link).to_be_focused()
    assert chat.url == address


def test_while_an_answer_grows_a_number_is_one_from_its_first_letter(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, "Tell me")
    turn = bot.ask()
    bot.say(turn, "Fact[^1]")
    expect(chat.get_by_test_id("answer").locator("sup")).to_have_text("1")
    bot.say(turn, " and [^2", seq=2)
    expect(chat.get_by_test_id("answer")).to_have_text("Fact1 and")
    bot.say(turn, "].\n\n[^1]: One\n[^2]: <b onclick=x>Two</b> [x](javascript:1)", seq=3)
    bot.complete(turn, 3)
    notes = chat.locator(".notes li")
    expect(notes).to_have_count(2)
    expect(notes.nth(1)).to_contain_text("<b onclick=x>Two</b> x")
    expect(notes.nth(1).locator("b, a[href^=javascript]")).to_have_count(0)
