import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from chalicelib.access.person import Access
from chalicelib.channels.messenger.webhook import MAX_BODY
from chalicelib.channels.meta.signature import sign
from chalicelib.conversation.ports import Accepted
from chalicelib.conversation.turn import IncomingMessage
from chalicelib.conversation.worker import Outcome
from chalicelib.errors import BodyTooLarge, DeliveryError, InvalidSignature, StoreError
from tests.fakes.inbox import FakeInbox
from tests.flow.bot import APP, OLD_SECRET, SAYS, SECRET, VERIFY_TOKEN, Bot, conversation_of

PAGE_INBOX = "263902037430900"


@dataclass(frozen=True)
class FailingInbox(FakeInbox):
    """Fails to store the messages with the texts in `fails`."""

    fails: set[str] = field(default_factory=set)

    def accept(self, message: IncomingMessage, *, now: int) -> Accepted:
        if message.text in self.fails:
            raise StoreError("DynamoDB refused: InternalServerError")
        return super().accept(message, now=now)


@dataclass(frozen=True)
class FailingAlerts:
    """Raises StoreError for every write."""

    def first_today(self, kind: str, *, day: str) -> bool:
        raise StoreError("DynamoDB refused: InternalServerError")

    def people_today(self, kind: str, person: str, *, day: str, most: int) -> int:
        raise StoreError("DynamoDB refused: InternalServerError")


def signed(body: bytes, secret: str = SECRET) -> str:
    return f"sha256={sign(body, secret=secret)}"


# Who may come in.


@pytest.mark.parametrize(
    "header", [None, "", "garbage", "sha256=", "sha1=" + "0" * 40, "sha256=" + "0" * 64, signed(b"another body")]
)
def test_a_request_not_signed_by_meta_is_refused_and_stores_nothing(bot: Bot, header: str | None):
    body = bot.body(bot.message("anna", "let me in"))
    with pytest.raises(InvalidSignature):
        bot.webhook.handle(body, header)
    assert (bot.memory.turns, bot.memory.people, bot.wake.woken) == ({}, {}, [])


def test_both_app_secrets_are_accepted_during_a_rotation(bot: Bot):
    for secret in (SECRET, OLD_SECRET):
        bot.posted(bot.message("anna", "which secret is it?"), secret=secret)
    assert len(bot.turns("anna")) == 2


def test_a_request_signed_with_another_secret_is_refused(bot: Bot):
    with pytest.raises(InvalidSignature):
        bot.posted(bot.message("anna", "let me in"), secret="a guess")


def test_a_body_larger_than_any_real_one_is_not_even_verified(bot: Bot):
    body = bot.body(bot.message("anna", "x" * MAX_BODY))
    with pytest.raises(BodyTooLarge):
        bot.webhook.handle(body, signed(body))
    assert bot.memory.turns == {}


def test_the_largest_body_is_handled(bot: Bot):
    body = bot.body(bot.message("anna", "let me in")).ljust(MAX_BODY)
    bot.webhook.handle(body, signed(body))
    assert bot.states("anna") == ["queued"]


@pytest.mark.parametrize("body", [b"", b"\xff", b"{", b"[]", b"null", b'{"object": "page"}', b'{"object": "user"}'])
def test_a_signed_body_that_cannot_be_parsed_is_accepted_and_ignored(bot: Bot, body: bytes):
    bot.webhook.handle(body, signed(body))
    assert bot.memory.turns == {}
    [line] = bot.log_lines("door")
    assert (line["outcome"], line["events"], line["ignored"] in ("unreadable", "other_object")) == ("ok", 1, True)


def test_a_handshake_with_the_verify_token_returns_the_challenge(bot: Bot):
    query = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158201444"}
    assert bot.webhook.handshake(query) == "1158201444"
    with pytest.raises(InvalidSignature):
        bot.webhook.handshake({**query, "hub.verify_token": "a guess"})


# What becomes of what comes in.


def test_every_message_of_every_entry_is_stored(bot: Bot):
    entries = [
        {"id": "4711", "messaging": [bot.message(f"person-{number}", "one of many"), bot.message("anna", "hers too")]}
        for number in range(20)
    ]
    body = json.dumps({"object": "page", "entry": entries}).encode()
    bot.clock.tick(seconds=1)
    bot.webhook.handle(body, signed(body))
    assert all(bot.states(f"person-{number}") == ["queued"] for number in range(20))
    assert sorted(bot.wake.woken) == sorted(
        conversation_of(psid) for psid in {*bot.heard} - {"one of many", "hers too"}
    )


def test_many_messages_of_one_person_wake_one_worker(bot: Bot):
    bot.posted(*(bot.message("anna", f"line {number} of a poem") for number in range(4)))
    assert bot.wake.woken == [conversation_of("anna")]
    assert bot.works() == [Outcome.DRAINED]
    assert bot.asked == [f"line {number} of a poem" for number in range(4)]


def test_ignored_items_do_not_hide_messages(bot: Bot):
    bot.posted({"nonsense": True}, bot.item("anna", read={"watermark": 1}), bot.message("anna", "here I am"))
    assert bot.states("anna") == ["queued"]


def test_a_message_that_cannot_be_stored_loses_no_other_and_meta_retries(bot: Bot):
    inbox = FailingInbox(bot.memory, {"the unlucky one"})
    bot.inbox = inbox
    batch = [bot.message("anna", "the lucky one"), bot.message("bert", "the unlucky one"), bot.message("carl", "mine")]
    with pytest.raises(StoreError):
        bot.posted(*batch)
    assert [bot.states(psid) for psid in ("anna", "bert", "carl")] == [["queued"], [], ["queued"]]
    inbox.fails.clear()
    bot.posted(*batch)
    bot.works()
    assert [len(bot.sent_to(psid)) for psid in ("anna", "bert", "carl")] == [1, 1, 1]


def test_other_messages_of_a_person_are_stored_when_one_fails(bot: Bot):
    bot.inbox = FailingInbox(bot.memory, {"the unlucky one"})
    with pytest.raises(StoreError):
        bot.posted(bot.message("anna", "the unlucky one"), bot.message("anna", "the lucky one"))
    assert (bot.states("anna"), bot.wake.woken) == (["queued"], [conversation_of("anna")])


def test_a_worker_that_cannot_be_woken_is_no_error_and_the_heartbeat_wakes_it(bot: Bot):
    bot.wake.fails = True
    bot.accepts("anna", "does anybody wake up?")
    assert bot.states("anna") == ["queued"]
    bot.wake.fails = False
    assert bot.beats().swept == 1
    bot.works()
    assert bot.sent_to("anna") == ["An answer."]


def test_a_repeated_message_wakes_a_worker_only_while_it_waits(bot: Bot):
    message = bot.message("anna", "the same again")
    bot.posted(message)
    bot.posted(message)
    assert len(bot.wake.woken) == 2
    bot.works()
    bot.posted(message)
    assert bot.wake.woken == []


def test_a_message_of_a_blocked_person_wakes_no_worker(bot: Bot):
    bot.receives("anna", "before I was blocked")
    bot.decides("anna", Access.BLOCKED)
    bot.accepts("anna", "after I was blocked")
    assert bot.wake.woken == []


# Echoes, taking back, editing.


def test_an_echo_of_our_own_answer_is_a_receipt_and_never_answered(bot: Bot):
    bot.outbox.script = [DeliveryError("code 613")]
    bot.accepts("anna", "do you hear yourself?")
    bot.works_badly()
    [turn] = bot.turns("anna")
    bot.posted(bot.receipt(turn, 0), bot.receipt(turn, 1))
    assert bot.turns("anna")[0].receipts == {0, 1}
    assert (len(bot.turns("anna")), bot.wake.woken) == (1, [])


def test_an_echo_of_something_unknown_changes_nothing(bot: Bot):
    bot.posted(bot.echo("anna", metadata="0000000000000#unknown#0"), bot.echo("anna", text="by us", app_id=APP))
    assert (bot.memory.turns, bot.memory.conversations, bot.wake.woken) == ({}, {}, [])


def test_when_a_human_answers_the_bot_is_silent_for_an_hour(bot: Bot):
    bot.receives("anna", "is a human there?")
    bot.posted(bot.echo("anna", text="Yes, here I am.", app_id=PAGE_INBOX))
    bot.receives("anna", "how nice to meet you")
    bot.clock.tick(minutes=59)
    bot.receives("anna", "are you still there?")
    assert (bot.sent_to("anna")[1:], bot.used("anna")) == ([SAYS("human_here")], 1)
    bot.clock.tick(minutes=1)
    bot.receives("anna", "is the bot back?")
    assert (len(bot.sent_to("anna")), bot.asked[-1]) == (3, "is the bot back?")


@pytest.mark.parametrize("app", [{"app_id": PAGE_INBOX}, {"app_id": 5}, {}, {"app_id": None}, {"app_id": ""}], ids=str)
def test_a_human_who_writes_first_is_not_interrupted_by_the_bot(bot: Bot, app: dict[str, Any]):
    bot.posted(bot.echo("anna", text="Your parcel is here.", **app))
    bot.receives("anna", "great, I am coming")
    assert (bot.sent_to("anna"), bot.asked, bot.states("anna"), bot.used("anna")) == ([], [], ["dropped"], 0)
    bot.clock.tick(hours=1)
    bot.receives("anna", "is the bot there?")
    assert bot.asked == ["is the bot there?"]


def test_a_human_who_writes_to_somebody_unknown_is_no_new_person_and_leaves_nothing_after_thirty_days(bot: Bot):
    bot.posted(bot.echo("anna", text="Your parcel is here."))
    assert (bot.told_owner, bot.memory.people, bot.memory.turns, bot.wake.woken) == ([], {}, {}, [])
    bot.memory.expire(now=bot.clock.tick(days=31))
    assert bot.memory.conversations == {}


def test_each_answer_of_a_human_restarts_the_hour(bot: Bot):
    bot.receives("anna", "is a human there?")
    for _ in range(3):
        bot.posted(bot.echo("anna", text="Yes, here I am.", app_id=int(PAGE_INBOX)))
        bot.clock.tick(minutes=45)
    bot.receives("anna", "how nice to meet you")
    assert len(bot.sent_to("anna")) == 1


def test_waiting_messages_are_dropped_when_a_human_answers(bot: Bot):
    bot.accepts("anna", "is a human there?")
    bot.posted(bot.echo("anna", text="Yes, here I am.", app_id=PAGE_INBOX))
    bot.works()
    assert (bot.sent_to("anna"), bot.asked, bot.used("anna")) == ([SAYS("human_here")], [], 0)
    assert bot.states("anna") == ["dropped", "done", "done"]


def test_a_human_who_answers_one_person_leaves_the_others_to_the_bot(bot: Bot):
    bot.receives("anna", "is a human there?")
    bot.posted(bot.echo("anna", text="Yes, here I am.", app_id=PAGE_INBOX))
    bot.receives("bert", "and for me?")
    assert len(bot.sent_to("bert")) == 1


LINK = {"type": "fallback", "title": "A bicycle", "url": "https://shop.example/bicycle", "payload": None}


def test_a_shared_link_reaches_the_model_with_title_and_address_and_nothing_of_it_is_logged(bot: Bot):
    bot.receives("anna", "is this a good one?", attachments=[LINK])
    bot.receives(
        "anna", attachments=[{"type": "post", "payload": {"url": "https://www.facebook.com/p/1", "title": "Sale"}}]
    )
    assert bot.asked == [
        "is this a good one?\n[shared: A bicycle, https://shop.example/bicycle]",
        "[shared: Sale, https://www.facebook.com/p/1]",
    ]
    assert not any(word in bot.logged.getvalue() for word in ("bicycle", "Sale", "facebook.com"))


def test_a_photo_alone_still_gets_the_notice_that_only_text_can_be_read(bot: Bot):
    bot.receives(
        "anna", attachments=[{"type": "image", "payload": {"url": "https://cdn.example/secret", "title": "x"}}]
    )
    assert (bot.asked, bot.sent_to("anna")) == ([], [SAYS("text_only")])


def test_a_message_unsent_before_its_turn_is_not_answered(bot: Bot):
    bot.accepts("anna", "I regret this", mid="mid-regret")
    bot.posted(bot.item("anna", message={"mid": "mid-regret", "is_deleted": True}))
    bot.works()
    assert (bot.asked, bot.sent_to("anna"), bot.used("anna")) == ([], [], 0)


def test_a_message_unsent_after_its_answer_is_erased_with_the_answer(bot: Bot):
    bot.receives("anna", "I regret this", mid="mid-regret")
    bot.posted(bot.item("anna", message={"mid": "mid-regret", "is_deleted": True}))
    [turn] = bot.turns("anna")
    assert (turn.text, turn.reply) == ("", None)
    assert bot.used("anna") == 1


def test_a_message_edited_before_its_turn_is_answered_as_edited(bot: Bot):
    bot.accepts("anna", "what is the capital of France", mid="mid-capital")
    edit = {"mid": "mid-capital", "text": "what is the capital of Spain", "num_edit": 1}
    bot.posted(bot.item("anna", message_edit=edit))
    bot.works()
    assert bot.asked == ["what is the capital of Spain"]


def test_a_message_edited_after_it_was_answered_is_not_answered_again(bot: Bot):
    bot.receives("anna", "what is the capital of France", mid="mid-capital")
    edit = {"mid": "mid-capital", "text": "what is the capital of Spain", "num_edit": 1}
    bot.posted(bot.item("anna", message_edit=edit))
    assert bot.works() == []
    assert len(bot.sent_to("anna")) == 1


def test_an_older_edit_that_comes_late_changes_nothing(bot: Bot):
    bot.accepts("anna", "never edited", mid="mid-capital")
    for number in (2, 1):
        edit = {"mid": "mid-capital", "text": f"edited {number} times", "num_edit": number}
        bot.posted(bot.item("anna", message_edit=edit))
    bot.works()
    assert bot.asked == ["edited 2 times"]


# What Meta says of the page.


def policy(bot: Bot, action: str = "block") -> dict[str, Any]:
    return bot.item("4711", policy_enforcement={"action": action, "reason": "spam"})


def test_the_owner_gets_one_alert_a_day_about_an_enforced_policy(bot: Bot):
    bot.posted(policy(bot))
    bot.posted(policy(bot))
    assert bot.notifier.told == [(SAYS("owner_policy_subject"), SAYS("owner_policy", action="block"))]
    bot.clock.tick(days=1)
    bot.posted(policy(bot))
    assert len(bot.notifier.told) == 2


def test_messages_are_stored_although_a_policy_alert_cannot_be_sent(bot: Bot):
    bot.notifier.fails = True
    bot.posted(policy(bot), bot.message("anna", "do not lose me"))
    assert bot.states("anna") == ["queued"]


def test_messages_are_stored_although_a_policy_alert_cannot_be_stored(bot: Bot):
    bot.alerts = FailingAlerts()
    with pytest.raises(StoreError):
        bot.posted(policy(bot), bot.message("anna", "do not lose me"))
    assert bot.states("anna") == ["queued"]


def test_no_log_line_of_the_webhook_shows_a_person(bot: Bot):
    bot.accepts("anna", "who am I?")
    assert conversation_of("anna") not in bot.logged.getvalue()
