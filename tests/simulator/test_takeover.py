"""A human takes a conversation over in the demo: in the inbox, through the bot, and in odd shapes that Meta sends."""

import itertools
import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from scripts.simulator.meta import APP_ID, PAGE_ID
from scripts.simulator.page_inbox import INBOX_APP
from tests.flow.bot import SAYS
from tests.simulator.chromium import needs_chromium
from tests.simulator.commands import parley
from tests.simulator.conftest import Demo

_NUMBERS = itertools.count()


def item(psid: str, **event: Any) -> dict[str, Any]:
    return {"sender": {"id": psid}, "recipient": {"id": PAGE_ID}, "timestamp": time.time_ns() // 1_000_000, **event}


def echo(psid: str, **message: Any) -> dict[str, Any]:
    said = {"mid": f"m_echo_{next(_NUMBERS)}", "is_echo": True, **message}
    return {**item(psid, message=said), "sender": {"id": PAGE_ID}, "recipient": {"id": psid}}


def post(demo: Demo, entry: dict[str, Any]) -> None:
    whole = {"object": "page", "entry": [{"id": PAGE_ID, "time": time.time_ns() // 1_000_000, **entry}]}
    assert demo.webhook(json.dumps(whole).encode()) == 200


def in_inbox(demo: Demo, **act: str) -> None:
    """A human does something in the page's inbox."""
    sent = demo.http.post("/world/messenger/inbox", json=act).raise_for_status().json()
    assert sent["status"] == 200


def asks(demo: Demo, psid: str, text: str, *, turns: int) -> None:
    assert demo.say(psid, text) == 200
    demo.wait_until_answered(psid, turns=turns)


def test_a_human_who_writes_in_the_inbox_silences_the_bot_for_that_person_alone(demo: Demo):
    asks(demo, "anna", "hello", turns=1)
    in_inbox(demo, person="anna", text="I am Tom.")
    demo.wait_until(lambda: SAYS("human_here") in demo.answers_to("anna"))
    asks(demo, "anna", "where is my parcel?", turns=4)
    asks(demo, "ben", "and I?", turns=1)
    assert len(demo.answers_to("anna")) == 2
    assert [turn["charged"] for turn in demo.turns("anna")].count(True) == 1
    assert len(demo.answers_to("ben")) == 1


def test_while_the_inbox_has_the_thread_the_bot_gets_standby_and_answers_once_it_is_given_back(demo: Demo):
    asks(demo, "anna", "hello", turns=1)
    in_inbox(demo, person="anna", thread="inbox")
    assert demo.say("anna", "I write to the human") == 200
    assert len(demo.turns("anna")) == 1
    in_inbox(demo, person="anna", thread="bot")
    asks(demo, "anna", "is the bot there?", turns=2)
    assert SAYS("bot_again") in demo.answers_to("anna")[-1]


def test_an_answer_that_the_inbox_keeps_back_is_not_charged(demo: Demo):
    demo.behave("model", delay_ms=8000)  # so that a slow machine takes it over in time
    assert demo.say("anna", "hello") == 200
    demo.wait_until(lambda: bool(demo.turns("anna")))
    in_inbox(demo, person="anna", thread="inbox")
    demo.wait_until_answered("anna")
    [turn] = demo.turns("anna")
    assert (turn["state"], turn["charged"]) == ("dropped", False)


@pytest.mark.parametrize(
    "message",
    [
        {"text": "Hi"},
        pytest.param({"text": "Hi", "app_id": None}, marks=pytest.mark.full),
        pytest.param({"text": "Hi", "app_id": str(INBOX_APP)}, marks=pytest.mark.full),
        pytest.param({"text": "Hi", "app_id": 26390203743090, "metadata": {}}, marks=pytest.mark.full),
        pytest.param({"text": "Hi", "app_id": 42}, marks=pytest.mark.full),
        {"attachments": [{"type": "image", "payload": {"url": "u"}}]},
    ],
    ids=str,
)
def test_every_shape_of_a_humans_echo_silences_the_bot_also_for_somebody_it_has_not_met(
    demo: Demo, message: dict[str, Any]
):
    post(demo, {"messaging": [echo("dora", **message)]})
    assert demo.turns("dora") == []
    asks(demo, "dora", "is the bot there?", turns=1)
    assert (demo.answers_to("dora"), demo.turns("dora")[0]["charged"]) == ([], False)


@pytest.mark.parametrize(
    "entry",
    [
        lambda: {"messaging": [echo("emil", text="by ourselves", app_id=APP_ID)]},
        pytest.param(
            lambda: {"messaging": [echo("emil", attachments=[{"type": "template", "title": "A post", "url": None}])]},
            marks=pytest.mark.full,
        ),
        pytest.param(lambda: {"standby": [item("emil", postback={"title": "Get started"})]}, marks=pytest.mark.full),
        lambda: {"standby": [item("emil", read={"watermark": 1}), item("emil", delivery={"watermark": 1}), None]},
        pytest.param(
            lambda: {"messaging": [{"recipient": {"id": PAGE_ID}, "app_roles": {str(APP_ID): ["primary_receiver"]}}]},
            marks=pytest.mark.full,
        ),
        pytest.param(
            lambda: {"messaging": [item("emil", pass_thread_control=None), item("emil", request_thread_control={})]},
            marks=pytest.mark.full,
        ),
    ],
    ids=["our own echo", "a post of the page", "a button", "receipts", "roles", "no control"],
)
def test_what_says_nothing_of_a_human_silences_nobody(demo: Demo, entry: Callable[[], dict[str, Any]]):
    post(demo, entry())
    asks(demo, "emil", "is the bot there?", turns=1)
    assert len(demo.answers_to("emil")) == 1


@pytest.mark.parametrize(
    "entry",
    [
        lambda: {"standby": [item("fritz", message={"mid": "m_1", "text": "to the human"})]},
        lambda: {"messaging": [item("fritz", take_thread_control={})]},
        pytest.param(
            lambda: {
                "messaging": [item("fritz", take_thread_control={"new_owner_app_id": INBOX_APP, "metadata": None})]
            },
            marks=pytest.mark.full,
        ),
        pytest.param(
            lambda: {"messaging": [item("fritz", request_thread_control={"requested_owner_app_id": INBOX_APP})]},
            marks=pytest.mark.full,
        ),
        pytest.param(
            lambda: {"messaging": [item("fritz", pass_thread_control={"new_owner_app_id": 42})]}, marks=pytest.mark.full
        ),
    ],
    ids=["standby", "taken", "taken by the inbox", "asked for", "passed to another app"],
)
def test_a_thread_that_another_has_is_left_to_them(demo: Demo, entry: Callable[[], dict[str, Any]]):
    post(demo, entry())
    asks(demo, "fritz", "is the bot there?", turns=1)
    assert demo.answers_to("fritz") == []


# -- in browsers: a person in one window, the owner in another --------------------------------------------------------


def messenger(browser: Browser, demo: Demo, psid: str) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    page.goto(f"{demo.url}/messenger#{psid}")
    return page


def write(page: Page, text: str) -> None:
    page.get_by_test_id("composer").fill(text)
    page.keyboard.press("Enter")


def pair(demo: Demo, owner: Page) -> None:
    """Who looks at the page becomes an owner, with a code from the command line."""
    [code] = re.findall(r"/owner ([A-Z0-9-]+)", parley(demo, "owner", "pair"))
    write(owner, f"/owner {code}")
    expect(owner.get_by_test_id("thread")).to_contain_text(SAYS("owner_pair_done").splitlines()[0])


def said(page: Page, words: str) -> str:
    """The message of the page that has these words, once it is there."""
    found = page.get_by_test_id("message-text").filter(has_text=words).last
    expect(found).to_be_visible(timeout=60_000)
    return found.inner_text()


@needs_chromium
def test_in_two_windows_a_person_asks_for_a_human_and_the_owner_answers_and_hands_back(browser: Browser, demo: Demo):
    anna, ben = messenger(browser, demo, "anna"), messenger(browser, demo, "ben")
    pair(demo, ben)
    write(anna, "Hello")
    said(anna, "Hello")
    write(anna, "/human")
    said(anna, SAYS("human_called").split(".")[0])
    notice = said(ben, "asks for a human")
    assert f"https://www.facebook.com/{PAGE_ID}/inbox/anna/" in notice
    handle = notice.split()[0]
    write(ben, f"/reply {handle} Hello, this is Ben.")
    said(ben, "I pass it on to")
    assert SAYS("human_wrote") in said(anna, "Hello, this is Ben.")
    write(anna, "Where is my parcel?")
    demo.wait_until(lambda: demo.turns("anna")[-1]["state"] == "dropped")
    write(ben, f"/resume {handle}")
    said(ben, f"I answer {handle} again")
    write(anna, "And now?")
    assert SAYS("bot_again") in said(anna, "And now?” ")
    for page in (anna, ben):
        page.close()


@needs_chromium
def test_in_the_web_chat_the_owner_reads_along_on_messenger_and_answers_as_a_human(browser: Browser, demo: Demo):
    ben, visitor = messenger(browser, demo, "ben"), browser.new_page()
    pair(demo, ben)
    visitor.goto(f"{demo.url}/chat?config={demo.facts['config_id']}")
    write(visitor, "Hello")
    expect(visitor.locator("[data-testid=turn][data-state=done]")).to_have_count(1, timeout=60_000)
    write(visitor, "/human")
    handle = said(ben, "asks for a human").split()[0]
    write(ben, f"/reply {handle} Hello, this is Ben.")
    human = visitor.get_by_test_id("turn").filter(has_text="Hello, this is Ben.")
    expect(human.locator(".said > .by")).to_have_text("A human", timeout=60_000)
    write(visitor, "Where is my parcel?")
    expect(visitor.get_by_test_id("answer").last).to_have_text(SAYS("human_reads"), timeout=60_000)
    said(ben, "Where is my parcel?")
    visitor.reload()
    again = visitor.get_by_test_id("turn").filter(has_text="Hello, this is Ben.")
    expect(again.locator(".said > .by")).to_have_text("A human", timeout=60_000)
    ben.close()
    visitor.close()


@needs_chromium
def test_on_the_messenger_page_of_the_demo_a_human_of_the_page_answers(browser: Browser, demo: Demo):
    anna = messenger(browser, demo, "anna")
    write(anna, "Hello")
    said(anna, "Hello")
    demo.wait_until_answered("anna")
    anna.get_by_test_id("composer").fill("I am Tom.")
    anna.get_by_test_id("attach").click()
    anna.get_by_test_id("by-hand").click()
    said(anna, "I am Tom.")
    said(anna, SAYS("human_here").split(",")[0])
    write(anna, "Hello Tom")
    demo.wait_until(lambda: demo.turns("anna")[-1]["state"] == "dropped")
    anna.close()
