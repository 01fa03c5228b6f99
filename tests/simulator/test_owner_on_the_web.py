"""An owner without Messenger: the page that `owner pair --web` makes, in a browser."""

from playwright.sync_api import Browser, expect

from tests.simulator.chat_page import write
from tests.simulator.chromium import needs_chromium
from tests.simulator.commands import parley_json
from tests.simulator.conftest import Demo

pytestmark = needs_chromium


def test_who_opens_the_page_made_for_an_owner_becomes_one_and_decides_there(browser: Browser, demo: Demo):
    demo.say("anna", "Is anybody there?")
    demo.wait_until_answered("anna")
    made = parley_json(demo, "owner", "pair", "--web")
    with browser.new_context(reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(made["page"])
        expect(page.get_by_test_id("presence")).to_have_attribute("data-state", "online")
        write(page, made["text"])
        expect(page.locator("body")).to_contain_text("You are an owner of this bot from now on.")
        page.reload()
        write(page, "/people")
        expect(page.locator("body")).to_contain_text("Messenger")
        write(page, "/owner 2222-2222")
        expect(page.locator("body")).to_contain_text("You are an owner of this bot already.")
    with browser.new_context(reduced_motion="reduce") as other:
        page = other.new_page()
        page.goto(made["page"])
        write(page, made["text"])
        expect(page.locator("body")).to_contain_text("This code makes no owner")
