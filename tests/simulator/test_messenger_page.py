from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.simulator.chromium import needs_chromium
from tests.simulator.conftest import Demo

pytestmark = needs_chromium


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(demo.url) else faults.append(request.url))
    page.goto(f"{demo.url}/messenger")
    yield page
    page.close()
    assert faults == []


def write(page: Page, text: str) -> None:
    page.get_by_test_id("composer").fill(text)
    page.keyboard.press("Enter")


def last_answer(page: Page) -> str:
    answers = page.locator('[data-testid="message"][data-from="page"] [data-testid="message-text"]')
    return answers.last.inner_text()


def test_a_person_starts_chats_sees_typing_and_seen_and_reads_the_answer(page: Page, demo: Demo):
    page.get_by_test_id("get-started").click()
    expect(page.get_by_test_id("thread")).to_contain_text("I am an AI assistant")
    demo.behave("model", delay_ms=6000)  # longer than a busy page takes to look
    write(page, "Why is the sky blue?")
    expect(page.get_by_test_id("typing")).to_be_visible()
    expect(page.get_by_test_id("thread")).to_contain_text("You wrote “Why is the sky blue?”")
    expect(page.get_by_test_id("typing")).to_be_hidden()
    expect(page.get_by_test_id("seen")).to_have_count(1)
    expect(page.get_by_test_id("panel-quota")).to_contain_text("1 of 10")
    expect(page.get_by_test_id("panel-calls")).to_contain_text("typing_on")


def test_the_mails_to_the_owner_are_shown_behind_the_scenes(page: Page, demo: Demo):
    mails = page.get_by_test_id("panel-mails")
    expect(mails).to_contain_text("None yet.")
    write(page, "Hello")
    expect(page.get_by_test_id("mail")).to_have_count(1)
    expect(mails).to_contain_text("Parley: a new person wrote to your page")
    page.get_by_test_id("mail").click()
    expect(mails).to_contain_text("people allow")
    dead = {"status": 400, "body": {"error": {"code": 190, "message": "expired"}}, "times": 99}
    demo.behave("graph", failures=[dead])
    write(page, "/help")
    expect(page.get_by_test_id("mail").first).to_contain_text("Parley: the bot cannot write on Messenger")
    demo.reset()
    expect(page.get_by_test_id("mail")).to_have_count(0)


def test_the_words_of_the_model_are_shown_as_words_only(page: Page, demo: Demo):
    hostile = "<img src=x onerror=\"document.title='owned'\"> <b>bold</b> [link](javascript:alert(1))"
    demo.behave("model", answer=hostile)
    write(page, "Be nasty")
    expect(page.get_by_test_id("thread")).to_contain_text("<b>bold</b>")
    assert last_answer(page).startswith(hostile)
    assert page.title() != "owned"
    assert page.locator('[data-testid="thread"] img, [data-testid="thread"] a').count() == 0


def test_everybody_has_a_thread_and_a_quota_of_their_own(page: Page):
    write(page, "I am Anna")
    expect(page.get_by_test_id("thread")).to_contain_text("You wrote “I am Anna”")
    page.get_by_test_id("person-ben").click()
    expect(page.get_by_test_id("message")).to_have_count(0)
    expect(page.get_by_test_id("panel-quota")).not_to_contain_text("1 of 10")
    page.get_by_test_id("new-person").click()
    page.get_by_test_id("new-person-name").fill("Dora")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("person-dora")).to_have_attribute("aria-current", "true")
    write(page, "I am Dora")
    expect(page.get_by_test_id("thread")).to_contain_text("You wrote “I am Dora”")
    page.get_by_test_id("person-anna").click()
    expect(page.get_by_test_id("thread")).to_contain_text("You wrote “I am Anna”")


def test_a_person_has_the_bot_forget_by_tapping_the_button_under_its_question(page: Page, demo: Demo):
    write(page, "My secret is 42")
    expect(page.get_by_test_id("thread")).to_contain_text("You wrote “My secret is 42”")
    write(page, "/forget")
    page.get_by_test_id("quick-reply").first.click()
    expect(page.get_by_test_id("thread")).to_contain_text("It is deleted.")
    demo.wait_until(lambda: [turn["state"] for turn in demo.turns("anna")] == ["done"])


def test_a_sticker_gets_a_kind_answer_and_a_message_can_be_taken_back(page: Page):
    page.get_by_test_id("attach").click()
    page.get_by_test_id("attach-sticker").click()
    expect(page.get_by_test_id("thread")).to_contain_text("I can only read text so far")
    write(page, "Oops")
    expect(page.get_by_test_id("thread")).to_contain_text("You wrote “Oops”")
    mine = page.locator('[data-testid="message"][data-from="person"]').last
    mine.hover()
    mine.get_by_test_id("message-menu").click()
    with page.expect_response("**/world/messenger/send"):  # which comes once the webhook has taken it
        page.get_by_test_id("unsend").click()
    expect(mine).to_have_attribute("data-status", "unsent")
    write(page, "What did I write before?")
    expect(page.get_by_test_id("thread")).to_contain_text("You wrote “What did I write before?”")
    assert "Oops" not in last_answer(page)


def test_the_page_can_be_used_with_the_keyboard_alone(page: Page):
    expect(page.get_by_test_id("composer")).to_be_enabled()
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.testid") == "person-ben":
            break
    page.keyboard.press("Enter")
    for _ in range(30):
        if page.evaluate("document.activeElement.dataset.testid") == "composer":
            break
        page.keyboard.press("Tab")
    page.keyboard.type("By keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("thread")).to_contain_text("You wrote “By keyboard”")
    expect(page.get_by_test_id("person-ben")).to_have_attribute("aria-current", "true")


def test_on_a_narrow_screen_nothing_is_cut_off(page: Page):
    page.set_viewport_size({"width": 360, "height": 740})
    write(page, "W" * 300)
    expect(page.get_by_test_id("thread")).to_contain_text("You wrote")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for part in ("composer", "send", "people"):
        box = page.get_by_test_id(part).bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 361
        assert box["y"] + box["height"] <= 741


def test_on_a_narrow_screen_many_people_are_beside_each_other_and_not_over_the_button_for_another(
    page: Page, demo: Demo
):
    page.set_viewport_size({"width": 360, "height": 740})
    for name in ("dora", "emil", "fatma"):
        demo.http.post("/world/say", json={"person": name, "text": "Hello"}).raise_for_status()
        expect(page.get_by_test_id(f"person-{name}")).to_have_count(1)
    last, button = page.get_by_test_id("person-fatma").bounding_box(), page.get_by_test_id("new-person").bounding_box()
    assert last
    assert button
    assert last["x"] + last["width"] <= button["x"]


def test_a_message_that_the_webhook_did_not_take_can_be_sent_again(page: Page, demo: Demo):
    page.route("**/world/messenger/send", lambda route: route.fulfill(json={"mid": "m_x", "status": 500}), times=1)
    write(page, "Does this arrive?")
    page.get_by_test_id("retry").click()
    expect(page.get_by_test_id("thread")).to_contain_text("You wrote “Does this arrive?”")
    assert len(demo.turns("anna")) == 1


@pytest.mark.parametrize(("width", "is_mobile"), [(360, True), (1280, False)])
def test_the_thread_has_the_same_margin_on_both_sides(browser: Browser, demo: Demo, width: int, *, is_mobile: bool):
    page = browser.new_page(viewport={"width": width, "height": 740}, is_mobile=is_mobile, has_touch=is_mobile)
    page.goto(f"{demo.url}/messenger")
    expect(page.get_by_test_id("get-started")).to_be_visible()
    button, chat = page.get_by_test_id("get-started").bounding_box(), page.get_by_role("main").bounding_box()
    page.close()
    assert button
    assert chat
    left = button["x"] - chat["x"]
    right = chat["width"] - left - button["width"]
    assert abs(left - right) <= 1
