"""Five quick questions are asked in the order in which they were sent, although their handlers start late."""

from typing import Any, Final

import pytest

from chalicelib.conversation.turn import Received
from tests.flow.chat import Chat, Tab, key_text, ulid
from tests.flow.late import LateHandlers

FIVE: Final = [f"m{number}" for number in range(5)]
APART: Final = (0, 5, 10, 15, 20)
LATE: Final = [(0, 3000, 300, 2500, 700), (0, 0, 0, 0, 0), (0, 2900, 2000, 1000, 20), (0, 20, 1000, 2000, 3000)]
"""The first frame finds a warm function."""
WINDOW_S: Final = 3.2
MOST_WAIT_S: Final = 4.5


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


def test_a_question_that_waits_after_a_reset_is_asked_without_what_was_said_before(chat: Chat):
    tab = chat.opens()
    tab.says("My cat is called Minka.")
    chat.clock.tick(seconds=10)
    tab.asks("/reset")
    chat.clock.tick(seconds=1)
    tab.asks("What is my cat called?")
    chat.works()
    assert len(chat.bot.slept) == 2, "first for what may be missing before the reset, then before the question"
    assert (chat.bot.last_prompt.question, chat.bot.last_prompt.history) == ("What is my cat called?", ())


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


def test_a_number_that_never_comes_is_not_waited_for_without_end(chat: Chat):
    handlers = LateHandlers(chat, answer_ms=1)
    handlers.burst(chat.opens(), FIVE[:2], gaps=(0, 1), late=(0, 20), n=(1, 3))
    assert handlers.rests() == FIVE[:2]
    assert sum(chat.bot.slept) <= MOST_WAIT_S + 1, "the handler waits, and then the worker a little"
    assert len(chat.bot.slept) <= 32


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


# Other frames than questions.


def sent(handlers: LateHandlers, tab: Tab, *frames: dict[str, Any], late: tuple[int, ...]) -> None:
    """A client sends frames at once, with numbers."""
    for number, (frame, by) in enumerate(zip(frames, late, strict=True), 1):
        handlers.frame(tab, {**frame, "n": number}, at=handlers.chat.clock(), late=by)


def join(room: str) -> dict[str, Any]:
    return {"action": "join", "room": room}


def question(text: str) -> dict[str, Any]:
    return {"action": "send_message", "message": text}


def texts(chat: Chat, room: str = "") -> list[str]:
    return [turn.text for turn in chat.turns(room=room)]


LATE_PAIRS: Final = [(0, 0), (2500, 0), (3000, 20), (0, 3000)]


@pytest.mark.parametrize("late", LATE_PAIRS)
def test_a_question_after_a_join_is_asked_in_the_new_room(chat: Chat, late: tuple[int, int]):
    handlers, tab = LateHandlers(chat), chat.opens()
    sent(handlers, tab, join("kitchen"), question("Who is here?"), late=late)
    handlers.rests()
    assert (texts(chat, "kitchen"), texts(chat)) == (["Who is here?"], [])
    assert [frame["room"] for frame in tab.got("ready")[1:]] == ["kitchen"]


@pytest.mark.parametrize("late", LATE_PAIRS)
def test_a_question_before_a_join_is_asked_in_the_old_room(chat: Chat, late: tuple[int, int]):
    handlers, tab = LateHandlers(chat), chat.opens()
    sent(handlers, tab, question("Am I alone?"), join("kitchen"), late=late)
    handlers.rests()
    assert (texts(chat, "kitchen"), texts(chat)) == ([], ["Am I alone?"])


@pytest.mark.parametrize("late", [(0, 0, 0, 0, 0), (2900, 2000, 1000, 20, 0), (3000, 2990, 2980, 2970, 2960)])
def test_questions_between_joins_are_asked_where_their_client_was_when_it_sent_them(chat: Chat, late: tuple[int, ...]):
    handlers, tab = LateHandlers(chat), chat.opens()
    frames = [join("kitchen"), question("one"), join("garden"), question("two"), question("three")]
    sent(handlers, tab, *frames, late=late)
    handlers.rests()
    assert (texts(chat, "kitchen"), texts(chat, "garden"), texts(chat)) == (["one"], ["two", "three"], [])


@pytest.mark.parametrize("late", LATE_PAIRS)
def test_a_client_may_ask_without_waiting_until_it_is_let_in(chat: Chat, late: tuple[int, int]):
    handlers, tab = LateHandlers(chat), chat.connects()
    authenticates = {"action": "authenticate", "apiKey": key_text(), "visitor": "anna"}
    sent(handlers, tab, authenticates, question("May I?"), late=late)
    assert handlers.rests() == ["May I?"]
    assert tab.codes == []


def test_a_refused_join_holds_nothing_up(chat: Chat):
    tab = chat.opens()
    before = chat.clock()
    tab.sends("join", room="kitchen", n=1)
    tab.sends("join", room="kitchen", n=2)
    tab.sends("join", room="?", n=3)
    tab.sends("authenticate", apiKey=key_text(), n=4)
    tab.says("Where am I?", n=5)
    assert (texts(chat, "kitchen"), chat.bot.slept, chat.clock()) == (["Where am I?"], [], before + 1000)
    assert tab.codes == ["bad_frame", "already_authenticated"]


def test_joins_without_numbers_hold_nothing_up_once_they_are_handled(chat: Chat):
    tab = chat.opens()
    for room in ("kitchen", "kitchen", "?", "garden"):
        tab.sends("join", room=room)
    tab.sends("authenticate", apiKey=key_text())
    tab.says("Where am I?")
    assert (texts(chat, "garden"), chat.bot.slept) == (["Where am I?"], [])


def test_a_join_before_the_client_is_let_in_holds_nothing_up(chat: Chat):
    tab = chat.connects()
    tab.sends("join", room="kitchen")
    tab.sends("authenticate", apiKey=key_text(), visitor="anna")
    tab.says("Hello?")
    assert (tab.codes, chat.bot.slept) == (["not_authenticated"], [])


def test_every_frame_with_a_number_counts(chat: Chat):
    tab = chat.opens()
    tab.says("Hello?", n=1)
    tab.sends("ping", n=2)
    tab.sends("resume", turn=tab.turn, n=3)
    tab.sends("feedback", turn=tab.turn, value="up", n=4)
    tab.sends("cancel", turn=tab.turn, n=5)
    tab.sends("send_message", message=" ", n=6)
    tab.sends("nonsense", n=7)
    tab.sends("regenerate", turn=tab.turn, n=8)
    assert chat.bot.slept == []


def test_a_question_that_names_its_room_keeps_the_time_at_which_it_was_received(chat: Chat):
    tab, at = chat.opens(), chat.clock() - 700
    tab.sends_text('{"action": "message", "prompt": "Who is here?", "room": "kitchen", "n": 1}', at=at)
    [turn] = chat.turns(room="kitchen")
    assert turn.received == Received(at, tab.id, 1)


def test_following_and_leaving_hold_nothing_up_once_they_are_handled(chat: Chat):
    tab = chat.opens()
    for number, (action, room) in enumerate([("follow", "a"), ("follow", "a"), ("leave", "b"), ("leave", "a")], 1):
        tab.sends(action, room=room, n=number)
        tab.sends(action, room=room)
    tab.says("Where am I?", n=5)
    assert (texts(chat), chat.bot.slept) == (["Where am I?"], [])


@pytest.mark.parametrize("late", [tuple(reversed(range(0, 2000, 100))), (3000, *range(19)), (0,) * 20])
def test_twenty_numbered_frames_at_once_close_no_connection(chat: Chat, late: tuple[int, ...]):
    handlers, tab = LateHandlers(chat), chat.opens()
    many = [f"question {number}" for number in range(20)]
    handlers.burst(tab, many, gaps=range(20), late=late, n=range(1, 21))
    handlers.rests()
    assert (tab.is_closed, set(tab.codes)) in ((False, set()), (False, {"too_many_open"}))
