"""Before anything is remembered the person agrees to it, once, and can withdraw it at any time."""

import pytest

from chalicelib.access import facts
from chalicelib.access.facts import MEMORY_CONSENT
from chalicelib.access.person import Consent
from chalicelib.conversation.command_handlers import LONGEST_TITLE
from chalicelib.conversation.tool import ToolCall
from tests.flow.bot import SAYS, Bot
from tests.flow.test_tools import PERSONA, results

REX = "My dog is called Rex."


def kept(bot: Bot) -> list[str]:
    return [fact.text for fact in bot.known("anna").facts]


def asked(bot: Bot) -> bool:
    return bot.sent_to("anna")[-1] == SAYS("consent_memory", text=REX)


def test_the_first_request_is_answered_with_what_it_means_and_two_buttons(bot: Bot):
    bot.receives("anna", f"/remember   {REX}")
    assert asked(bot)
    yes, no = bot.read("anna")[-1].choices
    assert (yes.command, no.command) == (f"/memory yes {REX}", "/memory off")
    assert max(len(yes.title), len(no.title)) <= LONGEST_TITLE + 4
    assert (kept(bot), bot.known("anna").memory_consent) == ([], None)


def test_yes_remembers_it_and_notes_version_and_time_and_the_next_request_is_not_asked_about(bot: Bot):
    bot.receives("anna", f"/remember {REX}")
    [yes, _] = bot.read("anna")[-1].choices
    bot.receives("anna", yes.title, quick_reply={"payload": yes.command})
    assert bot.sent_to("anna")[-1] == SAYS("remembered", number=1, text=REX)
    [asked_at] = {turn.asked_at for turn in bot.turns("anna")[-1:]}
    assert bot.known("anna").memory_consent == Consent(MEMORY_CONSENT, asked_at)
    bot.receives("anna", "/remember I am a vegetarian")
    assert kept(bot) == [REX, "I am a vegetarian"]


def test_no_keeps_nothing_and_nothing_more_is_asked(bot: Bot):
    bot.receives("anna", f"/remember {REX}")
    [_, no] = bot.read("anna")[-1].choices
    bot.receives("anna", no.title, quick_reply={"payload": no.command})
    bot.receives("anna", f"/remember {REX}")
    assert bot.sent_to("anna")[-1] == SAYS("memory_is_off")
    assert kept(bot) == []


def test_memory_off_withdraws_it_and_memory_on_gives_it_again(bot: Bot):
    bot.receives("anna", f"/memory yes {REX}")
    bot.receives("anna", "/memory off")
    assert bot.known("anna").memory_consent is None
    bot.receives("anna", "what is my dog called?")
    assert "Rex" not in bot.last_prompt.notes
    bot.receives("anna", "/memory on")
    assert bot.known("anna").memory_consent
    bot.receives("anna", "what is my dog called?")
    assert "Rex" in bot.last_prompt.notes


@pytest.mark.parametrize("typed", ["/memory yes", "/MEMORY  Yes "])
def test_yes_without_words_agrees_only(bot: Bot, typed: str):
    bot.receives("anna", typed)
    assert (bot.sent_to("anna")[-1], kept(bot)) == (SAYS("memory_switched_on"), [])


def test_who_agreed_to_another_version_is_asked_again_and_keeps_what_is_remembered(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
):
    bot.receives("anna", "/memory yes I am a vegetarian")
    monkeypatch.setattr(facts, "MEMORY_CONSENT", MEMORY_CONSENT + 1)
    bot.receives("anna", f"/remember {REX}")
    assert (asked(bot), kept(bot)) == (True, ["I am a vegetarian"])


def test_the_model_remembers_nothing_before_and_asks_the_person(bot: Bot):
    bot.persona_texts.put("assistant", PERSONA.format(tools=["remember"]), now=bot.clock())
    call = ToolCall("call_1", "remember", f'{{"fact": "{REX}"}}')
    bot.model.script = [[call], ["Please send /memory on."]]
    bot.receives("anna", "Remember that my dog is called Rex.")
    assert "/memory on" in results(bot.last_prompt)[0]
    assert kept(bot) == []


def test_whoever_is_forgotten_has_not_agreed_any_more(bot: Bot):
    for text in (f"/memory yes {REX}", "/forget yes", f"/remember {REX}"):
        bot.receives("anna", text)
    assert asked(bot)
