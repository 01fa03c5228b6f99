"""A new conversation: the page begins empty again, the bot remembers nothing, and the last one can still be read."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.simulator.chat_page import a_page, expect_to_fit, open_chat, write
from tests.simulator.chat_server import YOU, ChatServer
from tests.simulator.chromium import needs_chromium
from tests.simulator.conftest import Demo

pytestmark = needs_chromium


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    with a_page(browser, demo.url, locale="en-GB") as page:
        yield page


def past(number: int, question: str, answer: str, code: str = "") -> dict[str, str]:
    turn = {"turn": str(number), "from": YOU, "question": question, "answer": answer, "state": "done"}
    return {**turn, "code": code} if code else turn


def reset(bot: ChatServer) -> str:
    """Carry out the page's next message, a reset."""
    turn = bot.ask()
    bot.tell("notice", turn=turn, code="command", message="Forgotten.")
    bot.complete(turn, 0)
    return turn


def test_a_new_conversation_begins_with_the_opening_and_the_last_one_can_be_read(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    expect(chat.get_by_test_id("new-conversation")).to_be_hidden()
    write(chat, "Hello?")
    bot.answer("Hello!")
    chat.get_by_role("button", name="New conversation").click()
    expect(chat.get_by_test_id("question")).to_have_text(["Hello?", "New conversation"])
    reset(bot)
    expect(chat.get_by_test_id("question")).to_have_count(0)
    expect(chat.get_by_test_id("opening")).to_be_visible()
    expect(chat.get_by_test_id("read-out")).to_have_text("Aunt Mary: Forgotten.")
    expect(chat.get_by_test_id("new-conversation")).to_be_hidden()
    expect(chat.get_by_test_id("composer")).to_be_focused()
    write(chat, "Who am I?")
    bot.answer("I do not know.")
    expect(chat.get_by_test_id("question")).to_have_text(["Who am I?"])
    chat.get_by_role("button", name="Earlier messages").click()
    expect(chat.get_by_test_id("question")).to_have_text(["Hello?", "Who am I?"])
    expect(chat.get_by_test_id("reset")).to_contain_text("New conversation")
    expect(chat.get_by_test_id("earlier")).to_be_hidden()
    chat.get_by_role("button", name="New conversation").click()
    reset(bot)
    expect(chat.get_by_test_id("question")).to_have_count(0)
    expect(chat.get_by_test_id("earlier")).to_be_visible()


def test_an_answer_that_is_being_written_is_stopped_by_a_new_conversation(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, "Tell me everything")
    turn = bot.ask()
    bot.say(turn, "First of all,")
    chat.get_by_role("button", name="New conversation").click()
    assert bot.heard("cancel")["turn"] == turn
    bot.complete(turn, 1, state="stopped")
    reset(bot)
    expect(chat.get_by_test_id("question")).to_have_count(0)


@pytest.mark.parametrize("command", ["/reset", " /RESET ", "/Reset"])
def test_the_page_opens_with_the_conversation_since_the_last_reset(chat: Page, bot: ChatServer, command: str):
    bot.facts["history"] = [
        past(1, "Hello?", "Hello!"),
        past(2, "/reset", "Forgotten.", "command"),
        past(3, "And you?", "Fine."),
        past(4, command, "Forgotten.", "command"),
        past(5, "/reset the clock", "Done."),
    ]
    open_chat(chat, bot)
    expect(chat.get_by_test_id("question")).to_have_text(["/reset the clock"])
    chat.get_by_test_id("earlier").click()
    expect(chat.get_by_test_id("question")).to_have_text(["Hello?", "And you?", "/reset the clock"])
    expect(chat.get_by_test_id("reset")).to_have_count(2)


def test_starters_are_offered_while_the_conversation_is_empty_and_asked_when_pressed(chat: Page, bot: ChatServer):
    bot.facts["persona"] = {"name": "Aunt Mary", "starters": ["What grows in May?", "비료는요?", "x" * 80]}
    chat.set_viewport_size({"width": 360, "height": 640})
    open_chat(chat, bot)
    expect(chat.get_by_test_id("starter")).to_have_text(["What grows in May?", "비료는요?", "x" * 80])
    expect_to_fit(chat, 360)
    chat.get_by_role("button", name="What grows in May?").click()
    expect(chat.get_by_test_id("starter")).to_have_count(0)
    expect(chat.get_by_test_id("composer")).to_be_focused()
    bot.answer("Asparagus.")
    expect(chat.get_by_test_id("question")).to_have_text(["What grows in May?"])
    chat.get_by_role("button", name="New conversation").click()
    reset(bot)
    expect(chat.get_by_test_id("starter")).to_have_count(3)


def test_starters_are_not_offered_before_the_history_is_known(chat: Page, bot: ChatServer):
    bot.facts.update(persona={"name": "Aunt Mary", "starters": ["May?"]}, history=[past(1, "Hello?", "Hello!")])
    bot.hold("authenticate")
    chat.goto(f"{bot.url}/chat?config=k1")
    expect(chat.get_by_test_id("persona")).to_have_text("Aunt Mary")
    expect(chat.get_by_test_id("starter")).to_have_count(0)
    bot.heard("authenticate")
    bot.ready()
    expect(chat.get_by_test_id("question")).to_have_text(["Hello?"])
    expect(chat.get_by_test_id("starter")).to_have_count(0)


def test_the_demos_assistant_has_starters(page: Page, demo: Demo):
    page.goto(f"{demo.url}/chat?config={demo.facts['config_id']}")
    page.get_by_role("button", name="What can you help me with?").click()
    expect(page.get_by_test_id("answer")).to_contain_text("You wrote “What can you help me with?”")


def test_a_reset_that_was_not_carried_out_hides_nothing(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, "Hello?")
    bot.answer("Hello!")
    write(chat, "/reset")
    turn = bot.ask()
    bot.complete(turn, 0, state="dropped")
    expect(chat.locator(".footer").last).to_have_text("This was not answered.")
    expect(chat.get_by_test_id("question")).to_have_text(["Hello?", "New conversation"])


def test_in_a_room_nobody_begins_a_new_conversation_for_the_others(chat: Page, bot: ChatServer):
    open_chat(chat, bot, "config=k1&room=garden")
    write(chat, "What grows in May?")
    bot.answer("Asparagus.")
    expect(chat.get_by_test_id("new-conversation")).to_be_hidden()
    write(chat, "/reset")
    reset(bot)
    expect(chat.get_by_test_id("answer")).to_have_text(["Asparagus.", "Forgotten."])


def test_the_bot_remembers_nothing_in_a_new_conversation(page: Page, demo: Demo):
    page.goto(f"{demo.url}/chat?config={demo.facts['config_id']}")
    write(page, "My name is Anna")
    expect(page.get_by_test_id("answer")).to_contain_text("It is the first message of this conversation.")
    page.get_by_role("button", name="New conversation").click()
    expect(page.get_by_test_id("question")).to_have_count(0)
    write(page, "What is my name?")
    expect(page.get_by_test_id("answer")).to_have_count(1)
    expect(page.get_by_test_id("answer")).to_contain_text(
        "You wrote “What is my name?”. It is the first message of this conversation."
    )
    page.reload()
    expect(page.get_by_test_id("question")).to_have_text(["What is my name?"])
