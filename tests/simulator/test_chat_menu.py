"""The menu: what a visitor may want is found without knowing a command, by mouse, keyboard and screen reader."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.simulator.chat_page import a_page, expect_to_fit, open_chat, write
from tests.simulator.chat_server import OTHER, YOU, ChatServer
from tests.simulator.chromium import needs_chromium
from tests.simulator.conftest import Demo
from tests.simulator.test_chat_widget import open_widget, visit

pytestmark = needs_chromium

DONE = {"turn": "1", "from": YOU, "question": "What grows in May?", "answer": "Asparagus.", "state": "done"}
ITEMS = ["New conversation", "Help", "Privacy", "Delete what is stored about me"]
NO_STORAGE = """for (const name of ["localStorage", "sessionStorage"])
  Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError"); } });"""


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    with a_page(browser, demo.url, locale="en-GB") as page:
        yield page


def open_menu(chat: Page) -> Locator:
    chat.get_by_role("button", name="Menu").click()
    menu = chat.get_by_role("menu", name="Menu")
    expect(menu).to_be_visible()
    return menu


def choose(chat: Page, item: str) -> None:
    open_menu(chat).get_by_role("menuitem", name=item).click()


def commanded(bot: ChatServer, message: str = "Done.") -> None:
    """Carry out the page's next message, a command."""
    turn = bot.ask()
    bot.tell("notice", turn=turn, code="command", message=message)
    bot.complete(turn, 0)


def test_the_menu_has_all_that_a_visitor_may_want(chat: Page, bot: ChatServer):
    chat.set_viewport_size({"width": 360, "height": 640})
    bot.facts["history"] = [DONE]
    open_chat(chat, bot)
    menu = open_menu(chat)
    expect(menu.get_by_role("menuitem")).to_have_text(ITEMS)
    expect(menu.get_by_role("group", name="Language").get_by_role("menuitemradio")).to_have_text(
        ["English", "한국어", "Deutsch", "Español", "Français", "Português"]
    )
    expect(menu.get_by_role("menuitemradio", checked=True)).to_have_text("English")
    expect_to_fit(chat, 360)
    box = menu.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360


def test_it_is_used_by_keyboard_alone(chat: Page, bot: ChatServer):
    bot.facts["history"] = [DONE]
    open_chat(chat, bot)
    button = chat.get_by_role("button", name="Menu")
    button.focus()
    chat.keyboard.press("Enter")
    for key, item in [
        ("", "New conversation"),
        ("ArrowDown", "Help"),
        ("ArrowUp", "New conversation"),
        ("ArrowUp", "Português"),
        ("ArrowDown", "New conversation"),
        ("End", "Português"),
        ("Home", "New conversation"),
    ]:
        if key:
            chat.keyboard.press(key)
        expect(chat.locator(":focus")).to_have_text(item)
    chat.keyboard.press("Escape")
    expect(chat.get_by_role("menu")).to_be_hidden()
    expect(button).to_be_focused()
    chat.keyboard.press("Space")
    expect(chat.locator(":focus")).to_have_text("New conversation")
    chat.keyboard.press("Tab")
    expect(chat.get_by_role("menu")).to_be_hidden()


def test_escape_closes_the_menu_and_neither_the_chat_around_it_nor_the_answer(chat: Page, bot: ChatServer):
    visit(chat, bot, bot.shop)
    frame = open_widget(chat)
    frame.get_by_role("button", name="Menu").click()
    expect(frame.get_by_role("menuitem", name="Help")).to_be_focused()
    chat.keyboard.press("Escape")
    expect(frame.get_by_role("menu")).to_be_hidden()
    frame.get_by_role("button", name="Menu").click()
    frame.get_by_role("menuitem", name="Delete what is stored about me").click()
    expect(frame.get_by_role("dialog")).to_be_visible()
    chat.keyboard.press("Escape")
    expect(frame.get_by_role("dialog")).to_be_hidden()
    expect(frame.get_by_test_id("composer")).to_be_visible()


def test_a_new_conversation_and_help_need_no_command(chat: Page, bot: ChatServer):
    bot.facts["history"] = [DONE]
    open_chat(chat, bot)
    choose(chat, "Help")
    commanded(bot, "I am an AI.")
    expect(chat.get_by_test_id("question")).to_have_text(["What grows in May?", "Help"])
    expect(chat.get_by_test_id("answer")).to_have_text(["Asparagus.", "I am an AI."])
    expect(chat.get_by_test_id("composer")).to_be_focused()
    choose(chat, "New conversation")
    commanded(bot)
    expect(chat.get_by_test_id("question")).to_have_count(0)
    expect(open_menu(chat).get_by_role("menuitem")).to_have_text(ITEMS[1:])


def test_deleting_asks_back_and_leaves_nothing_on_the_page(chat: Page, bot: ChatServer):
    bot.facts["history"] = [DONE]
    open_chat(chat, bot)
    write(chat, "And in June?")
    open_turn = bot.ask()
    choose(chat, "Delete what is stored about me")
    asks = chat.get_by_role("dialog", name="Delete what is stored about me")
    expect(asks).to_have_accessible_description(
        "Everything that you have written here, and the answers to it, will be deleted. This cannot be undone."
    )
    expect(asks.get_by_role("button", name="No, keep it")).to_be_focused()
    chat.keyboard.press("Enter")
    expect(asks).to_be_hidden()
    assert bot.heard_no_more("send_message")
    choose(chat, "Delete what is stored about me")
    asks.get_by_role("button", name="Yes, delete it").click()
    assert bot.heard("cancel")["turn"] == open_turn
    bot.complete(open_turn, 0, state="stopped")
    commanded(bot, "It is deleted.")
    expect(chat.get_by_test_id("question")).to_have_text(["Delete what is stored about me"])
    expect(chat.get_by_test_id("answer")).to_have_text(["It is deleted."])
    expect(chat.get_by_test_id("earlier")).to_be_hidden()


def test_the_bot_has_nothing_any_more_after_a_yes(page: Page, demo: Demo):
    page.goto(f"{demo.url}/chat?config={demo.facts['config_id']}")
    write(page, "My name is Anna")
    expect(page.get_by_test_id("answer")).to_contain_text("Anna")
    choose(page, "Delete what is stored about me")
    page.get_by_role("button", name="Yes, delete it").click()
    expect(page.get_by_test_id("answer").last).to_contain_text("It is deleted.")
    expect(page.get_by_test_id("question")).to_have_text(["Delete what is stored about me"])
    page.reload()
    expect(page.get_by_test_id("presence")).to_have_attribute("data-state", "online")
    expect(page.get_by_test_id("question")).to_have_count(0)


def test_a_deletion_typed_by_hand_is_seen_at_once_too(chat: Page, bot: ChatServer):
    bot.facts["history"] = [DONE]
    open_chat(chat, bot)
    write(chat, " /Forget  YES ")
    commanded(bot, "It is deleted.")
    expect(chat.get_by_test_id("answer")).to_have_text(["It is deleted."])


def test_in_a_room_the_words_of_the_others_stay(chat: Page, bot: ChatServer):
    bot.facts["history"] = [DONE, {**DONE, "turn": "2", "from": OTHER, "question": "Who?", "answer": "I."}]
    open_chat(chat, bot, "config=k1&room=garden")
    expect(open_menu(chat).get_by_role("menuitem")).to_have_text(ITEMS[1:])
    chat.keyboard.press("Escape")
    choose(chat, "Delete what is stored about me")
    chat.get_by_role("button", name="Yes, delete it").click()
    commanded(bot, "It is deleted.")
    expect(chat.get_by_test_id("answer")).to_have_text(["I.", "It is deleted."])


def test_the_privacy_page_opens_beside_the_chat(page: Page, demo: Demo):
    page.goto(f"{demo.url}/chat?config={demo.facts['config_id']}")
    with page.expect_popup() as popup:
        choose(page, "Privacy")
    expect(popup.value.get_by_role("heading").first).to_be_visible()
    assert popup.value.url == f"{demo.url}/privacy"


def test_another_language_is_spoken_at_once_and_the_next_time(chat: Page, bot: ChatServer):
    german = {"title": "Gärtnerin", "opening": "Hallo!", "starters": ["Was wächst im Mai?"]}
    english = {"title": "Gardener", "opening": "Hello!", "starters": ["What grows in May?"], "language": "en"}
    bot.facts["persona"] = {"name": "Aunt Mary", **english, "translations": {"de": german}}
    open_chat(chat, bot)
    chat.get_by_test_id("composer").fill("half a thought")
    open_menu(chat).get_by_role("menuitemradio", name="Deutsch").click()
    for _ in range(2):
        expect(chat.locator("html")).to_have_attribute("lang", "de")
        expect(chat.get_by_test_id("composer")).to_have_attribute("placeholder", "Nachricht schreiben…")
        expect(chat.get_by_test_id("composer")).to_have_value("half a thought")
        expect(chat.get_by_test_id("persona")).to_have_text("Aunt Mary")
        expect(chat.get_by_test_id("opening")).to_have_text("Hallo!")
        expect(chat.get_by_test_id("starter")).to_have_text(["Was wächst im Mai?"])
        expect(chat.get_by_role("button", name="Menü")).to_be_visible()
        chat.reload()
    write(chat, "Hallo?")
    bot.answer("Hallo!")
    expect(chat.get_by_role("button", name="Kopieren")).to_be_visible()
    chat.get_by_role("button", name="Menü").click()
    expect(chat.get_by_role("menuitemradio", checked=True)).to_have_text("Deutsch")
    chat.get_by_role("menuitemradio", name="English").click()
    expect(chat.get_by_role("button", name="Copy", exact=True)).to_be_visible()
    expect(chat.get_by_test_id("question")).to_have_text(["Hallo?"])


def test_without_storage_the_language_is_kept_while_the_page_is_open(chat: Page, bot: ChatServer):
    chat.add_init_script(NO_STORAGE)
    bot.facts["history"] = [DONE]
    open_chat(chat, bot)
    open_menu(chat).get_by_role("menuitemradio", name="한국어").click()
    expect(chat.get_by_role("button", name="복사", exact=True)).to_be_visible()
    expect(chat.locator("html")).to_have_attribute("lang", "ko")


def test_a_closed_chat_offers_only_what_works(chat: Page, bot: ChatServer):
    bot.config_status = 404
    chat.goto(f"{bot.url}/chat?config=k1")
    expect(chat.get_by_test_id("trouble")).to_contain_text(
        "There is no such chat. Perhaps it has been closed, or the address is incomplete."
    )
    menu = open_menu(chat)
    expect(menu.get_by_role("menuitem")).to_have_text(["Privacy"])
    menu.get_by_role("menuitemradio", name="Deutsch").click()
    expect(chat.get_by_test_id("trouble")).to_contain_text("Diesen Chat gibt es nicht.")
