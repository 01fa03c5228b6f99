"""The chat page in a real browser with the whole bot behind it: from the visitor to the model nothing is by hand."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jwt
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from chalicelib.aws.dynamodb.keys import CONNECTION_PREFIX
from tests.simulator.chat_page import a_page, every_state_shown, write
from tests.simulator.chatting import dynamo, kept, new_key
from tests.simulator.chromium import needs_chromium
from tests.simulator.conftest import Demo

pytestmark = needs_chromium

ANSWER = " ".join(f"word{number}" for number in range(60))
LONG_LINE = "x" * 19_000
"""Nearly as long as the persona's limit of tokens allows."""
HOSTILE = """<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>

[a link](javascript:document.title='owned') and <a href="javascript:document.title='owned'">another</a>,
[a good one](https://example.org/), <iframe src="https://example.org/"></iframe>
<b onclick="document.title='owned'">bold</b>"""


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    """The browser of a visitor who reads English; it may load nothing but from the bot."""
    with a_page(browser, demo.url, locale="en-GB") as page:
        yield page


def visit(page: Page, demo: Demo, key: str = "") -> None:
    """Come to the page of a key, the demo's own unless another one is given, and wait until one may write."""
    page.goto(f"{demo.url}/chat?config={key or demo.facts['config_id']}")
    expect(page.get_by_test_id("presence")).to_have_attribute("data-state", "online")


def is_over(page: Page, number: int = 1) -> None:
    """Wait until so many turns have ended."""
    expect(page.locator("[data-testid=turn]:is([data-state=done], [data-state=stopped])")).to_have_count(number)


def who_is_it(page: Page, demo: Demo) -> str:
    """The visitor, as their ticket says."""
    ticket = page.evaluate("key => localStorage.getItem(`parley.ticket.${key}`)", demo.facts["config_id"])
    return str(jwt.decode(ticket, options={"verify_signature": False})["sub"])


def sockets(demo: Demo) -> Sequence[str]:
    """The ids of those who are connected."""
    items: Sequence[Mapping[str, Any]] = dynamo(demo).scan(TableName=demo.facts["table"])["Items"]
    return [item["pk"]["S"].removeprefix(CONNECTION_PREFIX) for item in items if item["sk"]["S"] == "SOCKET"]


def test_a_visitor_is_answered_word_by_word_and_finds_it_all_again_when_they_come_back(page: Page, demo: Demo):
    demo.behave("model", tokens_per_second=6)
    visit(page, demo)
    expect(page.get_by_test_id("opening")).to_have_text("Hello! What would you like to know?")
    write(page, "Why is the sky blue?")
    is_over(page)
    first = page.get_by_test_id("answer").inner_text()
    assert first.startswith("You wrote “Why is the sky blue?”. It is the first message of this conversation.")
    states = list(dict.fromkeys(state for state in every_state_shown(page) if state))
    assert len(states) > 3, "it did not grow"
    assert all(first.startswith(state.strip()) for state in states)
    page.reload()
    expect(page.get_by_test_id("question")).to_have_text(["Why is the sky blue?"])
    expect(page.get_by_test_id("answer")).to_have_text([first])
    write(page, "And the sea?")
    is_over(page, 2)
    expect(page.get_by_test_id("answer").last).to_contain_text("Before that you wrote “Why is the sky blue?”")


def test_an_answer_is_stopped_and_what_was_shown_is_what_is_kept(page: Page, demo: Demo):
    answer = " ".join(f"word{number}" for number in range(300))  # so long that a slow machine stops it in time
    demo.behave("model", answer=answer, tokens_per_second=6)
    visit(page, demo)
    write(page, "Tell me everything")
    expect(page.get_by_test_id("answer")).to_contain_text("word3")
    page.get_by_test_id("stop").click()
    is_over(page)
    expect(page.locator(".footer")).to_have_text("Stopped")
    shown = page.get_by_test_id("answer").inner_text()
    [turn] = kept(demo, who_is_it(page, demo)).values()
    assert turn.reply
    assert shown == turn.reply.text.strip()
    assert answer.startswith(shown)
    assert len(shown) < len(answer) / 2


def test_a_page_whose_connection_is_closed_in_mid_answer_shows_every_word_once(page: Page, demo: Demo):
    demo.behave("model", answer=ANSWER, tokens_per_second=20)
    visit(page, demo)
    write(page, "Tell me everything")
    closed: set[str] = set()
    for word in ("word4", "word24"):
        expect(page.get_by_test_id("answer")).to_contain_text(word)
        # A slow page may show the word before it is connected again, and a closed connection is listed for a moment.
        demo.wait_until(lambda: len(set(sockets(demo)) - closed) == 1)
        [socket] = set(sockets(demo)) - closed
        closed.add(socket)
        assert demo.http.delete(f"/connections/@connections/{socket}").status_code == 204
    is_over(page)
    expect(page.get_by_test_id("presence")).to_have_attribute("data-state", "online")
    expect(page.get_by_test_id("answer")).to_have_text([ANSWER])
    assert all(ANSWER.startswith(state.strip()) for state in every_state_shown(page))
    assert len(demo.calls("model")) == 1


def test_a_visitor_sees_how_many_questions_are_left_and_reads_when_there_are_none(page: Page, demo: Demo):
    visit(page, demo, new_key(demo, daily_messages=1)["id"])
    expect(page.get_by_test_id("left")).to_have_text("1 of 1 questions left today")
    write(page, "The only one")
    is_over(page)
    expect(page.get_by_test_id("left")).to_have_text("No questions left today")
    expect(page.get_by_test_id("spent")).to_have_text("No questions left today. You can write again tomorrow.")
    expect(page.get_by_test_id("composer")).to_be_disabled()
    assert len(demo.calls("model")) == 1


def test_markup_from_the_model_is_shown_as_text_without_effect(page: Page, demo: Demo):
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    visit(page, demo)
    title = page.title()
    for number, answer in enumerate((LONG_LINE, HOSTILE), start=1):
        demo.behave("model", answer=answer)
        write(page, "Be evil")
        is_over(page, number)
    expect(page.get_by_test_id("answer").first).to_have_text(LONG_LINE)
    does_no_harm(page.get_by_test_id("answer").last)
    page.reload()
    is_over(page, 2)
    expect(page.get_by_test_id("answer").first).to_have_text(LONG_LINE)
    does_no_harm(page.get_by_test_id("answer").last)
    assert page.title() == title
    assert dialogs == []


def does_no_harm(answer: Locator) -> None:
    """Nothing of what the model sent is more than text and a good link."""
    expect(answer).to_contain_text("a good one")
    assert answer.locator("img, script, iframe, [onclick], [onerror]").count() == 0
    assert answer.locator("a[href]").evaluate_all("all => all.map(a => a.href)") == ["https://example.org/"]
