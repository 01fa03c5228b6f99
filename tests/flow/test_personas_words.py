"""What a persona says instead of the bot's own sentences."""

import pytest

from chalicelib.content import persona
from chalicelib.conversation.prompt import FinishReason
from tests.flow.bot import SAYS, Bot

ASSISTANT = persona.shipped("assistant")


@pytest.mark.parametrize(
    ("line", "footer"),
    [
        ("", SAYS("cut_short")),
        ('cut_short = "(More?)"\n', "(More?)"),
        ('cut_short = ""\n', ""),
    ],
)
def test_an_answer_that_the_limit_cut_is_followed_by_the_personas_own_words(bot: Bot, line: str, footer: str):
    bot.has_talked_to("anna")
    bot.persona_texts.put("assistant", line + ASSISTANT, now=bot.clock())
    bot.model.script = [["Once upon a time", FinishReason.LENGTH]]
    bot.receives("anna", "tell me everything")
    [answer] = bot.read("anna")
    assert (answer.text, answer.footer) == ("Once upon a time", footer)


def test_a_persona_that_says_nothing_of_a_cut_still_says_how_many_questions_are_left(bot: Bot):
    bot.has_talked_to("anna")
    bot.limits_to(2)
    bot.persona_texts.put("assistant", 'cut_short = ""\n' + ASSISTANT, now=bot.clock())
    bot.model.script = [["Once upon a time", FinishReason.LENGTH]]
    bot.receives("anna", "tell me everything")
    [answer] = bot.read("anna")
    assert answer.footer == SAYS("few_left", left=1)
