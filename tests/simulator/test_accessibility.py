"""axe finds no violation on any page that the bot and the demo serve: light, dark, narrow and in forced colours."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Frame, Page, ViewportSize, expect

from tests.simulator.chat_page import open_chat, write
from tests.simulator.chat_server import OTHER, PERSONA, YOU, ChatServer, now
from tests.simulator.chromium import needs_chromium
from tests.simulator.conftest import Demo
from tests.simulator.meta import deletion_form

pytestmark = needs_chromium

MARKDOWN = """# A title

Some **bold**, *italic* and ~~old~~ words, `code` and [a link](https://example.com/shop).

- one
- two

> A quotation

| Day | Hours | Where | Remark | And more of it |
|-----|-------|-------|--------|----------------|
| Monday | 9 to 5 | here | closed on holidays, and when it rains | nothing |

```python
def long(name: str = "x") -> int:  # a comment that is longer than the narrow page is wide
    return 42
```
"""
WIDE: ViewportSize = {"width": 1280, "height": 800}
AT_REST = """() => Promise.allSettled(document.getAnimations()
    .filter((one) => one.effect.getTiming().iterations !== Infinity).map((one) => one.finished))"""
FORCED = "matchMedia('(forced-colors: active)').matches"
NARROW: ViewportSize = {"width": 360, "height": 740}
LIGHT_AND_WIDE: Any = {"viewport": WIDE, "color_scheme": "light", "reduced_motion": "reduce", "locale": "en-GB"}
DARK_AND_NARROW: Any = {"viewport": NARROW, "color_scheme": "dark", "reduced_motion": "reduce", "locale": "en-GB"}


LOOKS = {
    "light and wide": LIGHT_AND_WIDE,
    "dark and narrow": DARK_AND_NARROW,
    "forced colours": {**LIGHT_AND_WIDE, "color_scheme": "dark", "forced_colors": "active"},
}


@pytest.fixture(params=list(LOOKS))
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Contrast depends on the scheme, and what covers what on the width: neither on both."""
    with browser.new_context(**LOOKS[request.param]) as context:
        yield context.new_page()


def check(page: Page | Frame) -> None:
    page.evaluate(AT_REST)  # a colour in the middle of a transition has another contrast
    # Forced colours are the visitor's own; axe compares the colour of some texts that is not shown then.
    rules = {"color-contrast": {"enabled": not page.evaluate(FORCED)}}
    found = Axe().run(page, options={"resultTypes": ["violations"], "rules": rules})
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("path", ["/", "/privacy", "/deletion/none", "/chat?config=nobodynobo"])
def test_the_demo_and_the_pages_of_the_bot(page: Page, demo: Demo, path: str):
    page.goto(f"{demo.url}{path}")
    if "chat" in path:
        expect(page.get_by_test_id("trouble")).to_be_visible()
    check(page)


def test_the_status_of_a_deletion_request(page: Page, demo: Demo):
    confirmed = demo.wants_deletion(deletion_form("10293847560192837", demo.facts["app_secret"])).json()
    page.goto(f"{demo.url}/deletion/{confirmed['confirmation_code']}")
    check(page)


def test_the_messenger_page(page: Page, demo: Demo):
    page.goto(f"{demo.url}/messenger")
    expect(page.get_by_test_id("get-started")).to_be_visible()
    check(page)
    page.get_by_test_id("composer").fill("/forget")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("quick-reply").first).to_be_visible()
    check(page)
    page.get_by_test_id("attach").click()
    check(page)
    page.keyboard.press("Escape")
    page.get_by_test_id("new-person").click()
    check(page)
    page.get_by_test_id("new-person-name").press("Escape")
    page.route("**/world/messenger/send", lambda route: route.fulfill(json={"mid": "m_x", "status": 500}))
    page.get_by_test_id("composer").fill("Does this arrive?")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("retry")).to_be_visible()
    check(page)


def test_what_the_messenger_page_shows_behind_the_scenes(page: Page, demo: Demo):
    page.goto(f"{demo.url}/messenger")
    page.get_by_test_id("composer").fill("Why is the sky blue?")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("thread")).to_contain_text("You wrote “Why is the sky blue?”")
    if page.get_by_test_id("panel-toggle").is_visible():
        page.get_by_test_id("panel-toggle").click()
    expect(page.get_by_test_id("panel-quota")).to_contain_text("1 of 10")
    check(page)


def test_an_empty_chat_and_one_that_is_being_answered(page: Page, bot: ChatServer):
    bot.facts.update(limit=10, remaining=2, persona={**PERSONA, "starters": ["What grows in May?", "And in June?"]})
    open_chat(page, bot)
    expect(page.get_by_test_id("starter")).to_have_count(2)
    check(page)
    write(page, "Show me everything")
    turn = bot.ask()
    expect(page.get_by_test_id("stop")).to_be_visible()
    check(page)
    bot.say(turn, MARKDOWN)
    expect(page.get_by_test_id("answer").locator("table")).to_be_visible()
    check(page)
    bot.complete(turn, 1, footer="(2 left today)", choices=[{"title": "Yes", "command": "/forget yes"}])
    expect(page.get_by_test_id("choice")).to_be_visible()
    page.get_by_test_id("thumb-up").click()
    page.get_by_test_id("copy-code").click()
    check(page)
    page.get_by_test_id("new-conversation").click()
    turn = bot.ask()
    bot.tell("notice", turn=turn, code="command", message="Done.")
    bot.complete(turn, 0)
    expect(page.get_by_test_id("earlier")).to_be_visible()
    check(page)


def test_a_question_with_versions_that_is_being_edited(page: Page, bot: ChatServer):
    turn = {"from": YOU, "state": "done"}
    bot.facts["history"] = [
        {**turn, "turn": "1", "question": "Waht grows?", "answer": "What?"},
        {**turn, "turn": "2", "question": "What grows?", "answer": "Peas.", "replaces": "1"},
    ]
    open_chat(page, bot)
    page.get_by_test_id("earlier-version").click()
    page.get_by_test_id("edit").click()
    expect(page.get_by_test_id("editing")).to_be_visible()
    check(page)


def test_footnotes_and_the_note_to_which_a_number_leads(page: Page, bot: ChatServer):
    open_chat(page, bot)
    write(page, "Is it so?")
    bot.answer("It is[^1], and **more**[^2].\n\n[^1]: Says [a shop](https://example.com).\n[^2]: `code`")
    page.get_by_role("link", name="Footnote 2").press("Enter")
    expect(page.locator(".notes li").last).to_be_focused()
    check(page)


def test_a_chat_whose_limit_is_reached_and_one_whose_visitor_is_blocked(page: Page, bot: ChatServer):
    bot.facts.update(limit=3, remaining=0)
    bot.facts["history"] = [{"turn": "1", "from": YOU, "question": "Why?", "answer": "So.", "state": "done"}]
    open_chat(page, bot)
    expect(page.get_by_test_id("spent")).to_be_visible()
    check(page)
    bot.heard("authenticate")
    bot.hold("authenticate")
    bot.break_off()
    bot.heard("authenticate")
    bot.tell("error", code="blocked", message="no")
    expect(page.get_by_test_id("forget-me")).to_be_visible()
    check(page)


def test_the_menu_of_a_chat_and_what_it_asks_back(page: Page, bot: ChatServer):
    open_chat(page, bot)
    page.get_by_test_id("menu-button").click()
    expect(page.get_by_test_id("menu")).to_be_visible()
    check(page)
    page.get_by_role("menuitem").last.click()
    expect(page.get_by_test_id("forget")).to_be_visible()
    check(page)


def test_a_chat_in_which_something_went_wrong(page: Page, bot: ChatServer):
    open_chat(page, bot, "config=k1&room=garden")
    turn = bot.next_turn()
    bot.tell("question", turn=turn, **{"from": OTHER}, text="What grows in May?")
    bot.tell("notice", turn=turn, code="apology", message="I am sorry.")
    bot.complete(turn, 0)
    write(page, "The sixth")
    frame = bot.heard("send_message")
    bot.tell("error", code="too_many_rooms", message="100 others", id=frame["id"])
    expect(page.get_by_test_id("retry")).to_be_visible()
    bot.hold("authenticate")
    bot.break_off()
    write(page, "Waiting")
    expect(page.get_by_test_id("trouble")).to_be_visible()
    page.get_by_test_id("composer").fill("x" * 3_900)
    check(page)
    bot.heard("authenticate")
    bot.tell("error", code="key_revoked", message="revoked")
    expect(page.get_by_test_id("composer")).to_be_disabled()
    check(page)


def test_a_page_with_the_widget_closed_and_open(page: Page, bot: ChatServer):
    bot.shop = bot.shop.replace("<title>", "<html lang=en><title>").replace("<h1>", "<main><h1>") + "</main>"
    bot.framed_by = (bot.elsewhere,)
    page.goto(bot.elsewhere)
    expect(page.get_by_role("button", name="Open the chat")).to_be_visible()
    check_widget(page, "Open the chat")


def check_widget(page: Page, bubble: str) -> None:
    """Check a page with the widget closed, then open, and the chat in its frame."""
    check(page)
    page.get_by_role("button", name=bubble).click()
    expect(page.frame_locator("iframe").get_by_test_id("presence")).to_have_attribute("data-state", "online")
    check(page)
    check(page.frames[1])


LIST = """async (at) => {
  const { conversations } = await import(new URL("chat/conversations.js", location.href).href);
  const does = { isKnown: () => true, isReady: () => true, change() {}, send() {} };
  const own = conversations({ key: "k1", room: null, ...does });
  own.receive({ type: "ready", you: "a1b2c3d4" });
  own.receive({ type: "conversations", conversations: [{ title: "Tents", at, room: "~a" }, { title: "Hi", at: 1 }] });
}"""
"""As for a visitor who is known."""


def test_days_a_reset_and_the_list_of_conversations(page: Page, bot: ChatServer):
    day = 86_400_000
    asked = {"from": YOU, "question": "Hello?", "answer": "Hello!", "state": "done"}
    reset = {**asked, "question": "/reset", "code": "command"}
    bot.facts["history"] = [
        {**turn, "turn": str(number), "at": now() - (5 - number) * day}
        for number, turn in enumerate([asked, reset, asked])
    ]
    open_chat(page, bot)
    page.get_by_test_id("earlier").click()
    expect(page.get_by_test_id("reset")).to_be_visible()
    check(page)
    page.evaluate(LIST, now())
    page.get_by_test_id("menu-button").click()
    page.get_by_test_id("own-open").click()
    expect(page.get_by_test_id("own")).to_have_count(2)
    check(page)
    page.get_by_test_id("rename").first.click()
    page.get_by_test_id("erase").last.click()
    check(page)


@pytest.mark.parametrize("colour", ["#ffd400", "#0b6e4f", "#777777"])
def test_a_bubble_of_the_shops_own_look(page: Page, bot: ChatServer, colour: str):
    look = f'data-colour="{colour}" data-title="Ask a gardener" data-greeting="Can I help?" data-position="left"'
    tag = bot.embed(f'data-config="k1" {look}')
    bot.shop = f"<html lang=en><title>Shop</title><main><h1>Shop</h1></main>{tag}"
    bot.framed_by = (bot.elsewhere,)
    page.goto(bot.elsewhere)
    expect(page.get_by_role("button", name="Can I help?")).to_be_visible()
    check_widget(page, "Ask a gardener")
