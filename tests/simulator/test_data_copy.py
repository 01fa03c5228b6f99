"""A person fetches the copy of their data in a browser, by the link that the bot sent."""

import json
import re
from pathlib import Path

from playwright.sync_api import Browser

from tests.simulator.chromium import needs_chromium
from tests.simulator.conftest import Demo

pytestmark = needs_chromium
QUESTION = "Do you open on Sundays?"


def test_the_button_behind_the_link_saves_the_copy_once(browser: Browser, demo: Demo):
    for turns, text in enumerate((QUESTION, "/export"), 1):
        demo.say("anna", text)
        demo.wait_until_answered("anna", turns=turns)
    [link] = re.findall(r"http\S+/export/\S+", " ".join(demo.answers_to("anna")))
    page = browser.new_page()
    page.goto(link)
    with page.expect_download() as saving:
        page.get_by_role("button").click()
    copy = json.loads(Path(saving.value.path()).read_text("utf-8"))
    assert QUESTION in [turn["text"] for turn in copy["turns"]]
    page.goto(link)
    assert page.get_by_role("button").count() == 0
    page.close()
