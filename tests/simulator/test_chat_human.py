"""The chat page while a human answers in place of the bot."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.simulator.chat_page import a_page, open_chat, write
from tests.simulator.chat_server import YOU, ChatServer, now
from tests.simulator.chromium import needs_chromium

pytestmark = needs_chromium

TURN = "1795286400000#" + "7" * 64


def human_says(bot: ChatServer, words: str, turn: str = TURN) -> None:
    """An owner's words arrive, for which nobody asked."""
    bot.tell("question", turn=turn, **{"from": YOU}, at=now())
    bot.tell("notice", turn=turn, code="human", message=words)
    bot.tell("completed", turn=turn, seq=0, state="done", footer="(A human wrote this.)")


def test_a_humans_words_are_shown_with_their_author_and_no_question(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, "Hello")
    bot.answer("Hello dear!")
    human_says(bot, "Hello, this is Olga. *No markdown here.*")
    said = chat.get_by_test_id("turn").last
    expect(said.get_by_test_id("answer")).to_have_text("Hello, this is Olga. *No markdown here.*")
    expect(said.locator(".said > .by")).to_have_text("A human")
    expect(said.locator(".said > .by")).to_be_visible()
    expect(said.get_by_test_id("question")).to_be_hidden()
    expect(said.locator(".footer")).to_have_text("(A human wrote this.)")
    expect(said.get_by_test_id("regenerate")).to_have_count(0)
    expect(said.get_by_test_id("thumb-up")).to_have_count(0)
    expect(chat.get_by_test_id("turn").first.locator(".said > .by")).to_have_count(0)


@pytest.mark.parametrize(("locale", "author"), [("en-GB", "A human"), ("de-DE", "Ein Mensch"), ("ko-KR", "사람")])
def test_a_humans_words_keep_their_author_in_the_history(browser: Browser, bot: ChatServer, locale: str, author: str):
    past = {"turn": TURN, "from": YOU, "at": now(), "answer": "This is Olga.", "code": "human", "state": "done"}
    bot.facts.update(history=[past])
    with a_page(browser, bot.url, locale=locale) as chat:
        open_chat(chat, bot)
        said = chat.get_by_test_id("turn")
        expect(said.get_by_test_id("answer")).to_have_text("This is Olga.")
        expect(said.locator(".said > .by")).to_have_text(author)


def test_a_screen_reader_hears_that_a_human_writes(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    human_says(bot, "This is Olga.")
    expect(chat.locator("[aria-live=polite]").first).to_contain_text("A human: This is Olga.")


def test_a_humans_words_in_the_middle_of_a_question_leave_the_question_alone(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    human_says(bot, "This is Olga.")
    write(chat, "Where is my parcel?")
    turn = bot.ask()
    bot.tell("notice", turn=turn, code="human_reads", message="I have passed this on.")
    bot.tell("completed", turn=turn, seq=0, state="done")
    expect(chat.get_by_test_id("question").last).to_have_text("Where is my parcel?")
    expect(chat.get_by_test_id("answer").last).to_have_text("I have passed this on.")
    human_says(bot, "It comes on Friday.", TURN.replace("7" * 64, "8" * 64))
    expect(chat.get_by_test_id("answer")).to_have_text(
        ["This is Olga.", "I have passed this on.", "It comes on Friday."]
    )
