"""What somebody writes survives a reload of the page, until the bot has accepted it."""

import pytest
from playwright.sync_api import Page, expect

from tests.simulator.chat_page import open_chat, write
from tests.simulator.chat_server import YOU, ChatServer, now
from tests.simulator.chromium import needs_chromium

pytestmark = needs_chromium

NO_STORAGE = """for (const name of ["localStorage", "sessionStorage"])
  Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError"); } });"""
STORED = "Object.keys(sessionStorage).filter((name) => name.startsWith('parley.draft.'))"


@pytest.mark.parametrize("words", ["half a thought", "two\n\nlines ", '"quoted" \\ {"words":1}', "생각 🙂", "x" * 4000])
def test_half_a_thought_survives_a_reload(chat: Page, bot: ChatServer, words: str):
    open_chat(chat, bot)
    chat.get_by_test_id("composer").fill(words)
    chat.reload()
    expect(chat.get_by_test_id("composer")).to_have_value(words)
    expect(chat.get_by_test_id("send")).to_be_enabled()


def test_a_draft_that_was_sent_or_emptied_is_stored_no_more(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    chat.get_by_test_id("composer").fill("half a thought")
    chat.get_by_test_id("composer").fill("")
    assert chat.evaluate(STORED) == []
    write(chat, "Hello?")
    assert len(chat.evaluate(STORED)) == 1
    bot.answer("Hello!")
    expect(chat.get_by_test_id("answer")).to_have_text("Hello!")
    assert chat.evaluate(STORED) == []
    chat.reload()
    expect(chat.get_by_test_id("composer")).to_have_value("")


def test_each_chat_and_each_room_has_its_own_draft(chat: Page, bot: ChatServer):
    for query in ("config=k1", "config=k1&room=garden", "config=k2"):
        open_chat(chat, bot, query)
        expect(chat.get_by_test_id("composer")).to_have_value("")
        chat.get_by_test_id("composer").fill(f"for {query}")
    for query in ("config=k1", "config=k1&room=garden", "config=k2"):
        open_chat(chat, bot, query)
        expect(chat.get_by_test_id("composer")).to_have_value(f"for {query}")


def test_a_message_that_was_sent_and_not_accepted_is_sent_again_after_a_reload_and_is_the_same(
    chat: Page, bot: ChatServer
):
    open_chat(chat, bot)
    write(chat, "Hello?")
    frame = bot.heard("send_message")
    chat.reload()
    again = bot.heard("send_message")
    assert (again["message"], again["id"]) == ("Hello?", frame["id"])
    expect(chat.get_by_test_id("composer")).to_have_value("")
    turn = bot.next_turn()
    bot.tell("accepted", turn=turn, id=frame["id"], duplicate=True)
    bot.tell("question", turn=turn, **{"from": YOU}, text="Hello?", at=now())
    bot.say(turn, "Hello!")
    bot.complete(turn, 1)
    expect(chat.get_by_test_id("question")).to_have_text(["Hello?"])
    expect(chat.get_by_test_id("answer")).to_have_text(["Hello!"])
    assert chat.evaluate(STORED) == []


def test_messages_that_waited_for_the_connection_wait_for_it_after_a_reload_too(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    bot.heard("authenticate")
    bot.hold("authenticate")
    bot.break_off()
    bot.heard("authenticate")
    for words in ("One?", "Two?"):
        write(chat, words)
    chat.get_by_test_id("composer").fill("Three")
    chat.reload()
    expect(chat.get_by_test_id("question")).to_have_text(["One?", "Two?"])
    expect(chat.get_by_test_id("composer")).to_have_value("Three")
    bot.heard("authenticate")
    bot.held.clear()
    bot.ready()
    for words in ("One?", "Two?"):
        bot.answer(f"To {words}")
    expect(chat.get_by_test_id("answer")).to_have_text(["To One?", "To Two?"])


def test_a_refused_message_can_be_sent_again_after_a_reload(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, "Hello?")
    frame = bot.heard("send_message")
    bot.tell("error", code="something_new", message="no", id=frame["id"])
    expect(chat.get_by_test_id("retry")).to_be_visible()
    chat.reload()
    chat.get_by_test_id("retry").click()
    assert bot.heard("send_message")["id"] == frame["id"]


def test_what_waited_for_too_long_is_not_sent_by_itself(chat: Page, bot: ChatServer):
    chat.clock.install()
    open_chat(chat, bot)
    bot.heard("authenticate")
    bot.hold("authenticate")
    bot.break_off()
    bot.heard("authenticate")
    write(chat, "Hello?")
    chat.clock.fast_forward("51:00")
    chat.reload()
    expect(chat.get_by_test_id("retry")).to_be_visible()
    bot.held.clear()
    chat.reload()
    write(chat, "Now?")
    assert bot.heard("send_message")["message"] == "Now?"


def test_a_question_that_was_asked_again_is_asked_again_after_a_reload(chat: Page, bot: ChatServer):
    bot.facts["history"] = [{"turn": "1", "from": YOU, "question": "Why?", "answer": "Because.", "state": "done"}]
    open_chat(chat, bot)
    chat.get_by_test_id("regenerate").click()
    frame = bot.heard("regenerate")
    chat.reload()
    again = bot.heard("regenerate")
    assert (again["turn"], again["id"]) == ("1", frame["id"])


def test_without_storage_one_can_write_and_send(chat: Page, bot: ChatServer):
    chat.add_init_script(NO_STORAGE)
    open_chat(chat, bot)
    write(chat, "Hello?")
    bot.answer("Hello!")
    expect(chat.get_by_test_id("answer")).to_have_text("Hello!")
    expect(chat.get_by_test_id("composer")).to_have_value("")
