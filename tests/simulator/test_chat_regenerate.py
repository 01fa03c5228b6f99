"""Another answer to the last question, in the place of the first."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.simulator.chat_page import a_page, open_chat, write
from tests.simulator.chat_server import OTHER, YOU, ChatServer, now
from tests.simulator.chromium import needs_chromium
from tests.simulator.conftest import Demo

pytestmark = needs_chromium


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    with a_page(browser, demo.url, locale="en-GB") as page:
        yield page


def again(chat: Page, bot: ChatServer, question: str, *, refused: str = "") -> str:
    """Press the button; returns the new turn, whose answer has not begun. First it is refused, if a code is given."""
    chat.get_by_test_id("regenerate").click()
    frame = bot.heard("regenerate")
    if refused:
        bot.tell("error", code=refused, message="no", id=frame["id"])
        assert bot.heard("regenerate") == {**frame, "n": frame["n"] + 1}
    turn = bot.next_turn()
    bot.tell("accepted", turn=turn, id=frame["id"])
    bot.tell("question", turn=turn, **{"from": YOU}, text=question, at=now(), replaces=frame["turn"])
    return turn


def test_a_new_answer_takes_the_place_of_the_last_one(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, "One?")
    bot.answer("First.")
    write(chat, "Two?")
    old = bot.answer("Second.")
    expect(chat.get_by_test_id("answer")).to_have_text(["First.", "Second."])
    expect(chat.get_by_test_id("regenerate")).to_have_count(1)
    bot.hold("regenerate")
    chat.get_by_test_id("regenerate").click()
    frame = bot.heard("regenerate")
    assert (frame["turn"], len(frame["id"])) == (old, 26)
    expect(chat.get_by_test_id("question")).to_have_text(["One?", "Two?"])
    expect(chat.get_by_test_id("answer").locator("visible=true")).to_have_text(["First."])
    expect(chat.get_by_test_id("composer")).to_be_focused()
    new = bot.next_turn()
    bot.tell("accepted", turn=new, id=frame["id"])
    bot.tell("question", turn=new, **{"from": YOU}, text="Two?", at=now(), replaces=old)
    bot.say(new, "Better.")
    bot.complete(new, 1)
    expect(chat.get_by_test_id("answer")).to_have_text(["First.", "Better."])
    expect(chat.get_by_test_id("question")).to_have_text(["One?", "Two?"])
    newest = again(chat, bot, "Two?")
    bot.say(newest, "Best.")
    bot.complete(newest, 1)
    expect(chat.get_by_test_id("answer")).to_have_text(["First.", "Best."])


def test_the_old_answer_comes_back_when_there_is_no_new_one(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, "Why?")
    bot.answer("Because.")
    turn = again(chat, bot, "Why?")
    bot.tell("notice", turn=turn, code="apology", message="I am sorry.")
    bot.complete(turn, 0)
    expect(chat.get_by_test_id("answer")).to_have_text(["Because.", "I am sorry."])
    chat.get_by_test_id("retry").click()
    frame = bot.heard("regenerate")
    assert frame["turn"] == turn
    bot.tell("error", code="unknown_turn", message="no", id=frame["id"])
    expect(chat.get_by_test_id("answer").locator("visible=true")).to_have_text(["Because."])
    expect(chat.get_by_test_id("retry")).to_have_count(0)


def test_of_several_apologies_to_one_question_the_last_is_shown_also_after_a_reload(chat: Page, bot: ChatServer):
    turn = {"from": YOU, "question": "Why?", "state": "done", "code": "apology"}
    bot.facts["history"] = [
        {**turn, "turn": "1", "answer": "Sorry."},
        {**turn, "turn": "2", "answer": "Sorry again.", "replaces": "1"},
        {**turn, "turn": "3", "answer": "I am really sorry.", "replaces": "2"},
    ]
    open_chat(chat, bot)
    expect(chat.get_by_test_id("answer")).to_have_text(["I am really sorry."])
    expect(chat.get_by_test_id("retry")).to_have_count(1)


@pytest.mark.parametrize("code", ["too_many_rooms", "something_new"])
def test_a_refused_request_says_so_and_leaves_the_answer(chat: Page, bot: ChatServer, code: str):
    open_chat(chat, bot)
    write(chat, "Why?")
    bot.answer("Because.")
    chat.get_by_test_id("regenerate").click()
    frame = bot.heard("regenerate")
    bot.tell("error", code=code, message="no", id=frame["id"])
    expect(chat.locator("[data-status=failed] .fate")).to_be_visible()
    expect(chat.get_by_test_id("answer").locator("visible=true")).to_have_text(["Because."])
    chat.get_by_test_id("retry").click()
    assert bot.heard("regenerate") == {**frame, "n": frame["n"] + 1}


def test_a_request_that_is_refused_for_the_moment_is_sent_again_by_itself(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, "Why?")
    bot.answer("Because.")
    turn = again(chat, bot, "Why?", refused="too_many_open")
    bot.say(turn, "Therefore.")
    bot.complete(turn, 1)
    expect(chat.get_by_test_id("answer")).to_have_text(["Therefore."])


def test_a_bot_that_does_not_know_the_request_refuses_it_once(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, "Why?")
    bot.answer("Because.")
    chat.get_by_test_id("regenerate").click()
    bot.heard("regenerate")
    bot.tell("error", code="unknown_action", message="?")
    expect(chat.locator("[data-status=failed] .fate")).to_contain_text("That did not work. Please try again.")


def test_only_the_last_answer_to_ones_own_question_can_be_regenerated(chat: Page, bot: ChatServer):
    done = {"question": "Why?", "answer": "Because.", "state": "done"}
    bot.facts["history"] = [{**done, "turn": "1", "from": YOU}, {**done, "turn": "2", "from": OTHER}]
    open_chat(chat, bot, "config=k1&room=garden")
    expect(chat.get_by_test_id("answer")).to_have_count(2)
    expect(chat.get_by_test_id("regenerate")).to_have_count(0)
    write(chat, "/help")
    turn = bot.ask()
    bot.tell("notice", turn=turn, code="command", message="Commands.")
    bot.complete(turn, 0)
    expect(chat.get_by_test_id("answer")).to_have_count(3)
    expect(chat.get_by_test_id("regenerate")).to_have_count(0)


def test_the_page_opens_with_the_newest_answer(chat: Page, bot: ChatServer):
    turn = {"from": YOU, "question": "Why?", "state": "done"}
    bot.facts["history"] = [
        {**turn, "turn": "1", "answer": "One."},
        {**turn, "turn": "2", "answer": "Two.", "replaces": "1"},
        {**turn, "turn": "3", "answer": "Sorry", "code": "apology", "replaces": "2"},
        {**turn, "turn": "4", "answer": "Three.", "state": "stopped", "replaces": "2"},
    ]
    open_chat(chat, bot)
    expect(chat.get_by_test_id("answer")).to_have_text(["Three."])


def test_a_visitor_gets_another_answer_of_the_real_bot(page: Page, demo: Demo):
    page.goto(f"{demo.url}/chat?config={demo.facts['config_id']}")
    write(page, "Why is the sky blue?")
    expect(page.get_by_test_id("answer")).to_contain_text("It is the first message of this conversation.")
    demo.behave("model", answer="Another answer.")
    page.get_by_test_id("regenerate").click()
    expect(page.get_by_test_id("answer")).to_have_text(["Another answer."])
    assert len(demo.calls("model")[-1]["body"]["messages"]) == len(demo.calls("model")[0]["body"]["messages"])
    page.reload()
    expect(page.get_by_test_id("answer")).to_have_text(["Another answer."])
