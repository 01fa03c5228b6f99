import re
from dataclasses import dataclass, fields, replace
from html import unescape

import pytest

from chalicelib.access.own_conversations import OwnConversation
from chalicelib.access.person import Person
from chalicelib.channels.meta.data_deletion import MAX_FORM
from chalicelib.content.page import HtmlPage
from chalicelib.conversation.turn import Turn
from chalicelib.errors import BadRequest, BodyTooLarge, InvalidSignature, StoreError
from chalicelib.operations.deletion import Deletion
from chalicelib.settings.stage import Settings
from tests.fakes.deletions import FakeDeletions
from tests.flow.bot import OLD_SECRET, SAYS, Bot, deletion_form

ANNA = "10293847560192837"


def words(page: HtmlPage) -> str:
    """The visible text of the page, in one line."""
    body = page.html.partition("<body>")[2]
    return " ".join(unescape(re.sub("<[^>]+>", " ", body)).split()).replace(" ,", ",").replace(" .", ".")


@dataclass(frozen=True)
class FailingDeletions(FakeDeletions):
    """Fails at every write."""

    def keep(self, deletion: Deletion) -> bool:
        raise StoreError("DynamoDB refused: InternalServerError")


@dataclass(frozen=True)
class UnreadableDeletions(FakeDeletions):
    """Fails the test when it is read."""

    def get(self, code: str, *, now: int) -> Deletion | None:
        raise AssertionError("the store was read")


# The privacy page.


def test_the_privacy_page_says_how_long_and_where_messages_are_stored_and_who_receives_them(bot: Bot):
    bot.settings = Settings.from_env(
        {"AWS_DEFAULT_REGION": "eu-central-1", "OPENAI_BASE_URL": "https://llm.example.org/v1"}
    )
    policy = words(bot.privacy.policy())
    assert "Your messages and the answers, for 30 days." in policy
    assert "Amazon Web Services (region eu-central-1)" in policy
    assert "provider, llm.example.org, gets your message" in policy
    assert "keep deleted data for up to 35 days more" in policy


@pytest.mark.parametrize(("days", "said"), [("0", "an hour"), ("1", "1 day"), ("14", "14 days")])
def test_the_privacy_page_says_for_how_long_the_owner_keeps_words(bot: Bot, days: str, said: str):
    bot.settings = Settings.from_env({"PARLEY_KEEP_DAYS": days})
    policy = words(bot.privacy.policy())
    assert f"your messages are kept for {said}, so that the AI" in policy
    assert f"Your messages and the answers, for {said}." in policy
    assert f"that you asked for it, for {said};" in policy


def test_the_privacy_page_explains_how_to_delete_everything_with_the_buttons_text(bot: Bot):
    assert f"send /forget to our page on Messenger, or in the web chat, and tap “{SAYS('forget_yes')}”" in words(
        bot.privacy.policy()
    )


def test_the_privacy_page_says_how_to_get_a_copy(bot: Bot):
    assert "Get a copy: send /export ." in words(bot.privacy.policy()).replace("/export.", "/export .")


def test_a_region_that_is_not_known_is_left_out(bot: Bot):
    assert "Amazon Web Services that belongs to the owner" in words(bot.privacy.policy())


@pytest.mark.parametrize(
    ("contact", "shown"),
    [
        ("", "Write to the page itself, on Messenger."),
        ("me@example.org", 'Write to <a href="mailto:me@example.org">me@example.org</a>.'),
        ("https://example.org/me", 'Write to <a href="https://example.org/me">https://example.org/me</a>.'),
    ],
)
def test_the_privacy_page_shows_how_to_contact_the_owner(bot: Bot, contact: str, shown: str):
    bot.settings = replace(bot.settings, privacy=replace(bot.settings.privacy, contact=contact))
    assert shown in bot.privacy.policy().html


ON_THE_PAGE = {
    "id": "your id on Messenger for our page",
    "access": "whether the owner has given you a limit or blocked you",
    "daily_limit": "whether the owner has given you a limit or blocked you",
    "quota": "how many questions you asked on your last 3 days here",
    "notified_day": "when you last got the notice that no more are answered that day",
    "notified_at": "when you last got the notice that no more are answered that day",
    "announced": "is notified when a new person writes: on Messenger, with the first words of the message",
    "tap": "by which message they did so",
    "tapped_in": "by which message they did so",
    "is_owner": "or that you are an owner yourself",
    "first_seen": "when you first and last wrote",
    "last_seen": "when you first and last wrote",
    "rooms": "the rooms in which you wrote",
    "refunds": "how many did not count",
    "spent": "what their answers cost",
    "months": "in each of the last 13 months",
    "persona": "who you chose to answer you",
    "language": "in which language you write, or which one you chose for the AI's notices",
    "language_seen": "in which language you write, or which one you chose for the AI's notices",
    "model": "which model does if the owner chose one for you",
    "invites": "which of the owner's invites you used, when, and what it gave you",
    "by_invite": "which of the owner's invites you used, when, and what it gave you",
    "invited_persona": "which of the owner's invites you used, when, and what it gave you",
    "facts": "What you asked the AI to remember, with the date",
    "talked_at": "when you were last answered",
    "forgotten_at": "when you last had everything deleted",
    "memory_consent": "when you agreed to it",
    "memory_off": "or that you switched this off",
    "looks": "your copy of what is stored has the last 20 times",
}
STORED_WITH_A_TURN = {
    "id", "conversation", "person", "at", "state", "text", "attachments", "reply", "charged_day", "model_calls",
    "overflow", "receipts", "deliveries", "place", "replaces", "feedback", "received",
    "opens", "rounds", "calls_before", "joined", "before", "says_ai", "language", "hides_before", "drops_summary",
}  # fmt: skip


def test_everything_stored_about_a_user_is_named_on_the_privacy_page(bot: Bot):
    """When this fails, something new is stored: say so in `content/templates/privacy*.html`, and then here."""
    policy = words(bot.privacy.policy())
    assert {field.name for field in fields(Person)} == ON_THE_PAGE.keys()
    assert {field.name for field in fields(Turn)} == STORED_WITH_A_TURN
    assert [text for text in ON_THE_PAGE.values() if text and text not in policy] == []
    assert "Lists that you keep with the AI, such as wishes," in policy
    assert "what the AI looked up or did for you to answer them" in policy
    assert "whether you marked an answer as good or bad, and over which connection your message came" in policy
    assert {field.name for field in fields(OwnConversation)} == {"id", "title", "used_at"}
    assert "a title for each of your conversations: its first question, or what you called it." in policy


# Deletion requests.


def test_a_request_is_stored_and_its_page_explains_the_quick_way_to_delete(bot: Bot):
    code = bot.wants_deletion(ANNA)
    page = bot.privacy.progress(code)
    assert page.status == 200
    assert "On 20 November 2026, Facebook sent us your request to delete your data." in words(page)
    assert "To delete your data at once, send /forget to our page" in words(page)
    assert "The request waits for the owner of the page" in words(page)
    assert f"Your confirmation code is {code}. This page is available until 18 February 2027." in words(page)


def test_a_request_is_confirmed_with_its_code_and_the_address_of_its_page(bot: Bot):
    code = bot.wants_deletion(ANNA)
    confirmation = bot.privacy.confirmation(code, base_url="https://bot.example/api")
    assert confirmation == {"url": f"https://bot.example/api/deletion/{code}", "confirmation_code": code}


def test_the_dates_are_those_of_the_owners_zone(bot: Bot):
    bot.clock.tick(hours=11.5)
    assert "On 21 November 2026, Facebook" in words(bot.privacy.progress(bot.wants_deletion(ANNA)))


def test_the_owner_gets_one_alert_with_the_code_and_without_the_users_id(bot: Bot):
    codes = {bot.wants_deletion(ANNA) for _ in range(3)}
    [code] = codes
    assert bot.notifier.told == [
        (SAYS("owner_deletion_subject"), SAYS("owner_deletion", code=code, stage="prod")),
    ]
    assert ANNA not in bot.told_owner[0]
    assert len(bot.memory.deletions) == 1


def test_a_request_is_stored_even_if_the_alert_cannot_be_sent(bot: Bot):
    bot.notifier.fails = True
    code = bot.wants_deletion(ANNA)
    assert [one.code for one in bot.deletions.open(now=bot.clock())] == [code]
    assert len(bot.log_lines("notify")) == 1


def test_the_status_page_shows_that_the_owner_is_done(bot: Bot):
    code = bot.wants_deletion(ANNA)
    bot.clock.tick(days=3)
    bot.deletions.close(code, now=bot.clock())
    done = words(bot.privacy.progress(code))
    assert "On 23 November 2026, the owner of the page marked it as done." in done
    assert "It waits" not in done


def test_a_request_is_deleted_after_ninety_days(bot: Bot):
    code = bot.wants_deletion(ANNA)
    bot.clock.tick(days=90)
    assert bot.privacy.progress(code).status == 404


@pytest.mark.parametrize(
    "code", ["", "0" * 32, "0" * 31, "x", "<script>", "../privacy", "0" * 5000, "\ud800", "٣" * 32]
)
def test_an_unknown_code_leads_to_a_page_that_says_so(bot: Bot, code: str):
    bot.wants_deletion(ANNA)
    page = bot.privacy.progress(code)
    assert page.status == 404
    assert "There is no such request" in words(page)
    assert "send /forget to our page" in words(page)


@pytest.mark.parametrize("code", ["", "0" * 31, "0" * 33, "A" * 32, "0" * 31 + "\n", "%00" * 32])
def test_a_malformed_code_is_not_read_from_the_store(bot: Bot, code: str):
    bot.deletions = UnreadableDeletions(bot.memory)
    assert bot.privacy.progress(code).status == 404


def test_both_app_secrets_are_accepted_during_a_rotation(bot: Bot):
    assert bot.wants_deletion(ANNA, secret=OLD_SECRET) == bot.wants_deletion(ANNA, secret=OLD_SECRET)
    assert bot.privacy.progress(bot.wants_deletion(ANNA)).status == 200


def test_a_request_without_metas_signature_is_refused_and_not_stored(bot: Bot):
    with pytest.raises(InvalidSignature):
        bot.wants_deletion(ANNA, secret="a guess")
    assert (bot.memory.deletions, bot.told_owner) == ({}, [])
    assert len(bot.log_lines("signature")) == 1


def test_a_malformed_request_is_refused_and_not_stored(bot: Bot):
    for form in (b"", b"signed_request=x", deletion_form({"user_id": None})):
        with pytest.raises(BadRequest):
            bot.data_deletion.receive(form)
    assert (bot.memory.deletions, bot.told_owner) == ({}, [])


def test_a_form_larger_than_any_real_one_is_not_even_verified(bot: Bot):
    form = deletion_form({"user_id": ANNA}) + b"&padding="
    with pytest.raises(BodyTooLarge):
        bot.data_deletion.receive(form.ljust(MAX_FORM + 1, b"x"))
    assert bot.data_deletion.receive(form.ljust(MAX_FORM, b"x"))


def test_a_request_that_cannot_be_stored_is_not_confirmed(bot: Bot):
    bot.deletions = FailingDeletions(bot.memory)
    with pytest.raises(StoreError):
        bot.wants_deletion(ANNA)
    assert bot.told_owner == []


def test_no_line_of_the_log_shows_the_code(bot: Bot):
    code = bot.wants_deletion(ANNA)
    bot.privacy.progress(code)
    assert code not in bot.logged.getvalue()
    assert [line["outcome"] for line in bot.log_lines("deletion")] == ["new"]


def test_the_privacy_page_says_where_words_to_a_human_go(bot: Bot):
    policy = words(bot.privacy.policy())
    assert "what a human writes to you in place of the AI, and until when the AI leaves the conversation" in policy
    assert "what you write then also goes to the owner on Messenger" in policy
