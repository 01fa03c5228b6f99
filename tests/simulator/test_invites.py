"""The owner invites people: they open the link in a browser, and are in."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from chalicelib.content import text
from tests.simulator.chat_page import a_page
from tests.simulator.chatting import new_key
from tests.simulator.chromium import needs_chromium
from tests.simulator.commands import parley_json
from tests.simulator.conftest import Demo

pytestmark = needs_chromium
SAYS = text.load("en")
ACCEPTED = SAYS("invite_accepted")


@pytest.fixture
def key(demo: Demo) -> str:
    return str(new_key(demo, daily_messages=1)["id"])


def invite(demo: Demo, key: str, **options: str) -> Mapping[str, Any]:
    chosen = [word for name, value in options.items() for word in (f"--{name}", value)]
    made: Mapping[str, Any] = parley_json(
        demo, "invites", "create", "Flyer", "--access", "unlimited", "--key", key, *chosen
    )
    return made


def used(demo: Demo, made: Mapping[str, Any]) -> tuple[int, int]:
    """How often it was used, and how many people are shown."""
    shown = parley_json(demo, "invites", "show", made["id"])
    return shown["used"], len(shown["people"])


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    with a_page(browser, demo.url) as page:
        yield page


def test_who_opens_the_link_on_messenger_gets_started_and_has_no_limit(page: Page, demo: Demo, key: str):
    made = invite(demo, key)
    page.goto(made["links"]["messenger"])
    page.get_by_test_id("get-started").click()
    expect(page.get_by_test_id("thread")).to_contain_text(ACCEPTED)
    expect(page.get_by_test_id("thread")).to_contain_text("Send /help to see what else I can do.")
    assert used(demo, made) == (1, 1)
    assert "ref=" not in page.url


def test_who_has_written_before_is_let_in_when_they_open_the_link(page: Page, demo: Demo, key: str):
    made = invite(demo, key)
    page.goto(f"{demo.url}/messenger")
    page.get_by_test_id("composer").fill("Hello")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("thread")).to_contain_text("You wrote “Hello”")
    page.goto(made["links"]["messenger"])
    expect(page.get_by_test_id("thread")).to_contain_text(ACCEPTED)
    assert used(demo, made) == (1, 1)


def test_who_opens_the_link_to_the_chat_page_is_in_and_asks_more_than_others(page: Page, demo: Demo, key: str):
    made = invite(demo, key)
    page.goto(made["links"]["web"])
    expect(page.get_by_test_id("log")).to_contain_text(ACCEPTED)
    assert "#" not in page.url
    for number in range(2):
        page.get_by_test_id("composer").fill(f"Question {number}")
        page.keyboard.press("Enter")
        expect(page.get_by_test_id("log")).to_contain_text(f"You wrote “Question {number}”")
    page.reload()
    expect(page.get_by_test_id("log")).to_contain_text("Question 1")
    assert used(demo, made) == (1, 1)


def test_a_link_that_is_used_up_says_so_and_the_visitor_may_write_all_the_same(
    page: Page, browser: Browser, demo: Demo, key: str
):
    made = invite(demo, key, uses="1")
    page.goto(made["links"]["web"])
    expect(page.get_by_test_id("log")).to_contain_text(ACCEPTED)
    with a_page(browser, demo.url) as other:
        other.goto(made["links"]["web"])
        expect(other.get_by_test_id("log")).to_contain_text(SAYS("invite_not_valid"))
        other.get_by_test_id("composer").fill("Hello")
        other.keyboard.press("Enter")
        expect(other.get_by_test_id("log")).to_contain_text("You wrote “Hello”")
    assert used(demo, made) == (1, 1)


def test_the_code_of_a_link_goes_to_no_server_but_in_the_message(page: Page, demo: Demo, key: str):
    made = invite(demo, key)
    code = made["links"]["web"].partition("#invite=")[2]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url + json.dumps(request.headers)))
    page.goto(made["links"]["web"])
    expect(page.get_by_test_id("log")).to_contain_text(ACCEPTED)
    assert [address for address in asked if code in address] == []
