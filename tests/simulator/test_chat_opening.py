"""A conversation that the model opens, on the chat page in a real browser."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.simulator.chat_page import open_chat, write
from tests.simulator.chat_server import YOU, ChatServer
from tests.simulator.chromium import needs_chromium

pytestmark = needs_chromium
TURN = "1795286400000#" + "5" * 64
SANTA = {
    "name": "Santa",
    "opening": "Ho ho ho!",
    "opening_by": "model",
    "starters": ["A sledge, please"],
    "language": "en",
}


def opened(**more: Any) -> dict[str, Any]:
    return {"turn": TURN, "from": YOU, "opening": True, "state": "open", **more}


def test_the_words_of_the_model_take_the_place_of_the_fixed_opening(chat: Page, bot: ChatServer):
    bot.facts.update(persona=SANTA, history=[opened()], limit=10, remaining=10)
    chat.goto(f"{bot.url}/chat?config=k1")
    expect(chat.get_by_test_id("presence")).to_have_text("Writing…")
    expect(chat.locator(".dots")).to_be_visible()
    expect(chat.get_by_test_id("opening")).to_be_hidden()
    bot.tell("question", turn=TURN, opening=True, at=1795286400000, **{"from": YOU})
    bot.say(TURN, "Ho ho! ", "Who are you?")
    bot.complete(TURN, 2)
    expect(chat.get_by_test_id("answer")).to_have_text("Ho ho! Who are you?")
    expect(chat.get_by_test_id("question")).to_be_hidden()
    expect(chat.get_by_test_id("opening")).to_be_hidden()
    expect(chat.get_by_test_id("starter")).to_have_text(["A sledge, please"])
    for tool in ("regenerate", "thumb-up"):
        expect(chat.get_by_test_id(tool)).to_have_count(0)
    write(chat, "A ball")
    expect(chat.get_by_test_id("starter")).to_have_count(0)
    expect(chat.get_by_test_id("answer").first).to_have_text("Ho ho! Who are you?")


def test_the_questions_to_begin_with_are_below_what_the_model_says_first(chat: Page, bot: ChatServer):
    bot.facts.update(persona=SANTA, history=[opened(answer="Ho ho! Who are you?", state="done")])
    open_chat(chat, bot)
    starter = chat.get_by_test_id("starter")
    starter.focus()
    answer, button = chat.get_by_test_id("answer").bounding_box(), starter.bounding_box()
    assert answer
    assert button
    assert answer["y"] + answer["height"] <= button["y"]
    chat.get_by_test_id("thumb-up").or_(chat.get_by_role("button", name="Copy")).first.hover()
    expect(starter).to_be_focused()
    starter.press("Enter")
    assert bot.heard("send_message")["message"] == "A sledge, please"


def test_who_comes_later_finds_the_words_of_the_model(chat: Page, bot: ChatServer):
    bot.facts.update(persona=SANTA, history=[opened(answer="Ho ho! Who are you?", state="done")])
    open_chat(chat, bot)
    expect(chat.get_by_test_id("answer")).to_have_text("Ho ho! Who are you?")
    expect(chat.get_by_test_id("opening")).to_be_hidden()


@pytest.mark.parametrize(
    "history",
    [
        [opened(answer="Ho ho ho!", code="opening", state="done")],
        [opened(state="dropped")],
        [],
    ],
    ids=["the model failed", "dropped", "no place for it"],
)
def test_where_the_model_does_not_open_the_fixed_opening_is_shown(
    chat: Page, bot: ChatServer, history: list[dict[str, Any]]
):
    bot.facts.update(persona=SANTA, history=history)
    open_chat(chat, bot)
    expect(chat.get_by_test_id("opening")).to_have_text("Ho ho ho!")
    expect(chat.get_by_test_id("opening")).to_be_visible()
    expect(chat.get_by_test_id("turn")).to_have_count(0)
    expect(chat.get_by_test_id("starter")).to_have_count(1)


def test_a_model_that_fails_while_the_person_looks_leaves_the_fixed_opening(chat: Page, bot: ChatServer):
    bot.facts.update(persona=SANTA, history=[opened()])
    chat.goto(f"{bot.url}/chat?config=k1")
    expect(chat.locator(".dots")).to_be_visible()
    bot.tell("notice", turn=TURN, code="opening", message="Ho ho ho!")
    bot.complete(TURN, 0)
    expect(chat.get_by_test_id("opening")).to_be_visible()
    expect(chat.get_by_test_id("turn")).to_have_count(0)
