"""A page that is lent again is as new."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser

from tests.simulator.chat_page import USUAL_SIZE, answered, open_chat
from tests.simulator.chat_server import ChatServer
from tests.simulator.chromium import needs_chromium
from tests.simulator.lent_page import Lender

pytestmark = needs_chromium

FILL = "() => [localStorage, sessionStorage].forEach((each) => each.setItem('a', 'b'))"
FOUND = "() => [localStorage, sessionStorage].map((each) => each.getItem('a'))"


@pytest.fixture
def lender(browser: Browser, bot: ChatServer) -> Iterator[Lender]:
    with closing(Lender(browser, bot)) as lender:
        yield lender


def test_nothing_of_both_sites_is_left_in_it(lender: Lender, bot: ChatServer):
    with lender.page() as first:
        open_chat(first, bot)
        first.evaluate(FILL)
        first.set_viewport_size({"width": 360, "height": 640})
        first.goto(bot.elsewhere)
        first.evaluate(FILL)
    with lender.page() as second:
        assert second is first
        assert second.viewport_size == USUAL_SIZE
        for address in (f"{bot.url}/chat", bot.elsewhere):
            second.goto(address)
            assert second.evaluate(FOUND) == [None, None]


def test_a_page_with_another_clock_is_not_lent_again(lender: Lender):
    with lender.page() as first:
        first.clock.install()
    with lender.page() as second:
        assert second is not first


def test_what_goes_wrong_is_said_after_its_own_test_alone(lender: Lender, bot: ChatServer):
    with pytest.raises(AssertionError, match="mine"), lender.page() as first:  # noqa: PT012 (it fails at its end)
        open_chat(first, bot)
        first.evaluate("() => new Promise((done) => setTimeout(() => { done(); throw new Error('mine'); }))")
    with lender.page() as second:
        open_chat(second, bot)


def test_an_open_chat_stays_open_until_one_of_its_turns_does_not_end(lender: Lender, bot: ChatServer):
    with lender.open_page() as first:
        answered(first, bot, "One.")
    with lender.open_page() as second:
        assert second.get_by_test_id("question").count() == 1
        bot.tell("question", turn=bot.next_turn(), **{"from": "0f0f0f0f"}, text="Two?")
        second.get_by_test_id("turn").nth(1).wait_for()
    with lender.open_page() as third:
        assert third.get_by_test_id("question").count() == 0


def test_an_open_chat_is_left_before_a_new_page_is_lent(lender: Lender, bot: ChatServer):
    with lender.open_page() as first:
        answered(first, bot, "One.")
    with lender.page() as second:
        assert second.get_by_test_id("turn").count() == 0
