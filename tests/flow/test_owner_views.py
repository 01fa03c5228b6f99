"""The views of the owner's page: people, one person, money and the bot; decisions, and words that are asked for."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.access.api_key import ApiKey
from chalicelib.access.invites import Grant, Invite
from chalicelib.access.person import Access
from chalicelib.errors import StoreError, UnknownPerson
from chalicelib.ids import InviteId, KeyId
from chalicelib.operations.findings import Checkup, Finding
from chalicelib.operations.owner_view import page_name
from chalicelib.settings.languages import LANGUAGES
from tests.fakes.people import FakePeople
from tests.flow.bot import LIMIT, Bot, person_of
from tests.flow.owners_browser import OwnersBrowser, words
from tests.flow.test_owner_page import becomes_owner

ANNA = person_of("anna")
UP = "../"


@pytest.fixture
def browser(bot: Bot) -> OwnersBrowser:
    return OwnersBrowser(bot).enters()


def people(browser: OwnersBrowser, **query: str) -> str:
    return words(browser.page.show_people(browser.visits, query, up=UP))


def person(browser: OwnersBrowser, psid: str = "anna", **more: str) -> str:
    return words(browser.page.show_person(browser.visits, page_name(person_of(psid)), up=UP, **more))


def decides(browser: OwnersBrowser, psid: str = "anna", **fields: str) -> str:
    return browser.page.decide(page_name(person_of(psid)), browser.form(**fields))


# The list.


def test_people_are_listed_with_the_last_seen_first(browser: OwnersBrowser, bot: Bot):
    bot.receives("anna", "Hello?")
    bot.clock.tick(hours=2)
    bot.receives("bert", "Hello?")
    shown = people(browser)
    assert "2 people, the last seen first." in shown
    assert shown.index(page_name(person_of("bert"))[:8]) < shown.index(page_name(ANNA)[:8])
    assert "2 hours ago" in shown
    assert f"1 of {LIMIT} today" in shown


def test_before_the_first_message_the_list_says_so(browser: OwnersBrowser):
    assert "Nobody has written yet." in people(browser)


@pytest.mark.parametrize(
    ("show", "found"),
    [("unlimited", "bert"), ("blocked", "carl"), ("limited", "dora"), ("new", "anna")],
)
def test_the_list_is_filtered_by_what_the_owner_decided(browser: OwnersBrowser, bot: Bot, show: str, found: str):
    for psid in ("anna", "bert", "carl", "dora"):
        bot.receives(psid, "Hello?")
    bot.decides("bert", Access.UNLIMITED)
    bot.decides("carl", Access.BLOCKED)
    bot.decides("dora", Access.DEFAULT, daily_limit=3)
    shown = people(browser, show=show)
    assert "1 person found." in shown
    assert page_name(person_of(found))[:8] in shown


def test_an_owner_is_marked_as_such_and_not_as_new(browser: OwnersBrowser, bot: Bot):
    bot.receives("anna", "Hello?")
    becomes_owner(bot, "anna")
    assert "badge-owner" in browser.page.show_people(browser.visits, {}, up=UP).html
    assert "0 people found." in people(browser, show="new")


def test_a_person_is_found_by_the_beginning_of_the_handle(browser: OwnersBrowser, bot: Bot):
    for psid in ("anna", "bert"):
        bot.receives(psid, "Hello?")
    handle = page_name(ANNA)[:8]
    assert "1 person found." in people(browser, q=handle[:5].upper())
    assert "Nobody fits." in people(browser, q="no such handle")


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999", "٣", "999999", ""])
def test_a_page_that_there_is_not_is_no_error(browser: OwnersBrowser, bot: Bot, page: str):
    bot.receives("anna", "Hello?")
    assert browser.page.show_people(browser.visits, {"page": page}, up=UP).status == 200


def test_a_long_list_has_pages(browser: OwnersBrowser, bot: Bot):
    for number in range(45):
        bot.receives(f"person{number}", "Hello?")
    first, second = people(browser), people(browser, page="2")
    assert "Page 1 of 2" in first
    assert "Page 2 of 2" in second
    assert page_name(person_of("person0"))[:8] in second


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", '"><img src=x>', "' onfocus='x", "$up", "{n}"])
def test_what_is_searched_never_becomes_more_than_words(browser: OwnersBrowser, hostile: str):
    page = browser.page.show_people(browser.visits, {"q": hostile, "key": hostile, "show": hostile}, up=UP)
    assert "<script" not in page.html
    assert "<img" not in page.html
    assert "onfocus='x" not in page.html


# One person.


def test_a_person_is_shown_with_use_and_limit_and_without_words(browser: OwnersBrowser, bot: Bot):
    bot.receives("anna", "My secret wish is a pony")
    shown = person(browser)
    assert f"Questions today 1 of {LIMIT}" in shown
    assert "First seen just now" in shown
    assert "pony" not in shown


@pytest.mark.parametrize(
    ("fields", "access", "limit"),
    [
        ({"access": "unlimited"}, Access.UNLIMITED, None),
        ({"access": "blocked"}, Access.BLOCKED, None),
        ({"access": "limited", "limit": "3"}, Access.DEFAULT, 3),
        ({"access": "limited", "limit": "0"}, Access.DEFAULT, 0),
        ({"access": "default"}, Access.DEFAULT, None),
    ],
)
def test_the_owner_decides_about_a_person(
    browser: OwnersBrowser, bot: Bot, fields: dict[str, str], access: Access, limit: int | None
):
    bot.receives("anna", "Hello?")
    bot.decides("anna", Access.UNLIMITED)
    assert decides(browser, **fields) == "saved"
    assert (bot.known("anna").access, bot.known("anna").daily_limit) == (access, limit)
    assert "Saved." in person(browser, said="saved")
    [line] = [line for line in bot.log_lines("owner_page") if line["outcome"] == "decided"]
    assert line["access"] == fields["access"]
    assert "anna" not in str(line)


def test_a_blocked_person_gets_no_answer_and_a_freed_one_does(browser: OwnersBrowser, bot: Bot):
    bot.receives("anna", "Hello?")
    decides(browser, access="blocked")
    bot.receives("anna", "And now?")
    assert len(bot.sent_to("anna")) == 1
    decides(browser, access="default")
    bot.receives("anna", "And now?")
    assert len(bot.sent_to("anna")) == 2


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"access": ""},
        {"access": "owner"},
        {"access": "limited"},
        {"access": "limited", "limit": "-1"},
        {"access": "limited", "limit": "1.5"},
        {"access": "limited", "limit": "٣"},
        {"access": "limited", "limit": "100001"},
        {"access": "limited", "limit": "9" * 5000},
    ],
)
def test_a_form_that_decides_nothing_changes_nothing(browser: OwnersBrowser, bot: Bot, fields: dict[str, str]):
    bot.receives("anna", "Hello?")
    before = bot.known("anna")
    assert decides(browser, **fields) == "wrong_number"
    assert bot.known("anna") == before
    assert "Nothing was changed" in person(browser, said="wrong_number")


def test_an_owner_cannot_be_blocked_on_the_page(browser: OwnersBrowser, bot: Bot):
    bot.receives("anna", "Hello?")
    becomes_owner(bot, "anna")
    assert decides(browser, access="blocked") == "wrong_number"
    assert bot.known("anna").access is Access.DEFAULT
    assert "This is an owner." in person(browser)


def test_of_a_person_who_has_not_written_the_decision_is_changed_but_not_undone(browser: OwnersBrowser, bot: Bot):
    """That would delete their item, which the function behind the page may not."""
    bot.decides("anna", Access.BLOCKED)
    assert "As usual" not in person(browser)
    assert decides(browser, access="default") == "wrong_number"
    assert decides(browser, access="unlimited") == "saved"


@pytest.mark.parametrize("name", ["0" * 16, "", "x", "../bot", "<script>"])
def test_a_page_of_no_person_says_so(browser: OwnersBrowser, bot: Bot, name: str):
    bot.receives("anna", "Hello?")
    assert browser.page.show_person(browser.visits, name, up=UP).status == 404
    assert browser.page.show_words(browser.visits, name, up=UP).status == 404
    with pytest.raises(UnknownPerson):
        browser.page.decide(name, browser.form(access="blocked"))


def test_a_text_that_the_address_makes_up_is_not_shown(browser: OwnersBrowser, bot: Bot):
    bot.receives("anna", "Hello?")
    assert "Call 555" not in person(browser, said="Call 555")


# The words of a person.


def test_words_are_shown_only_when_asked_for_and_each_time_is_noted(browser: OwnersBrowser, bot: Bot):
    bot.receives("anna", "My secret wish is a <b>pony</b>")
    page = browser.page.show_words(browser.visits, page_name(ANNA), up=UP)
    assert "My secret wish is a <b>pony</b>" in words(page) or "&lt;b&gt;pony" in page.html
    assert "<b>pony" not in page.html
    assert "An answer." in words(page)
    assert [(look.at, look.by) for look in bot.known("anna").looks] == [(bot.clock(), "")]
    bot.clock.tick(hours=3)
    assert "An owner has read it once, 3 hours ago." in person(browser)
    [line] = [line for line in bot.log_lines("owner_page") if line["outcome"] == "read"]
    assert "pony" not in bot.logged.getvalue()
    assert "anna" not in str(line)


def test_nothing_is_shown_if_the_look_cannot_be_noted(browser: OwnersBrowser, bot: Bot):
    bot.receives("anna", "My secret wish is a pony")

    class Failing(FakePeople):
        def note_look(self, *_: Any, **__: Any) -> bool:
            raise StoreError("gone")

    bot.people = Failing(bot.memory)
    with pytest.raises(StoreError):
        browser.page.show_words(browser.visits, page_name(ANNA), up=UP)


def test_the_person_sees_in_the_export_that_an_owner_read_the_conversation(browser: OwnersBrowser, bot: Bot):
    bot.receives("anna", "Hello?")
    browser.page.show_words(browser.visits, page_name(ANNA), up=UP)
    assert len(browser.page.person.admin.export(ANNA)["read_by_owner"]) == 1


def test_after_forget_no_trace_of_the_person_or_of_the_look_is_left(browser: OwnersBrowser, bot: Bot):
    bot.receives("anna", "My secret wish is a pony")
    browser.page.show_words(browser.visits, page_name(ANNA), up=UP)
    bot.receives("anna", "/forget yes")
    assert bot.known("anna").looks == ()
    assert "Nobody has written yet." in people(browser)
    assert browser.page.show_words(browser.visits, page_name(ANNA), up=UP).status == 404


# Money and the bot.


@pytest.mark.parametrize("period", ["", "month", "week", "last", "x"])
def test_the_costs_of_a_period_are_those_of_the_ledger(browser: OwnersBrowser, bot: Bot, period: str):
    bot.receives("anna", "Hello?")
    shown = words(browser.page.show_money(browser.visits, {"period": period}, up=UP))
    spent = bot.spent().committed
    exact = f"exactly ${spent // 1_000_000}.{spent % 1_000_000:06}"
    assert (exact in shown) is (period != "last")
    assert ("exactly" in shown) is (period != "last")


def test_the_bots_settings_are_shown_without_a_secret(browser: OwnersBrowser, bot: Bot):
    bot.settings = replace(bot.settings, personas_offered=("assistant", "santa"))
    shown = words(browser.page.show_bot(browser.visits, up=UP))
    assert "Model gpt-6-luna" in shown
    assert f"Questions a day and person {LIMIT}" in shown
    assert "assistant, santa" in shown
    assert "The weekly check has not run yet." in shown


def test_the_last_health_check_is_shown_with_what_to_do(browser: OwnersBrowser, bot: Bot):
    ill = Finding.broken("page-token", "the token has expired", "people get no answer", "run scripts/parley deploy")
    bot.memory.checkup = Checkup(bot.clock(), [Finding.ok("model", "it answers"), ill])
    bot.clock.tick(hours=3)
    shown = words(browser.page.show_bot(browser.visits, up=UP))
    assert "the token has expired people get no answer run scripts/parley deploy Checked 3 hours ago." in shown
    assert "it answers" not in shown


def test_a_paused_bot_says_so(browser: OwnersBrowser, bot: Bot):
    bot.pauses.pause(until=bot.clock() + 60_000)
    assert "The bot is paused" in words(browser.page.show_bot(browser.visits, up=UP))
    assert "The bot is paused." in words(browser.page.show_today(browser.visits, up=UP))


def test_the_browsers_that_are_signed_in_are_listed_and_the_others_signed_out(browser: OwnersBrowser):
    phone = browser.another()
    shown = words(browser.page.show_bot(browser.visits, up=UP))
    assert "This browser" in shown
    assert "Another browser" in shown
    browser.page.sign_in.leave_others(browser.visits)
    assert browser.visit()
    assert phone.visit() is None


def test_keys_and_invites_are_listed_with_their_use_and_without_secrets(browser: OwnersBrowser, bot: Bot):
    key = ApiKey(KeyId("shopshopsh"), "The shop", "f" * 64, "web", created_at=1, max_messages=100, used=7)
    bot.memory.keys[key.id] = key
    until = bot.clock() + 86_400_000
    invite = Invite(InviteId("aaaabbbb"), "Family", "e" * 64, Grant(Access.UNLIMITED), 5, bot.clock(), until, used=2)
    assert bot.invites.create(invite)
    shown = browser.page.show_bot(browser.visits, up=UP)
    assert "The shop web, 7 of 100 questions valid shopshopsh" in words(shown)
    assert "Family used 2 of 5 times until 21 November aaaabbbb" in words(shown)
    assert "f" * 64 not in shown.html
    assert "e" * 64 not in shown.html


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_view_is_drawn_in_each_language(browser: OwnersBrowser, bot: Bot, language: str):
    bot.receives("anna", "Hello?")
    page = browser.page.speaking(language)
    views = [
        page.show_today(browser.visits, up=UP),
        page.show_people(browser.visits, {}, up=UP),
        page.show_person(browser.visits, page_name(ANNA), up=UP),
        page.show_words(browser.visits, page_name(ANNA), up=UP),
        page.show_money(browser.visits, {}, up=UP),
        page.show_bot(browser.visits, up=UP),
    ]
    for view in views:
        assert f'<html lang="{language}">' in view.html
        assert "{" not in words(view)
