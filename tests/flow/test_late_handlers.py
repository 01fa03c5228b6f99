"""Five quick questions are asked in the order in which they were sent, although their handlers start late."""

from typing import Final

import pytest

from tests.flow.chat import Chat, ulid
from tests.flow.late import LateHandlers

FIVE: Final = [f"m{number}" for number in range(5)]
APART: Final = (0, 5, 10, 15, 20)
LATE: Final = [(0, 3000, 300, 2500, 700), (0, 0, 0, 0, 0), (0, 2900, 2000, 1000, 20), (0, 20, 1000, 2000, 3000)]
"""The first frame finds a warm function."""
WINDOW_S: Final = 3.2


@pytest.mark.parametrize("late", LATE)
@pytest.mark.parametrize("answer_ms", [1, 700, 2500, 9000])
def test_frames_with_neither_number_nor_id_are_asked_in_order(chat: Chat, late: tuple[int, ...], answer_ms: int):
    handlers = LateHandlers(chat, answer_ms)
    handlers.burst(chat.opens(), FIVE, gaps=APART, late=late)
    assert handlers.rests() == FIVE
    assert [turn.text for turn in chat.turns()] == FIVE


@pytest.mark.parametrize("late", LATE)
@pytest.mark.parametrize("gaps", [APART, (0, 0, 0, 0, 0), (0, 2, 1, 2, 1)])
@pytest.mark.parametrize("field", ["n", "id"])
def test_numbers_and_rising_ids_keep_the_order_of_frames_that_were_sent_at_once(
    chat: Chat, late: tuple[int, ...], gaps: tuple[int, ...], field: str
):
    handlers = LateHandlers(chat)
    values = {"n": range(1, 6), "id": [ulid(chat.clock() - 9000, number) for number in range(1, 6)]}[field]
    handlers.burst(chat.opens(), FIVE, gaps=gaps, late=late, **{field: values})
    assert handlers.rests() == FIVE


def test_a_question_alone_waits_for_nothing(chat: Chat):
    chat.opens().says("Hello?")
    assert chat.bot.slept == []


def test_questions_one_after_the_other_wait_only_if_they_come_within_the_time_that_a_function_may_be_late(chat: Chat):
    tab = chat.opens()
    tab.says("Hello?")
    chat.clock.tick(seconds=WINDOW_S)
    tab.says("After a while?")
    assert chat.bot.slept == []
    tab.says("Soon?")
    assert chat.bot.slept == [WINDOW_S]


def test_a_client_that_numbers_its_questions_never_waits_while_none_is_missing(chat: Chat):
    tab = chat.opens()
    for number in range(1, 6):
        tab.says(FIVE[number - 1], n=number)
    assert (chat.bot.slept, chat.asked) == ([], FIVE)


def test_two_people_who_write_in_a_room_at_once_do_not_wait_for_each_other(chat: Chat):
    anna, bert = chat.opens(room="kitchen"), chat.opens("bert", room="kitchen")
    anna.sends("send_message", message="Anna's?")
    bert.sends("send_message", message="Bert's?")
    chat.works()
    assert (chat.bot.slept, len(chat.asked)) == ([], 2)


def test_a_number_that_comes_after_all_ends_the_wait_at_once(chat: Chat):
    handlers = LateHandlers(chat, answer_ms=1)
    handlers.burst(chat.opens(), FIVE[:3], gaps=(0, 1, 2), late=(0, 400, 20), n=(1, 2, 3))
    assert handlers.rests() == FIVE[:3]
    assert sum(chat.bot.slept) < 1


def test_a_number_that_never_comes_is_waited_for_no_longer_than_a_function_may_be_late(chat: Chat):
    handlers = LateHandlers(chat, answer_ms=1)
    handlers.burst(chat.opens(), FIVE[:2], gaps=(0, 1), late=(0, 20), n=(1, 3))
    assert handlers.rests() == FIVE[:2]
    assert sum(chat.bot.slept) <= WINDOW_S
    assert len(chat.bot.slept) < 8


@pytest.mark.parametrize("late", LATE)
def test_each_of_two_devices_of_one_person_keeps_its_order(chat: Chat, late: tuple[int, ...]):
    handlers = LateHandlers(chat)
    one, two = chat.opens(), chat.opens()
    handlers.burst(one, ["one 0", "one 1"], gaps=(0, 7), late=late[:2])
    handlers.burst(two, ["two 0", "two 1", "two 2"], gaps=(1, 8, 14), late=(0, *late[3:]))
    asked = handlers.rests()
    assert [text for text in asked if "one" in text] == ["one 0", "one 1"]
    assert [text for text in asked if "two" in text] == ["two 0", "two 1", "two 2"]


def test_questions_that_are_complete_when_they_are_read_wait_no_more(chat: Chat):
    handlers = LateHandlers(chat)
    handlers.burst(chat.opens(), FIVE, gaps=APART, late=(0, 0, 0, 0, 0))
    assert handlers.rests() == FIVE
    assert len(chat.bot.slept) == 1, "the answer to the first one took a second, and then one wait was enough"
