import itertools
import json
import random
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.simulator.chromium import needs_chromium
from tests.simulator.commands import parley
from tests.simulator.conftest import Demo
from tests.simulator.meta import deletion_form

ANNA = "10293847560192837"
COLOURS: Mapping[Any, str] = {"light": "rgb(20, 24, 31)", "dark": "rgb(232, 235, 241)"}
"""Of the text, in each scheme."""


def asked(demo: Demo, user: str = ANNA) -> dict[str, str]:
    answer = demo.wants_deletion(deletion_form(user, demo.facts["app_secret"]))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    return dict(answer.json())


def page_of(confirmed: Mapping[str, str]) -> str:
    return urlsplit(confirmed["url"]).path


def test_the_privacy_page_can_be_read_by_anybody(demo: Demo):
    answer = demo.http.get("/privacy")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "for 30 days" in answer.text
    assert demo.facts["aws_region"] in answer.text


def test_a_request_is_confirmed_with_an_address_at_which_it_is_found(demo: Demo):
    confirmed = asked(demo)
    assert re.fullmatch("[0-9a-f]{32}", confirmed["confirmation_code"])
    host = urlsplit(demo.url).netloc
    assert confirmed["url"] == f"https://{host}/deletion/{confirmed['confirmation_code']}"
    found = demo.http.get(page_of(confirmed))
    assert found.status_code == 200
    assert confirmed["confirmation_code"] in found.text
    assert found.headers["cache-control"] == "no-store"


def test_a_repeated_request_is_confirmed_alike_and_the_owner_hears_of_it_once(demo: Demo):
    assert [asked(demo) for _ in range(3)] == [asked(demo)] * 3
    [told] = demo.calls("owner")
    assert asked(demo)["confirmation_code"] in told["body"]["text"]
    assert ANNA not in json.dumps(told)


def test_the_owner_finishes_a_request_on_the_command_line(demo: Demo):
    confirmed = asked(demo)
    code = confirmed["confirmation_code"]
    assert f"{code}  " in parley(demo, "people", "deletions")
    parley(demo, "people", "deleted", code)
    assert "Your request is done" in demo.http.get(page_of(confirmed)).text


def test_strangers_are_turned_away_from_the_deletion_callback(demo: Demo):
    secret = demo.facts["app_secret"]
    assert demo.wants_deletion(deletion_form(ANNA, "a guess")).status_code == 403
    assert demo.wants_deletion(b"signed_request=" + b"A" * 43 + b".e30").status_code == 403
    assert demo.wants_deletion(deletion_form(None, secret)).status_code == 400
    assert demo.wants_deletion(b"").status_code == 400
    assert demo.wants_deletion(deletion_form(ANNA, secret) + b"&x=" + b"x" * 16384).status_code == 413
    assert demo.http.post("/data-deletion", json={"signed_request": "x"}).status_code == 415
    assert demo.http.get("/data-deletion").status_code == 405
    assert demo.calls("owner") == []


def test_of_three_hundred_hostile_forms_none_fails(demo: Demo):
    chance = random.Random(2026)
    good = deletion_form(ANNA, demo.facts["app_secret"])
    for _ in range(300):
        mangled = bytearray(good)
        for _ in range(chance.randint(1, 3)):
            mangled[chance.randrange(len(good))] = chance.randrange(256)
        form = bytes(mangled[: chance.choice([len(good), chance.randrange(len(good))])])
        assert form == good or demo.wants_deletion(form).status_code in {400, 403}
    assert asked(demo)


@pytest.mark.parametrize("code", ["0" * 32, "x", "%00", "%F0%9F%A4%B7", "<script>", "0" * 3000])
def test_a_code_that_nobody_was_given_leads_to_a_page_that_says_so(demo: Demo, code: str):
    answer = demo.http.get(f"/deletion/{code}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "There is no such request" in answer.text


def test_no_line_of_the_log_shows_who_asked_or_under_which_code(
    demo: Demo, log_of: Callable[[], list[Mapping[str, Any]]]
):
    confirmed = asked(demo)
    demo.http.get(page_of(confirmed))
    log = json.dumps(log_of())
    assert '"stage": "deletion"' in log
    assert ANNA not in log
    assert confirmed["confirmation_code"] not in log


@needs_chromium
def test_the_pages_are_readable_on_a_phone_and_on_a_desk_by_day_and_by_night(demo: Demo, browser: Browser):
    context = browser.new_context()
    page, faults = context.new_page(), []
    page.on("console", lambda message: faults.append(message.text))
    page.on("request", lambda request: None if request.url.startswith(demo.url) else faults.append(request.url))
    for path in ("/privacy", page_of(asked(demo))):
        page.goto(demo.url + path)
        for width, (scheme, colour) in itertools.product((320, 390, 1200), COLOURS.items()):
            page.set_viewport_size({"width": width, "height": 844})
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            style = page.evaluate("(({color, fontSize}) => ({color, fontSize}))(getComputedStyle(document.body))")
            assert style == {"color": colour, "fontSize": "17px"}, (width, scheme)
    page.get_by_role("link", name="Privacy").click()
    expect(page).to_have_url(f"{demo.url}/privacy")
    context.close()
    assert faults == []
