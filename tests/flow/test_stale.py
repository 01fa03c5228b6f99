import pytest

from chalicelib.conversation.plan import STALE_MS
from chalicelib.errors import DeliveryError
from tests.flow.bot import Bot, conversation_of


@pytest.mark.parametrize("late_ms", [1, 24 * 60 * 60 * 1000])
def test_a_message_that_waited_longer_than_an_hour_is_dropped_without_charge_and_without_a_word(bot: Bot, late_ms: int):
    bot.accepts("anna", "is it too late?")
    bot.clock.now += STALE_MS + late_ms
    bot.works()
    assert (bot.states("anna"), bot.sent_to("anna"), bot.asked, bot.used("anna")) == (["dropped"], [], [], 0)
    assert [line["reason"] for line in bot.log_lines("drop")] == ["stale"]


def test_a_message_that_waited_for_an_hour_is_answered(bot: Bot):
    bot.accepts("anna", "is it too late?")
    bot.clock.now += STALE_MS
    bot.works()
    assert bot.sent_to("anna") == ["An answer."]


def test_a_message_that_meta_brings_hours_late_is_dropped(bot: Bot):
    bot.receives("anna", "I wrote this long ago", at=bot.clock() - 2 * STALE_MS)
    assert (bot.states("anna"), bot.asked) == (["dropped"], [])


def test_after_an_outage_only_what_is_still_wanted_is_answered(bot: Bot):
    bot.accepts("anna", "an old question")
    bot.clock.tick(hours=2)
    bot.accepts("anna", "a fresh question")
    bot.works()
    assert (bot.asked, bot.states("anna")) == (["a fresh question"], ["dropped", "done"])


def test_a_dropped_turn_is_not_in_the_prompt(bot: Bot):
    bot.accepts("anna", "an old question")
    bot.clock.tick(hours=2)
    bot.receives("anna", "a fresh question")
    assert bot.last_prompt.history == ()


def test_a_stale_command_is_not_run(bot: Bot):
    bot.receives("anna", "my cat is called Minka")
    bot.accepts("anna", "/forget yes")
    bot.clock.tick(hours=2)
    bot.works()
    bot.receives("anna", "what is my cat called?")
    assert len(bot.last_prompt.history) == 1


def test_a_dropped_message_that_comes_again_stays_dropped(bot: Bot):
    message = bot.message("anna", "an old question")
    bot.clock.tick(hours=2)
    for _ in range(2):
        bot.posted(message)
        bot.works()
    assert bot.states("anna") == ["dropped"]


def test_a_charge_for_an_answer_that_became_stale_is_given_back(bot: Bot):
    bot.outbox.script = [DeliveryError("code 613")]
    bot.accepts("anna", "what is for dinner?")
    bot.works_badly()
    assert bot.used("anna") == 1
    bot.clock.tick(hours=2)
    bot.run(conversation_of("anna"))
    assert (bot.states("anna"), bot.used("anna"), bot.turns("anna")[0].charged_day) == (["dropped"], 0, None)
