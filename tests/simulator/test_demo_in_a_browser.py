"""A page of somebody else, in the same real browser as the demo, and a page that the demo's owner allows."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.simulator.chatting import new_key
from tests.simulator.chromium import CHROMIUM, QUIET, needs_chromium
from tests.simulator.conftest import Demo
from tests.simulator.paid import ASK, WANTED, Paid, paid_demo
from tests.simulator.served import served

pytestmark = needs_chromium

THIEF: Final = """
async (targets) => {
  const got = {};
  const attempt = async (name, act) => {
    try { got[name] = await act(); } catch (error) { got[name] = `refused: ${error.name}`; }
  };
  for (const { name, url, options } of targets) {
    await attempt(name, async () => {
      const answer = await fetch(url, options);
      return `${answer.type} ${answer.status} ${await answer.text()}`;
    });
  }
  return got;
}
"""
KNOCK: Final = """
(url) => new Promise((resolve) => {
  const socket = new WebSocket(url);
  socket.onopen = () => resolve("open");
  socket.onclose = () => resolve("closed");
})
"""


@dataclass
class Elsewhere:
    """Another web server of this machine; a test sets its page."""

    url: str = ""
    page: str = "<title>Elsewhere</title>"

    async def serve(self, _: Request) -> Response:
        return HTMLResponse(f"<!doctype html>{self.page}")


@pytest.fixture(scope="module")
def paid() -> Iterator[Paid]:
    with paid_demo() as paid:
        yield paid


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    page = Elsewhere()
    with served([Route("/", page.serve)]) as url:
        page.url = url.replace("127.0.0.1", "localhost")
        yield page


@pytest.fixture
def thief(browser: Browser, elsewhere: Elsewhere) -> Iterator[Page]:
    """A page of another origin in the same browser."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(elsewhere.url)
        yield page


def test_a_page_in_the_same_browser_reads_neither_the_key_nor_the_demo(thief: Page, paid: Paid):
    ask = {"method": "POST", "body": WANTED, "headers": ASK}
    simple = {"method": "POST", "body": WANTED}
    targets = [
        {"name": "key", "url": paid.emulator, "options": ask},
        {"name": "key, simply", "url": f"{paid.emulator}/?X-Amz-Target=AmazonSSM.GetParameter", "options": simple},
        {"name": "health", "url": f"{paid.emulator}/_ministack/health", "options": {}},
        {"name": "world", "url": f"{paid.demo.url}/world", "options": {}},
        {"name": "page", "url": f"{paid.demo.url}/page/main.js", "options": {}},
    ]
    assert set(thief.evaluate(THIEF, targets).values()) == {"refused: TypeError"}
    assert thief.evaluate(KNOCK, paid.demo.facts["websocket_url"]) == "closed"


def test_a_page_in_the_same_browser_commands_nothing(thief: Page, paid: Paid):
    demo = paid.demo
    demo.reset()
    blind = {"method": "POST", "mode": "no-cors", "body": json.dumps({"person": "anna", "text": "burn money"})}
    names = ("say", "messenger/send", "workers/kill", "reset", "heartbeat")
    targets = [{"name": name, "url": f"{demo.url}/world/{name}", "options": blind} for name in names]
    thief.evaluate(THIEF, targets)
    thief.evaluate("([url, body]) => navigator.sendBeacon(url, body)", [f"{demo.url}/world/say", blind["body"]])
    thief.evaluate(
        """url => { const form = document.createElement("form");
        Object.assign(form, { method: "post", action: url, enctype: "text/plain" });
        const field = document.createElement("input");
        Object.assign(field, { name: '{"person": "anna", "text": "by form', value: '"}' });
        form.append(field); document.body.append(form); form.submit(); }""",
        f"{demo.url}/world/say",
    )
    thief.wait_for_url(f"{demo.url}/world/say")
    expect(thief.locator("body")).to_contain_text(demo.url)
    assert demo.turns("anna") == []


def test_a_page_in_the_same_browser_uses_up_no_tickets_of_the_visitor(thief: Page, demo: Demo):
    url = f"{demo.url}/config/{new_key(demo)['id']}"
    thief.evaluate(
        """async (url) => {
          const done = [];
          for (let n = 0; n < 20; n++) {
            done.push(fetch(`${url}?${n}`, { mode: "no-cors" }));
            const [src, href] = [url, url];
            for (const [tag, more] of [["img", { src }], ["script", { src }], ["iframe", { src }],
                                       ["link", { rel: "prefetch", href }], ["link", { rel: "stylesheet", href }]]) {
              const node = Object.assign(document.createElement(tag), more);
              done.push(new Promise((resolve) => { node.onload = node.onerror = resolve; setTimeout(resolve, 5000); }));
              document.body.append(node);
            }
          }
          await Promise.allSettled(done);
          const form = Object.assign(document.createElement("form"), { action: url });
          document.body.append(form);
          form.submit();
        }""",
        url,
    )
    thief.wait_for_url(f"{url}*")
    taken = 0
    while (status := demo.http.get(url).status_code) == 200:
        taken += 1
    assert status == 429
    assert 60 <= taken <= 120  # more than 60 only if an hour ended meanwhile


def test_the_widget_works_on_a_page_that_its_key_allows(browser: Browser, demo: Demo, elsewhere: Elsewhere):
    key = new_key(demo, origins=[elsewhere.url])
    elsewhere.page = f'<title>Shop</title><script src="{demo.url}/widget.js" data-config="{key["id"]}"></script>'
    with browser.new_context(locale="en-GB") as context:
        page = context.new_page()
        page.goto(elsewhere.url)
        page.get_by_role("button", name="Open the chat").click()
        chat = page.frame_locator("iframe")
        expect(chat.get_by_test_id("presence")).to_have_attribute("data-state", "online")
        chat.get_by_test_id("composer").fill("Do you sell roses?")
        page.keyboard.press("Enter")
        expect(chat.get_by_test_id("answer")).to_contain_text("Do you sell roses?")


def test_a_name_that_is_made_to_lead_to_this_machine_opens_nothing(browser: Browser, paid: Paid):
    """DNS rebinding: for the browser, page and demo then have one origin, and no rule of CORS is between them."""
    rebound = [*QUIET, "--host-resolver-rules=MAP evil.example 127.0.0.1"]
    other = browser.browser_type.launch(executable_path=CHROMIUM, args=rebound)
    try:
        page = other.new_page()
        for port in (paid.port, urlsplit(paid.emulator).port):
            opened = page.goto(f"http://evil.example:{port}/")
            assert opened
            assert opened.status == 403
            targets = [
                {"name": "world", "url": "/world", "options": {}},
                {"name": "say", "url": "/world/say", "options": {"method": "POST", "body": "{}"}},
                {"name": "key", "url": "/", "options": {"method": "POST", "body": WANTED, "headers": ASK}},
            ]
            got = page.evaluate(THIEF, targets)
            assert {name: answer[:9] for name, answer in got.items()} == dict.fromkeys(got, "basic 403")
        assert page.evaluate(KNOCK, f"ws://evil.example:{paid.port}/ws") == "closed"
    finally:
        other.close()
