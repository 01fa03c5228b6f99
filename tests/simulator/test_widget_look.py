"""How a site's page may make its bubble look: place, colour, title, face, greeting, or none at all."""

import itertools
import re

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from chalicelib.content.look import contrast_with_white
from tests.simulator.chat_server import SHOP, ChatServer
from tests.simulator.chromium import needs_chromium
from tests.simulator.test_chat_widget import RUN_AGAIN, visit

pytestmark = needs_chromium

TAG = "document.querySelector('script[data-config]')"
IMAGE = "data:image/gif;base64,R0lGODlhAQABAIAAAAUEBAAAACwAAAAAAQABAAACAkQBADs="  # one pixel


def show(chat: Page, bot: ChatServer, attributes: str = "", html: str = "<html>") -> None:
    tag = bot.embed(f'data-config="k1" {attributes}')
    visit(chat, bot, f"{html}<title>Shop</title>{SHOP}{tag}")
    expect(chat.locator("parley-chat")).to_have_count(1)


def warnings(chat: Page) -> list[str]:
    said: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.text.startswith("Parley:"):
            said.append(message.text)

    chat.on("console", note)
    return said


def left_of_bubble(chat: Page) -> float:
    box = chat.locator(".bubble").bounding_box()
    assert box
    return box["x"]


def colour_of(chat: Page, selector: str, name: str) -> tuple[int, ...]:
    value = chat.locator(selector).evaluate("(node, name) => getComputedStyle(node)[name]", name)
    return tuple(int(part) for part in re.findall(r"\d+", value)[:3])


def test_the_page_says_on_which_side_the_bubble_is(chat: Page, bot: ChatServer):
    said = warnings(chat)
    for direction, (position, left) in itertools.product(
        ("ltr", "rtl"), (("left", 20), ("right", 1020), ("LEFT ", 20))
    ):
        show(chat, bot, f'data-position="{position}"', f"<html dir={direction}>")
        assert left_of_bubble(chat) == left
        chat.locator(".bubble").click()
        box = chat.locator(".panel").bounding_box()
        assert box
        assert box["x"] == (20 if left == 20 else 678), (position, direction)  # 400 px and a border
        chat.evaluate("Parley.close()")
    assert said == []


def test_what_is_on_the_bubble_can_be_read_on_each_colour(chat: Page, bot: ChatServer):
    inks = {"#0b6e4f": 255, "#ffd400": 0, "#FFFFFF": 0, "#000000": 255, "#777777": 0, "#767676": 255}
    for colour, ink in inks.items():
        show(chat, bot, f'data-colour="{colour}"')
        assert colour_of(chat, ".bubble", "backgroundColor") == tuple(bytes.fromhex(colour[1:]))
        assert colour_of(chat, ".bubble", "color") == (ink,) * 3, colour


@pytest.mark.parametrize("colour", ["#0b6e4f", "#ffd400", "#ffffff"])
def test_the_chat_has_the_colour_of_the_bubble_so_dark_that_white_can_be_read_on_it(
    chat: Page, bot: ChatServer, colour: str
):
    show(chat, bot, f'data-colour="{colour}"')
    chat.locator(".bubble").click()
    page = chat.frame_locator("iframe").locator("html")
    expect(page).to_have_attribute("data-coloured", "")
    shown = page.evaluate("node => getComputedStyle(node).getPropertyValue('--persona')")
    assert contrast_with_white(shown) >= 5
    assert shown == colour or contrast_with_white(colour) < 5


def test_the_title_is_beside_the_face_and_names_the_bubble_and_the_chat(chat: Page, bot: ChatServer):
    show(chat, bot, 'data-title="  Ask   a gardener " data-face="🌱"')
    bubble = chat.get_by_role("button", name="Ask a gardener", exact=True)
    expect(bubble.locator(".title")).to_have_text("Ask a gardener")
    expect(bubble.locator(".face")).to_have_text("🌱")
    bubble.click()
    expect(chat.get_by_role("button", name="Close the chat")).to_be_visible()
    expect(chat.get_by_title("Ask a gardener")).to_be_visible()


def test_on_a_phone_the_title_leaves_the_page_its_room_and_is_still_the_name(chat: Page, bot: ChatServer):
    chat.set_viewport_size({"width": 360, "height": 740})
    show(chat, bot, 'data-title="Ask a gardener"')
    expect(chat.locator(".title")).to_be_hidden()
    box = chat.get_by_role("button", name="Ask a gardener").bounding_box()
    assert box
    assert (box["width"], box["x"]) == (60, 280)


def test_the_face_may_be_an_image(chat: Page, bot: ChatServer):
    show(chat, bot, f'data-face="{IMAGE}"')
    expect(chat.locator(".face img")).to_have_attribute("src", IMAGE)


def test_an_image_that_is_not_there_gives_the_usual_face(chat: Page, bot: ChatServer):
    said = warnings(chat)
    show(chat, bot, 'data-face="prod/chat/nobody.png"')
    expect(chat.locator(".face .talk")).to_be_visible()
    assert len(said) == 1
    assert "the image of data-face was not loaded: http://localhost:" in said[0]


def test_the_greeting_opens_the_chat_and_is_not_shown_again(chat: Page, bot: ChatServer):
    show(chat, bot, 'data-greeting="Can I help you?"')
    chat.get_by_role("button", name="Can I help you?").click()
    expect(chat.locator(".panel")).to_be_visible()
    expect(chat.locator(".greeting")).to_be_hidden()
    chat.get_by_role("button", name="Close the chat").click()
    expect(chat.locator(".greeting")).to_be_hidden()
    chat.reload()
    expect(chat.locator(".bubble")).to_be_visible()
    expect(chat.locator(".greeting")).to_be_hidden()


def test_a_greeting_that_is_dismissed_stays_away_on_the_next_page(chat: Page, bot: ChatServer):
    show(chat, bot, 'data-greeting="Can I help you?"')
    chat.get_by_role("button", name="Dismiss").press("Enter")
    expect(chat.locator(".greeting")).to_be_hidden()
    expect(chat.get_by_role("button", name="Open the chat")).to_be_focused()
    chat.goto(f"{bot.elsewhere}/?next")
    expect(chat.locator(".bubble")).to_be_visible()
    expect(chat.locator(".greeting")).to_be_hidden()


def test_a_hidden_bubble_leaves_the_chat_to_the_page(chat: Page, bot: ChatServer):
    for hidden in ('data-hidden="true"', "data-hidden=hidden", "data-hidden"):
        show(chat, bot, f'{hidden} data-greeting="Hello"')
        expect(chat.locator(".bubble")).to_be_hidden()
    expect(chat.locator(".greeting")).to_be_hidden()
    expect(chat.locator(".bubble")).to_be_hidden()
    chat.evaluate("Parley.open()")
    frame = chat.frame_locator("iframe")
    expect(frame.get_by_test_id("presence")).to_have_attribute("data-state", "online")
    expect(chat.locator(".bubble")).to_be_hidden()
    box = chat.locator(".panel").bounding_box()
    assert box
    assert box["y"] + box["height"] == 780
    frame.get_by_test_id("close").click()
    expect(chat.locator(".panel")).to_be_hidden()
    expect(chat.locator(".bubble")).to_be_hidden()


@pytest.mark.parametrize("width", [360, 1100])
def test_a_chat_that_cannot_be_loaded_can_be_closed(chat: Page, bot: ChatServer, width: int):
    chat.set_viewport_size({"width": width, "height": 740})
    show(chat, bot, "data-hidden")
    chat.route("**/chat?*", lambda route: route.abort())
    chat.evaluate("Parley.open()")
    chat.get_by_role("button", name="Close the chat").click()
    expect(chat.locator(".panel")).to_be_hidden()
    expect(chat.locator(".bubble")).to_be_hidden()


WRONG = (
    ("data-position='middle'", 'data-position="middle" is not left or right, so it is left out.'),
    ("data-position='constructor'", 'data-position="constructor" is not left or right'),
    ("data-colour='gren'", 'data-colour="gren" is not a colour such as #5443d6, so it is left out.'),
    ("data-colour='#fff'", "is not a colour such as #5443d6"),
    ("data-colour='#5443d6; } * { display: none'", "is not a colour such as #5443d6"),
    ("data-colour='url(https://example.com)'", "is not a colour such as #5443d6"),
    (f"data-title='{'x' * 41}'", "is not a text of at most 40 characters"),
    ("data-face='A'", 'data-face="A" is not an emoji or the address of an image, so it is left out.'),
    ("data-face='javascript:alert(1)//.'", "is not an emoji or the address of an image"),
    ("data-face='data:text/html,<script>/'", "is not an emoji or the address of an image"),
    ("data-face='https://['", "is not an emoji or the address of an image"),
    (f"data-greeting='{'x' * 201}'", "is not a text of at most 200 characters"),
    ("data-hidden='perhaps'", 'data-hidden="perhaps" is not true or false, so it is left out.'),
    ("data-color='#5443d6'", "data-color is written data-colour."),
)


def test_a_wrong_value_is_said_once_and_the_bubble_is_as_usual(chat: Page, bot: ChatServer):
    said = warnings(chat)
    for attribute, words in WRONG:
        show(chat, bot, attribute)
        chat.evaluate(f"{TAG}.dataset.visitor = ''")
        bubble = chat.get_by_role("button", name="Open the chat")
        expect(bubble.locator(".talk")).to_be_visible()
        assert left_of_bubble(chat) == 1020
        assert colour_of(chat, ".bubble", "color") == (255, 255, 255)
        expect(chat.locator(".greeting")).to_be_hidden()
        [warning] = said
        assert words in warning
        said.clear()


def test_an_empty_value_is_none_and_nothing_is_said(chat: Page, bot: ChatServer):
    said = warnings(chat)
    for name in ("position", "colour", "title", "face", "greeting", "hidden=false"):
        show(chat, bot, f"data-{name}" if "=" in name else f'data-{name}=""')
        expect(chat.get_by_role("button", name="Open the chat")).to_be_visible()
        assert said == [], name


def test_what_the_page_writes_is_text_and_never_markup(chat: Page, bot: ChatServer):
    mark = "&lt;img src=x onerror=alert(1)&gt;"
    show(chat, bot, f'data-title="{mark}" data-greeting="{mark}"')
    expect(chat.locator(".words")).to_have_text("<img src=x onerror=alert(1)>")
    expect(chat.locator("parley-chat img")).to_have_count(0)


def test_the_look_changes_with_the_tag_and_the_next_pages_tag_says_how_it_is_there(chat: Page, bot: ChatServer):
    show(chat, bot, 'data-position="left" data-colour="#ffd400"')
    chat.evaluate(f"{TAG}.dataset.title = 'Ask'")
    expect(chat.locator(".title")).to_have_text("Ask")
    chat.evaluate(RUN_AGAIN, bot.embed('data-config="k1" data-face="🌱"'))
    expect(chat.locator(".face")).to_have_text("🌱")
    expect(chat.locator(".title")).to_be_hidden()
    assert left_of_bubble(chat) == 1020
    assert colour_of(chat, ".bubble", "color") == (255, 255, 255)


def test_a_module_says_it_in_the_scripts_address(chat: Page, bot: ChatServer):
    address = f"{bot.url}/widget.js?config=k1&position=left&colour=%230b6e4f&title=Ask&hidden=false"
    visit(chat, bot, f'<title>Shop</title>{SHOP}<script type="module">import "{address}"</script>')
    expect(chat.get_by_role("button", name="Ask")).to_be_visible()
    assert left_of_bubble(chat) == 20
    assert colour_of(chat, ".bubble", "backgroundColor") == (11, 110, 79)


def test_a_page_with_a_strict_policy_of_its_own_has_all_of_it(chat: Page, bot: ChatServer):
    origin = bot.url.removesuffix("/prod")
    bot.shop_headers = {
        "Content-Security-Policy": f"default-src 'none'; script-src {origin}; frame-src {origin}; style-src 'self'; "
        "img-src data:; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    }
    look = f'data-position="left" data-colour="#ffd400" data-title="Ask" data-face="{IMAGE}" data-greeting="Hello"'
    show(chat, bot, look)
    chat.get_by_role("button", name="Hello").click()
    expect(chat.frame_locator("iframe").get_by_test_id("presence")).to_have_attribute("data-state", "online")
    assert colour_of(chat, ".bubble", "color") == (0, 0, 0)
    assert chat.evaluate("document.querySelectorAll('parley-chat[style]').length") == 0
    chat.evaluate(f"{TAG}.dataset.colour = '#0b6e4f'")
    expect(chat.locator(".bubble")).to_have_css("color", "rgb(255, 255, 255)")
