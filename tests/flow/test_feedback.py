"""Thumbs up and down: counted once for each answer, without any words."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.flow.chat import Chat, Tab
from tests.flow.test_chat_turns import UNKNOWN_TURN


@pytest.fixture
def tab(chat: Chat) -> Tab:
    tab = chat.opens()
    tab.says("Why is the sky blue?")
    return tab


def counted(chat: Chat) -> list[Mapping[str, Any]]:
    """The numbers that were logged, in order."""
    lines = chat.bot.log_lines("feedback")
    return [{"up": line["up"], "down": line["down"]} for line in lines]


@pytest.mark.parametrize(("value", "counts"), [("up", {"up": 1, "down": 0}), ("down", {"up": 0, "down": 1})])
def test_a_thumb_is_counted_once_and_kept_with_the_turn(chat: Chat, tab: Tab, value: str, counts: dict[str, int]):
    assert tab.sends("feedback", turn=tab.turn, value=value) == []
    assert tab.sends("feedback", turn=tab.turn, value=value) == []
    assert chat.opens().sends("feedback", turn=tab.turn, value=value) == []
    assert counted(chat) == [counts]
    [entry] = chat.opens().got("ready")[0]["history"]
    assert entry["feedback"] == value


def test_whoever_changes_their_mind_takes_the_first_thumb_back(chat: Chat, tab: Tab):
    for value in ("up", "down", "down", "up"):
        tab.sends("feedback", turn=tab.turn, value=value)
    assert counted(chat) == [{"up": 1, "down": 0}, {"up": -1, "down": 1}, {"up": 1, "down": -1}]
    assert sum(counts["up"] for counts in counted(chat)) == 1
    assert sum(counts["down"] for counts in counted(chat)) == 0


def test_feedback_costs_no_question_and_no_model_call(chat: Chat, tab: Tab):
    tab.sends("feedback", turn=tab.turn, value="up")
    chat.works()
    assert (len(chat.asked), chat.used()) == (1, 1)
    tab.says("And at night?")
    assert len(chat.bot.last_prompt.history) == 1


def test_a_log_line_about_feedback_has_no_words_and_no_plain_ids(chat: Chat, tab: Tab):
    tab.sends("feedback", turn=tab.turn, value="down")
    [line] = chat.bot.log_lines("feedback")
    assert "sky" not in str(line)
    assert "anna" not in str(line)


def test_only_the_model_s_answer_to_ones_own_question_can_be_rated(chat: Chat, tab: Tab):
    def refused(by: Tab, turn: str) -> bool:
        return [frame["code"] for frame in by.sends("feedback", turn=turn, value="up")] == ["unknown_turn"]

    assert refused(chat.opens("bert"), tab.turn)
    assert refused(tab, UNKNOWN_TURN)
    tab.says("/help")
    assert refused(tab, tab.turn)
    tab.asks("Still waiting?")
    assert refused(tab, tab.turn)
    assert counted(chat) == []


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"turn": UNKNOWN_TURN},
        {"turn": UNKNOWN_TURN, "value": "sideways"},
        {"turn": UNKNOWN_TURN, "value": ["up"]},
        {"turn": UNKNOWN_TURN, "value": None},
        {"turn": UNKNOWN_TURN, "value": 1},
        {"turn": 7, "value": "up"},
    ],
)
def test_feedback_that_is_neither_is_refused(tab: Tab, fields: dict[str, object]):
    assert [frame["code"] for frame in tab.sends("feedback", **fields)] == ["bad_frame"]


def test_forgotten_turns_take_their_feedback_with_them(chat: Chat, tab: Tab):
    old = tab.turn
    tab.sends("feedback", turn=old, value="up")
    tab.says("/forget yes")
    assert [frame["code"] for frame in tab.sends("feedback", turn=old, value="down")] == ["unknown_turn"]
