"""That an AI answers is said at first contact, after a day of silence, and after a human has written."""

import re
from pathlib import Path

import pytest

from chalicelib.access.person import Access
from chalicelib.errors import ModelBusy, ModelError
from tests.faults.stage import Crash
from tests.flow.bot import SAYS, Bot
from tests.flow.chat import Chat

NOTICE = SAYS("ai_notice")
CHAT = Path(__file__).parents[2] / "chalicelib" / "content" / "static" / "chat"


def says_it(bot: Bot, psid: str = "anna") -> list[bool]:
    """Of each message that the person got, whether the notice is below it."""
    return [NOTICE in delivered.footer for delivered in bot.read(psid)]


def test_the_first_answer_says_it_and_the_next_ones_do_not(bot: Bot):
    for _ in range(3):
        bot.receives("anna", "hello")
    assert says_it(bot) == [True, False, False]


def test_after_a_day_of_silence_it_is_said_again(bot: Bot):
    for hours in (0, 23.9, 24, 1, 40):
        bot.clock.tick(hours=hours)
        bot.receives("anna", "hello")
    assert says_it(bot) == [True, False, True, False, True]


def test_each_person_is_told(bot: Bot):
    bot.receives("anna", "hello")
    bot.receives("bert", "hello")
    assert (says_it(bot), says_it(bot, "bert")) == ([True], [True])


@pytest.mark.parametrize(
    ("command", "is_below"), [("/usage", True), ("/start", False), ("/help", False), ("/hepl", True)]
)
def test_the_reply_to_a_command_says_it_too_unless_its_text_begins_with_it(bot: Bot, command: str, *, is_below: bool):
    bot.receives("anna", command)
    bot.receives("anna", "hello")
    assert says_it(bot) == [is_below, False]
    assert is_below or "I am an AI assistant" in bot.sent_to("anna")[0]


def test_who_only_sends_commands_is_told_once_a_day(bot: Bot):
    for hours in (0, 10, 10, 10, 10):
        bot.clock.tick(hours=hours)
        bot.receives("anna", "/usage")
    assert says_it(bot) == [True, False, False, True, False]


def test_an_apology_and_a_refusal_say_it(bot: Bot):
    bot.model.script = [ModelError("odd")]
    bot.receives("anna", "hello")
    bot.may_spend("0")
    bot.receives("bert", "hello")
    assert (says_it(bot), says_it(bot, "bert")) == ([True], [True])
    bot.may_spend("1")
    bot.receives("bert", "hello")
    assert says_it(bot, "bert") == [True, False]


def test_who_sees_no_answer_is_told_with_the_next_one(bot: Bot):
    bot.decides("anna", Access.BLOCKED)
    bot.receives("anna", "hello")
    bot.decides("anna", Access.DEFAULT)
    bot.receives("anna", "hello")
    assert says_it(bot) == [True]


def test_a_worker_that_dies_over_the_first_answer_takes_the_notice_along(bot: Bot):
    class Dies(type(bot.model)):  # type: ignore[misc]
        def answer(self, *_: object, **__: object) -> None:
            raise Crash

    alive, bot.model = bot.model, Dies()
    bot.accepts("anna", "hello")
    with pytest.raises(Crash):
        bot.works()
    bot.model = alive
    bot.clock.tick(minutes=3)
    bot.beats()
    bot.works()
    assert says_it(bot) == [True]


def test_the_model_does_not_get_it_as_its_own_words(bot: Bot):
    bot.receives("anna", "hello")
    bot.receives("anna", "and now?")
    assert NOTICE not in str(bot.last_prompt)
    assert bot.last_prompt.history[0].answer == bot.sent_to("anna")[0]


def test_a_human_phase_ends_with_it(bot: Bot):
    bot.receives("anna", "hello")
    bot.posted(bot.echo("anna", text="Here is Tom, from the shop."))
    bot.works()
    bot.clock.tick(hours=2)
    bot.receives("anna", "and now?")
    bot.receives("anna", "thank you")
    footers = [delivered.footer for delivered in bot.read("anna")][-2:]
    assert (footers[0], says_it(bot)[-2:]) == (SAYS("bot_again"), [False, False]), "each sentence says that it is an AI"


def test_whom_a_human_met_first_reads_the_whole_notice_with_the_bots_first_answer(bot: Bot):
    bot.posted(bot.echo("anna", text="Here is Tom, from the shop."))
    bot.works()
    bot.clock.tick(hours=2)
    bot.receives("anna", "hello")
    assert [delivered.footer for delivered in bot.read("anna")] == [NOTICE]


def test_a_command_right_after_a_human_phase_has_it_and_the_next_answer_says_that_the_bot_is_back(bot: Bot):
    bot.receives("anna", "hello")
    bot.posted(bot.echo("anna", text="Here is Tom, from the shop."))
    bot.works()
    bot.clock.tick(hours=2)
    for text in ("/usage", "and now?"):
        bot.receives("anna", text)
    assert [delivered.footer for delivered in bot.read("anna")][-2:] == [NOTICE, SAYS("bot_again")]


def test_a_sentence_of_the_bots_that_says_it_is_enough(bot: Bot):
    bot.pauses.pause(until=bot.clock() + 60_000)
    bot.receives("anna", "hello")
    bot.limits_to(0)
    bot.receives("bert", "/usage")
    assert bot.sent_to("anna") + bot.sent_to("bert") == [SAYS("paused"), SAYS("no_questions")]
    assert says_it(bot) + says_it(bot, "bert") == [False, False]


@pytest.mark.parametrize("key", ["paused", "no_questions", "bot_again", "invite_accepted"])
def test_no_words_of_the_model_take_its_place(bot: Bot, key: str):
    bot.model.script = [[SAYS(key)]]
    bot.receives("anna", "say after me")
    assert says_it(bot) == [True]


def test_whoever_is_forgotten_is_new_again(bot: Bot):
    for text in ("hello", "/forget yes", "hello"):
        bot.receives("anna", text)
    assert says_it(bot) == [True, False, True]


def test_in_the_web_chat_the_page_says_it_all_the_time_and_no_answer_does(chat: Chat):
    ends = [frame for frame in chat.opens("anna").says("hello") if frame["type"] == "completed"]
    assert [frame.get("footer") for frame in ends] == [None]
    for words in ("words_en.js", "words_de.js", "words_ko.js"):
        assert re.search('careful: "[^"]*(AI|KI)', (CHAT / words).read_text("utf-8")), words
    assert 'data-t="careful"' in (CHAT / "index.html").read_text("utf-8")


def test_a_busy_model_says_it_with_the_apology(bot: Bot):
    bot.model.script = [ModelBusy("busy")]
    bot.receives("anna", "hello")
    assert says_it(bot) == [True]
