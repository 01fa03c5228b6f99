"""Messages that were typed without a connection are asked in the order in which they were typed."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from websockets.exceptions import ConnectionClosed

from tests.simulator.chat_page import a_page, open_chat, write
from tests.simulator.chat_server import ChatServer
from tests.simulator.chromium import needs_chromium
from tests.simulator.conftest import Demo

pytestmark = needs_chromium

TYPED = ["One?", "Two?", "Three?", "Four?", "Five?"]
AT = 1_795_286_400_000
MAKE = """async times => {
  const { ulid, timeOf } = await import("./source/ulid.js");
  return times.map((now) => ulid(now)).map((id) => [id, timeOf(id)]);
}"""


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    with a_page(browser, demo.url, locale="en-GB") as page:
        yield page


def type_offline(chat: Page, bot: ChatServer) -> None:
    open_chat(chat, bot)
    bot.heard("authenticate")
    bot.hold("authenticate")
    bot.break_off()
    bot.heard("authenticate")
    for text in TYPED:
        write(chat, text)
    bot.held.clear()
    with suppress(ConnectionClosed):  # after fifteen seconds the page connects again
        bot.ready()


def test_messages_typed_offline_are_sent_in_order_each_with_a_later_id(chat: Page, bot: ChatServer):
    type_offline(chat, bot)
    frames = []
    for _ in TYPED:
        frames.append(bot.heard("send_message"))
        bot.tell("accepted", turn=bot.next_turn(), id=frames[-1]["id"])
    assert [frame["message"] for frame in frames] == TYPED
    assert [frame["n"] for frame in frames] == [1, 2, 3, 4, 5]
    times = [frame["id"][:10] for frame in frames]
    assert times == sorted(set(times))


def test_a_message_is_sent_when_the_one_before_it_is_accepted_or_refused(chat: Page, bot: ChatServer):
    chat.add_init_script("performance.now = () => 1_000_000")  # after two seconds the page would send the next one
    type_offline(chat, bot)
    first = bot.heard("send_message")
    expect(chat.locator(".fate")).to_have_text(["Sending…"] * 5)
    assert bot.heard_no_more("send_message")
    bot.tell("accepted", turn=bot.next_turn(), id=first["id"])
    second = bot.heard("send_message")
    bot.tell("error", code="too_large", message="too large", id=second["id"])
    assert bot.heard("send_message")["message"] == "Three?"
    assert bot.heard_no_more("send_message")


def test_a_lost_accepted_holds_the_next_message_up_for_two_seconds_only(chat: Page, bot: ChatServer):
    chat.clock.install()
    type_offline(chat, bot)
    sent = [bot.heard("send_message")["message"]]
    for _ in TYPED[1:]:
        chat.clock.run_for(3_000)
        sent.append(bot.heard("send_message")["message"])
    assert sent == TYPED


def test_the_bot_asks_in_the_order_in_which_a_visitor_typed_without_a_connection(page: Page, demo: Demo):
    held: list[Route] = []
    page.route("**/config/*", lambda route: held.append(route))  # noqa: PLW0108 (playwright marks its handlers)
    page.goto(f"{demo.url}/chat?config={demo.facts['config_id']}")
    for text in TYPED:
        write(page, text)
    expect(page.locator(".fate")).to_have_text(["Waiting for the connection"] * 5)
    for route in held:
        route.continue_()
    expect(page.locator("[data-testid=turn][data-state=done]")).to_have_count(5)
    expect(page.get_by_test_id("question")).to_have_text(TYPED)
    asked = [call["body"]["messages"][-1]["content"] for call in demo.calls("model")]
    assert asked == TYPED


@pytest.mark.parametrize(
    ("times", "made"),
    [
        ([AT] * 4, [AT, AT + 1, AT + 2, AT + 3]),
        ([AT, AT, AT + 1, AT + 9], [AT, AT + 1, AT + 2, AT + 9]),
        ([AT, AT - 5, AT - 5_000], [AT, AT + 1, AT + 2]),
        ([AT, AT - 3_600_000, AT - 3_600_000], [AT, AT - 3_600_000, AT - 3_599_999]),
        ([0, 0, 2**48 - 2, 2**48 - 2], [0, 1, 2**48 - 2, 2**48 - 1]),
    ],
)
def test_ids_sort_as_they_were_made_unless_the_clock_was_set(
    chat: Page, bot: ChatServer, times: list[int], made: list[int]
):
    open_chat(chat, bot)
    ids: list[Any] = chat.evaluate(MAKE, times)
    assert [time for _, time in ids] == made
    assert all(len(name) == 26 for name, _ in ids)
