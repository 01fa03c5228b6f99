"""Two windows: a new person writes in one, and in the other an owner decides about them with a tap."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from chalicelib.access import identity
from chalicelib.access.handles import handle_of
from scripts.simulator.meta import PAGE_ID
from tests.simulator.chromium import needs_chromium
from tests.simulator.commands import parley, parley_json
from tests.simulator.conftest import Demo

pytestmark = needs_chromium
ANNA = identity.messenger_person(PAGE_ID, "anna")


@contextmanager
def phone_of(browser: Browser, demo: Demo, person: str) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    page.goto(f"{demo.url}/messenger")
    page.get_by_test_id(f"person-{person}").click()
    yield page
    page.close()


def write(page: Page, text: str) -> None:
    page.get_by_test_id("composer").fill(text)
    page.keyboard.press("Enter")


def code(demo: Demo) -> str:
    """What `owner pair` prints to be sent."""
    return str(parley_json(demo, "owner", "pair")["text"])


@pytest.fixture
def owner(browser: Browser, demo: Demo) -> Iterator[Page]:
    """Ben's window, once he is an owner."""
    with phone_of(browser, demo, "ben") as page:
        write(page, code(demo))
        expect(page.get_by_test_id("thread")).to_contain_text("You are an owner of this bot from now on.")
        yield page


@pytest.fixture
def newcomer(browser: Browser, demo: Demo) -> Iterator[Page]:
    with phone_of(browser, demo, "anna") as page:
        yield page


def test_an_owner_sees_a_new_person_and_blocks_them_with_a_tap(owner: Page, newcomer: Page, demo: Demo):
    write(newcomer, "Is anybody there?")
    expect(newcomer.get_by_test_id("thread")).to_contain_text("You wrote “Is anybody there?”")
    expect(owner.get_by_test_id("thread")).to_contain_text("“Is anybody there?”")
    expect(owner.get_by_test_id("quick-reply")).to_have_text(["Allow", "No limit", "Block", "Later"])
    owner.get_by_test_id("quick-reply").filter(has_text="Block").click()
    expect(owner.get_by_test_id("thread")).to_contain_text("is blocked")
    answers = demo.answers_to("anna")
    write(newcomer, "And now?")
    write(owner, "/usage")
    expect(owner.get_by_test_id("thread")).to_contain_text("There is no limit for you.")
    assert demo.answers_to("anna") == answers


def test_an_owner_frees_a_new_person_with_a_tap(owner: Page, newcomer: Page):
    write(newcomer, "Is anybody there?")
    owner.get_by_test_id("quick-reply").filter(has_text="No limit").click()
    expect(owner.get_by_test_id("thread")).to_contain_text("may go on, without a daily limit")
    write(newcomer, "/usage")
    expect(newcomer.get_by_test_id("thread")).to_contain_text("There is no limit for you.")


def test_who_is_no_owner_gets_no_notice_and_the_code_works_once(owner: Page, newcomer: Page, demo: Demo):
    used = code(demo)
    write(owner, used)
    expect(owner.get_by_test_id("thread")).to_contain_text("You are an owner of this bot already.")
    write(newcomer, "/owner AAAA-BBBB")
    expect(newcomer.get_by_test_id("thread")).to_contain_text("This code makes no owner")
    assert newcomer.get_by_test_id("quick-reply").count() == 0


def test_in_busy_times_one_notice_lists_the_people_who_came(owner: Page, demo: Demo):
    people = [f"new-{number}" for number in range(6)]
    for person in people:
        demo.say(person, "Hello")
    demo.wait_until_answered(*people)
    demo.wait_until(lambda: any("wrote to your page" in text for text in demo.answers_to("ben")))
    told = demo.answers_to("ben")
    assert 1 <= sum("wrote to your page" in text for text in told) <= 3


def test_an_owner_who_is_removed_has_no_notices_any_more_and_an_email_says_so(owner: Page, newcomer: Page, demo: Demo):
    [who] = parley_json(demo, "owner", "list")["owners"]
    parley(demo, "owner", "remove", who["handle"], "--yes")
    expect(newcomer.get_by_test_id("panel-mails")).to_contain_text("Parley: an owner was removed")
    write(newcomer, "Is anybody there?")
    expect(newcomer.get_by_test_id("panel-mails")).to_contain_text("Parley: a new person wrote to your page")
    expect(owner.get_by_test_id("thread")).not_to_contain_text("wrote to your page")


def test_an_owner_finds_a_person_by_taps_sets_their_limit_and_pauses_the_bot(owner: Page, newcomer: Page):
    thread, theirs, anna = owner.get_by_test_id("thread"), newcomer.get_by_test_id("thread"), handle_of(ANNA)

    def tap(title: str) -> None:
        owner.get_by_test_id("quick-reply").get_by_text(title, exact=True).click()

    write(newcomer, "Is anybody there?")
    expect(theirs).to_contain_text("You wrote “Is anybody there?”")
    expect(thread).to_contain_text("“Is anybody there?”")  # the notice, whose buttons come before
    write(owner, "/people")
    tap(anna)
    expect(thread).to_contain_text("Questions today: 1")
    tap("Limit")
    tap("5")
    expect(thread).to_contain_text(f"Questions a day of {anna} from now on: 5.")
    write(newcomer, "/usage")
    expect(theirs).to_contain_text("Your questions today: 1 of 5.")
    write(owner, "/pause all")
    expect(thread).to_contain_text("I answer no questions until you send /resume all.")
    write(owner, "/resume all")
    expect(thread).to_contain_text("I answer questions again.")
    write(owner, "/budget")
    expect(thread).to_contain_text("This month: ")
    write(newcomer, "/people")
    expect(theirs).to_contain_text("There is no command /people.")
