"""The chat page when the bot refuses it: it gives up with a clear sentence, unless the reason may pass."""

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.simulator.chat_page import a_page, open_chat, write
from tests.simulator.chat_server import ChatServer
from tests.simulator.chromium import needs_chromium

pytestmark = needs_chromium

NO_ROOM = "This room cannot be opened. Perhaps its address is incomplete."
WRONG_ROOM = "This link to a room is not complete. Please ask for it again."
LONG_MS = 10 * 60_000


def enter(chat: Page, bot: ChatServer, *, held: str = "join") -> None:
    """Open the page of a room, up to the frame that the bot will refuse."""
    chat.clock.install()
    bot.hold(held)
    chat.goto(f"{bot.url}/chat?config=k1&room=garden")
    bot.heard(held)


def has_given_up(chat: Page, bot: ChatServer) -> bool:
    """Whether the page stays away, also when it is shown again and when the network is back."""
    tickets = len(bot.tickets)
    for _ in range(3):
        chat.clock.fast_forward(LONG_MS)
        chat.evaluate("dispatchEvent(new Event('online')); document.dispatchEvent(new Event('visibilitychange'))")
        chat.evaluate("fetch('chat').then((page) => page.text())")  # what it asked for before has arrived
    return len(bot.tickets) == tickets and bot.heard_no_more("authenticate")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("bad_frame", NO_ROOM),
        ("wrong_room", WRONG_ROOM),
        ("too_many_joins", NO_ROOM),
        ("too_many_rooms", NO_ROOM),
        ("blocked", "Your messages are not answered here."),
        ("key_revoked", "This chat has been closed by its owner."),
        ("wrong_origin", "This chat may not be used on this page."),
    ],
)
def test_a_room_that_is_refused_is_given_up_with_the_reason(chat: Page, bot: ChatServer, code: str, said: str):
    enter(chat, bot)
    bot.tell("error", code=code, message="no")
    expect(chat.get_by_test_id("trouble")).to_contain_text(said)
    expect(chat.get_by_test_id("try-now")).to_be_hidden()
    expect(chat.get_by_test_id("composer")).to_be_disabled()
    assert has_given_up(chat, bot)


def blocked(chat: Page, bot: ChatServer) -> Locator:
    """A blocked visitor opens the page; the button by which they are forgotten."""
    bot.hold("authenticate")
    chat.goto(f"{bot.url}/chat?config=k1")
    bot.heard("authenticate")
    bot.tell("error", code="blocked", message="no")
    return chat.get_by_test_id("forget-me")


def test_a_blocked_visitor_is_asked_before_all_is_deleted_and_no_changes_nothing(chat: Page, bot: ChatServer):
    button = blocked(chat, bot)
    expect(button).to_have_text("Delete what is stored about me")
    button.press("Enter")
    expect(chat.get_by_test_id("forget")).to_be_visible()
    expect(chat.get_by_test_id("forget")).to_contain_text("This cannot be undone.")
    chat.keyboard.press("Enter")
    expect(chat.get_by_test_id("forget")).to_be_hidden()
    expect(button).to_be_focused()
    assert bot.heard_no_more("authenticate")
    button.press("Enter")
    chat.get_by_role("button", name="Yes, delete it").click()
    asked = bot.heard("authenticate")
    assert (asked["ticket"], asked["forget"]) == ("ticket-1", True)
    bot.tell("accepted", turn=bot.next_turn())
    expect(button).to_have_text("Deleted: all that you have written here, and the answers.")
    expect(button).to_be_disabled()
    expect(chat.get_by_test_id("read-out")).to_contain_text("Deleted")


def test_a_blocked_visitor_who_was_not_forgotten_can_try_again(chat: Page, bot: ChatServer):
    button = blocked(chat, bot)
    for _ in range(2):
        button.click()
        chat.get_by_role("button", name="Yes, delete it").click()
        bot.heard("authenticate")
        bot.tell("error", code="try_again", message="later")
        expect(button).to_contain_text("It was not deleted")


@pytest.mark.parametrize("code", ["key_revoked", "wrong_origin", "auth_failed"])
def test_who_is_not_blocked_has_no_button_to_be_forgotten(chat: Page, bot: ChatServer, code: str):
    enter(chat, bot)
    bot.tell("error", code=code, message="no")
    expect(chat.get_by_test_id("trouble")).to_be_visible()
    expect(chat.get_by_test_id("forget-me")).to_be_hidden()


@pytest.mark.parametrize("code", ["blocked", "bad_frame", "too_large", "something_new"])
def test_a_visitor_who_is_refused_is_given_up_too(chat: Page, bot: ChatServer, code: str):
    enter(chat, bot, held="authenticate")
    bot.tell("error", code=code, message="no")
    expect(chat.get_by_test_id("composer")).to_be_disabled()
    expect(chat.get_by_test_id("trouble")).to_be_visible()
    assert has_given_up(chat, bot)


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en-GB", "This chat is open in too many other windows. Load the page again to continue here."),
        ("de-AT", "Dieser Chat ist in zu vielen anderen Fenstern geöffnet."),
        ("ko-KR", "이 채팅이 다른 창에서 너무 많이 열려 있습니다."),
    ],
)
def test_a_page_that_a_newer_one_replaces_says_so_and_does_not_take_the_place_back(
    browser: Browser, bot: ChatServer, locale: str, said: str
):
    with a_page(browser, bot.url, bot.elsewhere, locale=locale) as chat:
        chat.clock.install()
        open_chat(chat, bot)
        bot.heard("authenticate")
        bot.tell("error", code="too_many_connections", message="10 newer ones")
        expect(chat.get_by_test_id("trouble")).to_contain_text(said)
        expect(chat.get_by_test_id("composer")).to_be_disabled()
        assert has_given_up(chat, bot)


@pytest.mark.parametrize("code", ["room_full", "try_again", "too_fast"])
def test_a_reason_that_may_pass_is_tried_again_until_it_has_passed(chat: Page, bot: ChatServer, code: str):
    bot.hold("join")
    chat.goto(f"{bot.url}/chat?config=k1&room=garden")
    for _ in range(3):
        bot.heard("join")
        bot.tell("error", code=code, message="later")
        expect(chat.get_by_test_id("trouble")).to_be_visible()
    bot.heard("join")
    bot.ready(room="garden")
    expect(chat.get_by_test_id("trouble")).to_be_hidden()
    expect(chat.get_by_test_id("room")).to_have_text("Room garden")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_ticket_that_is_refused_is_not_asked_for_for_ever(chat: Page, bot: ChatServer, status: int):
    chat.clock.install()
    bot.config_status = status
    chat.goto(f"{bot.url}/chat?config=k1")
    expect(chat.get_by_test_id("composer")).to_be_disabled()
    expect(chat.get_by_test_id("trouble")).to_be_visible()
    assert has_given_up(chat, bot)


def test_the_widget_gives_up_a_refused_room_as_well(chat: Page, bot: ChatServer):
    bot.hold("join")
    bot.framed_by = (bot.elsewhere,)
    bot.shop = f"<title>Shop</title>{bot.embed('data-config=k1 data-room=garden')}"
    chat.goto(bot.elsewhere)
    chat.get_by_role("button", name="Open the chat").click()
    assert bot.heard("join")["room"] == "garden"
    bot.tell("error", code="wrong_room", message="no")
    expect(chat.frame_locator("iframe").get_by_test_id("trouble")).to_contain_text(WRONG_ROOM)


@pytest.mark.parametrize("code", ["too_many_rooms", "something_new"])
def test_a_message_that_is_refused_is_not_sent_again_by_itself(chat: Page, bot: ChatServer, code: str):
    chat.clock.install()
    open_chat(chat, bot)
    bot.heard("authenticate")
    write(chat, "One more room")
    frame = bot.heard("send_message")
    bot.tell("error", code=code, message="no", id=frame["id"])
    expect(chat.locator(".fate")).to_be_visible()
    expect(chat.get_by_test_id("retry")).to_be_visible()
    chat.clock.run_for(60_000)
    assert bot.heard_no_more("send_message")
    assert bot.heard_no_more("authenticate")


def test_a_key_that_is_revoked_meanwhile_ends_the_chat_with_the_reason(chat: Page, bot: ChatServer):
    chat.clock.install()
    open_chat(chat, bot)
    bot.heard("authenticate")
    bot.config_status = 404
    bot.hold("authenticate")
    bot.break_off()
    expect(chat.get_by_test_id("presence")).to_have_attribute("data-state", "offline")
    chat.clock.run_for(1_000)
    bot.heard("authenticate")
    bot.tell("error", code="key_revoked", message="revoked")
    expect(chat.get_by_test_id("trouble")).to_contain_text("This chat has been closed by its owner.")
    assert has_given_up(chat, bot)
