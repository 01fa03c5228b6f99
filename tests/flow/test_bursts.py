"""Bursts: with PARLEY_JOIN_MESSAGES=on, messages that wait together are answered together, as one charged question."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.access.person import Access
from chalicelib.conversation.moderation import Category, Verdict
from chalicelib.conversation.prompt import Exchange
from chalicelib.errors import ModelBusy
from tests.flow.bot import LIMIT, SAYS, Bot, person_of
from tests.flow.chat import Chat, Tab

BURST = ("hello", "can you", "help me?")
LATE_S = 4
TOGETHER = "hello\ncan you\nhelp me?"


def join(bot: Bot) -> None:
    bot.settings = replace(bot.settings, limits=replace(bot.settings.limits, join_messages=True))


@pytest.fixture
def bot(bot: Bot) -> Bot:
    join(bot)
    return bot


@pytest.fixture
def chat(chat: Chat) -> Chat:
    join(chat.bot)
    return chat


def writes(bot: Bot, *texts: str) -> None:
    for number, text in enumerate(texts):
        bot.accepts("anna", text, mid=f"mid-{number}")


def asks(chat: Chat, tab: Tab, *texts: str) -> None:
    """Write the texts, and let the worker come when no function can be late any more."""
    for text in texts:
        tab.asks(text)
    chat.clock.tick(seconds=LATE_S)
    chat.works()


def happens(bot: Bot, **what: Any) -> None:
    bot.posted(bot.item("anna", **what))


def unsends(bot: Bot, number: int) -> None:
    happens(bot, message={"mid": f"mid-{number}", "is_deleted": True})


def test_messages_that_wait_together_get_one_answer_and_count_as_one_question(bot: Bot):
    writes(bot, *BURST)
    bot.works()
    assert (bot.asked, bot.sent_to("anna"), bot.used("anna")) == ([TOGETHER], ["An answer."], 1)
    assert bot.states("anna") == ["done", "done", "done"]


def test_without_the_setting_each_message_gets_its_answer(bot: Bot):
    bot.settings = replace(bot.settings, limits=replace(bot.settings.limits, join_messages=False))
    writes(bot, *BURST)
    bot.works()
    assert (bot.asked, bot.used("anna")) == ([*BURST], 3)


def test_messages_sent_while_one_is_answered_are_answered_together_after_it(chat: Chat):
    anna = chat.opens()
    said = ["one moment", "there is more"]

    def interrupts() -> None:
        while said:
            anna.asks(said.pop(0))
        chat.clock.tick(seconds=LATE_S)

    chat.model_says(interrupts, "An answer.")
    anna.asks("What is new?")
    chat.works()
    assert (chat.asked, chat.used()) == (["What is new?", "one moment\nthere is more"], 2)


def test_the_next_prompt_has_every_word_of_a_burst_once(bot: Bot):
    writes(bot, *BURST)
    bot.works()
    bot.receives("anna", "and now?")
    assert bot.last_prompt.history == (Exchange(TOGETHER, "An answer."),)


@pytest.mark.parametrize("between", ["/reset", "/usage", "/hepl"])
def test_a_command_between_two_messages_is_run_between_them(bot: Bot, between: str):
    writes(bot, "hello", between, "help me?")
    bot.works()
    assert (bot.asked, bot.used("anna"), len(bot.sent_to("anna"))) == (["hello", "help me?"], 2, 3)


def test_messages_that_are_delivered_again_change_nothing(bot: Bot):
    items = [bot.message("anna", text) for text in BURST]
    for _ in range(2):
        bot.posted(*items)
        bot.works()
        bot.posted(*items[:2])
        bot.works()
    assert (bot.asked, len(bot.sent_to("anna")), bot.used("anna")) == ([TOGETHER], 1, 1)


@pytest.mark.parametrize("number", [0, 2])
def test_a_message_unsent_before_the_answer_is_left_out(bot: Bot, number: int):
    writes(bot, *BURST)
    unsends(bot, number)
    bot.works()
    assert bot.asked == ["\n".join(text for place, text in enumerate(BURST) if place != number)]
    assert bot.used("anna") == 1


def test_a_message_unsent_after_the_answer_is_erased_with_the_answer(bot: Bot):
    writes(bot, *BURST)
    bot.works()
    unsends(bot, 0)
    assert [turn.text for turn in bot.turns("anna")] == ["", "can you", "help me?"]
    assert bot.turns("anna")[-1].reply is None
    bot.receives("anna", "and now?")
    assert bot.last_prompt.history == ()


def test_a_message_edited_after_the_answer_is_remembered_as_it_reads_now(bot: Bot):
    writes(bot, *BURST)
    bot.works()
    happens(bot, message_edit={"mid": "mid-0", "text": "good morning", "num_edit": 1})
    bot.receives("anna", "and now?")
    assert bot.last_prompt.history == (Exchange("good morning\ncan you\nhelp me?", "An answer."),)


def test_a_burst_over_the_limit_gets_one_notice_and_then_silence(bot: Bot):
    bot.limits_to(0)
    writes(bot, *BURST)
    bot.works()
    assert (bot.asked, len(bot.sent_to("anna")), bot.used("anna")) == ([], 1, 0)
    for number in range(3):
        bot.accepts("anna", "again", mid=f"more-{number}")
    bot.works()
    assert len(bot.sent_to("anna")) == 1
    assert bot.memory.conversations[bot.turns("anna")[0].conversation].open_turns == 0


def test_a_burst_without_money_gets_one_notice(bot: Bot):
    bot.may_spend("0.000001")
    writes(bot, *BURST)
    bot.works()
    assert (bot.asked, len(bot.sent_to("anna")), bot.used("anna")) == ([], 1, 0)


def test_a_burst_of_a_blocked_person_ends_in_silence(bot: Bot):
    writes(bot, *BURST)
    bot.decides("anna", Access.BLOCKED)
    bot.works()
    assert (bot.asked, bot.sent_to("anna")) == ([], [])
    assert bot.memory.conversations[bot.turns("anna")[0].conversation].open_turns == 0


def test_a_burst_that_the_model_fails_is_refunded_as_one_question(bot: Bot):
    bot.model.script.append(ModelBusy("too many requests"))
    writes(bot, *BURST)
    bot.works()
    assert (bot.sent_to("anna"), bot.used("anna")) == ([SAYS("apology")], 0)


def test_moderation_checks_all_words_of_a_burst_at_once(bot: Bot):
    text = 'name = "Anna"\nmax_output_tokens = 100\ninstructions = "You are kind."\nmoderation = "block"\n'
    bot.persona_texts.put("assistant", text, now=bot.clock())
    bot.moderation.script.append(Verdict(frozenset({Category.VIOLENCE}), 0.9))
    writes(bot, *BURST)
    bot.works()
    assert (bot.moderation.checked, bot.asked) == ([TOGETHER], [])
    assert (bot.sent_to("anna"), bot.used("anna")) == ([SAYS("moderated")], 0)
    assert bot.memory.conversations[bot.turns("anna")[0].conversation].open_turns == 0


def test_five_messages_at_once_leave_room_for_others(bot: Bot):
    bot.limits_to(LIMIT)
    for _ in range(LIMIT):
        for number in range(5):
            bot.accepts("anna", f"part {number}")
        bot.works()
    assert (len(bot.asked), bot.used("anna")) == (LIMIT, LIMIT)
    assert bot.memory.people[person_of("anna")].open_conversations == 0


def test_in_a_room_only_messages_of_one_person_in_a_row_are_joined(chat: Chat):
    anna, bert = chat.opens(room="kitchen"), chat.opens("bert", room="kitchen")
    anna.asks("hello")
    bert.asks("hi")
    bert.asks("who is there?")
    asks(chat, anna, "help me?")
    assert [asked.partition("]")[2].strip() or asked for asked in chat.asked] == [
        "hello",
        "hi\nwho is there?",
        "help me?",
    ]


def test_on_the_web_each_message_of_a_burst_comes_to_its_end_in_order(chat: Chat):
    anna = chat.opens()
    asks(chat, anna, "hello", "help me?")
    frames = anna.got("question", "delta", "notice", "completed")
    assert [frame["type"] for frame in frames] == ["question", "notice", "completed", "question", "delta", "completed"]
    assert [frame["text"] for frame in anna.got("question")] == ["hello", "help me?"]
    assert (anna.got("notice")[0]["code"], anna.got("completed")[0]["state"]) == ("joined", "done")


def test_an_answer_to_a_burst_that_is_asked_again_answers_all_of_it(chat: Chat):
    anna = chat.opens()
    asks(chat, anna, "hello", "help me?")
    anna.sends("regenerate", turn=anna.got("completed")[-1]["turn"])
    chat.works()
    assert chat.asked == ["hello\nhelp me?"] * 2
    assert chat.bot.last_prompt.history == ()


def test_a_joined_message_cannot_be_asked_again_alone(chat: Chat):
    anna = chat.opens()
    asks(chat, anna, "hello", "help me?")
    frames = anna.sends("regenerate", turn=anna.got("completed")[0]["turn"])
    assert [frame["type"] for frame in frames] == ["error"]
    assert chat.works() == []
