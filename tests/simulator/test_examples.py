"""The clients of `docs/examples`, as somebody would try them."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.simulator.chatting import new_key
from tests.simulator.chromium import needs_chromium
from tests.simulator.conftest import Demo
from tests.transcripts import Client

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
QUESTION = "What is AWS Lambda?"
ANSWER = f"You wrote “{QUESTION}”. It is the first message of this conversation."
PATIENCE_S = 60


def address(demo: Demo, **fields: Any) -> str:
    """The WebSocket address of a new open key."""
    key = new_key(demo, **{"open": True, "max_messages": 100, "origins": ["*"], **fields})
    return f"{demo.facts['websocket_url']}?config={key['id']}"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """The page, opened from the disk."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto((EXAMPLES / "page.html").as_uri())
        yield page


@needs_chromium
def test_the_page_connects_shows_the_answer_and_disconnects(page: Page, demo: Demo):
    page.get_by_label("WebSocket address").fill(address(demo))
    page.get_by_role("button", name="Connect", exact=True).click()
    page.get_by_label("Message").fill(QUESTION)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("log")).to_contain_text(ANSWER)
    page.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_role("log")).to_contain_text("The connection is closed (1005).")


@needs_chromium
def test_the_page_says_what_to_check_when_its_key_opens_nothing(page: Page, demo: Demo):
    page.get_by_label("WebSocket address").fill(f"{demo.facts['websocket_url']}?config=nosuchkey1")
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_role("log")).to_contain_text("check the address, and the id of the key")


@needs_chromium
def test_the_page_reads_whole_answers_too(page: Page, demo: Demo):
    page.get_by_label("WebSocket address").fill(address(demo, answers="whole"))
    page.get_by_role("button", name="Connect", exact=True).click()
    page.get_by_label("Message").fill(QUESTION)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("log")).to_contain_text(ANSWER)


@pytest.mark.parametrize("by", ["an open key", "the key itself"])
def test_the_program_prints_the_answer(demo: Demo, by: str):
    where, more = address(demo), {}
    if by == "the key itself":
        where, more = demo.facts["websocket_url"], {"PARLEY_KEY": new_key(demo)["key"]}
    command = [sys.executable, str(EXAMPLES / "client.py"), where, QUESTION]
    env = {**os.environ, "PYTHONUTF8": "1", "NO_PROXY": "127.0.0.1", **more}
    done = subprocess.run(command, env=env, capture_output=True, encoding="utf-8", timeout=PATIENCE_S, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(ANSWER)


def test_the_session_of_the_guide_is_what_the_command_line_shows(demo: Demo):
    streamed, whole = re.findall(r"^```\n(> .*?)^```", (EXAMPLES / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    for session, where in ((streamed, address(demo)), (whole, address(demo, answers="whole"))):
        asked, *shown = session.splitlines()
        kinds = [re.findall('"(?:type":"(.*?)"|(message)":)', line)[0] for line in shown]
        expected = [kind or message for kind, message in kinds]
        client = Client(where)
        try:
            client.connected.get(timeout=PATIENCE_S)
            client.type(asked.removeprefix("> "))
            assert seen(client, last=expected[-1]) == expected
        finally:
            client.end()


def seen(client: Client, *, last: str) -> list[str]:
    """The types of the frames that came until the last one, each as often as it begins anew."""
    ends_at = time.monotonic() + PATIENCE_S
    while True:
        types = [str(frame.get("type", "message")) for frame in list(client.told)]
        if types[-1:] == [last] or time.monotonic() > ends_at:
            return [kind for kind, _ in groupby(types)]
        time.sleep(0.05)
