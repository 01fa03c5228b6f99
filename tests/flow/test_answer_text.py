"""What of a model's words is shown, delivered and kept, and that a person is heard while the model has none."""

import pytest

from chalicelib.conversation.prompt import Waiting
from tests.fakes.model import Line
from tests.flow.bot import Bot

CAT = "Mimi is your cat 😀."
SAID: list[Line] = [
    ["<think>Who is ", "Mimi?</think>", "\n\nMimi is ", "your cat 😀."],
    ["Who is Mimi?", "</th", "ink>\n\nMimi is ", "your cat 😀."],
    ["Mimi is your cat \ud83d", "\ude00."],
    [Waiting(), "Mimi is ", Waiting(), Waiting(), "your cat 😀.", Waiting()],
    ["Mimi is your cat 😀.", "<think>Right?</think>"],
]


@pytest.mark.parametrize("line", SAID)
def test_thoughts_and_cut_characters_are_neither_shown_nor_delivered_nor_kept(bot: Bot, line: Line):
    bot.model.script = [line]
    bot.receives("anna", "Who is Mimi?")
    assert "".join(bot.outbox.heard) == CAT
    assert bot.sent_to("anna") == [CAT]
    bot.receives("anna", "Is she?")
    assert [exchange.answer for exchange in bot.last_prompt.history] == [CAT]


@pytest.mark.parametrize("word", ["a lone \ud83d", "a lone \ude00 half", "\ud83d\ud83d"])
def test_a_lone_half_of_a_character_is_replaced(bot: Bot, word: str):
    bot.model.script = [[word]]
    bot.receives("anna", "Who is Mimi?")
    [sent] = bot.sent_to("anna")
    assert sent == "".join(bot.outbox.heard) == word.replace("\ud83d", "\ufffd").replace("\ude00", "\ufffd")


@pytest.mark.parametrize("waits", [1, 2, 5])
def test_a_person_who_cancels_while_the_model_is_silent_waits_no_longer(bot: Bot, waits: int):
    bot.model.script = [["Mimi is", *[Waiting()] * 10, " your cat."]]
    bot.outbox.stops_after = 1 + waits
    bot.receives("anna", "Who is Mimi?")
    assert bot.outbox.heard == ["Mimi is", *[""] * waits]
    assert bot.sent_to("anna") == ["Mimi is"]


def test_a_person_may_cancel_before_the_first_word(bot: Bot):
    bot.model.script = [[Waiting(), Waiting(), "Mimi is your cat."]]
    bot.outbox.stops_after = 2
    bot.receives("anna", "Who is Mimi?")
    assert bot.outbox.heard == ["", ""]


def test_thoughts_that_only_close_are_expected_from_then_on(bot: Bot):
    worker, thoughtful = bot.worker, ["Who is Mimi?", "</think>", "Your cat."]
    bot.model.script = [thoughtful, thoughtful, ["A cat", " of yours."], ["A cat", "."]]
    for _ in range(4):
        bot.accepts("anna", "Who is Mimi?")
        bot.outbox.heard.append("|")
        worker.run(bot.wake.woken.pop(), remaining_ms=lambda: 900_000)
    heard = [word for word in bot.outbox.heard if word]
    assert heard == ["Your cat.", "|", "Your cat.", "|", "A cat of yours.", "|", "A cat", "."]
