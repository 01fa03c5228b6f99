"""A chat in which no question is answered any more says why, takes no words and offers nothing that cannot work."""

import time

import pytest
from playwright.sync_api import Page, expect

from tests.simulator.chat_page import open_chat, write
from tests.simulator.chat_server import OTHER, YOU, ChatServer
from tests.simulator.chromium import needs_chromium
from tests.simulator.conftest import HALF_HOUR_MS
from tests.simulator.test_chat_queue import HEARD

pytestmark = [needs_chromium, pytest.mark.usefixtures("half_hour_has_just_begun")]

SPENT = {
    "limit_reached": "No questions left today. You can write again tomorrow.",
    "key_spent": "The messages of this chat are used up.",
    "budget_spent": "No more questions are answered today. You can write again tomorrow.",
    "share_spent": "Your share of today is used up. You can write again tomorrow.",
}


def refuse_answer(bot: ChatServer, code: str) -> None:
    """Answer the page's next message with a notice."""
    turn = bot.ask()
    bot.tell("notice", turn=turn, code=code, message="Not today.")
    bot.complete(turn, 0)


@pytest.mark.parametrize("code", list(SPENT))
def test_after_a_notice_that_nothing_is_left_the_field_is_closed_with_the_reason(
    chat: Page, bot: ChatServer, code: str
):
    open_chat(chat, bot)
    chat.evaluate(HEARD)
    write(chat, "One more?")
    refuse_answer(bot, code)
    expect(chat.get_by_test_id("composer")).to_be_disabled()
    expect(chat.get_by_test_id("spent")).to_have_text(SPENT[code])
    chat.wait_for_function("(said) => window.heard.includes(said)", arg=SPENT[code])


def test_the_last_question_is_answered_and_then_the_field_is_closed(chat: Page, bot: ChatServer):
    bot.facts.update(limit=3, remaining=1)
    open_chat(chat, bot)
    write(chat, "The last")
    turn = bot.ask()
    bot.say(turn, "Yes.")
    expect(chat.get_by_test_id("composer")).to_be_enabled()
    bot.complete(turn, 1, remaining=0)
    expect(chat.get_by_test_id("composer")).to_be_disabled()
    expect(chat.get_by_test_id("spent")).to_have_text(SPENT["limit_reached"])
    expect(chat.get_by_test_id("regenerate")).to_be_hidden()
    expect(chat.get_by_test_id("left")).to_be_hidden()


def test_a_visitor_who_comes_back_with_no_questions_left_sees_it_before_writing(chat: Page, bot: ChatServer):
    bot.facts.update(limit=3, remaining=0, persona={"name": "Mary", "starters": ["What grows in May?"]})
    apology = {"turn": "1", "from": YOU, "question": "Why?", "answer": "Sorry.", "code": "apology", "state": "done"}
    bot.facts["history"] = [apology]
    open_chat(chat, bot)
    expect(chat.get_by_test_id("spent")).to_have_text(SPENT["limit_reached"])
    expect(chat.get_by_test_id("composer")).to_be_disabled()
    expect(chat.get_by_test_id("retry")).to_be_hidden()
    expect(chat.get_by_test_id("starter")).to_have_count(0)
    expect(chat.get_by_test_id("new-conversation")).to_be_enabled()


def test_the_field_opens_by_itself_when_the_day_is_over(chat: Page, bot: ChatServer):
    chat.clock.install()
    bot.facts.update(limit=3, remaining=0)
    open_chat(chat, bot)
    expect(chat.get_by_test_id("composer")).to_be_disabled()
    bot.heard("authenticate")
    bot.facts["remaining"] = 3
    chat.clock.run_for(HALF_HOUR_MS + 2_000)
    bot.heard("authenticate")
    expect(chat.get_by_test_id("composer")).to_be_enabled()
    expect(chat.get_by_test_id("spent")).to_be_hidden()
    expect(chat.get_by_test_id("left")).to_have_text("3 of 3 questions left today")


@pytest.mark.parametrize("code", list(SPENT))
def test_whatever_is_used_up_the_field_opens_again_within_half_an_hour_since_the_owner_may_allow_more(
    chat: Page, bot: ChatServer, code: str
):
    chat.clock.install()
    open_chat(chat, bot)
    bot.heard("authenticate")
    write(chat, "One more?")
    refuse_answer(bot, code)
    expect(chat.get_by_test_id("composer")).to_be_disabled()
    chat.clock.set_system_time(time.time() + HALF_HOUR_MS / 1000)
    bot.heard("authenticate")
    expect(chat.get_by_test_id("composer")).to_be_enabled()
    expect(chat.get_by_test_id("spent")).to_be_hidden()


def test_while_the_field_is_closed_no_question_can_be_edited_or_asked_again(chat: Page, bot: ChatServer):
    bot.facts.update(limit=3, remaining=1)
    open_chat(chat, bot)
    write(chat, "The last")
    bot.answer("Yes.", remaining=0)
    expect(chat.get_by_test_id("composer")).to_be_disabled()
    expect(chat.get_by_test_id("edit")).to_be_hidden()
    expect(chat.get_by_test_id("regenerate")).to_be_hidden()
    expect(chat.get_by_test_id("thumb-up")).to_be_visible()


def test_messages_that_waited_are_not_sent_when_nothing_is_left_and_can_be_later(chat: Page, bot: ChatServer):
    bot.facts.update(limit=3, remaining=1)
    open_chat(chat, bot)
    for text in ("One", "Two", "Three"):
        write(chat, text)
    turn = bot.ask()
    two = bot.heard("send_message")
    bot.tell("error", code="too_many_open", message="no", id=two["id"])
    expect(chat.locator(".fate:visible")).to_have_text(["Sent when an earlier message is answered", "Not sent yet"])
    bot.complete(turn, 0, remaining=0)
    expect(chat.locator(".fate:visible > span")).to_have_text(["Not sent", "Not sent"])
    expect(chat.get_by_test_id("retry").first).to_be_hidden()
    bot.facts.update(remaining=3, history=[])
    bot.break_off()
    expect(chat.get_by_test_id("composer")).to_be_enabled()
    chat.get_by_test_id("retry").first.click()
    assert bot.heard("send_message")["message"] == "Two"


def test_in_a_room_the_limit_of_another_member_closes_nothing(chat: Page, bot: ChatServer):
    bot.facts.update(limit=3, remaining=3)
    open_chat(chat, bot, "config=k1&room=garden")
    turn = bot.next_turn()
    bot.tell("question", turn=turn, **{"from": OTHER}, text="What grows in May?")
    bot.tell("notice", turn=turn, code="limit_reached", message="Not today.")
    bot.complete(turn, 0, remaining=0)
    expect(chat.get_by_test_id("answer")).to_have_text("Not today.")
    expect(chat.get_by_test_id("left")).to_have_text("3 of 3 questions left today")
    expect(chat.get_by_test_id("composer")).to_be_enabled()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("blocked", "Your messages are not answered here."),
        ("key_revoked", "This chat has been closed by its owner."),
        ("auth_failed", "The chat does not recognise you. Please load the page again."),
    ],
)
def test_a_chat_that_is_ended_while_messages_wait_says_so_once_and_takes_nothing(
    chat: Page, bot: ChatServer, code: str, said: str
):
    open_chat(chat, bot)
    bot.heard("authenticate")
    bot.hold("authenticate")
    bot.break_off()
    for _ in range(2 if code == "auth_failed" else 1):
        bot.heard("authenticate")
        write(chat, "Waiting")
        bot.tell("error", code=code, message="no")
    expect(chat.get_by_test_id("composer")).to_be_disabled()
    expect(chat.get_by_test_id("trouble")).to_contain_text(said)
    expect(chat.get_by_test_id("alarm")).to_have_text(said)
    expect(chat.locator(".fate > span").first).to_have_text("Not sent")
    expect(chat.get_by_test_id("retry").first).to_be_hidden()
    expect(chat.get_by_test_id("try-now")).to_be_hidden()


@pytest.mark.parametrize("code", ["blocked", "too_large", "unknown_action"])
def test_a_refusal_that_is_final_offers_no_second_try(chat: Page, bot: ChatServer, code: str):
    open_chat(chat, bot)
    write(chat, "Hello")
    frame = bot.heard("send_message")
    bot.tell("error", code=code, message="no", id=frame["id"])
    expect(chat.locator(".fate")).to_be_visible()
    expect(chat.get_by_test_id("turn")).to_have_attribute("data-status", "failed")
    expect(chat.get_by_test_id("retry")).to_have_count(0)


def test_a_chat_that_is_ended_during_an_answer_shows_no_dots_and_no_button_to_stop(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, "Hello")
    bot.ask()
    expect(chat.locator(".dots")).to_be_visible()
    bot.tell("error", code="too_many_connections", message="ten newer ones")
    expect(chat.get_by_test_id("composer")).to_be_disabled()
    expect(chat.locator(".dots")).to_be_hidden()
    expect(chat.get_by_test_id("stop")).to_be_hidden()


@pytest.mark.parametrize("state", ["sent", "accepted"])
def test_after_ten_seconds_without_a_sign_of_an_answer_there_is_a_word(chat: Page, bot: ChatServer, state: str):
    chat.clock.install()
    open_chat(chat, bot)
    write(chat, "Hello")
    frame = bot.heard("send_message")
    if state == "accepted":
        bot.tell("accepted", turn=bot.next_turn(), id=frame["id"])
    chat.clock.run_for(8_000)
    expect(chat.get_by_test_id("read-out")).to_have_text("")
    chat.clock.run_for(4_000)
    expect(chat.locator(".fate")).to_have_text("This takes a little longer…")
    expect(chat.get_by_test_id("read-out")).to_have_text("This takes a little longer…")


def test_a_question_that_waited_when_the_page_was_loaded_gets_the_word_too(chat: Page, bot: ChatServer):
    chat.clock.install()
    bot.facts["history"] = [{"turn": "1", "from": YOU, "question": "Why?", "state": "open"}]
    chat.goto(f"{bot.url}/chat?config=k1")
    expect(chat.locator(".dots")).to_be_visible()
    chat.clock.run_for(12_000)
    expect(chat.locator(".footer")).to_have_text("This takes a little longer…")
