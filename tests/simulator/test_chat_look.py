"""What a persona looks like on the chat page, in a real browser."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from chalicelib.content import persona
from tests.simulator.chat_page import a_page, open_chat, write
from tests.simulator.chat_server import PERSONA, ChatServer
from tests.simulator.chromium import needs_chromium
from tests.simulator.test_accessibility import DARK_AND_NARROW, LIGHT_AND_WIDE, check

pytestmark = needs_chromium


@pytest.mark.parametrize("looks", [LIGHT_AND_WIDE, DARK_AND_NARROW], ids=["light and wide", "dark and narrow"])
def test_santa_is_at_his_workshop_in_winter(browser: Browser, bot: ChatServer, looks: Any):
    bot.facts.update(persona=persona.load("santa").public())
    with browser.new_context(**looks) as context:
        page = context.new_page()
        open_chat(page, bot)
        expect(page.get_by_test_id("title")).to_have_text("The workshop at the North Pole")
        expect(page).to_have_title("Santa Claus · The workshop at the North Pole")
        face = page.locator(".intro .face img")
        expect(face).to_be_visible()
        assert face.evaluate("image => image.decode().then(() => image.naturalWidth > 0)")
        check(page)
        write(page, "A sledge, please")
        turn = bot.ask()
        bot.say(turn, "Ho ho ho!")
        bot.complete(turn, 1)
        expect(page.locator(".answer .face img")).to_have_count(1)
        page.get_by_test_id("composer").fill("And a ball")
        expect(page.get_by_test_id("send")).to_have_css("background-color", "rgb(179, 32, 42)")
        check(page)


def test_the_title_is_in_the_visitors_language(browser: Browser, bot: ChatServer):
    bot.facts.update(persona=persona.load("santa").public())
    with a_page(browser, bot.url, locale="de-DE") as chat:
        open_chat(chat, bot)
        expect(chat.get_by_test_id("title")).to_have_text("Die Werkstatt am Nordpol")


def test_an_emoji_is_a_face_and_without_one_it_is_the_first_letter(chat: Page, bot: ChatServer):
    bot.facts.update(persona={**PERSONA, "face": "🥐", "colour": "#7a4a12"})
    open_chat(chat, bot)
    expect(chat.locator(".intro .face")).to_have_text("🥐")
    bot.facts.update(persona=PERSONA)
    open_chat(chat, bot)
    expect(chat.locator(".intro .face")).to_have_text("A")
    expect(chat.get_by_test_id("title")).to_be_hidden()


def test_in_a_hostile_face_no_script_runs_and_nothing_is_loaded(chat: Page, bot: ChatServer):
    hostile = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8" onload="parent.document.title = 1">'
        "<script>document.title = 2; parent.document.title = 3</script>"
        f'<image href="{bot.url}/stolen.png" width="8" height="8"/></svg>'
    )
    asked: list[str] = []
    chat.on("request", lambda request: asked.append(request.url))
    bot.facts.update(persona={"name": "Mary", "face": hostile, "colour": "red;} body { display: none"})
    open_chat(chat, bot)
    face = chat.locator(".intro .face img")
    assert face.evaluate("image => image.decode().then(() => true)")
    expect(chat).to_have_title("Mary")
    assert not [url for url in asked if "stolen" in url]
    assert chat.locator("html").get_attribute("data-coloured") is None
    assert chat.locator("svg[onload], script:not([src])").count() == 0


@pytest.mark.parametrize("face", ["<b>x</b>", "<img src=x onerror=alert(1)>"])
def test_markup_that_is_no_svg_is_shown_as_the_text_that_it_is(chat: Page, bot: ChatServer, face: str):
    bot.facts.update(persona={"name": "Mary", "face": face})
    open_chat(chat, bot)
    expect(chat.locator(".intro .face")).to_have_text(face)
