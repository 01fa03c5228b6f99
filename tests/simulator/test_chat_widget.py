"""The widget on other sites' pages: it stays whatever the page does, and starts however the script got there."""

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.simulator.chat_page import a_page
from tests.simulator.chat_server import SHOP, ChatServer
from tests.simulator.chromium import needs_chromium

pytestmark = needs_chromium

PLACES = {
    "head": "<head><title>Shop</title>{script}</head><body>{shop}</body>",
    "head, deferred": "<head><title>Shop</title>{script:defer}</head><body>{shop}</body>",
    "head, async": "<head><title>Shop</title>{script:async}</head><body>{shop}</body>",
    "begin of the body": "<head><title>Shop</title></head><body>{script}{shop}</body>",
    "end of the body": "<head><title>Shop</title></head><body>{shop}{script}</body>",
    "twice": "<head><title>Shop</title>{script}</head><body>{shop}{script}</body>",
}
NEW_BODY = "Object.assign(document.createElement('body'), { innerHTML: '<h1>Next page</h1>' })"
SWAPS = {
    "Turbo": f"document.documentElement.replaceChild({NEW_BODY}, document.body)",
    "Astro": f"document.body.replaceWith({NEW_BODY})",
    "htmx": "document.body.innerHTML = '<h1>Next page</h1>'",
    "an assignment": f"document.body = {NEW_BODY}",
}
RUN_AGAIN = """tag => {
  const holder = document.createElement("div");
  holder.innerHTML = tag;
  const script = document.createElement("script");
  for (const { name, value } of holder.firstChild.attributes) script.setAttribute(name, value);
  document.body.append(script);
  return new Promise((done) => script.addEventListener("load", done));
}"""


def visit(chat: Page, bot: ChatServer, html: str = "") -> None:
    """Open the shop's page, which may frame the chat."""
    bot.framed_by = (bot.elsewhere,)
    if html:
        bot.shop = html
    chat.goto(bot.elsewhere)


def open_widget(chat: Page) -> FrameLocator:
    chat.get_by_role("button", name="Open the chat").click()
    frame = chat.frame_locator("iframe")
    expect(frame.get_by_test_id("presence")).to_have_attribute("data-state", "online")
    return frame


def page_with(place: str, bot: ChatServer) -> str:
    html = PLACES[place].replace("{shop}", SHOP)
    for attribute in ("defer", "async"):
        html = html.replace(f"{{script:{attribute}}}", bot.embed(f'data-config="k1" {attribute}'))
    return html.replace("{script}", bot.embed())


PAIRS = [
    pytest.param(place, swap, marks=[] if (row + column) % len(SWAPS) == 0 else pytest.mark.full)
    for row, place in enumerate(PLACES)
    for column, swap in enumerate(SWAPS)
]
"""Each place with one swap, and each swap with a place; the other pairs with `--full`."""


@pytest.mark.parametrize(("place", "swap"), PAIRS)
def test_the_open_chat_stays_as_it_is_when_the_page_replaces_its_body(
    chat: Page, bot: ChatServer, place: str, swap: str
):
    visit(chat, bot, page_with(place, bot))
    frame = open_widget(chat)
    frame.get_by_test_id("composer").fill("Half a question")
    for _ in range(2):
        chat.evaluate(SWAPS[swap])
        chat.evaluate(RUN_AGAIN, bot.embed())
    expect(chat.get_by_role("heading")).to_have_text("Next page")
    expect(chat.locator("parley-chat")).to_have_count(1)
    expect(frame.get_by_test_id("composer")).to_have_value("Half a question")
    chat.get_by_role("button", name="Close the chat").click()
    expect(chat.locator("iframe")).to_be_hidden()
    assert bot.tickets == [None]


@pytest.mark.parametrize(
    "replace",
    [
        "document.documentElement.replaceWith(document.implementation.createHTMLDocument('Next page').documentElement)",
        "document.documentElement.innerHTML = '<head></head><body>Next page</body>'",
        "document.querySelector('parley-chat').remove()",
    ],
)
def test_the_bubble_comes_back_when_the_page_is_replaced_as_a_whole(chat: Page, bot: ChatServer, replace: str):
    visit(chat, bot)
    for _ in range(2):
        open_widget(chat)
        chat.evaluate(replace)
        expect(chat.locator("parley-chat")).to_have_count(1)
        chat.get_by_role("button", name="Close the chat").click()
    expect(chat.get_by_role("button", name="Open the chat")).to_be_visible()


def test_a_script_added_after_the_page_was_loaded_shows_the_bubble(chat: Page, bot: ChatServer):
    visit(chat, bot, f"<title>Shop</title>{SHOP}")
    chat.evaluate(RUN_AGAIN, bot.embed())
    open_widget(chat)


@pytest.mark.parametrize(
    ("attributes", "query"),
    [
        ("", "?config=k1"),
        ('data-config=""', "?config=k1"),
        ('data-config="k1"', "?v=3"),
        ('data-config="k1"', "?config=k2"),
        ('type="module"', "?config=k1"),
        ('type="module" data-config="k1"', ""),
        ('type="module" async data-config="k1"', "?v=3"),
        ('crossorigin data-config="k1"', ""),
        ('crossorigin="anonymous" defer', "?config=k1"),
    ],
)
def test_the_key_is_found_in_the_tag_or_in_its_address(chat: Page, bot: ChatServer, attributes: str, query: str):
    visit(chat, bot, f"<title>Shop</title>{bot.embed(attributes, query=query)}{SHOP}")
    open_widget(chat)
    assert "config=k1&" in (chat.locator("iframe").get_attribute("src") or "")


@pytest.mark.parametrize("load", ['import "{}"', 'await import("{}")', 'import("{}")'])
def test_a_module_may_import_the_widget(chat: Page, bot: ChatServer, load: str):
    script = load.format(f"{bot.url}/widget.js?config=k1&room=garden")
    visit(chat, bot, f'<title>Shop</title>{SHOP}<script type="module">{script}</script>')
    frame = open_widget(chat)
    expect(frame.get_by_test_id("room")).to_have_text("Room garden")


@pytest.mark.parametrize("attributes", ["", 'data-config=""', 'type="module"', 'data-confg="k1"'])
def test_a_tag_without_a_key_says_what_is_missing(chat: Page, bot: ChatServer, attributes: str):
    bot.shop = f"<title>Shop</title>{SHOP}{bot.embed(attributes)}"
    with chat.expect_console_message(lambda said: said.type == "error") as message:
        chat.goto(bot.elsewhere)
    for part in ("Parley", 'data-config="…"', "?config=…"):
        assert part in message.value.text
    expect(chat.locator("parley-chat")).to_have_count(0)


@pytest.mark.parametrize("policy", ["require-corp", "credentialless"])
@pytest.mark.parametrize("attributes", ['data-config="k1"', 'data-config="k1" crossorigin'])
def test_the_chat_works_on_a_page_that_is_isolated(chat: Page, bot: ChatServer, policy: str, attributes: str):
    bot.shop_headers = {"Cross-Origin-Embedder-Policy": policy, "Cross-Origin-Opener-Policy": "same-origin"}
    visit(chat, bot, f"<title>Shop</title>{SHOP}{bot.embed(attributes)}")
    assert chat.evaluate("crossOriginIsolated")
    frame = open_widget(chat)
    frame.get_by_test_id("composer").fill("Do you sell roses?")
    chat.keyboard.press("Enter")
    bot.answer("We do.")
    expect(frame.get_by_test_id("answer")).to_have_text("We do.")


@pytest.mark.parametrize("languages", ["undefined", "null", "[]", "[undefined]", '["tlh", "x"]'])
def test_a_browser_that_names_no_known_language_gets_english(browser: Browser, bot: ChatServer, languages: str):
    with a_page(browser, bot.url, bot.elsewhere, locale="fi-FI") as chat:
        chat.add_init_script(f"Object.defineProperty(navigator, 'languages', {{ get: () => {languages} }})")
        visit(chat, bot)
        open_widget(chat)


@pytest.mark.parametrize(
    ("html", "right"),
    [("<html dir=rtl><body>", False), ("<html><body dir=rtl>", False), ("<html><body>", True)],
)
def test_the_bubble_is_where_the_pages_lines_end(chat: Page, bot: ChatServer, html: str, right: bool):  # noqa: FBT001
    visit(chat, bot, f"{html}<title>Shop</title>{SHOP}{bot.embed()}")
    box = chat.get_by_role("button", name="Open the chat").bounding_box()
    assert box
    assert (box["x"] > 550) is right
