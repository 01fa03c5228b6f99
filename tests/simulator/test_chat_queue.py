"""Many quick messages: the page keeps what the bot does not take yet, and sends one after the other."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.simulator.chat_page import a_page, open_chat, write
from tests.simulator.chat_server import YOU, ChatServer, Frame
from tests.simulator.chatting import new_key
from tests.simulator.chromium import needs_chromium
from tests.simulator.conftest import Demo

pytestmark = needs_chromium

TYPED = [f"Message {number}" for number in range(1, 13)]
ROOM = 5
"""The questions of a conversation that may be open."""
REFUSE = """async ([code, times]) => {
  const { Outbox } = await import("./source/outbox.js");
  const outbox = new Outbox();
  const waits = [];
  let clock = 0;
  outbox.add("Hello");
  while (waits.length < times) {
    const frame = outbox.take(Date.now(), clock);
    outbox.receive({ type: "error", id: frame.id, code }, clock);
    waits.push(outbox.held && (outbox.held.from - clock) / 1000);
    if (outbox.held && outbox.take(Date.now(), outbox.held.from - 1)) throw new Error("too early");
    clock = outbox.held?.from;
  }
  return waits;
}"""
"""Refuses a message several times; returns after how many seconds each time it would be sent again, null for never."""
STILL = "() => { window.passed = performance.now() + 60_000; performance.now = () => window.passed; }"
"""Stops the clock by which the page sends messages: it sends none because a test is slow. See `passes`."""
HEARD = """() => {
  window.heard = [];
  new MutationObserver(() => window.heard.push(document.getElementById("read-out").textContent))
    .observe(document.getElementById("read-out"), { childList: true, characterData: true, subtree: true });
}"""
"""Records in `heard` what screen readers are told."""


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    with a_page(browser, demo.url, locale="en-GB") as page:
        yield page


def refuse(bot: ChatServer, code: str) -> Frame:
    """Refuse the page's next message."""
    frame = bot.heard("send_message")
    bot.tell("error", code=code, message="no", id=frame["id"])
    return frame


def passes(page: Page, milliseconds: int) -> None:
    """Let the page's time go on when nothing that it has sent is without a response."""
    expect(page.locator(".fate:visible", has_text="Sending…")).to_have_count(0)
    page.evaluate("(time) => { window.passed += time }", milliseconds)  # of a clock that was stopped
    page.clock.run_for(milliseconds)


def take(bot: ChatServer) -> tuple[str, Frame]:
    """Accept the page's next message; its answer has not begun."""
    frame, turn = bot.heard("send_message"), bot.next_turn()
    bot.tell("accepted", turn=turn, id=frame["id"])
    return turn, frame


def answer(bot: ChatServer, turn: str, frame: Frame) -> None:
    bot.tell("question", turn=turn, **{"from": YOU}, text=frame["message"])
    bot.say(turn, "Yes.")
    bot.complete(turn, 1)


def test_a_dozen_quick_messages_are_all_answered_in_order_by_the_bot(page: Page, demo: Demo):
    demo.behave("model", answer="Yes.")
    key = new_key(demo, daily_messages=None)
    page.clock.install()
    page.goto(f"{demo.url}/chat?config={key['id']}")
    expect(page.get_by_test_id("presence")).to_have_attribute("data-state", "online")
    page.evaluate(HEARD)
    for text in TYPED:
        write(page, text)
    done = page.locator("[data-testid=turn][data-state=done]")

    def are_over() -> bool:
        page.clock.run_for(500)
        return done.count() == len(TYPED)

    demo.wait_until(are_over, seconds=150)
    expect(page.get_by_test_id("question")).to_have_text(TYPED)
    expect(page.locator(".fate:visible")).to_have_count(0)
    expect(page.get_by_test_id("retry")).to_have_count(0)
    heard = page.evaluate("window.heard")
    assert "Sent when an earlier message is answered" in heard


def test_too_many_messages_wait_and_the_reason_is_said_once(chat: Page, bot: ChatServer):
    chat.clock.install()
    open_chat(chat, bot)
    chat.evaluate(STILL)
    chat.evaluate(HEARD)
    for text in TYPED:
        write(chat, text)
    taken = [take(bot) for _ in range(ROOM)]
    assert refuse(bot, "too_many_open")["message"] == TYPED[ROOM]
    waiting = len(TYPED) - ROOM - 1
    held, fates = "Sent when an earlier message is answered", chat.locator(".fate:visible")
    expect(fates).to_have_text([held, *["Not sent yet"] * waiting])
    expect(chat.get_by_test_id("retry")).to_have_count(0)
    for number in range(1, len(TYPED) + 1):
        answer(bot, *taken.pop(0))
        expect(chat.locator("[data-testid=turn][data-state=done]")).to_have_count(number)
        if waiting >= 0:
            passes(chat, 1_000)
            taken.append(take(bot))
            expect(fates).to_have_text(["Not sent yet"] * waiting)
            waiting -= 1
            if waiting >= 0:
                passes(chat, 3_000)
                refuse(bot, "too_many_open")
                expect(fates).to_have_text([held, *["Not sent yet"] * waiting])
    expect(chat.get_by_test_id("question")).to_have_text(TYPED)
    assert chat.evaluate("window.heard").count("Sent when an earlier message is answered") == 1


def test_a_refused_message_keeps_its_id_and_those_after_it_wait(chat: Page, bot: ChatServer):
    chat.clock.install()
    open_chat(chat, bot)
    chat.evaluate(STILL)
    write(chat, "One")
    first = refuse(bot, "too_many_open")
    write(chat, "Two")
    expect(chat.locator(".fate")).to_have_text(["Sent when an earlier message is answered", "Not sent yet"])
    passes(chat, 3_000)
    again = bot.heard("send_message")
    assert (again["id"], again["message"]) == (first["id"], "One")
    bot.tell("accepted", turn=bot.next_turn(), id=again["id"])
    expect(chat.locator(".fate:visible")).to_have_text(["Not sent yet"])
    passes(chat, 3_000)
    assert bot.heard("send_message")["message"] == "Two"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("slow_down", "That was fast. Sent in a moment"),
        ("crowded", "Many people are writing. Sent when it is your turn"),
        ("try_again", "That did not work. Trying again…"),
    ],
)
def test_other_refusals_that_pass_are_waited_for_too(chat: Page, bot: ChatServer, code: str, said: str):
    chat.clock.install()
    open_chat(chat, bot)
    write(chat, "Hello")
    refuse(bot, code)
    expect(chat.locator(".fate")).to_have_text(said)
    expect(chat.get_by_test_id("read-out")).to_have_text(said)
    passes(chat, 6_000)
    bot.answer("There.")
    expect(chat.get_by_test_id("answer")).to_have_text("There.")
    expect(chat.locator(".fate")).to_be_hidden()


@pytest.mark.parametrize(
    ("code", "times", "seconds"),
    [
        ("too_many_open", 6, [3, 6, 12, 24, 30, 30]),
        ("crowded", 6, [3, 6, 12, 24, 30, 30]),
        ("slow_down", 5, [6, 12, 24, 30, 30]),
        ("too_fast", 3, [2, 4, 8]),
        ("try_again", 4, [2, 4, 8, None]),
        ("too_large", 1, [None]),
    ],
)
def test_each_further_refusal_makes_the_page_wait_longer(
    open_page: Page, bot: ChatServer, code: str, times: int, seconds: list[int | None]
):
    assert open_page.evaluate(REFUSE, [code, times]) == seconds


def test_a_message_that_the_bot_fails_to_take_four_times_is_left_to_the_visitor(chat: Page, bot: ChatServer):
    chat.clock.install()
    open_chat(chat, bot)
    write(chat, "Hello")
    for seconds in (2, 4, 8):
        refuse(bot, "try_again")
        passes(chat, seconds * 1_000)
    refuse(bot, "try_again")
    expect(chat.locator(".fate")).to_contain_text("That did not work. Please try again.")
    chat.get_by_test_id("retry").click()
    bot.answer("There.")
    expect(chat.get_by_test_id("answer")).to_have_text("There.")


def test_waiting_messages_survive_a_lost_connection_in_their_order(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    for text in TYPED[:3]:
        write(chat, text)
    refuse(bot, "too_many_open")
    bot.facts["history"] = []
    bot.break_off()
    bot.heard("authenticate")
    expect(chat.locator(".fate")).to_have_text(["Sending…"] * 3)
    sent = [take(bot)[1]["message"] for _ in range(3)]
    assert sent == TYPED[:3]
