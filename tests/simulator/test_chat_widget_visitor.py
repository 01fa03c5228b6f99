"""The widget on a site that says who its visitor is: in the tag, later, and no longer."""

import base64
import json

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.simulator.chat_server import SHOP, ChatServer
from tests.simulator.chromium import needs_chromium
from tests.simulator.test_chat_widget import RUN_AGAIN, open_widget, visit

pytestmark = needs_chromium

TAG = "document.querySelector('script[data-config]')"
KEPT = "localStorage.getItem('parley.ticket.k1')"
REFUSED = """new Promise((done) => addEventListener("parley:refused", done, { once: true }))"""


def token(customer: str, number: int = 1) -> str:
    """A text of the shape of a token; the bot of these tests does not look into it."""
    claims = json.dumps({"sub": customer, "number": number}).encode()
    return f"e30.{base64.urlsafe_b64encode(claims).rstrip(b'=').decode()}.e30"


ANNA, BERT = token("anna"), token("bert")


def arrive(chat: Page, bot: ChatServer, visitor: str = ANNA) -> FrameLocator:
    """Open the shop's page and the chat on it."""
    visit(chat, bot, page_for(bot, visitor))
    return open_widget(chat)


def page_for(bot: ChatServer, visitor: str) -> str:
    attributes = 'data-config="k1"' + (f' data-visitor="{visitor}"' if visitor else "")
    return f"<title>Shop</title>{SHOP}{bot.embed(attributes)}"


def talk(chat: Page, bot: ChatServer, frame: FrameLocator) -> None:
    frame.get_by_test_id("composer").fill("Where is my order?")
    chat.keyboard.press("Enter")
    bot.answer("On its way.")
    expect(frame.get_by_test_id("answer")).to_have_text("On its way.")


def is_fresh(frame: FrameLocator) -> None:
    """The chat is connected, and shows nothing of what was written before."""
    expect(frame.get_by_test_id("opening")).to_be_visible()
    expect(frame.get_by_test_id("presence")).to_have_attribute("data-state", "online")
    expect(frame.get_by_test_id("question")).to_have_count(0)


def kept(chat: Page) -> str | None:
    """The ticket that the browser stores for the chat page on the shop's page."""
    [frame] = [frame for frame in chat.frames if "/chat?" in frame.url]
    ticket: str | None = frame.evaluate(KEPT)
    return ticket


def test_the_token_of_the_tag_comes_in_a_header_and_in_no_address(chat: Page, bot: ChatServer):
    addresses: list[str] = []
    chat.on("request", lambda request: addresses.append(request.url))
    arrive(chat, bot)
    assert (bot.signed, bot.tickets) == ([ANNA], [None])
    assert len(addresses) > 5
    assert not any(ANNA.split(".")[1] in address for address in addresses)


def test_no_ticket_of_a_signed_visitor_is_stored(chat: Page, bot: ChatServer):
    arrive(chat, bot)
    assert kept(chat) is None


@pytest.mark.parametrize("visitor", ["", " "])
def test_a_page_that_knows_nobody_has_an_anonymous_visitor(chat: Page, bot: ChatServer, visitor: str):
    tag = bot.embed(f'data-config="k1" data-visitor="{visitor}"')
    visit(chat, bot, f"<title>Shop</title>{SHOP}{tag}")
    open_widget(chat)
    assert bot.signed == [None]
    assert kept(chat) == "ticket-1"


@pytest.mark.parametrize(
    "leave",
    [
        f"delete {TAG}.dataset.visitor",
        f"{TAG}.dataset.visitor = ''",
        f"{TAG}.removeAttribute('data-visitor')",
        "Parley.logout()",
        "parley.logout()",
        "parley.visitor(null)",
    ],
)
def test_who_leaves_takes_ticket_and_screen_along(chat: Page, bot: ChatServer, leave: str):
    frame = arrive(chat, bot)
    talk(chat, bot, frame)
    chat.evaluate(leave)
    is_fresh(frame)
    assert (bot.signed, bot.tickets) == ([ANNA, None], [None, None])


@pytest.mark.parametrize(
    "come",
    [f"{TAG}.dataset.visitor = '{BERT}'", f"Parley.identify('{BERT}')", f"parley.visitor('{BERT}')"],
)
def test_another_visitor_sees_nothing_of_the_last_one(chat: Page, bot: ChatServer, come: str):
    frame = arrive(chat, bot)
    talk(chat, bot, frame)
    chat.evaluate(come)
    is_fresh(frame)
    assert bot.signed == [ANNA, BERT]


def test_whoever_signs_in_brings_no_anonymous_ticket_and_leaves_none(chat: Page, bot: ChatServer):
    frame = arrive(chat, bot, "")
    talk(chat, bot, frame)
    chat.evaluate(f"{TAG}.dataset.visitor = '{ANNA}'")
    is_fresh(frame)
    chat.evaluate(f"delete {TAG}.dataset.visitor")
    is_fresh(frame)
    assert bot.signed == [None, ANNA, None]
    assert bot.tickets == [None, None, None]


def test_a_closed_chat_forgets_too_and_is_loaded_when_it_is_opened(chat: Page, bot: ChatServer):
    frame = arrive(chat, bot)
    talk(chat, bot, frame)
    chat.get_by_role("button", name="Close the chat").click()
    chat.evaluate("Parley.logout()")
    expect(chat.locator("iframe")).to_have_count(0)
    assert bot.signed == [ANNA]
    is_fresh(open_widget(chat))
    assert bot.signed == [ANNA, None]


def test_the_draft_of_a_customer_is_none_of_the_next_one(chat: Page, bot: ChatServer):
    frame = arrive(chat, bot, "")
    for visitor in (ANNA, BERT, ""):
        frame.get_by_test_id("composer").fill("half a thought")
        chat.evaluate(f"{TAG}.dataset.visitor = '{visitor}'")
        expect(frame.get_by_test_id("composer")).to_have_value("")
        is_fresh(frame)


def test_a_newer_token_of_the_same_visitor_changes_nothing_and_is_used_the_next_time(chat: Page, bot: ChatServer):
    bot.ticket_seconds = 0
    frame = arrive(chat, bot)
    talk(chat, bot, frame)
    newer = token("anna", 2)
    chat.evaluate(f"{TAG}.dataset.visitor = '{newer}'")
    bot.break_off()
    bot.heard("authenticate")
    expect(frame.get_by_test_id("presence")).to_have_attribute("data-state", "online")
    expect(frame.get_by_test_id("answer")).to_have_text("On its way.")
    assert bot.signed == [ANNA, newer]


@pytest.mark.parametrize(("visitor", "then"), [(token("anna", 2), [ANNA]), (BERT, [ANNA, BERT]), ("", [ANNA, None])])
def test_the_tag_of_the_next_page_says_who_is_there(chat: Page, bot: ChatServer, visitor: str, then: list[str | None]):
    """As Turbo runs the script of each page again."""
    frame = arrive(chat, bot)
    talk(chat, bot, frame)
    chat.evaluate(RUN_AGAIN, page_for(bot, visitor).partition("</button>")[2])
    if len(then) == 1:
        expect(frame.get_by_test_id("answer")).to_have_text("On its way.")
    else:
        is_fresh(frame)
    assert bot.signed == then
    expect(chat.locator("parley-chat")).to_have_count(1)


def test_a_tag_that_never_named_anybody_says_nothing_about_who_was_named_by_a_call(chat: Page, bot: ChatServer):
    frame = arrive(chat, bot, "")
    chat.evaluate(f"Parley.identify('{ANNA}')")
    is_fresh(frame)
    chat.evaluate(RUN_AGAIN, bot.embed())
    is_fresh(frame)
    assert bot.signed == [None, ANNA]


def test_the_tag_of_another_chat_says_nothing_about_this_ones_visitor(chat: Page, bot: ChatServer):
    frame = arrive(chat, bot)
    talk(chat, bot, frame)
    chat.evaluate(RUN_AGAIN, bot.embed(f'data-config="k2" data-visitor="{BERT}"'))
    bot.break_off()
    bot.heard("authenticate")
    expect(frame.get_by_test_id("answer")).to_have_text("On its way.")
    assert bot.signed == [ANNA]


def test_what_the_page_says_before_the_script_is_there_names_its_visitor(chat: Page, bot: ChatServer):
    early = f"<script>(window.Parley ??= []).push((chat) => chat.identify('{ANNA}'), (chat) => chat.open())</script>"
    visit(chat, bot, early + page_for(bot, ""))
    expect(chat.frame_locator("iframe").get_by_test_id("presence")).to_have_attribute("data-state", "online")
    assert bot.signed == [ANNA]


@pytest.mark.parametrize("nobody", ["undefined", "null", "''", "' '", "42", "{ sub: 'anna' }", "Promise.resolve('x')"])
def test_what_is_no_token_names_nobody_and_is_said_in_the_console(chat: Page, bot: ChatServer, nobody: str):
    frame = arrive(chat, bot)
    talk(chat, bot, frame)
    with chat.expect_console_message(lambda said: said.text.startswith("Parley: identify() takes a token")):
        chat.evaluate(f"Parley.identify({nobody})")
    is_fresh(frame)
    assert bot.signed == [ANNA, None]


def test_a_module_names_its_visitor_by_a_call(chat: Page, bot: ChatServer):
    script = f'import "{bot.url}/widget.js?config=k1"; Parley.identify("{ANNA}");'
    visit(chat, bot, f'<title>Shop</title>{SHOP}<script type="module">{script}</script>')
    open_widget(chat)
    assert bot.signed == [ANNA]


def test_a_refused_token_makes_no_anonymous_visitor_and_says_what_to_do(chat: Page, bot: ChatServer):
    bot.config_status = 401
    visit(chat, bot, page_for(bot, ANNA))
    chat.get_by_role("button", name="Open the chat").click()
    frame = chat.frame_locator("iframe")
    expect(frame.get_by_test_id("trouble")).to_contain_text(
        "The chat does not recognise you. Please load the page again."
    )
    assert bot.signed == [ANNA]


@pytest.mark.parametrize("broken", ["…", "a b", "токен"])
def test_a_token_that_no_header_can_have_is_refused_too(chat: Page, bot: ChatServer, broken: str):
    visit(chat, bot, page_for(bot, broken))
    with chat.expect_console_message(lambda said: "Parley: the visitor's token has a space or another" in said.text):
        chat.get_by_role("button", name="Open the chat").click()
    expect(chat.frame_locator("iframe").get_by_test_id("trouble")).to_contain_text("The chat does not recognise you.")
    assert bot.signed == []


def test_the_page_learns_that_its_token_is_refused_and_may_set_a_new_one(chat: Page, bot: ChatServer):
    bot.config_status = 401
    visit(chat, bot, page_for(bot, ANNA))
    chat.evaluate(f"window.refused = {REFUSED}; 0")
    chat.get_by_role("button", name="Open the chat").click()
    chat.evaluate("window.refused.then(() => 0)")
    bot.config_status = 200
    newer = token("anna", 2)
    chat.evaluate(f"{TAG}.dataset.visitor = '{newer}'")
    is_fresh(chat.frame_locator("iframe"))
    assert bot.signed == [ANNA, newer]


def test_the_token_is_told_to_the_bots_page_alone(chat: Page, bot: ChatServer):
    """Other frames of the page get nothing when they ask as the chat does."""
    asks = "<script>onmessage = ({ data }) => { document.title = JSON.stringify(data); };"
    asks += "parent.postMessage({ parley: 'visitor' }, '*');</script>"
    visit(chat, bot, page_for(bot, ANNA) + f'<iframe srcdoc="{asks}" title="other"></iframe>')
    chat.get_by_role("button", name="Open the chat").click()
    expect(chat.frame_locator("parley-chat iframe").get_by_test_id("presence")).to_have_attribute(
        "data-state", "online"
    )
    assert bot.signed == [ANNA]
    [other] = [frame for frame in chat.frames if frame.url == "about:srcdoc"]
    assert other.title() == ""
