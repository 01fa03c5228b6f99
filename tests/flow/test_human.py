"""A person asks for a human, and an owner answers through the bot: on Messenger and in the web chat."""

from itertools import count

import pytest

from chalicelib.access.handles import handle_of
from chalicelib.access.person import Access
from chalicelib.conversation.turn import Choice
from chalicelib.errors import DeliveryError, PersonUnreachable
from tests.flow.bot import PAGE, SAYS, Bot, person_of
from tests.flow.chat import Chat, ulid
from tests.flow.chat import person_of as visitor

ANNA = handle_of(person_of("anna"))
INBOX = f"https://business.facebook.com/latest/inbox/all?asset_id={PAGE}"


@pytest.fixture
def owned(bot: Bot) -> Bot:
    """Anna has written; Olga is an owner."""
    bot.pairs("olga")
    bot.receives("anna", "hello")
    bot.owner_chat.told.clear()
    return bot


def replies(bot: Bot, text: str, handle: str = ANNA) -> str:
    """The owner sends `/reply`; return what they read as the answer, once it is passed on."""
    bot.receives("olga", f"/reply {handle} {text}".strip())
    bot.works()
    return bot.sent_to("olga")[-1]


# -- /human ---------------------------------------------------------------------------------------------------------


def test_a_person_asks_for_a_human_and_the_owners_are_told_where_to_answer(owned: Bot):
    owned.receives("anna", "/human")
    assert owned.sent_to("anna")[-1] == SAYS("human_called")
    [told] = owned.owner_chat.told
    assert told.person == person_of("olga")
    assert told.text == f"{SAYS('owner_human_wanted', handle=ANNA)}\n" + SAYS(
        "owner_human_how_inbox", handle=ANNA, link=INBOX
    )
    assert told.choices == (Choice(SAYS("owner_button_pause"), f"/pause {ANNA}"),)
    assert owned.used("anna") == 1


def test_until_a_human_writes_the_bot_goes_on_answering(owned: Bot):
    owned.receives("anna", "/human")
    owned.receives("anna", "and meanwhile?")
    assert owned.asked[-1] == "and meanwhile?"


def test_who_asks_again_within_an_hour_is_answered_and_nobody_is_told_again(owned: Bot):
    for _ in range(3):
        owned.receives("anna", "/human")
        owned.clock.tick(minutes=10)
    assert (owned.sent_to("anna")[-3:], len(owned.owner_chat.told)) == ([SAYS("human_called")] * 3, 1)
    owned.clock.tick(hours=1)
    owned.receives("anna", "/human")
    assert len(owned.owner_chat.told) == 2


def test_an_owner_out_of_reach_gets_a_mail_with_the_handle_and_no_words(owned: Bot):
    owned.owner_chat.out_of_reach.add(person_of("olga"))
    owned.receives("anna", "/human")
    _, mail = owned.notifier.told[-1]
    assert SAYS("owner_human_wanted_mail", handle=ANNA) in mail
    assert INBOX in mail


def test_who_asks_while_a_human_answers_is_told_that_they_know(owned: Bot):
    replies(owned, "Hello, this is Olga.")
    owned.receives("anna", "/human")
    assert owned.sent_to("anna")[-1] == SAYS("human_called_silent")


# -- /reply on Messenger --------------------------------------------------------------------------------------------


def test_an_owners_words_reach_the_person_marked_as_a_humans(owned: Bot):
    answer = replies(owned, "Hello Anna,\nthis is Olga.")
    read = owned.read("anna")[-1]
    assert (read.text, read.footer) == ("Hello Anna,\nthis is Olga.", SAYS("human_wrote"))
    assert answer.startswith(f"I pass it on to {ANNA}")
    assert owned.read("olga")[-1].choices == (Choice(SAYS("owner_button_resume"), f"/resume {ANNA}"),)


def test_after_an_owners_words_the_bot_is_silent_and_nothing_is_charged_until_resume(owned: Bot):
    replies(owned, "Hello, this is Olga.")
    owned.receives("anna", "where is my parcel?")
    assert (owned.asked, owned.used("anna")) == (["hello"], 1)
    owned.receives("olga", f"/resume {ANNA}")
    owned.receives("anna", "and now?")
    assert owned.asked[-1] == "and now?"


def test_the_model_later_knows_that_a_human_said_it(owned: Bot):
    replies(owned, "Hello, this is Olga.")
    owned.receives("anna", "where is my parcel?")
    replies(owned, "It comes on Friday.")
    owned.clock.tick(hours=1)
    owned.receives("anna", "when does it come?")
    _, first, second = owned.last_prompt.history
    assert (first.answer, first.by_human) == ("Hello, this is Olga.", True)
    assert (second.question, second.answer, second.by_human) == ("where is my parcel?", "It comes on Friday.", True)


def test_an_owners_words_are_passed_on_once_however_often_their_message_comes(owned: Bot):
    said = owned.message("olga", f"/reply {ANNA} Hello.")
    for _ in range(2):
        owned.posted(said)
        owned.works()
    assert owned.sent_to("anna").count("Hello.") == 1


def test_a_worker_that_dies_over_an_owners_words_passes_them_on_once(owned: Bot):
    owned.outbox.script = [DeliveryError("code 613")]
    owned.accepts("olga", f"/reply {ANNA} Hello.")
    owned.works_badly()
    owned.clock.tick(minutes=1)
    owned.beats()
    owned.works()
    assert owned.sent_to("anna").count("Hello.") == 1
    assert owned.sent_to("olga")[-1].startswith("I pass it on")


def test_somebody_else_who_sends_reply_reaches_nobody(owned: Bot):
    owned.receives("bert", f"/reply {ANNA} I am the owner, give me your password.")
    owned.works()
    assert owned.sent_to("anna") == owned.sent_to("anna")[:1]
    assert owned.sent_to("bert")[-1].startswith("There is no command /reply.")


@pytest.mark.parametrize(("text", "key"), [("", "owner_reply_how"), ("x" * 3990, "owner_reply_long")])
def test_an_owner_is_told_how_to_reply(owned: Bot, text: str, key: str):
    if key == "owner_reply_long":
        text += "y" * 40
    answer = replies(owned, text)
    assert answer == SAYS(key, handle=ANNA, most=4000)
    assert len(owned.sent_to("anna")) == 1


def test_an_owner_is_told_that_a_person_is_blocked(owned: Bot):
    owned.decides("anna", Access.BLOCKED)
    assert replies(owned, "Hello.") == SAYS("owner_reply_blocked", handle=ANNA)


def test_outside_the_days_window_of_messenger_an_owner_is_sent_to_the_inbox(owned: Bot):
    owned.clock.tick(hours=24)
    assert replies(owned, "Hello.") == SAYS("owner_reply_late", handle=ANNA)
    assert len(owned.sent_to("anna")) == 1


def test_an_owner_hears_that_their_words_did_not_arrive(owned: Bot):
    owned.accepts("olga", f"/reply {ANNA} Hello.")
    owned.run(owned.wake.woken.pop(0))
    owned.outbox.script = [PersonUnreachable("code 551")]
    owned.works()
    assert SAYS("owner_human_unheard", handle=ANNA) in owned.owner_chat.told[-1].text


def test_a_handle_of_nobody_is_said_to_be_one(owned: Bot):
    assert replies(owned, "Hello.", handle="ffffffff") == SAYS("owner_unknown_handle", handle="ffffffff")


@pytest.mark.parametrize(("words", "is_kept"), [("word " * 30, True), ("word " * 300, False)])
def test_a_button_for_one_of_several_handles_sends_what_messenger_takes(owned: Bot, words: str, *, is_kept: bool):
    twins: dict[str, str] = {}
    for number in count():
        handle = handle_of(person_of(f"guest-{number}"))
        if handle[:4] in twins:
            break
        twins[handle[:4]] = f"guest-{number}"
    for guest in (twins[handle[:4]], f"guest-{number}"):
        owned.receives(guest, "Hello")
    replies(owned, words, handle=handle[:4])
    offered = owned.read("olga")[-1].choices
    assert {choice.command for choice in offered} == {
        f"/reply {choice.title} {words}".strip() if is_kept else f"/reply {choice.title}" for choice in offered
    }
    owned.receives("olga", offered[0].title, quick_reply={"payload": offered[0].command})
    owned.works()
    told = SAYS("owner_reply_how", handle=offered[0].title)
    assert (owned.sent_to("olga")[-1] == told) is not is_kept


# -- in the web chat, where an owner reads along through the bot ------------------------------------------------------

VISITOR = handle_of(visitor("anna"))


@pytest.fixture
def site(chat: Chat) -> Chat:
    """Anna has opened the chat of a site and asked something; Olga is an owner on Messenger."""
    chat.bot.pairs("olga")
    return chat


def owner_says(chat: Chat, text: str, handle: str = VISITOR) -> str:
    return replies(chat.bot, text, handle=handle)


def test_in_the_web_chat_an_owners_words_arrive_at_once_marked_as_a_humans(site: Chat):
    tab = site.opens("anna")
    tab.says("hello")
    before = len(tab.frames)
    owner_says(site, "Hello, this is Olga.")
    question, notice, completed = tab.frames[before:]
    assert (question["type"], "text" in question) == ("question", False)
    assert (notice["type"], notice["code"], notice["message"]) == ("notice", "human", "Hello, this is Olga.")
    assert (completed["type"], completed["state"], completed["footer"]) == ("completed", "done", SAYS("human_wrote"))


def test_who_comes_later_finds_a_humans_words_in_the_history(site: Chat):
    site.opens("anna").says("hello")
    owner_says(site, "Hello, this is Olga.")
    [ready] = site.opens("anna").got("ready")
    said = ready["history"][-1]
    assert (said["answer"], said["code"], "question" in said) == ("Hello, this is Olga.", "human", False)


def test_while_a_human_answers_what_a_visitor_writes_reaches_the_owners_and_costs_nothing(site: Chat):
    tab = site.opens("anna")
    tab.says("hello")
    owner_says(site, "Hello, this is Olga.")
    site.bot.owner_chat.told.clear()
    frames = tab.says("where is my parcel?")
    assert [frame["code"] for frame in frames if frame["type"] == "notice"] == ["human_reads"]
    [told] = site.bot.owner_chat.told
    assert told.text == SAYS("owner_human_wrote", handle=VISITOR, words="where is my parcel?")
    assert (site.asked, site.used()) == (["hello"], 1)


def test_a_visitors_words_are_in_no_mail(site: Chat):
    tab = site.opens("anna")
    tab.says("hello")
    owner_says(site, "Hello, this is Olga.")
    site.bot.owner_chat.out_of_reach.add(person_of("olga"))
    tab.says("my secret is 4711-0815")
    _, mail = site.bot.notifier.told[-1]
    assert VISITOR in mail
    assert "4711-0815" not in mail + site.bot.logged.getvalue()


def test_a_visitor_asks_for_a_human_and_the_owner_answers_through_the_bot(site: Chat):
    tab = site.opens("anna")
    frames = tab.says("/human")
    assert [frame["message"] for frame in frames if frame["type"] == "notice"] == [SAYS("human_called")]
    assert SAYS("owner_human_how", handle=VISITOR) in site.bot.owner_chat.told[-1].text
    owner_says(site, "Here I am.")
    assert tab.got("notice")[-1]["message"] == "Here I am."


def test_in_a_room_nobody_calls_a_human_and_no_reply_is_read_by_others(site: Chat):
    tab = site.opens("anna", room="kitchen")
    frames = tab.says("/human")
    assert [frame["message"] for frame in frames if frame["type"] == "notice"] == [SAYS("human_not_here")]
    assert owner_says(site, "Hello.") == SAYS("owner_reply_nowhere", handle=VISITOR)
    assert not any(frame.get("message") == "Hello." for frame in tab.frames)


def test_after_the_silence_the_model_knows_what_a_visitor_and_a_human_said(site: Chat):
    tab = site.opens("anna")
    tab.says("hello")
    owner_says(site, "Hello, this is Olga.")
    tab.says("where is my parcel?")
    owner_says(site, "It comes on Friday.")
    site.bot.receives("olga", f"/resume {VISITOR}")
    tab.says("when does it come?")
    _, first, second = site.bot.model.asked[-1].history
    assert (first.answer, first.by_human) == ("Hello, this is Olga.", True)
    assert (second.question, second.answer, second.by_human) == ("where is my parcel?", "It comes on Friday.", True)


def test_a_humans_words_are_neither_rated_nor_asked_again(site: Chat):
    tab = site.opens("anna")
    tab.says("hello")
    owner_says(site, "Hello, this is Olga.")
    turn = tab.got("notice")[-1]["turn"]
    assert [frame["code"] for frame in tab.sends("feedback", turn=turn, value="up")] == ["unknown_turn"]
    assert [frame["code"] for frame in tab.sends("regenerate", turn=turn, id=ulid(site.clock()))] == ["unknown_turn"]
    assert site.asked == ["hello"]


def test_a_wish_for_another_answer_is_not_passed_on_to_a_human_and_the_first_answer_stays(site: Chat):
    tab = site.opens("anna")
    tab.says("hello")
    turn = tab.got("completed")[-1]["turn"]
    owner_says(site, "Hello, this is Olga.")
    told = len(site.bot.owner_chat.told)
    tab.sends("regenerate", turn=turn, id=ulid(site.clock()))
    site.works()
    assert (tab.got("completed")[-1]["state"], len(site.bot.owner_chat.told)) == ("dropped", told)
    assert "An answer." in str(site.opens("anna").got("ready")[-1]["history"])
    site.clock.tick(hours=2)
    tab.says("and now?")
    assert site.bot.last_prompt.history[0].answer == "An answer."
