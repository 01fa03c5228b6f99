from dataclasses import replace

import pytest

from chalicelib.access.retention import TURN_KEPT_S
from chalicelib.content import persona
from chalicelib.content.token_estimate import tokens
from chalicelib.conversation.prompt import Exchange
from chalicelib.errors import ModelBusy, PersonUnreachable
from chalicelib.settings.stage import Settings
from tests.flow.bot import Bot, InterruptedModel

LONG = 8


def remembered(bot: Bot) -> list[str]:
    """The questions that the model was told of last."""
    return [exchange.question for exchange in bot.last_prompt.history]


def test_the_model_gets_the_earlier_exchanges_in_their_order(bot: Bot):
    bot.model.script = [["Nice name."], ["And nice dog."], ["Minka."]]
    for text in ("my cat is called Minka", "my dog is called Rex", "what is my cat called?"):
        bot.receives("anna", text)
    assert bot.last_prompt.history == (
        Exchange("my cat is called Minka", "Nice name."),
        Exchange("my dog is called Rex", "And nice dog."),
    )


def test_messages_that_waited_together_remember_each_other(bot: Bot):
    for text in ("my cat is called Minka", "my dog is called Rex", "what is my cat called?"):
        bot.accepts("anna", text)
    bot.works()
    assert remembered(bot) == ["my cat is called Minka", "my dog is called Rex"]


def test_the_bots_own_sentences_are_no_memory(bot: Bot):
    bot.limits_to(2)
    bot.receives("anna", "/help")
    bot.receives("anna", attachments=[{"type": "image"}])
    bot.receives("anna", "my cat is called Minka")
    bot.receives("anna", "/usage")
    bot.receives("anna", "what is my cat called?")
    assert remembered(bot) == ["my cat is called Minka"]


def test_a_question_that_failed_is_no_memory(bot: Bot):
    bot.model.script = [ModelBusy("later")]
    bot.receives("anna", "a question that fails")
    bot.receives("anna", "a question that works")
    assert remembered(bot) == []


def test_an_undelivered_answer_is_not_sent_to_the_model(bot: Bot):
    bot.outbox.script = [PersonUnreachable("gone")]
    bot.accepts("anna", "a question from afar")
    bot.accepts("anna", "a question from here")
    bot.works()
    assert remembered(bot) == []
    bot.receives("anna", "and another one")
    assert remembered(bot) == ["a question from here"]


def test_a_message_that_was_taken_back_is_no_memory(bot: Bot):
    bot.receives("anna", "my secret is a surprise", mid="mid-secret")
    bot.receives("anna", "my cat is called Minka")
    bot.posted(bot.item("anna", message={"mid": "mid-secret", "is_deleted": True}))
    bot.receives("anna", "what do you know of me?")
    assert remembered(bot) == ["my cat is called Minka"]


def test_an_edited_message_is_remembered_as_it_reads_now(bot: Bot):
    bot.receives("anna", "my cat is called Mimi", mid="mid-cat")
    bot.posted(bot.item("anna", message_edit={"mid": "mid-cat", "text": "my cat is called Minka", "num_edit": 1}))
    bot.receives("anna", "what is my cat called?")
    assert remembered(bot) == ["my cat is called Minka"]


def test_the_past_is_cut_at_whole_exchanges_when_it_gets_too_long(bot: Bot):
    question, answer = "why? " * 200, "because " * 200
    bot.model.otherwise = [answer]
    bot.limits_to(LONG)
    for _ in range(LONG):
        bot.receives("anna", question)
    cost = tokens(question.strip()) + tokens(answer.strip())
    notes = tokens(bot.last_prompt.notes)
    fits = (bot.settings.limits.memory_tokens - tokens(question) - notes) // cost
    assert 0 < fits < LONG - 1
    assert len(bot.last_prompt.history) == fits


def test_a_very_long_question_leaves_no_room_for_the_past(bot: Bot):
    bot.receives("anna", "my cat is called Minka")
    bot.receives("anna", "字" * 4000)
    assert remembered(bot) == []
    assert len(bot.asked) == 2


def test_expired_turns_are_not_in_the_prompt_even_before_deletion(bot: Bot):
    bot.receives("anna", "my cat is called Minka")
    bot.clock.tick(seconds=TURN_KEPT_S + 5)
    bot.receives("anna", "what is my cat called?")
    assert remembered(bot) == []


@pytest.mark.parametrize(("days", "hours"), [("0", 1), ("1", 24), ("7", 7 * 24)])
def test_the_bot_remembers_for_as_long_as_the_owner_chose(days: str, hours: int):
    bot = Bot(settings=Settings.from_env({"PARLEY_KEEP_DAYS": days}))
    bot.receives("anna", "my cat is called Minka")
    bot.clock.tick(seconds=hours * 60 * 60 - 60)
    bot.receives("anna", "what is my cat called?")
    assert remembered(bot) == ["my cat is called Minka"]
    bot.clock.tick(seconds=120)
    bot.receives("anna", "and now?")
    assert remembered(bot) == ["what is my cat called?"]


def test_every_question_comes_with_the_personas_instructions_and_its_measure(bot: Bot):
    bot.receives("anna", "who are you?")
    assert "friendly assistant" in bot.last_prompt.instructions
    assert bot.last_prompt.max_output_tokens == 800


def test_the_owner_chooses_who_answers_on_messenger_where_no_opening_is_shown(bot: Bot):
    bot.settings = replace(bot.settings, messenger=replace(bot.settings.messenger, persona="santa"))
    bot.receives("anna", "who are you?")
    assert bot.last_prompt.instructions.startswith(persona.load("santa").system_prompt(opening_shown=False))
    assert "people have read" not in bot.last_prompt.instructions


def test_a_reset_that_comes_late_hides_only_what_was_written_before_it(bot: Bot):
    late = bot.message("anna", "/reset")
    then = [late, bot.message("anna", "my cat is called Minka"), bot.message("anna", "what is my cat called?")]
    bot.posted(then[1])
    bot.model = InterruptedModel(meanwhile=lambda _: bot.posted(late, then[2]))
    bot.works()
    assert [exchange.question for exchange in bot.last_prompt.history] == ["my cat is called Minka"]
