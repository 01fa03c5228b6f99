"""People get the bot's own sentences in their language: the one they write in, or the one they chose."""

from typing import Any

import pytest

from chalicelib.content.text import load
from chalicelib.settings.stage import Settings
from tests.flow.bot import SAYS, Bot
from tests.flow.chat import Chat

GERMAN = load("de")


def test_who_writes_german_is_answered_in_german_by_the_bot_too(bot: Bot):
    bot.receives("anna", "Wie geht es dir?")
    bot.receives("anna", "/reset")
    assert bot.sent_to("anna")[-1] == GERMAN("reset")


def test_the_first_message_that_tells_a_language_decides(bot: Bot):
    for text in ("pizza", "Was ist das?", "What is the time, please?", "/reset"):
        bot.receives("anna", text)
    assert bot.sent_to("anna")[-1] == GERMAN("reset")


def test_two_people_get_two_languages_from_one_worker(bot: Bot):
    bot.receives("anna", "Wie geht es dir?")
    bot.receives("ben", "How are you, what is new?")
    bot.receives("anna", "/reset")
    bot.receives("ben", "/reset")
    assert (bot.sent_to("anna")[-1], bot.sent_to("ben")[-1]) == (GERMAN("reset"), SAYS("reset"))


def test_language_lists_all_languages_as_buttons_with_their_own_names(bot: Bot):
    bot.receives("anna", "/language")
    [listed] = bot.read("anna")
    assert listed.text == SAYS("language_choose")
    assert ("Deutsch", "/language de") in [(choice.title, choice.command) for choice in listed.choices]
    assert bot.used("anna") == 0


@pytest.mark.parametrize("text", ["/language de", "/language Deutsch", "/LANGUAGE  de-AT", "/language DEUTSCH"])
def test_a_chosen_language_is_used_from_the_confirmation_on(bot: Bot, text: str):
    bot.receives("anna", "How are you, what is new?")
    bot.receives("anna", text)
    bot.receives("anna", "/reset")
    assert bot.sent_to("anna")[-2:] == [GERMAN("language_changed"), GERMAN("reset")]


@pytest.mark.parametrize(
    ("words", "tag"),
    [
        *[
            ("Español", "es"),
            ("espanol", "es"),
            ("Spanish", "es"),
            ("한국어", "ko"),
            ("ko-KR", "ko"),
            ("FRANÇAIS", "fr"),
        ],
        *[("português (brasil)", "pt-BR"), ("portugues", "pt-BR"), ("pt_BR", "pt-BR"), ("pt-br", "pt-BR")],
    ],
)
def test_a_language_may_be_called_by_its_own_name_its_english_one_or_its_tag(bot: Bot, words: str, tag: str):
    bot.receives("anna", f"/language {words}")
    assert bot.sent_to("anna")[-1] == load(tag)("language_changed")


def test_a_language_that_the_bot_does_not_speak_is_answered_with_those_that_it_does(bot: Bot):
    bot.receives("anna", "/language Klingon")
    assert bot.read("anna")[-1].choices
    bot.receives("anna", "/reset")
    assert bot.sent_to("anna")[-1] == SAYS("reset")


def test_who_tells_no_language_gets_that_of_the_deployment(bot: Bot):
    bot.settings = Settings.from_env({"PARLEY_STAGE": "prod", "PARLEY_LANGUAGE": "de"})
    bot.receives("anna", "/reset")
    assert bot.sent_to("anna")[-1] == GERMAN("reset")


def test_a_person_who_is_forgotten_is_told_so_in_their_language_which_is_then_forgotten(bot: Bot):
    bot.receives("anna", "Wie geht es dir?")
    bot.receives("anna", "/language de")
    bot.receives("anna", "/forget yes")
    assert bot.sent_to("anna")[-1] == GERMAN("forget_done", counts="3 Tage")
    bot.receives("anna", "/reset")
    assert bot.sent_to("anna")[-1] == SAYS("reset")


# The first two taps on Messenger.


def taps(bot: Bot, *, payload: str, title: str) -> None:
    """Anna taps a button of the page's profile."""
    bot.posted(bot.item("anna", postback={"mid": f"mid-{payload}", "title": title, "payload": payload}))
    bot.works()


def test_a_first_time_person_gets_a_first_answer_in_two_taps(bot: Bot):
    taps(bot, payload="/start", title="Get started")
    [welcome] = bot.read("anna")
    question = welcome.choices[0]
    bot.receives("anna", question.title, quick_reply={"payload": question.command})
    assert bot.asked == [SAYS("ask_what")]
    assert bot.used("anna") == 1


def test_a_question_to_begin_with_is_one_tap_and_the_bot_then_knows_the_language(bot: Bot):
    taps(bot, payload="ask#de", title=GERMAN("ask_what"))
    assert bot.asked == [GERMAN("ask_what")]
    bot.receives("anna", "/reset")
    assert bot.sent_to("anna")[-1] == GERMAN("reset")


def test_the_menu_in_a_language_is_answered_in_it_and_the_bot_then_knows_it(bot: Bot):
    taps(bot, payload="/usage#ko", title=load("ko")("menu_usage"))
    bot.receives("anna", "/reset")
    assert bot.sent_to("anna")[-1] == load("ko")("reset")


def test_who_may_ask_nothing_is_offered_no_questions(bot: Bot):
    bot.settings = Settings.from_env({"PARLEY_STAGE": "prod", "PARLEY_DAILY_LIMIT": "0"})
    taps(bot, payload="/start", title="Get started")
    assert bot.read("anna")[-1].choices == ()


# In the web chat.


def noticed(frames: list[Any]) -> str:
    return str(next(frame["message"] for frame in frames if frame["type"] == "notice"))


def test_on_the_web_notices_come_in_the_language_of_the_page():
    tab = Chat().opens("anna")
    assert noticed(tab.says("/reset", language="de-AT")) == GERMAN("reset")
    assert noticed(tab.says("/reset", language="en")) == SAYS("reset")


def test_the_language_of_the_page_wins_over_that_of_the_message_and_the_chosen_one_over_both():
    tab = Chat().opens("anna")
    tab.says("What is the time, please?", language="de")
    assert noticed(tab.says("/reset", language="de")) == GERMAN("reset")
    tab.says("/language en", language="de")
    assert noticed(tab.says("/reset", language="de")) == SAYS("reset")


@pytest.mark.parametrize("language", ["tlh", "", 7, None, ["de"], "x" * 5000])
def test_a_page_in_a_language_that_the_bot_does_not_speak_changes_nothing(language: Any):
    tab = Chat().opens("anna")
    tab.says("Wie geht es dir?")
    assert noticed(tab.says("/reset", language=language)) == GERMAN("reset")


def test_a_question_that_is_asked_again_is_refused_in_the_language_of_the_page(chat: Chat):
    tab = chat.opens("anna")
    for _ in range(5):
        tab.says("Pizza?")
    tab.sends("regenerate", turn=tab.turn, language="de")
    chat.works()
    [refused] = [frame for frame in tab.frames if frame["type"] == "notice"]
    assert "Fragen" in refused["message"]


def test_a_sender_says_that_it_takes_longer_in_the_persons_language(bot: Bot):
    bot.receives("anna", "Wie geht es dir?")
    bot.receives("ben", "How are you, what is new?")
    assert bot.outbox.languages == ["de", "en"]
