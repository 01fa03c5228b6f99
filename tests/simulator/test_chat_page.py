"""The chat page in a real browser, with a bot by hand at the other end."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.simulator.chat_page import a_page, every_state_shown, open_chat, write
from tests.simulator.chat_server import OTHER, YOU, ChatServer, now
from tests.simulator.chromium import needs_chromium
from tests.simulator.conftest import Demo

pytestmark = needs_chromium


def test_a_visitor_is_greeted_asks_and_sees_the_answer_grow(chat: Page, bot: ChatServer):
    bot.facts.update(limit=10, remaining=10)
    open_chat(chat, bot)
    expect(chat.get_by_test_id("persona")).to_have_text("Aunt Mary")
    expect(chat.get_by_test_id("opening")).to_have_text("Hello dear! What would you like to know?")
    expect(chat.get_by_test_id("left")).to_have_text("10 of 10 questions left today")
    write(chat, "Why is the sky blue?")
    turn = bot.ask()
    expect(chat.locator(".dots")).to_be_visible()
    bot.say(turn, "Because **blue", "** light ")
    expect(chat.get_by_test_id("answer")).to_have_text("Because blue light")
    expect(chat.get_by_test_id("presence")).to_have_text("Writing…")
    bot.say(turn, "is scattered.", seq=3)
    bot.complete(turn, 3, remaining=9, footer="(9 left today)")
    expect(chat.get_by_test_id("answer").locator("strong")).to_have_text("blue")
    expect(chat.get_by_test_id("answer")).to_have_text("Because blue light is scattered.")
    expect(chat.get_by_test_id("presence")).to_have_text("Online")
    expect(chat.locator(".footer")).to_have_text("(9 left today)")
    expect(chat.get_by_test_id("left")).to_have_text("9 of 10 questions left today")
    expect(chat.get_by_test_id("question")).to_have_text(["Why is the sky blue?"])


@pytest.mark.parametrize(
    ("locale", "opening"),
    [("de-AT", "Hallo!"), ("ko-KR", "안녕!"), ("en-GB", "Hello!"), ("fr-FR", "Hello!")],
)
def test_a_visitor_is_greeted_in_their_language(browser: Browser, bot: ChatServer, locale: str, opening: str):
    translations = {"de": {"opening": "Hallo!", "starters": ["Wie geht es?"]}, "ko": {"opening": "안녕!"}}
    bot.facts.update(persona={"name": "Mary", "opening": "Hello!", "language": "en", "translations": translations})
    with a_page(browser, bot.url, locale=locale) as chat:
        open_chat(chat, bot)
        expect(chat.get_by_test_id("opening")).to_have_text(opening)
        expect(chat.get_by_test_id("starter")).to_have_text(["Wie geht es?"] if locale == "de-AT" else [])


def test_an_answer_is_stopped_and_what_was_said_stays(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, "Tell me everything")
    turn = bot.ask()
    bot.say(turn, "First of all,")
    chat.get_by_test_id("stop").click()
    assert bot.heard("cancel")["turn"] == turn
    bot.complete(turn, 1, state="stopped")
    expect(chat.get_by_test_id("stop")).to_be_hidden()
    expect(chat.get_by_test_id("answer")).to_have_text("First of all,")
    expect(chat.locator(".footer")).to_have_text("Stopped")
    expect(chat.get_by_test_id("composer")).to_be_focused()


def test_an_answer_that_is_stopped_without_a_connection_is_stopped_as_soon_as_there_is_one(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, "Tell me everything")
    turn = bot.ask()
    bot.say(turn, "First of all,")
    bot.facts["history"] = [{"turn": turn, "from": YOU, "question": "Tell me everything", "state": "open"}]
    bot.hold("authenticate")
    bot.break_off()
    bot.heard("authenticate")
    chat.get_by_test_id("stop").click()
    bot.ready()
    assert bot.heard("cancel")["turn"] == turn


@pytest.mark.parametrize("after", range(5))
def test_a_connection_lost_at_any_word_of_an_answer_costs_no_word_and_repeats_none(
    chat: Page, bot: ChatServer, after: int
):
    words = ["One ", "two ", "three ", "four."]
    open_chat(chat, bot)
    write(chat, "Count")
    turn = bot.ask()
    bot.say(turn, *words[:after])
    expect(chat.get_by_test_id("answer")).to_have_text("".join(words[:after]).strip())
    history = {"turn": turn, "from": YOU, "question": "Count", "state": "open"}
    bot.facts["history"] = [history]
    bot.break_off()
    bot.heard("authenticate")
    if after:
        assert bot.heard("resume") == {"action": "resume", "turn": turn, "seq": after}
    bot.tell("snapshot", turn=turn, seq=3, text="".join(words[:3]))
    bot.say(turn, words[3], seq=4)
    bot.complete(turn, 4)
    expect(chat.get_by_test_id("answer")).to_have_text("One two three four.")
    expect(chat.get_by_test_id("presence")).to_have_text("Online")
    expect(chat.get_by_test_id("question")).to_have_text(["Count"])
    assert all("One two three four.".startswith(shown.strip()) for shown in every_state_shown(chat))


def test_a_message_is_sent_again_under_its_own_name_until_it_is_accepted(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, "Are you there?")
    first = bot.heard("send_message")
    assert re.fullmatch("[0-7][0-9A-HJKMNP-TV-Z]{25}", first["id"])
    bot.break_off()
    bot.heard("authenticate")
    again = bot.heard("send_message")
    assert again == first
    turn = bot.next_turn()
    bot.tell("accepted", turn=turn, id=again["id"], duplicate=True)
    bot.tell("question", turn=turn, **{"from": YOU}, text=again["message"])
    bot.say(turn, "Yes.")
    bot.complete(turn, 1)
    expect(chat.get_by_test_id("question")).to_have_text(["Are you there?"])
    expect(chat.get_by_test_id("answer")).to_have_text(["Yes."])
    bot.break_off()
    bot.heard("authenticate")
    write(chat, "Good")
    assert bot.heard("send_message")["message"] == "Good"


def test_a_page_that_cannot_connect_says_so_and_goes_on_when_it_can(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    bot.hold("authenticate")
    bot.break_off()
    bot.heard("authenticate")
    expect(chat.get_by_test_id("trouble")).to_contain_text("Connection lost. Trying again…")
    write(chat, "Written meanwhile")
    expect(chat.locator(".fate")).to_have_text("Waiting for the connection")
    assert bot.heard_no_more("send_message")
    bot.ready()
    bot.answer("Here I am.")
    expect(chat.get_by_test_id("trouble")).to_be_hidden()
    expect(chat.get_by_test_id("answer")).to_have_text("Here I am.")


def test_a_visitor_at_the_daily_limit_sees_a_notice(chat: Page, bot: ChatServer):
    bot.facts.update(limit=10, remaining=1)
    open_chat(chat, bot)
    write(chat, "One more?")
    turn = bot.ask()
    bot.tell("notice", turn=turn, code="limit_reached", message="You can ask again at 00:00 (UTC).")
    bot.complete(turn, 0, remaining=0)
    expect(chat.get_by_test_id("answer")).to_have_text("You can ask again at 00:00 (UTC).")
    expect(chat.get_by_test_id("spent")).to_have_text("No questions left today. You can write again tomorrow.")


def test_an_apology_and_its_button_go_when_the_question_is_asked_again(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, "Hello?")
    turn = bot.ask()
    bot.say(turn, "Well, I")
    bot.tell("notice", turn=turn, code="apology", message="I am sorry.")
    bot.complete(turn, 1)
    expect(chat.get_by_test_id("answer")).to_have_text("I am sorry.")
    chat.get_by_test_id("retry").click()
    frame = bot.heard("regenerate")
    assert frame["turn"] == turn
    expect(chat.get_by_test_id("question")).to_have_text(["Hello?"])
    expect(chat.get_by_test_id("answer").locator("visible=true")).to_have_count(0)
    new = bot.next_turn()
    bot.tell("accepted", turn=new, id=frame["id"])
    bot.tell("question", turn=new, **{"from": YOU}, text="Hello?", at=now(), replaces=turn)
    bot.say(new, "Hello!")
    bot.complete(new, 1)
    expect(chat.get_by_test_id("answer")).to_have_text(["Hello!"])
    expect(chat.get_by_test_id("question")).to_have_text(["Hello?"])
    expect(chat.get_by_test_id("retry")).to_have_count(0)


def test_a_message_that_was_not_kept_says_why_and_can_be_sent_again(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, "The sixth")
    frame = bot.heard("send_message")
    bot.tell("error", code="too_many_rooms", message="100 others", id=frame["id"])
    expect(chat.locator(".fate")).to_contain_text("You write in too many rooms.")
    chat.get_by_test_id("retry").click()
    bot.answer("Now.")
    expect(chat.get_by_test_id("answer")).to_have_text("Now.")
    expect(chat.get_by_test_id("question")).to_have_text(["The sixth"])


def test_the_choices_below_an_answer_are_sent_and_gone(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, "/forget")
    bot.answer("Shall I?", choices=[{"title": "Yes, delete it", "command": "/forget yes"}])
    chat.get_by_test_id("choice").click()
    bot.answer("It is deleted.")
    expect(chat.get_by_test_id("question")).to_have_text(["/forget", "Yes, delete it"])
    expect(chat.get_by_test_id("choice")).to_have_count(0)


def test_in_a_room_everybody_is_seen_and_told_apart(chat: Page, bot: ChatServer):
    open_chat(chat, bot, "config=k1&room=garden")
    expect(chat.get_by_test_id("room")).to_have_text("Room garden")
    assert bot.heard("join")["room"] == "garden"
    turn = bot.next_turn()
    bot.tell("question", turn=turn, **{"from": OTHER}, text="What grows in May?")
    bot.say(turn, "Asparagus.")
    expect(chat.locator(".by")).to_have_text(OTHER)
    expect(chat.get_by_test_id("stop")).to_be_hidden()
    bot.complete(turn, 1)
    write(chat, "And in June?")
    bot.answer("Peas.")
    expect(chat.get_by_test_id("answer")).to_have_text(["Asparagus.", "Peas."])
    expect(chat.get_by_test_id("turn").last).to_have_attribute("data-mine", "true")


def test_an_answer_is_copied_as_it_was_written(chat: Page, bot: ChatServer):
    chat.clock.install()
    open_chat(chat, bot)
    write(chat, "Bold?")
    bot.answer("Very **bold**.")
    expect(chat.get_by_role("button", name="Copy")).to_be_visible()
    chat.clock.pause_at(chat.evaluate("Date.now()") + 60_000)  # "Copied" is shown for two seconds
    chat.get_by_role("button", name="Copy").click()
    expect(chat.get_by_role("button", name="Copied")).to_be_visible()
    assert chat.evaluate("navigator.clipboard.readText()") == "Very **bold**."


def test_a_visitor_stays_the_same_when_the_page_is_opened_again(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    bot.facts["history"] = [{"turn": "1", "from": YOU, "question": "Hi", "answer": "Hi **you**.", "state": "done"}]
    open_chat(chat, bot)
    assert bot.tickets == [None, "ticket-1"]
    expect(chat.get_by_test_id("question")).to_have_text(["Hi"])
    expect(chat.get_by_test_id("answer")).to_have_text(["Hi you."])


def test_a_ticket_that_is_over_is_renewed_without_a_word(chat: Page, bot: ChatServer):
    bot.hold("authenticate")
    chat.goto(f"{bot.url}/chat?config=k1")
    assert bot.heard("authenticate")["ticket"] == "ticket-1"
    bot.held.clear()
    bot.tell("error", code="ticket_expired", message="get a new one")
    assert bot.heard("authenticate")["ticket"] == "ticket-2"
    expect(chat.get_by_test_id("presence")).to_have_text("Online")
    assert bot.tickets == [None, "ticket-1"]


def test_a_visitor_whose_ticket_is_not_believed_begins_anew_and_only_once(chat: Page, bot: ChatServer):
    bot.hold("authenticate")
    chat.goto(f"{bot.url}/chat?config=k1")
    bot.heard("authenticate")
    bot.tell("error", code="auth_failed", message="no")
    bot.heard("authenticate")
    assert bot.tickets == [None, None]
    bot.tell("error", code="auth_failed", message="no")
    expect(chat.get_by_test_id("trouble")).to_contain_text("Please load the page again.")
    expect(chat.get_by_test_id("composer")).to_be_disabled()


def test_a_chat_that_is_closed_says_so_and_takes_no_words(chat: Page, bot: ChatServer):
    bot.hold("authenticate")
    chat.goto(f"{bot.url}/chat?config=k1")
    bot.heard("authenticate")
    bot.tell("error", code="key_revoked", message="revoked")
    expect(chat.get_by_test_id("trouble")).to_contain_text("This chat has been closed by its owner.")
    expect(chat.get_by_test_id("composer")).to_be_disabled()


def test_an_address_that_leads_to_no_chat_says_so(chat: Page, bot: ChatServer):
    bot.config_status = 404
    chat.goto(f"{bot.url}/chat?config=gone")
    expect(chat.get_by_test_id("trouble")).to_contain_text("There is no such chat.")


@pytest.mark.parametrize("address", ["/chat", "/chat?config=", "/chat?room=garden", "/chat?Config=k1"])
def test_an_address_without_config_says_what_is_missing_and_asks_for_nothing(chat: Page, bot: ChatServer, address: str):
    bot.config_status = 403  # what API Gateway returns for a path without a route
    chat.goto(f"{bot.url}{address}")
    expect(chat.get_by_test_id("trouble")).to_contain_text("“?config=” and")
    expect(chat.get_by_test_id("composer")).to_be_disabled()
    assert bot.tickets == []


def test_a_silent_page_keeps_its_connection_and_notices_when_it_is_dead(chat: Page, bot: ChatServer):
    chat.clock.install()
    open_chat(chat, bot)
    chat.clock.run_for(4 * 60_000 + 1_000)
    bot.heard("ping")
    bot.facts.update(limit=10, remaining=10)
    bot.ready()
    expect(chat.get_by_test_id("left")).to_have_text("10 of 10 questions left today")  # so the pong has arrived too
    bot.hold("ping")
    chat.clock.run_for(4 * 60_000)
    bot.heard("ping")
    chat.clock.run_for(20_000)
    bot.heard("authenticate")
    chat.clock.run_for(5_000)
    assert bot.tickets == [None, "ticket-1"]


def test_a_full_room_is_tried_again_and_nothing_said_elsewhere_is_shown(chat: Page, bot: ChatServer):
    bot.hold("join")
    chat.goto(f"{bot.url}/chat?config=k1&room=garden")
    bot.heard("join")
    turn = bot.next_turn()
    bot.tell("question", turn=turn, **{"from": YOU}, text="Private")
    bot.tell("error", code="room_full", message="50 are there")
    bot.heard("join")
    expect(chat.get_by_test_id("trouble")).to_contain_text("This room is full. Trying again…")
    expect(chat.get_by_test_id("question")).to_have_count(0)
    bot.ready(room="garden")
    expect(chat.get_by_test_id("trouble")).to_be_hidden()
    expect(chat.get_by_test_id("room")).to_have_text("Room garden")


@pytest.mark.parametrize(
    ("code", "words"),
    [("wrong_room", "This link to a room is not complete."), ("blocked", "Your messages are not answered here.")],
)
def test_a_visitor_who_may_not_join_is_told_so_and_the_page_does_not_try_again(
    chat: Page, bot: ChatServer, code: str, words: str
):
    bot.hold("join")
    chat.clock.install()
    chat.goto(f"{bot.url}/chat?config=k1&room=garden")
    bot.heard("join")
    bot.tell("error", code=code, message="no")
    expect(chat.get_by_test_id("trouble")).to_contain_text(words)
    expect(chat.get_by_test_id("composer")).to_be_disabled()
    chat.clock.run_for(10 * 60_000)
    assert len(bot.tickets) == 1


def test_the_code_of_a_rooms_full_name_is_not_shown(chat: Page, bot: ChatServer):
    open_chat(chat, bot, "config=k1&room=order-1234.q0yP3ppyR9xkVJqS0v5mTA")
    expect(chat.get_by_test_id("room")).to_have_text("Room order-1234")
    assert bot.heard("join")["room"] == "order-1234.q0yP3ppyR9xkVJqS0v5mTA"


def test_a_visitor_without_a_connection_sees_already_who_is_there(chat: Page, bot: ChatServer):
    bot.hold("authenticate")
    chat.goto(f"{bot.url}/chat?config=k1")
    expect(chat.get_by_test_id("opening")).to_have_text("Hello dear! What would you like to know?")
    expect(chat.get_by_test_id("presence")).to_have_text("Connecting…")
    write(chat, "Early")
    bot.heard("authenticate")
    assert bot.heard_no_more("send_message")
    bot.ready()
    bot.answer("Bird.")
    expect(chat.get_by_test_id("answer")).to_have_text("Bird.")


def test_too_many_visitors_from_one_network_are_told_so(chat: Page, bot: ChatServer):
    bot.config_status = 429
    chat.goto(f"{bot.url}/chat?config=k1")
    expect(chat.get_by_test_id("trouble")).to_contain_text("Too many people write from your network.")
    bot.config_status = 200
    chat.get_by_test_id("try-now").click()
    expect(chat.get_by_test_id("trouble")).to_be_hidden()
    expect(chat.get_by_test_id("presence")).to_have_text("Online")


def test_the_bots_own_address_has_the_page_its_files_and_the_widget(demo: Demo):
    page = demo.http.get("/chat?config=none")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; ")
    for path in ("/chat/page.js", "/chat/purify.es.mjs", "/widget.js"):
        file = demo.http.get(path)
        assert (file.status_code, file.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
        again = demo.http.get(path, headers={"If-None-Match": file.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    for path in ("/chat/README.md", "/chat/..%2fstyle.css", "/chat/%2e%2e"):
        assert demo.http.get(path).status_code in (403, 404)
