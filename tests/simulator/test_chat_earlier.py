"""Scrolling up shows all turns that are kept, with the place kept; days, times and resets are seen."""

import time
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.simulator.chat_page import a_page, open_chat, write
from tests.simulator.chat_server import YOU, ChatServer, now
from tests.simulator.chromium import needs_chromium

pytestmark = needs_chromium

DAY_MS = 86_400_000
ANSWER = "An answer of some length, so that thirty of them are higher than the window. " * 3


def past(number: int, *, at: int | None = None, **more: Any) -> dict[str, Any]:
    turn = {"turn": f"{number:03}", "from": YOU, "question": f"Question {number}", "answer": ANSWER, "state": "done"}
    return turn | {"at": now() if at is None else at} | more


def reset(number: int, *, at: int | None = None) -> dict[str, Any]:
    return past(number, at=at, question="/reset", answer="Forgotten.", code="command")


def lists(bot: ChatServer, first: int, last: int, *, earlier: int | None = None) -> None:
    """What `ready` says."""
    bot.facts["history"] = [past(number) for number in range(first, last)]
    bot.facts["earlier"] = earlier and f"{earlier:03}"


def top_of(page: Page, question: str) -> float:
    """Where a question is in the window."""
    box = page.get_by_test_id("question").filter(has_text=question).first.bounding_box()
    assert box
    return box["y"]


def scrolls_to(page: Page, top: int) -> None:
    """Scroll, once the page has noticed how far it is scrolled so far."""
    frames = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    page.locator("#scroller").evaluate(f"async (node, top) => {{ await {frames}; node.scrollTop = top; }}", top)


def test_scrolling_up_fetches_before_the_top_is_reached_and_keeps_the_place(chat: Page, bot: ChatServer):
    lists(bot, 16, 46, earlier=15)
    open_chat(chat, bot)
    expect(chat.get_by_test_id("question")).to_have_count(30)
    assert bot.heard_no_more("earlier")
    scrolls_to(chat, 900)
    assert bot.heard("earlier") == {"action": "earlier", "turn": "015"}
    before = top_of(chat, "Question 20")
    bot.tell("history", history=[past(number) for number in range(16)])
    expect(chat.get_by_test_id("question")).to_have_count(46)
    assert abs(top_of(chat, "Question 20") - before) < 2
    assert chat.get_by_test_id("question").all_inner_texts() == [f"Question {number}" for number in range(46)]
    scrolls_to(chat, 0)
    expect(chat.get_by_test_id("earlier")).to_be_hidden()
    assert bot.heard_no_more("earlier") or bot.heard("earlier")["turn"] == "015"  # a slow machine: repeated after 3 s


def test_at_the_very_top_the_place_is_kept_too(chat: Page, bot: ChatServer):
    lists(bot, 16, 46, earlier=15)
    open_chat(chat, bot)
    scrolls_to(chat, 0)
    bot.heard("earlier")
    before = top_of(chat, "Question 16")
    bot.tell("history", history=[past(number) for number in range(16)])
    expect(chat.get_by_test_id("question")).to_have_count(46)
    assert abs(top_of(chat, "Question 16") - before) < 2


def test_the_button_does_the_same_by_keyboard_and_says_how_many_came(chat: Page, bot: ChatServer):
    lists(bot, 2, 4, earlier=1)
    open_chat(chat, bot)
    button = chat.get_by_role("button", name="Earlier messages")
    button.press("Enter")
    expect(chat.get_by_role("button", name="Loading…")).to_be_focused()
    bot.heard("earlier")
    bot.tell("history", history=[past(1)], earlier="000")
    expect(chat.get_by_test_id("read-out")).to_have_text("Earlier messages: 1")
    button.press("Enter")
    while bot.heard("earlier")["turn"] != "000":
        pass  # a slow machine: the first request was repeated
    bot.tell("history", history=[past(0)])
    expect(button).to_be_hidden()
    expect(chat.locator("#scroller")).to_be_focused()


def test_a_request_without_an_answer_is_repeated(chat: Page, bot: ChatServer):
    chat.clock.install()
    lists(bot, 2, 4, earlier=1)
    open_chat(chat, bot)
    chat.get_by_test_id("earlier").click()
    bot.heard("earlier")
    chat.clock.run_for(5_000)
    assert bot.heard("earlier")["turn"] == "001"


def test_what_was_asked_for_is_asked_for_again_after_a_lost_connection(chat: Page, bot: ChatServer):
    lists(bot, 2, 4, earlier=1)
    open_chat(chat, bot)
    chat.get_by_test_id("earlier").click()
    bot.heard("earlier")
    bot.break_off()
    bot.heard("authenticate")
    assert bot.heard("earlier")["turn"] == "001"
    bot.tell("history", history=[past(1)], earlier="000")
    bot.tell("history", history=[past(1)], earlier="000")
    expect(chat.get_by_test_id("question")).to_have_text(["Question 1", "Question 2", "Question 3"])


def test_earlier_turns_stay_after_a_lost_connection(chat: Page, bot: ChatServer):
    lists(bot, 2, 4, earlier=1)
    open_chat(chat, bot)
    chat.get_by_test_id("earlier").click()
    bot.heard("earlier")
    bot.tell("history", history=[past(1)], earlier="000")
    expect(chat.get_by_test_id("question")).to_have_count(3)
    bot.break_off()
    bot.heard("authenticate")
    expect(chat.get_by_test_id("presence")).to_have_text("Online")
    chat.get_by_test_id("earlier").click()
    assert bot.heard("earlier")["turn"] == "000"
    expect(chat.get_by_test_id("question")).to_have_count(3)


def test_after_a_long_absence_no_turn_is_missing_in_the_middle(chat: Page, bot: ChatServer):
    """More came meanwhile than `ready` lists, so those here are not next to those."""
    lists(bot, 0, 2)
    open_chat(chat, bot)
    expect(chat.get_by_test_id("question")).to_have_count(2)
    lists(bot, 10, 12, earlier=9)
    bot.break_off()
    expect(chat.get_by_test_id("question")).to_have_text(["Question 10", "Question 11"])
    chat.get_by_test_id("earlier").click()
    assert bot.heard("earlier")["turn"] == "009"


def test_a_long_answer_comes_in_its_own_frames_and_is_not_read_out(chat: Page, bot: ChatServer):
    lists(bot, 2, 4, earlier=1)
    open_chat(chat, bot)
    chat.get_by_test_id("earlier").click()
    bot.heard("earlier")
    bot.tell("history", history=[past(1, answer=None, state="open")])
    expect(chat.get_by_test_id("question")).to_have_count(3)
    expect(chat.get_by_test_id("stop")).to_be_hidden()
    bot.tell("question", turn="001", **{"from": YOU}, text="Question 1", at=now())
    bot.tell("snapshot", turn="001", seq=9, text="Very long")
    bot.complete("001", 9)
    expect(chat.get_by_test_id("answer").first).to_have_text("Very long")
    expect(chat.get_by_test_id("read-out")).not_to_contain_text("Very long")


def test_writing_goes_to_the_end_and_earlier_turns_do_not(chat: Page, bot: ChatServer):
    lists(bot, 16, 46, earlier=15)
    open_chat(chat, bot)
    scrolls_to(chat, 900)
    bot.heard("earlier")
    bot.tell("history", history=[past(number) for number in range(16)])
    expect(chat.get_by_test_id("question")).to_have_count(46)
    expect(chat.get_by_test_id("jump")).to_be_visible()
    write(chat, "And now?")
    expect(chat.get_by_text("And now?")).to_be_in_viewport()


# Resets.


def test_a_reset_leaves_a_line_between_two_conversations(chat: Page, bot: ChatServer):
    bot.facts["history"] = [past(1), reset(2), past(3)]
    open_chat(chat, bot)
    expect(chat.get_by_test_id("question")).to_have_text(["Question 3"])
    expect(chat.get_by_test_id("reset")).to_have_count(0)
    chat.get_by_test_id("earlier").click()
    expect(chat.get_by_test_id("question")).to_have_text(["Question 1", "Question 3"])
    expect(chat.get_by_test_id("reset")).to_contain_text("New conversation")
    expect(chat.get_by_text("Forgotten.")).to_have_count(0)


def test_scrolling_up_shows_the_conversation_before_the_reset(chat: Page, bot: ChatServer):
    bot.facts["history"] = [past(1), reset(2), *(past(number) for number in range(3, 20))]
    open_chat(chat, bot)
    expect(chat.get_by_test_id("question")).to_have_count(17)
    scrolls_to(chat, 300)
    expect(chat.get_by_test_id("question")).to_have_count(18)
    expect(chat.get_by_test_id("reset")).to_have_count(1)


def test_a_reset_that_is_fetched_hides_nothing(chat: Page, bot: ChatServer):
    lists(bot, 3, 5, earlier=2)
    open_chat(chat, bot)
    chat.get_by_test_id("earlier").click()
    bot.heard("earlier")
    bot.tell("history", history=[past(1), reset(2)])
    expect(chat.get_by_test_id("question")).to_have_text(["Question 1", "Question 3", "Question 4"])
    expect(chat.get_by_test_id("reset")).to_have_count(1)


def test_a_reset_brings_nothing_back_by_itself(chat: Page, bot: ChatServer):
    lists(bot, 0, 30)
    chat.set_viewport_size({"width": 360, "height": 480})
    open_chat(chat, bot)
    expect(chat.get_by_test_id("question")).to_have_count(30)
    chat.get_by_test_id("new-conversation").click()
    turn = bot.ask()
    bot.tell("notice", turn=turn, code="command", message="Forgotten.")
    bot.complete(turn, 0)
    expect(chat.get_by_test_id("question")).to_have_count(0)
    expect(chat.get_by_test_id("opening")).to_be_visible()
    chat.wait_for_timeout(200)
    expect(chat.get_by_test_id("question")).to_have_count(0)


# Days and times.


def test_a_question_has_its_time(chat: Page, bot: ChatServer):
    bot.facts["history"] = [past(1, at=now() - 90_000)]
    open_chat(chat, bot)
    when = chat.get_by_test_id("when")
    at = bot.facts["history"][0]["at"]
    moment = chat.evaluate("at => new Date(at).toISOString()", at)
    expect(when).to_have_attribute("datetime", moment)
    expect(when).to_have_text(chat.evaluate("at => new Date(at).toTimeString().slice(0, 5)", at))
    expect(chat.get_by_test_id("day")).to_have_count(0)
    write(chat, "And now?")
    bot.answer("Now.")
    expect(chat.get_by_test_id("when")).to_have_count(2)


def test_days_are_shown_where_not_all_turns_are_of_today(chat: Page, bot: ChatServer):
    today = now()
    ages = [400, 5, 1, 1, 0]
    bot.facts["history"] = [past(number, at=today - days * DAY_MS) for number, days in enumerate(ages)]
    open_chat(chat, bot)
    days = chat.get_by_test_id("day")
    expect(days).to_have_count(4)
    names = days.all_inner_texts()
    assert names[2:] == ["Yesterday", "Today"]
    long_ago = time.localtime((today - 400 * DAY_MS) / 1000)
    assert str(long_ago.tm_year) in names[0]
    assert str(long_ago.tm_year) not in names[1]
    expect(days.first.locator("time")).to_have_attribute("datetime", time.strftime("%Y-%m-%d", long_ago))


def test_the_days_line_moves_up_with_an_earlier_turn_of_that_day(chat: Page, bot: ChatServer):
    yesterday = now() - DAY_MS
    bot.facts["history"] = [past(1, at=yesterday + 1), past(2)]
    bot.facts["earlier"] = "000"
    open_chat(chat, bot)
    expect(chat.get_by_test_id("day")).to_have_text(["Yesterday", "Today"])
    chat.get_by_test_id("earlier").click()
    bot.heard("earlier")
    bot.tell("history", history=[past(0, at=yesterday)])
    expect(chat.get_by_test_id("question")).to_have_count(3)
    expect(chat.get_by_test_id("day")).to_have_text(["Yesterday", "Today"])
    assert chat.locator("#log > :first-child").get_attribute("data-testid") == "day"


@pytest.mark.parametrize(("locale", "day"), [("de-DE", "Gestern"), ("ko-KR", "어제"), ("en-US", "Yesterday")])
def test_days_are_named_in_the_pages_language(browser: Browser, bot: ChatServer, locale: str, day: str):
    bot.facts["history"] = [past(1, at=now() - DAY_MS)]
    with a_page(browser, bot.url, f"ws{bot.url[4:]}", locale=locale) as page:
        open_chat(page, bot)
        expect(page.get_by_test_id("day")).to_have_text(day)
