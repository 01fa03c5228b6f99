"""Santa keeps what each person wishes for, across conversations and days."""

import json
from dataclasses import replace

import pytest

from chalicelib.conversation.prompt import Prompt
from chalicelib.conversation.tool import ToolCall
from tests.flow.bot import Bot

DAY_S = 24 * 60 * 60


@pytest.fixture
def bot(bot: Bot) -> Bot:
    bot.settings = replace(bot.settings, messenger=replace(bot.settings.messenger, persona="santa"))
    return bot


def asks(bot: Bot, who: str, text: str, tool: str, **arguments: str) -> str:
    """Have Santa call a tool and answer; returns what the tool gave."""
    bot.model.script = [[ToolCall("call", tool, json.dumps(arguments))], ["Ho ho ho!"]]
    bot.receives(who, text)
    assert bot.sent_to(who)[-1].startswith("Ho ho ho!")
    return given(bot.last_prompt)


def given(prompt: Prompt) -> str:
    return "".join(result.text for one in prompt.rounds for result in one.results)


def test_a_wish_is_on_the_list_days_later_in_another_conversation(bot: Bot):
    asks(bot, "anna", "I wish for a train", "add_to_list", item="a train")
    asks(bot, "anna", "And a ball", "add_to_list", item="a ball")
    bot.clock.tick(seconds=3 * DAY_S)
    bot.receives("anna", "/reset")
    assert "1. a train\n2. a ball" in asks(bot, "anna", "What do I wish for?", "show_list")
    assert bot.last_prompt.history == ()
    assert "1. a ball" in asks(bot, "anna", "No train", "remove_from_list", item="A train")


def test_each_person_has_a_list_of_their_own(bot: Bot):
    asks(bot, "anna", "I wish for a train", "add_to_list", item="a train")
    assert "is empty" in asks(bot, "bert", "What do I wish for?", "show_list")


def test_who_is_forgotten_has_no_wishes_any_more(bot: Bot):
    asks(bot, "anna", "I wish for a train", "add_to_list", item="a train")
    bot.receives("anna", "/forget yes")
    assert "is empty" in asks(bot, "anna", "What do I wish for?", "show_list")


def test_santa_gets_a_letter_once_and_only_after_a_yes(bot: Bot):
    asks(bot, "anna", "I wish for a train", "add_to_list", item="a train")
    before = len(bot.told_owner)
    assert "NOT sent yet" in asks(bot, "anna", "Send my letter", "hand_over")
    assert len(bot.told_owner) == before
    assert "It is sent" in asks(bot, "anna", "Yes", "hand_over")
    assert "sent on" in asks(bot, "anna", "Once more", "hand_over")
    assert len(bot.told_owner) == before + 1


def test_santa_may_call_the_tools_of_the_list_and_no_other(bot: Bot):
    bot.receives("anna", "Hello!")
    assert [spec.name for spec in bot.last_prompt.tools] == [
        "add_to_list",
        "remove_from_list",
        "show_list",
        "hand_over",
    ]
    assert "read it with show_list before you say what is on it" in bot.last_prompt.instructions
