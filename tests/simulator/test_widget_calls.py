"""What a site's page can call and hear: the chat opens and closes, says what happens in it, and counts new answers."""

import re
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from chalicelib.content.assets import widget
from tests.simulator.chat_server import SHOP, ChatServer
from tests.simulator.chromium import needs_chromium
from tests.simulator.test_chat_widget import RUN_AGAIN, open_widget, visit

pytestmark = needs_chromium

DOCS = Path(__file__).parents[2] / "docs"
LISTEN = """
window.events = [];
for (const name of ["opened", "closed", "asked", "answered", "unread", "refused"]) {
  addEventListener(`parley:${name}`, ({ detail }) => window.events.push(detail ? { [name]: detail } : name));
}
"""


def page_with(bot: ChatServer, before: str = "", attributes: str = 'data-config="k1"') -> str:
    """A shop's page with a script of its own before the widget."""
    return f"<title>Shop</title><script>{LISTEN}{before}</script>{SHOP}{bot.embed(attributes)}"


def events(chat: Page) -> list[Any]:
    heard: list[Any] = chat.evaluate("window.events")
    return heard


def expect_events(chat: Page, *expected: Any) -> None:
    chat.wait_for_function("count => window.events.length >= count", arg=len(expected))
    assert events(chat) == list(expected)


def ask(frame: FrameLocator, text: str = "Do you sell roses?") -> None:
    frame.get_by_test_id("composer").fill(text)
    frame.get_by_test_id("composer").press("Enter")


@pytest.mark.parametrize(
    "before",
    [
        "window.Parley ??= []; Parley.push((chat) => chat.open());",
        "(window.Parley ??= []).push('open', (chat) => chat.open());",
        "window.Parley = []; Parley.push((chat) => { chat.open(); chat.open(); });",
    ],
)
def test_what_the_page_calls_before_the_script_is_there_is_done_then(chat: Page, bot: ChatServer, before: str):
    visit(chat, bot, page_with(bot, before))
    expect(chat.frame_locator("iframe").get_by_test_id("presence")).to_have_attribute("data-state", "online")
    assert events(chat) == ["opened"]


def test_a_call_that_fails_prevents_no_other_and_is_reported_as_an_error_of_the_page(browser: Browser, bot: ChatServer):
    with closing(browser.new_context()) as context:
        page = context.new_page()
        failing = "window.Parley = [() => { throw new Error('mine'); }, (chat) => chat.open()];"
        with page.expect_event("pageerror") as error:
            visit(page, bot, page_with(bot, failing))
        assert "mine" in str(error.value)
        expect(page.locator("parley-chat .panel")).to_be_visible()


@pytest.mark.parametrize("what", ['"open"', "null", '["open"]', "{}"])
def test_what_is_no_call_is_said_in_the_console_once(chat: Page, bot: ChatServer, what: str):
    visit(chat, bot, page_with(bot))
    with chat.expect_console_message(lambda said: said.text.startswith("Parley: push() takes a function")):
        chat.evaluate(f"Parley.push({what})")
    chat.evaluate("Parley.push((chat) => chat.open())")
    assert chat.evaluate("Parley.isOpen") is True


def test_the_page_opens_and_closes_the_chat(chat: Page, bot: ChatServer):
    visit(chat, bot, page_with(bot))
    panel = chat.locator("parley-chat .panel")
    assert chat.evaluate("Parley.isOpen") is False
    chat.evaluate("Parley.close()")
    chat.evaluate("Parley.open()")
    expect(panel).to_be_visible()
    assert chat.evaluate("Parley.isOpen") is True
    chat.evaluate("Parley.close()")
    expect(panel).to_be_hidden()
    assert events(chat) == ["opened", "closed"]


def test_a_chat_that_opens_by_itself_leaves_the_focus_where_it_is(chat: Page, bot: ChatServer):
    alone = "addEventListener('load', () => { document.querySelector('input').focus(); Parley.open(); });"
    visit(chat, bot, page_with(bot, alone) + "<input aria-label=Search>")
    search = chat.get_by_label("Search")
    expect(chat.frame_locator("iframe").get_by_test_id("presence")).to_have_attribute("data-state", "online")
    expect(search).to_be_focused()
    chat.evaluate("Parley.close()")
    expect(search).to_be_focused()


def test_the_sites_own_button_gives_the_focus_and_gets_it_back(chat: Page, bot: ChatServer):
    visit(chat, bot, page_with(bot) + "<button id=help onclick='Parley.open()'>Help</button>")
    chat.get_by_role("button", name="Help").press("Enter")
    frame = chat.frame_locator("iframe")
    expect(frame.get_by_test_id("composer")).to_be_focused()
    frame.get_by_test_id("composer").press("Escape")
    expect(chat.get_by_role("button", name="Help")).to_be_focused()
    chat.get_by_role("button", name="Help").press("Enter")
    expect(frame.get_by_test_id("composer")).to_be_focused()


def test_escape_closes_the_menu_first_and_then_the_chat(chat: Page, bot: ChatServer):
    visit(chat, bot, page_with(bot))
    frame = open_widget(chat)
    frame.locator("[popovertarget=menu]").click()
    expect(frame.locator("#menu")).to_be_visible()
    chat.keyboard.press("Escape")
    expect(frame.locator("#menu")).to_be_hidden()
    chat.evaluate("new Promise((done) => setTimeout(done))")
    assert chat.evaluate("Parley.isOpen") is True
    frame.get_by_test_id("composer").press("Escape")
    expect(chat.locator(".panel")).to_be_hidden()


def test_the_page_hears_what_happens_and_no_word_of_it(chat: Page, bot: ChatServer):
    visit(chat, bot, page_with(bot))
    frame = open_widget(chat)
    ask(frame)
    bot.answer("We do.")
    expect_events(chat, "opened", "asked", "answered")
    ask(frame, "/help")
    bot.answer("Write to me.")
    expect_events(chat, "opened", "asked", "answered", "answered")


def test_a_question_that_is_not_accepted_was_not_asked(chat: Page, bot: ChatServer):
    visit(chat, bot, page_with(bot))
    ask(open_widget(chat))
    bot.tell("error", code="too_large", message="…", id=bot.heard("send_message")["id"])
    expect(chat.frame_locator("iframe").get_by_test_id("turn")).to_contain_text("too long")
    assert events(chat) == ["opened"]


def test_answers_that_come_while_the_chat_is_closed_are_counted_until_it_is_opened(chat: Page, bot: ChatServer):
    visit(chat, bot, page_with(bot))
    frame = open_widget(chat)
    for number in (1, 2):
        ask(frame, f"Question {number}?")
        bot_turn = bot.ask()
        chat.evaluate("Parley.close()")
        bot.say(bot_turn, "Yes.")
        bot.complete(bot_turn, 1)
        bubble = chat.get_by_role("button", name=f"Open the chat, {1} new")
        expect(bubble).to_have_text("1")
        assert chat.evaluate("Parley.unread") == 1
        bubble.click()
        expect(chat.locator(".news")).to_be_hidden()
        assert chat.evaluate("Parley.unread") == 0
    seen = [each for each in events(chat) if each not in ("opened", "closed")]
    assert seen == ["asked", {"unread": {"unread": 1}}, "answered", {"unread": {"unread": 0}}] * 2


def test_an_answer_whose_end_comes_twice_is_counted_once_and_one_that_was_dropped_is_none(chat: Page, bot: ChatServer):
    visit(chat, bot, page_with(bot))
    frame = open_widget(chat)
    ask(frame)
    turn = bot.ask()
    chat.evaluate("Parley.close()")
    bot.say(turn, "Yes.")
    for _ in range(3):
        bot.complete(turn, 1)
    bot.complete(bot.next_turn(), 0, state="dropped")
    last = bot.next_turn()
    bot.tell("notice", turn=last, code="limit", message="No questions left.")
    bot.complete(last, 0)
    expect(chat.locator(".news")).to_have_text("2")
    assert chat.evaluate("Parley.unread") == 2


def test_several_new_answers_are_a_number_on_the_bubble(chat: Page, bot: ChatServer):
    visit(chat, bot, page_with(bot))
    ask(open_widget(chat))
    turns = [bot.ask()] + [bot.next_turn() for _ in range(10)]
    chat.evaluate("Parley.close()")
    for turn in turns:
        bot.tell("question", turn=turn, **{"from": "a1b2c3d4"}, text="From another window", at=1)
        bot.say(turn, "Yes.")
        bot.complete(turn, 1)
    bubble = chat.get_by_role("button", name="Open the chat, 11 new")
    expect(bubble).to_have_text("9+")
    assert events(chat).count("asked") == 1


def test_the_calls_stay_those_of_the_first_script_when_it_runs_again(chat: Page, bot: ChatServer):
    visit(chat, bot, page_with(bot))
    chat.evaluate("Parley.open()")
    chat.evaluate(RUN_AGAIN, bot.embed())
    assert chat.evaluate("Parley.isOpen") is True
    assert events(chat) == ["opened"]


def test_only_the_chats_frame_is_believed(chat: Page, bot: ChatServer):
    lies = "<script>for (const parley of ['asked', 'answered', 'close']) parent.postMessage({ parley }, '*');</script>"
    visit(chat, bot, page_with(bot) + f'<iframe srcdoc="{lies}" title="other"></iframe>')
    chat.evaluate("Parley.open()")
    for lie in ("asked", "answered", "close", "constructor"):
        chat.evaluate(f"postMessage({{ parley: '{lie}' }}, '*')")
    chat.evaluate("postMessage(null, '*')")
    expect(chat.frame_locator("parley-chat iframe").get_by_test_id("presence")).to_have_attribute(
        "data-state", "online"
    )
    assert events(chat) == ["opened"]


def test_the_types_have_what_the_widget_has(chat: Page, bot: ChatServer):
    types = (DOCS / "examples" / "widget.d.ts").read_text("utf-8")
    members = re.findall(
        r"^  (?:readonly )?(\w+)[(:]", types.partition("interface ParleyChat")[2].partition("\n}")[0], re.MULTILINE
    )
    visit(chat, bot, page_with(bot))
    assert sorted([*members, "push"]) == sorted(chat.evaluate("Object.keys(Parley)"))
    named = set(re.findall(r'"parley:(\w+)"', types))
    assert named == set(re.findall(r"parley:(\w+)", (DOCS / "widget.md").read_text("utf-8")))
    assert named == set(re.findall(r'raise\("(\w+)"', widget().content))


def test_the_guides_own_button_opens_the_chat_and_shows_the_number_of_new_answers(chat: Page, bot: ChatServer):
    guide = (DOCS / "widget.md").read_text("utf-8").partition("## An example")[2]
    html, script, signing = re.findall(r"```(?:html|js)\n(.*?)```", guide, re.DOTALL)[:3]
    tag = bot.embed('data-config="k1" data-hidden data-colour="#0b6e4f" async')
    html = re.sub(r"<script src=\"https://….*</script>", tag, html)
    html = html.replace('<script src="shop.js"></script>', f"<script>{script}{signing}</script>")
    assert (script in html, tag in html) == (True, True)
    visit(chat, bot, f"<title>Shop</title>{html}")
    chat.get_by_role("button", name="Help").click()
    frame = chat.frame_locator("iframe")
    ask(frame)
    turn = bot.ask()
    frame.get_by_test_id("close").click()
    bot.say(turn, "We do.")
    bot.complete(turn, 1)
    expect(chat.get_by_role("button", name="Help 1")).to_be_focused()
    chat.evaluate("window.fetch = async () => new Response('a.b.c'); signedIn()")
    expect(chat.get_by_role("button", name="Help", exact=True)).to_be_visible()
    chat.get_by_role("button", name="Help").click()
    bot.heard("authenticate")
    chat.evaluate("signedOut()")
    bot.heard("authenticate")
    assert bot.signed == [None, "a.b.c", None]
