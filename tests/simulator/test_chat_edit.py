"""The last question is edited and asked again, and its versions can be looked at."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.simulator.chat_page import a_page, expect_to_fit, open_chat, write
from tests.simulator.chat_server import OTHER, YOU, ChatServer, now
from tests.simulator.chromium import needs_chromium
from tests.simulator.conftest import Demo

pytestmark = needs_chromium

DONE = {"from": YOU, "state": "done"}
TWO = [
    {**DONE, "turn": "1", "question": "Waht grows?", "answer": "What?"},
    {**DONE, "turn": "2", "question": "What grows?", "answer": "Peas.", "replaces": "1"},
]


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    with a_page(browser, demo.url, locale="en-GB") as page:
        yield page


def shows(chat: Page, question: str, answer: str, version: str) -> None:
    """Check what the last turn shows."""
    expect(chat.get_by_test_id("question").last).to_have_text(question)
    expect(chat.get_by_test_id("answer").last).to_have_text(answer)
    expect(chat.get_by_test_id("version").last).to_have_text(version)


def edited(chat: Page, bot: ChatServer, words: str) -> tuple[str, str]:
    """Edit the last question; returns the turn that is replaced and the new one, whose answer has not begun."""
    chat.get_by_test_id("edit").click()
    write(chat, words)
    frame = bot.heard("regenerate")
    assert frame["message"] == words
    turn = bot.next_turn()
    bot.tell("accepted", turn=turn, id=frame["id"])
    bot.tell("question", turn=turn, **{"from": YOU}, text=words, at=now(), replaces=frame["turn"])
    return frame["turn"], turn


def test_an_edited_question_takes_the_place_of_the_first_which_can_still_be_read(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, "Waht grows?")
    old = bot.answer("What?")
    chat.get_by_test_id("edit").click()
    expect(chat.get_by_test_id("composer")).to_be_focused()
    expect(chat.get_by_test_id("composer")).to_have_value("Waht grows?")
    expect(chat.get_by_test_id("editing")).to_be_visible()
    expect(chat.get_by_test_id("read-out")).to_have_text("You are editing your question.")
    replaced, turn = edited(chat, bot, "What grows?")
    assert replaced == old
    expect(chat.get_by_test_id("editing")).to_be_hidden()
    expect(chat.get_by_test_id("composer")).to_have_value("")
    expect(chat.get_by_test_id("question")).to_have_text(["What grows?"])
    bot.say(turn, "Peas.")
    bot.complete(turn, 1)
    shows(chat, "What grows?", "Peas.", "2/2")
    earlier, later = (chat.get_by_role("button", name=name) for name in ("Earlier version", "Later version"))
    expect(later).to_be_disabled()
    earlier.press("Enter")
    shows(chat, "Waht grows?", "What?", "1/2")
    expect(earlier).to_be_focused()
    expect(earlier).to_be_disabled()
    expect(chat.get_by_test_id("read-out")).to_have_text("Version 1 of 2")
    expect(chat.get_by_text("The chat goes on from the latest version.")).to_be_visible()
    later.click()
    shows(chat, "What grows?", "Peas.", "2/2")


def test_versions_of_regenerated_and_edited_questions_are_counted_together(chat: Page, bot: ChatServer):
    bot.facts["history"] = TWO
    open_chat(chat, bot)
    shows(chat, "What grows?", "Peas.", "2/2")
    chat.get_by_test_id("earlier-version").click()
    shows(chat, "Waht grows?", "What?", "1/2")
    chat.get_by_test_id("regenerate").click()
    frame = bot.heard("regenerate")
    assert frame["turn"] == "1"
    assert "message" not in frame
    turn = bot.next_turn()
    bot.tell("accepted", turn=turn, id=frame["id"])
    bot.tell("question", turn=turn, **{"from": YOU}, text="Waht grows?", at=now(), replaces="1")
    bot.say(turn, "Grass.")
    bot.complete(turn, 1)
    shows(chat, "Waht grows?", "Grass.", "3/3")
    expect(chat.get_by_test_id("question")).to_have_count(1)


def test_the_next_question_goes_on_from_the_latest_version(chat: Page, bot: ChatServer):
    bot.facts["history"] = TWO
    open_chat(chat, bot)
    chat.get_by_test_id("earlier-version").click()
    shows(chat, "Waht grows?", "What?", "1/2")
    write(chat, "And then?")
    bot.answer("Beans.")
    expect(chat.get_by_test_id("question")).to_have_text(["What grows?", "And then?"])
    expect(chat.get_by_test_id("answer")).to_have_text(["Peas.", "Beans."])
    expect(chat.get_by_test_id("edit").locator("visible=true")).to_have_count(1)
    chat.get_by_test_id("earlier-version").first.click()
    expect(chat.get_by_test_id("question")).to_have_text(["Waht grows?", "And then?"])


def test_feedback_and_copying_are_about_the_version_that_is_shown(chat: Page, bot: ChatServer):
    bot.facts["history"] = TWO
    open_chat(chat, bot)
    chat.get_by_test_id("thumb-up").click()
    assert bot.heard("feedback")["turn"] == "2"
    chat.get_by_test_id("earlier-version").click()
    shows(chat, "Waht grows?", "What?", "1/2")
    expect(chat.get_by_test_id("thumb-up")).to_have_attribute("aria-pressed", "false")
    chat.get_by_test_id("thumb-down").click()
    assert bot.heard("feedback")["turn"] == "1"
    chat.get_by_role("button", name="Copy", exact=True).click()
    expect(chat.get_by_test_id("read-out")).to_have_text("Copied")
    assert chat.evaluate("navigator.clipboard.readText()") == "What?"


@pytest.mark.parametrize("stop", ["Escape", "Cancel", "New conversation"])
def test_an_edit_that_is_given_up_brings_back_what_was_being_written(chat: Page, bot: ChatServer, stop: str):
    bot.facts["history"] = TWO
    open_chat(chat, bot)
    chat.get_by_test_id("composer").fill("half a thought")
    chat.get_by_test_id("edit").click()
    chat.get_by_test_id("composer").fill("something else")
    if stop == "Escape":
        chat.keyboard.press("Escape")
    else:
        chat.get_by_role("button", name=stop).click()
    expect(chat.get_by_test_id("editing")).to_be_hidden()
    expect(chat.get_by_test_id("composer")).to_have_value("half a thought")


def test_what_was_being_written_is_there_again_after_the_edit(chat: Page, bot: ChatServer):
    bot.facts["history"] = TWO
    open_chat(chat, bot)
    chat.get_by_test_id("composer").fill("half a thought")
    edited(chat, bot, "What grows in May?")
    expect(chat.get_by_test_id("composer")).to_have_value("half a thought")
    write(chat, "Another")
    assert bot.heard("send_message")["message"] == "Another"


def test_an_edit_that_was_not_accepted_is_sent_again_after_a_reload(chat: Page, bot: ChatServer):
    bot.facts["history"] = TWO
    open_chat(chat, bot)
    chat.get_by_test_id("edit").click()
    write(chat, "What grows in May?")
    frame = bot.heard("regenerate")
    chat.reload()
    again = bot.heard("regenerate")
    assert {**again, "n": 0} == {**frame, "n": 0}


def test_an_edit_without_an_answer_stands_below_the_answered_version(chat: Page, bot: ChatServer):
    bot.facts["history"] = TWO[:1]
    open_chat(chat, bot)
    _, turn = edited(chat, bot, "What grows?")
    bot.tell("notice", turn=turn, code="apology", message="I am sorry.")
    bot.complete(turn, 0)
    expect(chat.get_by_test_id("answer")).to_have_text(["What?", "I am sorry."])
    chat.get_by_test_id("retry").click()
    frame = bot.heard("regenerate")
    assert (frame["turn"], frame.get("message")) == (turn, None)


@pytest.mark.parametrize(("code", "can"), [("cancelled", 1), ("limit_reached", 1), ("too_long", 0), ("command", 0)])
def test_a_question_that_was_stopped_or_refused_can_be_edited_and_a_command_cannot(
    chat: Page, bot: ChatServer, code: str, can: int
):
    bot.facts["history"] = [{**DONE, "turn": "1", "question": "Waht?", "answer": "A notice.", "code": code}]
    open_chat(chat, bot)
    expect(chat.get_by_test_id("answer")).to_have_count(1)
    expect(chat.get_by_test_id("edit")).to_have_count(can)
    if can:
        _, turn = edited(chat, bot, "What?")
        bot.say(turn, "That.")
        bot.complete(turn, 1)
        expect(chat.get_by_test_id("question")).to_have_text(["What?"])
        expect(chat.get_by_test_id("answer")).to_have_text(["That."])


def test_only_the_last_question_and_only_ones_own_can_be_edited(chat: Page, bot: ChatServer):
    bot.facts["history"] = [*TWO, {**DONE, "turn": "3", "from": OTHER, "question": "Who?", "answer": "I."}]
    open_chat(chat, bot, "config=k1&room=garden")
    expect(chat.get_by_test_id("answer")).to_have_count(2)
    expect(chat.get_by_test_id("edit").locator("visible=true")).to_have_count(0)
    write(chat, "And I?")
    turn = bot.ask()
    bot.say(turn, "You")
    expect(chat.get_by_test_id("answer").last).to_have_text("You")
    expect(chat.get_by_test_id("edit").locator("visible=true")).to_have_count(0)


def test_versions_fit_on_a_phone(chat: Page, bot: ChatServer):
    chat.set_viewport_size({"width": 360, "height": 640})
    bot.facts["history"] = TWO
    open_chat(chat, bot)
    chat.get_by_test_id("earlier-version").click()
    expect(chat.get_by_test_id("older-version-note")).to_be_visible()
    expect_to_fit(chat, 360)


def test_a_visitor_edits_a_question_of_the_real_bot(page: Page, demo: Demo):
    page.goto(f"{demo.url}/chat?config={demo.facts['config_id']}")
    write(page, "Why is the sky bleu?")
    expect(page.get_by_test_id("answer")).to_contain_text("bleu")
    page.get_by_test_id("edit").click()
    write(page, "Why is the sky blue?")
    expect(page.get_by_test_id("answer")).to_contain_text("You wrote “Why is the sky blue?”. It is the first message")
    page.reload()
    expect(page.get_by_test_id("version")).to_have_text("2/2")
    page.get_by_test_id("earlier-version").click()
    expect(page.get_by_test_id("question")).to_have_text(["Why is the sky bleu?"])
