"""A visitor without a network, or whose connection died without a word: the page says so, and goes on by itself."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.simulator.chat_page import open_chat, write
from tests.simulator.chat_server import YOU, ChatServer, now
from tests.simulator.chromium import needs_chromium
from tests.simulator.dead_end import DeadEnd, dead_end
from tests.simulator.lent_page import Lender

pytestmark = needs_chromium

NO_NETWORK = "There is no connection to the internet. The chat goes on as soon as there is one."
CARET = """() => [...document.querySelectorAll(".words.streams *")]
  .some((node) => !["none", "normal"].includes(getComputedStyle(node, "::after").content))"""
"""Whether an answer ends in a caret."""
MOVES = """() => document.getAnimations({ subtree: true })
  .some(({ effect }) => effect.target.closest(".turn") && effect.getTiming().iterations === Infinity)"""
HEARD = """() => {
  window.heard = [];
  for (const region of document.querySelectorAll("#read-out, #alarm"))
    new MutationObserver(() => window.heard.push(region.textContent)).observe(region, { childList: true });
}"""


@pytest.fixture
def line(bot: ChatServer, _lender: Lender) -> Iterator[DeadEnd]:
    """The network between the page and the bot. It comes before `chat`, which may load from this address only."""
    _lender.close()  # the page of an earlier test may load from the bot's own address only
    port = bot.port
    with dead_end(port) as proxy:
        bot.port = proxy.port
        yield proxy
        bot.port = port


def offline(chat: Page, *, is_off: bool = True) -> None:
    chat.context.set_offline(is_off)


def test_an_idle_page_says_at_once_that_there_is_no_network_and_goes_on_when_there_is(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    chat.evaluate(HEARD)
    offline(chat)
    expect(chat.get_by_test_id("presence")).to_have_text("Not connected")
    expect(chat.get_by_test_id("trouble")).to_contain_text(NO_NETWORK)
    expect(chat.get_by_test_id("try-now")).to_be_hidden()
    write(chat, "Written meanwhile")
    expect(chat.locator(".fate")).to_have_text("Waiting for the connection")
    offline(chat, is_off=False)
    bot.answer("Here I am.")
    expect(chat.get_by_test_id("answer")).to_have_text("Here I am.")
    expect(chat.get_by_test_id("presence")).to_have_text("Online")
    expect(chat.get_by_test_id("trouble")).to_be_hidden()
    expect(chat.get_by_test_id("read-out")).to_have_text("Aunt Mary: Here I am.")
    heard = chat.evaluate("window.heard")
    assert [words.strip() for words in heard if words != "Writing…"] == [NO_NETWORK, "Online", "Aunt Mary: Here I am."]


def test_the_event_alone_is_enough_and_a_bot_that_is_there_nevertheless_is_found(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    bot.heard("authenticate")
    bot.hold("authenticate")
    chat.evaluate("dispatchEvent(new Event('offline'))")
    expect(chat.get_by_test_id("presence")).to_have_text("Not connected")
    bot.heard("authenticate")
    bot.ready()
    expect(chat.get_by_test_id("presence")).to_have_text("Online")


def test_the_network_is_back_and_the_page_does_not_wait_for_its_next_try(chat: Page, bot: ChatServer):
    bot.ticket_seconds = 3_600
    chat.clock.install()
    open_chat(chat, bot)
    bot.heard("authenticate")
    offline(chat)
    expect(chat.get_by_test_id("trouble")).to_contain_text(NO_NETWORK)
    chat.clock.run_for(5 * 60_000)
    expect(chat.get_by_test_id("trouble")).to_contain_text(NO_NETWORK)
    chat.clock.pause_at(chat.evaluate("Date.now()") + 60_000)  # a pause in the past is refused: a machine may be slow
    offline(chat, is_off=False)
    bot.heard("authenticate")
    chat.clock.resume()
    expect(chat.get_by_test_id("presence")).to_have_text("Online")


def test_an_answer_without_a_network_has_no_caret_until_it_goes_on(chat: Page, bot: ChatServer):
    chat.emulate_media(reduced_motion="no-preference")
    open_chat(chat, bot)
    write(chat, "Count")
    turn = bot.ask()
    bot.say(turn, "One ", "two ")
    expect(chat.get_by_test_id("answer")).to_have_text("One two")
    chat.wait_for_function(CARET)
    bot.facts["history"] = [{"turn": turn, "from": YOU, "question": "Count", "state": "open"}]
    offline(chat)
    expect(chat.get_by_test_id("trouble")).to_contain_text(NO_NETWORK)
    assert not chat.evaluate(CARET)
    assert not chat.evaluate(MOVES)
    offline(chat, is_off=False)
    bot.heard("resume")
    bot.tell("snapshot", turn=turn, seq=3, text="One two three")
    expect(chat.get_by_test_id("answer")).to_have_text("One two three")
    chat.wait_for_function(CARET)
    bot.complete(turn, 3)
    expect(chat.get_by_test_id("answer")).to_have_text("One two three")


def test_the_dots_before_an_answer_stand_still_without_a_network(chat: Page, bot: ChatServer):
    chat.emulate_media(reduced_motion="no-preference")
    open_chat(chat, bot)
    write(chat, "Count")
    bot.ask()
    expect(chat.locator(".dots")).to_be_visible()
    chat.wait_for_function(MOVES)
    offline(chat)
    expect(chat.get_by_test_id("trouble")).to_contain_text(NO_NETWORK)
    assert not chat.evaluate(MOVES)


def test_a_connection_that_dies_during_an_answer_is_noticed_and_the_answer_goes_on(
    line: DeadEnd, chat: Page, bot: ChatServer
):
    chat.clock.install()
    open_chat(chat, bot)
    write(chat, "Count")
    turn = bot.ask()
    bot.say(turn, "One ", "two ")
    expect(chat.get_by_test_id("answer")).to_have_text("One two")
    line.stop_forwarding()
    chat.clock.run_for(22_000)
    expect(chat.get_by_test_id("presence")).to_have_text("Not connected")
    assert not chat.evaluate(CARET)
    bot.facts["history"] = [{"turn": turn, "from": YOU, "question": "Count", "state": "open"}]
    line.forward_new_connections()
    chat.clock.run_for(20_000)
    bot.heard("authenticate")
    assert bot.heard("resume")["turn"] == turn
    bot.tell("snapshot", turn=turn, seq=3, text="One two three")
    expect(chat.get_by_test_id("answer")).to_have_text("One two three")


def test_a_dead_connection_is_noticed_when_the_network_has_changed(line: DeadEnd, chat: Page, bot: ChatServer):
    chat.clock.install()
    open_chat(chat, bot)
    bot.heard("authenticate")
    line.stop_forwarding()
    chat.evaluate("dispatchEvent(new Event('online'))")
    chat.clock.run_for(16_000)
    expect(chat.get_by_test_id("presence")).to_have_text("Not connected")
    line.forward_new_connections()
    chat.clock.run_for(20_000)
    bot.heard("authenticate")
    expect(chat.get_by_test_id("presence")).to_have_text("Online")


def test_a_message_on_a_dead_connection_is_sent_once_more_on_the_next(line: DeadEnd, chat: Page, bot: ChatServer):
    chat.clock.install()
    open_chat(chat, bot)
    bot.heard("authenticate")
    line.stop_forwarding()
    write(chat, "Are you there?")
    chat.clock.run_for(17_000)
    expect(chat.get_by_test_id("presence")).to_have_text("Not connected")
    expect(chat.locator(".fate")).to_have_text("Waiting for the connection")
    line.forward_new_connections()
    chat.clock.run_for(20_000)
    bot.answer("Yes.")
    expect(chat.get_by_test_id("answer")).to_have_text("Yes.")
    expect(chat.get_by_test_id("question")).to_have_text(["Are you there?"])


def test_a_model_that_thinks_for_long_is_waited_for_on_the_same_connection(chat: Page, bot: ChatServer):
    chat.clock.install()
    open_chat(chat, bot)
    write(chat, "Think")
    turn = bot.ask()
    for number in range(6):
        chat.clock.run_for(10_000)
        bot.heard("ping")
        bot.tell("question", turn=turn, **{"from": YOU}, text=f"Think {number}", at=now())
        expect(chat.get_by_test_id("question")).to_have_text(f"Think {number}")  # so the pong has arrived too
    bot.say(turn, "Done.")
    bot.complete(turn, 1)
    expect(chat.get_by_test_id("answer")).to_have_text("Done.")
    assert bot.heard_no_more("authenticate")
