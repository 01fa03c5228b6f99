"""Two personas practise with each other on a page of the demo."""

import pytest
from playwright.sync_api import Browser, expect

from chalicelib.content import persona
from tests.simulator.chromium import needs_chromium
from tests.simulator.conftest import Demo

OPENING = persona.load("buyer").welcome.opening


@needs_chromium
def test_buyer_and_seller_bargain_on_the_page_until_it_is_over(browser: Browser, demo: Demo):
    page = browser.new_page(viewport={"width": 360, "height": 740})
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text))
    page.goto(demo.url)
    page.get_by_test_id("practise").click()
    page.get_by_test_id("begin").click()
    lines = page.get_by_test_id("lines").locator("li")
    expect(lines.first).to_contain_text(OPENING)
    expect(page.get_by_test_id("end")).to_have_text(
        "The length limit cut 0 of 19 answers. They cost 0 USD.", timeout=150_000
    )
    expect(lines).to_have_count(20)
    expect(lines.nth(1)).to_contain_text("40만 원은 받아야지.")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert faults == []
    page.close()


@needs_chromium
def test_a_trial_can_be_stopped_and_begun_again_with_others(browser: Browser, demo: Demo):
    page = browser.new_page()
    page.goto(f"{demo.url}/practise")
    page.get_by_test_id("first").select_option("web")
    page.get_by_test_id("second").select_option("shop")
    page.get_by_test_id("begin").click()
    expect(page.get_by_test_id("lines").locator("li").nth(1)).to_contain_text("The shop", timeout=60_000)
    page.get_by_test_id("begin").click()
    expect(page.get_by_test_id("end")).to_contain_text("The length limit cut 0 of", timeout=60_000)
    expect(page.get_by_test_id("begin")).to_have_text("Begin")
    page.close()


def ask(demo: Demo, **changed: object) -> tuple[int, object]:
    trial = {"first": "buyer", "second": "seller", "lines": [OPENING], "spent": 0, **changed}
    answer = demo.http.post("/world/practise", json=trial)
    return answer.status_code, answer.json()


def test_a_program_asks_for_one_line_after_the_other(demo: Demo):
    status, line = ask(demo)
    assert status == 200
    assert isinstance(line, dict)
    assert line["text"].startswith("40만 원은 받아야지.")
    assert (line["cut"], line["cost"]) == (False, 0)


@pytest.mark.parametrize(
    "changed",
    [
        {"first": "baker"},
        {"second": "../santa"},
        {"lines": []},
        {"lines": ["x"] * 20},
        {"lines": ["x" * 4001]},
        {"lines": 5},
        {"spent": -1},
        {"spent": 50_001},
        {"spent": "much"},
    ],
)
def test_what_is_no_trial_is_refused_and_asks_no_model(demo: Demo, changed: dict[str, object]):
    before = len(demo.calls("model"))
    status, _ = ask(demo, **changed)
    assert status == 400
    assert len(demo.calls("model")) == before


def test_the_page_tells_what_a_trial_may_cost(demo: Demo):
    told = demo.http.get("/world/personas").json()
    assert [one["id"] for one in told["personas"]] == list(persona.names())
    assert (told["turns"], told["usd"]) == (10, 0.05)


def test_another_page_cannot_make_personas_practise(demo: Demo):
    answer = demo.http.post("/world/practise", json={}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
