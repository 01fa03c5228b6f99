"""All turns that are kept can be reached, also those that are too many for the `history` of `ready`."""

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.channels.web import server_frames
from chalicelib.conversation.turn import Received
from chalicelib.ids import ConnectionId
from tests.client import Frame
from tests.flow.chat import Chat, Tab, ulid

MANY = 62


@pytest.fixture
def full(chat: Chat) -> Chat:
    """Anna has asked more than two frames can list."""
    chat.changes_key(daily_messages=None)
    tab = chat.opens("anna")
    for number in range(MANY):
        tab.says(f"Question {number}")
    tab.closes()
    return chat


def pages(tab: Tab, **room: str) -> Iterator[Frame]:
    """Ready, and then the frames before it, as far as they go."""
    frame = tab.got("ready")[-1]
    yield frame
    while "earlier" in frame:
        tab.chat.clock.tick(seconds=1)
        [frame] = tab.sends("earlier", turn=frame["earlier"], **room)
        assert frame["type"] == "history"
        yield frame


def questions(frames: Iterator[Frame]) -> list[str]:
    """As a client shows them, each once."""
    shown: dict[str, str] = {}
    for frame in frames:
        shown = {turn["turn"]: turn.get("question", "") for turn in frame.get("history", [])} | shown
    return list(shown.values())


@pytest.mark.slow
def test_every_turn_is_reached_in_order_with_the_time_at_which_it_was_asked(full: Chat):
    frames = list(pages(full.opens("anna")))
    assert [len(frame["history"]) for frame in frames] == [30, 30, MANY - 60]
    assert questions(iter(frames)) == [f"Question {number}" for number in range(MANY)]
    told = {turn["turn"]: turn["at"] for frame in frames for turn in frame["history"]}
    assert told == {turn.id: turn.at for turn in full.turns()}


@pytest.mark.parametrize("count", [0, 1, 29, 30])
def test_with_no_turn_before_there_is_nothing_to_ask_for(chat: Chat, count: int):
    chat.changes_key(daily_messages=None)
    tab = chat.opens("anna")
    for number in range(count):
        tab.says(f"Question {number}")
    assert "earlier" not in chat.opens("anna").got("ready")[0]


def test_with_one_turn_too_many_there_is_something_to_ask_for(chat: Chat):
    chat.changes_key(daily_messages=None)
    tab = chat.opens("anna")
    for number in range(31):
        tab.says(f"Question {number}")
    assert questions(pages(chat.opens("anna"))) == [f"Question {number}" for number in range(31)]


def test_turns_that_do_not_fit_into_a_frame_come_with_the_next(chat: Chat):
    tab = chat.opens("anna")
    chat.changes_key(daily_messages=None)
    for number in range(12):
        tab.says(f"Question {number}. " * 290)
    frames = list(pages(chat.opens("anna")))
    assert len(frames) > 1
    assert questions(iter(frames)) == [f"Question {number}. " * 290 for number in range(12)]


def test_a_long_answer_follows_in_its_own_frames(chat: Chat):
    chat.changes_key(daily_messages=None)
    tab = chat.opens("anna")
    model, _ = chat.bot.model, chat.model_says("All of it. " * 2_000)
    tab.says("Tell me everything")
    chat.bot.model = model
    for number in range(31):
        tab.says(f"Question {number}")
    late = chat.opens("anna")
    first, *rest = late.sends("earlier", turn=late.got("ready")[0]["earlier"])
    assert first["history"][0]["state"] == "open"
    assert [frame["type"] for frame in rest] == ["question", "snapshot", "completed"]
    assert rest[1]["text"] == ("All of it. " * 2_000).strip()


def test_what_was_written_without_a_connection_is_reached_too(chat: Chat):
    """Its id has the time at which it was written: before the questions that another device asked meanwhile."""
    chat.changes_key(daily_messages=None)
    tab = chat.opens("anna")
    written = ulid(chat.clock())
    for number in range(40):
        tab.says(f"Question {number}")
    tab.says("Written before all of these", id=written)
    frames = list(pages(chat.opens("anna")))
    assert set(questions(iter(frames))) == {
        *(f"Question {number}" for number in range(40)),
        "Written before all of these",
    }


@pytest.mark.slow
def test_a_room_has_its_own_turns_and_nobody_reaches_those_of_another(full: Chat):
    own = full.turns("anna")[-1].id
    bert = full.opens("bert", room="kitchen")
    for number in range(33):
        bert.says(f"Kitchen {number}")
    again = full.opens("bert", room="kitchen")
    assert questions(pages(again, room="kitchen")) == [f"Kitchen {number}" for number in range(33)]
    alone = full.opens("carl")
    assert alone.sends("earlier", turn=own) == [{"type": "history"}]
    [refused] = alone.sends("earlier", turn=own, room="kitchen")
    assert refused["code"] == "unknown_turn"


@pytest.mark.slow
def test_without_an_id_nothing_is_read_and_after_forget_nothing_is_reached(full: Chat):
    tab = full.opens("anna")
    without: list[dict[str, Any]] = [{}, {"turn": 3}, {"turn": "1"}, {"turn": "TURN#"}, {"turn": None}]
    for fields in without:
        [refused] = tab.sends("earlier", **fields)
        assert refused["code"] == "bad_frame"
    cursor = tab.got("ready")[0]["earlier"]
    tab.says("/forget yes")
    [frame] = tab.sends("earlier", turn=cursor)
    assert frame == {"type": "history"}


@pytest.mark.slow
def test_each_request_gets_further_whatever_the_ids_say(chat: Chat):
    """Turns that were written late, and received early: the order of ids is the reverse of that of the list."""
    now, tab = chat.clock(), chat.opens("anna")
    chat.changes_key(daily_messages=None)
    for number in range(62):
        tab.says(f"Question {number}")
    for place, kept in enumerate(reversed(chat.memory.of(chat.turns()[0].conversation))):
        kept.change(received=Received(now + place * 1000, ConnectionId("one")))
    assert set(questions(pages(chat.opens("anna")))) == {f"Question {number}" for number in range(62)}


def test_a_client_of_whole_answers_gets_no_history(chat: Chat):
    chat.opens("anna").says("Question")
    chat.changes_key(whole_answers=True)
    tab = chat.opens("anna")
    assert tab.sends("earlier", turn=chat.turns()[-1].id) == []


def test_a_frame_lists_thirty_turns_at_most():
    assert server_frames.HISTORY_TURNS == 30
