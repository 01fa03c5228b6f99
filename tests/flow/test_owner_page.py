"""The owner's page: who gets in, and what it shows of a bot that people write to."""

import re
from dataclasses import replace

import pytest

from chalicelib.access.owner_session import owner_code
from chalicelib.access.pairing import Pairing
from chalicelib.content import owner_html
from chalicelib.content.page import HtmlPage
from chalicelib.errors import ConfigError, InvalidToken
from chalicelib.settings.languages import LANGUAGES
from tests.flow.bot import Bot, person_of
from tests.flow.owners_browser import HOST, OwnersBrowser, words


@pytest.fixture
def browser(bot: Bot) -> OwnersBrowser:
    return OwnersBrowser(bot)


def today(browser: OwnersBrowser) -> HtmlPage:
    return browser.page.show_today(browser.visits, up="")


# Getting in.


def test_a_preview_of_the_link_by_another_does_not_use_it_up(browser: OwnersBrowser):
    link = browser.link()
    for _ in range(3):  # Meta fetches each link that is sent, and so do scanners of mails
        preview = browser.page.offer(link, up="../../")
        assert (preview.status, "Open my page" in words(preview)) == (200, True)
    browser.cookie = browser.page.sign_in.enter(link)
    assert browser.visit()


def test_the_page_behind_a_link_says_nothing_of_the_bot_or_its_people(browser: OwnersBrowser, bot: Bot):
    bot.receives("anna", "What about my order?")
    preview = browser.page.offer(browser.link(), up="../../")
    assert "anna" not in preview.html
    assert "Santa" not in preview.html
    assert "question" not in words(preview)


def test_a_link_works_once(browser: OwnersBrowser):
    link = browser.link()
    browser.page.sign_in.enter(link)
    with pytest.raises(InvalidToken):
        browser.page.sign_in.enter(link)
    assert browser.page.offer(link, up="../../").status == 404


@pytest.mark.parametrize("minutes", [5, 60])
def test_a_link_works_for_five_minutes(browser: OwnersBrowser, bot: Bot, minutes: int):
    link = browser.link()
    bot.clock.tick(minutes=minutes)
    with pytest.raises(InvalidToken):
        browser.page.sign_in.enter(link)


def test_a_link_that_is_used_one_that_expired_and_one_that_was_guessed_look_alike(browser: OwnersBrowser, bot: Bot):
    used, expired = browser.link(), browser.link()
    browser.page.sign_in.enter(used)
    bot.clock.tick(minutes=6)
    shown = {browser.page.offer(link, up="../../").html for link in (used, expired, "A" * 43, "x", "<script>", "")}
    assert len(shown) == 1


def test_what_cannot_be_a_link_is_not_even_looked_up(browser: OwnersBrowser, bot: Bot):
    bot.memory.owner_links["x"] = ("", 1 << 60)
    assert browser.page.offer("x", up="../../").status == 404


def test_neither_the_link_nor_the_cookie_is_stored_or_logged(browser: OwnersBrowser, bot: Bot):
    link = browser.link(person_of("anna"))
    browser.cookie = browser.page.sign_in.enter(link)
    becomes_owner(bot, "anna")
    browser.page.sign_in.leave(browser.enters(person_of("anna")).visits)
    stored = repr((bot.memory.owner_links, bot.memory.owner_sessions))
    for secret in (link, browser.cookie, "anna"):
        assert secret not in stored + bot.logged.getvalue()
    assert [line["outcome"] for line in bot.log_lines("owner_page")] == ["entered", "entered", "left"]


def test_a_browser_without_a_session_learns_how_to_get_in(browser: OwnersBrowser):
    assert browser.visit() is None
    out = browser.page.signed_out(up="")
    assert out.status == 403
    assert "scripts/parley owner open --stage prod" in words(out)


def test_the_report_in_the_chat_has_a_link_that_lets_its_owner_in(browser: OwnersBrowser, bot: Bot):
    bot.receives("anna", "Hello?")
    becomes_owner(bot, "anna")
    bot.receives("anna", "/report")
    [link] = re.findall(r"https://bot\.example/api/owner/in/(\S+)", bot.sent_to("anna")[-1])
    browser.cookie = browser.page.sign_in.enter(link)
    assert browser.visits.session.owner == owner_code(person_of("anna"))
    assert link not in bot.logged.getvalue()


def test_a_report_without_a_stored_address_has_no_link(bot: Bot):
    def unknown() -> str:
        raise ConfigError("the bot has no address yet")

    bot.find_api_url = unknown
    bot.receives("anna", "Hello?")
    becomes_owner(bot, "anna")
    bot.receives("anna", "/report")
    assert "Questions: 1" in bot.sent_to("anna")[-1]
    assert "owner/in" not in bot.sent_to("anna")[-1]


# Getting out.


def test_a_stolen_cookie_is_worth_nothing_after_the_owner_signed_out(browser: OwnersBrowser, bot: Bot):
    browser.enters()
    thief = OwnersBrowser(bot, cookie=browser.cookie)
    assert thief.visit()
    browser.page.sign_in.leave(browser.visits)
    assert thief.visit() is None
    assert browser.visit() is None


def test_signing_out_in_one_browser_leaves_the_others_signed_in(browser: OwnersBrowser):
    desk = browser.enters().another()
    browser.page.sign_in.leave(browser.visits)
    assert desk.visit()


def test_a_session_that_is_not_used_ends_after_twelve_hours(browser: OwnersBrowser, bot: Bot):
    browser.enters()
    bot.clock.tick(hours=11)
    assert browser.visit()
    bot.clock.tick(hours=11)
    assert browser.visit()
    bot.clock.tick(hours=12)
    assert browser.visit() is None


def test_a_session_is_stored_once_in_ten_minutes_however_often_it_is_used(browser: OwnersBrowser, bot: Bot):
    browser.enters()
    began = bot.clock()
    for _ in range(9):
        bot.clock.tick(minutes=1)
        browser.visit()
    [session] = bot.memory.owner_sessions.values()
    assert session.used_at == began
    bot.clock.tick(minutes=1)
    browser.visit()
    [session] = bot.memory.owner_sessions.values()
    assert session.used_at == bot.clock()


def becomes_owner(bot: Bot, psid: str) -> None:
    pairing = Pairing("salt", "digest", bot.clock() + 1000)
    bot.owners.offer(pairing)
    assert bot.owners.pair(person_of(psid), pairing, now=bot.clock())


def test_a_person_who_is_no_owner_any_more_is_out_at_once(browser: OwnersBrowser, bot: Bot):
    becomes_owner(bot, "anna")
    becomes_owner(bot, "bert")
    browser.enters(person_of("anna"))
    bot.owners.remove(person_of("bert"))
    assert browser.visit()
    bot.owners.remove(person_of("anna"))
    assert browser.visit() is None


# Forms.


def test_a_form_of_another_page_is_not_taken_although_the_browser_sends_the_cookie(browser: OwnersBrowser):
    browser.enters()
    good = browser.form()
    assert good.is_of(browser.visits)
    code = browser.visits.form_code
    forged = [
        browser.form(form=""),
        browser.form(form="0" * 64),
        type(good)({}, HOST, f"https://{HOST}", "same-origin"),
        type(good)({"form": code}, HOST, "https://evil.example", "cross-site"),
        type(good)({"form": code}, HOST, "https://evil.example", ""),
        type(good)({"form": code}, HOST, "null", ""),
        type(good)({"form": code}, HOST, "", ""),
    ]
    assert [form.is_of(browser.visits) for form in forged] == [False] * len(forged)


def test_a_form_of_one_session_does_not_fit_another(browser: OwnersBrowser):
    form = browser.enters().form()
    assert not form.is_of(browser.another().visits)


# What it shows.


def test_no_page_may_run_a_script_load_anything_or_be_framed(browser: OwnersBrowser):
    browser.enters()
    pages = [browser.page.offer(browser.link(), up="../../"), browser.page.signed_out(up=""), today(browser)]
    for page in pages:
        policy = page.headers["Content-Security-Policy"]
        assert policy == (
            "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; "
            "base-uri 'none'"
        )
        assert page.headers["Cache-Control"] == "no-store"
        assert "<script" not in page.html
        assert "style=" not in page.html


def test_today_shows_questions_people_and_cost(browser: OwnersBrowser, bot: Bot):
    bot.receives("anna", "Hello?")
    bot.receives("bert", "Hello?")
    shown = words(today(browser.enters()))
    assert "2 people asked" in shown
    assert "2 new" in shown
    assert "Friday, 20 November" in shown
    assert "Messenger" in shown


def test_no_words_and_no_ids_of_people_are_on_the_page(browser: OwnersBrowser, bot: Bot):
    bot.receives("10293847560192837", "My secret wish is a pony")
    shown = today(browser.enters()).html
    assert "pony" not in shown
    assert "10293847560192837" not in shown


def test_a_day_without_questions_is_called_quiet(browser: OwnersBrowser):
    assert "A quiet day so far." in words(today(browser.enters()))


def test_the_headline_says_when_the_budget_is_used_up(browser: OwnersBrowser, bot: Bot):
    bot.receives("anna", "Hello?")
    bot.may_spend("0.000001")
    assert "budget is used up." in words(today(browser.enters()))


@pytest.mark.parametrize(
    ("day", "month", "headline"),
    [
        ("1", "0.000001", "month_spent"),
        ("1", "0.000028", "month_nearly_spent"),
        ("1", "1", "well"),
        ("1", "0", "month_spent"),
        ("0", "", "spent"),
        ("0", "0.000028", "spent"),
    ],
)
def test_the_headline_says_when_the_money_of_the_month_is_used_up_too(
    browser: OwnersBrowser, bot: Bot, day: str, month: str, headline: str
):
    bot.receives("anna", "Hello?")
    assert bot.spent().committed == 23
    bot.may_spend(day, month=month)
    assert owner_html.words("en")(f"headline_{headline}") in words(today(browser.enters()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_in_the_language_of_the_deployment(browser: OwnersBrowser, bot: Bot, language: str):
    bot.settings = replace(bot.settings, language=language)
    bot.receives("anna", "Pizza?")
    said, shown = owner_html.words(language), today(browser.enters())
    assert f'lang="{language}"' in shown.html
    assert said("today_all_people") in words(shown)
    assert words(browser.page.offer(browser.link(), up="../../")).count(said("enter_button")) == 1
