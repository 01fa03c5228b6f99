"""The widget on the site's next page: the same conversation, open or closed as it was, for the same visitor."""

import json
from typing import Any

import pytest
from playwright.sync_api import Frame, FrameLocator, Page, expect

from tests.simulator.chat_server import SHOP, YOU, ChatServer
from tests.simulator.chromium import needs_chromium
from tests.simulator.test_chat_widget import open_widget, visit
from tests.simulator.test_chat_widget_visitor import ANNA, BERT, page_for, token
from tests.simulator.test_sign_in_widget import NO_STORAGE
from tests.simulator.test_widget_calls import ask, events, page_with

pytestmark = needs_chromium

WELL_HEARD = f"""{NO_STORAGE}
const later = setTimeout;
window.setTimeout = (does, ms, ...more) => later(does, ms === 2000 ? 60_000 : ms, ...more);
"""
"""The frame, which waits two seconds for what the shop has kept, waits longer: as long as a busy machine takes."""
NOWHERE = NO_STORAGE.replace("parent !== window", "true")
STATE, TICKET = "parley.widget.k1", "parley.lent.k1"


def next_page(chat: Page, bot: ChatServer) -> None:
    chat.goto(f"{bot.elsewhere}/?next")
    expect(chat.locator("parley-chat")).to_have_count(1)


def is_online(chat: Page) -> FrameLocator:
    frame = chat.frame_locator("parley-chat iframe")
    expect(frame.get_by_test_id("presence")).to_have_attribute("data-state", "online")
    return frame


def expect_in_shop(chat: Page, ticket: str) -> None:
    """Wait until the shop's own storage has this ticket."""
    chat.wait_for_function("([name, value]) => localStorage.getItem(name) === value", arg=[TICKET, ticket])


def in_shop(chat: Page, name: str = TICKET) -> str | None:
    """What the shop's own storage has."""
    kept: str | None = chat.evaluate("name => localStorage.getItem(name)", name)
    return kept


def remembered(chat: Page) -> dict[str, Any]:
    state: dict[str, Any] = json.loads(chat.evaluate("name => sessionStorage.getItem(name)", STATE))
    return state


def listed(turn: str, state: str = "done", answer: str = "Yes.") -> dict[str, Any]:
    """A turn in the history of `ready`."""
    return {"turn": turn, "from": YOU, "question": "Do you sell roses?", "answer": answer, "state": state}


def test_where_the_frame_may_store_nothing_the_shop_keeps_the_ticket(chat: Page, bot: ChatServer):
    chat.add_init_script(WELL_HEARD)
    visit(chat, bot)
    open_widget(chat)
    expect_in_shop(chat, "ticket-1")
    next_page(chat, bot)
    is_online(chat)
    assert bot.tickets == [None, "ticket-1"]


def test_where_the_frame_stores_itself_the_shop_gets_no_ticket(chat: Page, bot: ChatServer):
    visit(chat, bot)
    open_widget(chat)
    next_page(chat, bot)
    is_online(chat)
    assert bot.tickets == [None, "ticket-1"]
    assert chat.evaluate("Object.keys(localStorage).length") == 0


def test_where_nobody_may_store_anything_each_page_has_a_visitor_of_its_own(chat: Page, bot: ChatServer):
    chat.add_init_script(NOWHERE)
    visit(chat, bot, page_with(bot))
    frame = open_widget(chat)
    ask(frame)
    bot.answer("We do.")
    expect(frame.get_by_test_id("answer")).to_have_text("We do.")
    next_page(chat, bot)
    open_widget(chat)
    assert bot.tickets == [None, None]


def test_a_ticket_that_the_bot_refuses_is_replaced_in_the_shop_too(chat: Page, bot: ChatServer):
    chat.add_init_script(WELL_HEARD)
    bot.hold("authenticate")
    visit(chat, bot)
    chat.get_by_role("button", name="Open the chat").click()
    bot.heard("authenticate")
    expect_in_shop(chat, "ticket-1")
    bot.held.clear()
    bot.tell("error", code="auth_failed", message="…")
    is_online(chat)
    expect_in_shop(chat, "ticket-2")
    assert bot.tickets == [None, None]


@pytest.mark.parametrize("broken", ["a b", "ticket\n", "토큰", "x" * 4001, ""])
def test_what_is_no_ticket_in_the_shops_storage_is_not_sent(chat: Page, bot: ChatServer, broken: str):
    chat.add_init_script(WELL_HEARD)
    visit(chat, bot)
    chat.evaluate("([name, value]) => localStorage.setItem(name, value)", [TICKET, broken])
    open_widget(chat)
    expect_in_shop(chat, "ticket-1")
    assert bot.tickets == [None]


@pytest.mark.parametrize("come", ["tag", "call"])
def test_who_signs_in_leaves_no_anonymous_ticket_in_the_shop(chat: Page, bot: ChatServer, come: str):
    chat.add_init_script(WELL_HEARD)
    visit(chat, bot, page_for(bot, ""))
    open_widget(chat)
    expect_in_shop(chat, "ticket-1")
    if come == "tag":
        bot.shop = page_for(bot, ANNA)
        next_page(chat, bot)
    else:
        chat.evaluate(f"Parley.identify('{ANNA}')")
    is_online(chat)
    assert (bot.signed, in_shop(chat)) == ([None, ANNA], None)
    chat.evaluate("Parley.logout()")
    expect(chat.locator("iframe")).to_have_count(1)
    is_online(chat)
    assert bot.tickets == [None, None, None]


def beside(chat: Page, bot: ChatServer, script: str) -> Frame:
    """Open the chat on a page that has another frame with a script; returns that frame."""
    chat.add_init_script(WELL_HEARD)
    visit(chat, bot, page_with(bot) + f'<iframe srcdoc="<script>{script}</script>" title="other"></iframe>')
    chat.evaluate("Parley.open()")
    is_online(chat)
    [other] = [frame for frame in chat.frames if frame.url == "about:srcdoc"]
    return other


def test_another_frame_of_the_page_gets_no_ticket_and_leaves_none(chat: Page, bot: ChatServer):
    asks = "onmessage = ({ data }) => { document.title = JSON.stringify(data); };"
    asks += "parent.postMessage({ parley: 'keep', ticket: 'mine' }, '*');"
    asks += "parent.postMessage({ parley: 'kept' }, '*');"
    assert beside(chat, bot, asks).title() == ""
    expect_in_shop(chat, "ticket-1")


def test_the_chat_tells_its_ticket_to_the_page_around_it_alone(chat: Page, bot: ChatServer):
    """A frame of the same page that speaks first, as if it were the widget, gets nothing."""
    lies = "onmessage = ({ data }) => { document.title += JSON.stringify(data); };"
    lies += "setInterval(() => { for (let at = 0; at < parent.length; at++) parent[at].postMessage("
    lies += "{ parley: 'kept', ticket: 'mine' }, '*'); }, 5);"
    assert "ticket-1" not in beside(chat, bot, lies).title()
    assert bot.tickets == [None]


def test_a_chat_whose_page_keeps_nothing_begins_without_a_ticket(chat: Page, bot: ChatServer):
    """A page that frames the chat itself, without the script."""
    chat.add_init_script(NO_STORAGE)
    frame = f'<iframe src="{bot.url}/chat?config=k1&widget="></iframe>'
    visit(chat, bot, f"<title>Shop</title>{SHOP}{frame}")
    expect(chat.frame_locator("iframe").get_by_test_id("presence")).to_have_attribute("data-state", "online")
    assert bot.tickets == [None]


def test_an_open_chat_is_open_on_the_next_page_and_takes_no_focus(chat: Page, bot: ChatServer):
    visit(chat, bot, page_with(bot))
    open_widget(chat)
    bot.shop += "<input autofocus aria-label=Search>"
    next_page(chat, bot)
    frame = is_online(chat)
    expect(chat.locator(".panel")).to_be_visible()
    expect(frame.get_by_test_id("composer")).to_be_enabled()
    expect(chat.get_by_label("Search")).to_be_focused()
    assert events(chat) == []
    chat.get_by_role("button", name="Close the chat").click()
    next_page(chat, bot)
    expect(chat.locator(".panel")).to_be_hidden()
    expect(chat.locator("parley-chat iframe")).to_have_count(0)


def test_another_tab_does_not_open_the_chat(chat: Page, bot: ChatServer):
    visit(chat, bot)
    open_widget(chat)
    with chat.context.new_page() as other:
        other.goto(bot.elsewhere)
        expect(other.get_by_role("button", name="Open the chat")).to_be_visible()
        expect(other.locator(".panel")).to_be_hidden()


def test_unread_answers_are_counted_on_from_page_to_page(chat: Page, bot: ChatServer):
    visit(chat, bot, page_with(bot))
    ask(open_widget(chat))
    turn = bot.ask()
    chat.evaluate("Parley.close()")
    bot.say(turn, "Yes.")
    bot.complete(turn, 1)
    expect(chat.locator(".news")).to_have_text("1")
    next_page(chat, bot)
    expect(chat.get_by_role("button", name="Open the chat, 1 new")).to_be_visible()
    expect(chat.locator("parley-chat iframe")).to_have_count(0)
    assert events(chat) == [{"unread": {"unread": 1}}]


def test_an_answer_that_comes_on_the_next_page_is_counted_though_the_chat_stays_closed(chat: Page, bot: ChatServer):
    visit(chat, bot, page_with(bot))
    ask(open_widget(chat))
    turn = bot.ask()
    chat.evaluate("Parley.close()")
    chat.wait_for_function("name => JSON.parse(sessionStorage.getItem(name)).waits", arg=STATE)
    bot.facts["history"] = [listed(turn, "open", "")]
    next_page(chat, bot)
    bot.heard("authenticate")
    assert events(chat) == []
    bot.say(turn, "Yes.")
    bot.complete(turn, 1)
    expect(chat.locator(".news")).to_have_text("1")
    assert events(chat) == [{"unread": {"unread": 1}}, "answered"]


def test_an_answer_that_came_between_two_pages_is_counted_once(chat: Page, bot: ChatServer):
    visit(chat, bot, page_with(bot))
    ask(open_widget(chat))
    turn = bot.ask()
    chat.evaluate("Parley.close()")
    chat.wait_for_function("name => JSON.parse(sessionStorage.getItem(name)).waits", arg=STATE)
    bot.facts["history"] = [listed(turn)]
    next_page(chat, bot)
    expect(chat.locator(".news")).to_have_text("1")
    bot.heard("authenticate")
    bot.break_off()
    bot.heard("authenticate")
    next_page(chat, bot)
    expect(chat.locator(".news")).to_have_text("1")
    expect(chat.locator("parley-chat iframe")).to_have_count(0)


@pytest.mark.parametrize("visitor", [BERT, ""])
def test_the_next_visitor_of_the_tab_finds_the_chat_closed_and_nothing_new(chat: Page, bot: ChatServer, visitor: str):
    visit(chat, bot, page_for(bot, ANNA))
    open_widget(chat)
    assert remembered(chat)["open"] is True
    bot.shop = page_for(bot, visitor)
    next_page(chat, bot)
    expect(chat.get_by_role("button", name="Open the chat", exact=True)).to_be_visible()
    expect(chat.locator("parley-chat iframe")).to_have_count(0)
    open_widget(chat)
    assert bot.signed == [ANNA, visitor or None]
    assert remembered(chat)["who"] == ("bert" if visitor else None)


def test_the_customers_chat_is_open_again_with_a_newer_token_also_when_the_page_says_so_late(
    chat: Page, bot: ChatServer
):
    visit(chat, bot, page_for(bot, ANNA))
    open_widget(chat)
    newer = token("anna", 2)
    bot.shop = page_for(bot, newer)
    next_page(chat, bot)
    is_online(chat)
    bot.shop = page_for(bot, "")
    next_page(chat, bot)
    expect(chat.locator("parley-chat iframe")).to_have_count(0)
    chat.evaluate(f"Parley.identify('{newer}')")
    is_online(chat)
    expect(chat.locator(".panel")).to_be_visible()
    assert bot.signed == [ANNA, newer, newer]


def test_who_signs_in_between_two_pages_finds_the_chat_open_as_the_customer(chat: Page, bot: ChatServer):
    visit(chat, bot, page_for(bot, ""))
    open_widget(chat)
    bot.shop = page_for(bot, ANNA)
    next_page(chat, bot)
    is_online(chat)
    assert bot.signed == [None, ANNA]


@pytest.mark.parametrize(
    "state",
    [
        "x",
        "null",
        "[]",
        '"open"',
        '{"open": "yes", "unread": "many", "waits": 1, "greeted": 1}',
        '{"unread": -1}',
        '{"unread": 1.5}',
        '{"who": {}}',
    ],
)
def test_a_state_that_cannot_be_read_is_none(chat: Page, bot: ChatServer, state: str):
    visit(chat, bot)
    chat.evaluate("([name, value]) => sessionStorage.setItem(name, value)", [STATE, state])
    next_page(chat, bot)
    expect(chat.get_by_role("button", name="Open the chat", exact=True)).to_be_visible()
    expect(chat.locator("parley-chat iframe")).to_have_count(0)
    open_widget(chat)
