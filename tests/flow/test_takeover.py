"""A human answers in place of the bot: who begins it, who ends it, and what the person is told."""

import pytest

from chalicelib.errors import UnknownPerson
from tests.flow.bot import Bot, person_of


def test_the_owner_silences_the_bot_for_one_person_and_lets_it_answer_again(bot: Bot):
    bot.receives("anna", "hello")
    bot.receives("bert", "hello")
    bot.ports.takeover().pause(person_of("anna"))
    bot.receives("anna", "are you there?")
    bot.receives("bert", "are you there?")
    assert (len(bot.sent_to("anna")), len(bot.sent_to("bert")), bot.used("anna")) == (1, 2, 1)
    assert bot.ports.takeover().resume(person_of("anna"))
    bot.receives("anna", "and now?")
    assert (bot.asked[-1], bot.used("anna")) == ("and now?", 2)


def test_a_silence_of_the_owners_ends_by_itself(bot: Bot):
    bot.receives("anna", "hello")
    assert bot.ports.takeover().pause(person_of("anna"), ms=120_000) == bot.clock() + 120_000
    bot.receives("anna", "are you there?")
    bot.clock.tick(minutes=2)
    bot.receives("anna", "and now?")
    assert bot.asked == ["hello", "and now?"]
    assert not bot.ports.takeover().resume(person_of("anna"))


def test_nobody_can_be_silenced_for_who_has_not_written(bot: Bot):
    for act in (bot.ports.takeover().pause, bot.ports.takeover().resume):
        with pytest.raises(UnknownPerson):
            act(person_of("carla"))
    assert bot.memory.conversations == {}


def test_what_a_human_wrote_before_resume_and_meta_repeats_silences_nobody(bot: Bot):
    bot.receives("anna", "hello")
    said = bot.echo("anna", text="I am Tom.")
    bot.posted(said)
    bot.clock.tick(minutes=5)
    bot.ports.takeover().resume(person_of("anna"))
    bot.posted(said)
    bot.receives("anna", "is the bot back?")
    assert bot.asked == ["hello", "is the bot back?"]
