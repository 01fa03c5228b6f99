"""A visitor's questions around the owner's midnight: the time in an `id` is the client's, and opens no other day."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from tests.flow.chat import Chat, Tab, ulid

BERLIN: Final = ZoneInfo("Europe/Berlin")
MINUTE_MS: Final = 60_000
YESTERDAY, TODAY = "2026-11-20", "2026-11-21"


def at(hour: int, minute: int, *, day: int = 21) -> int:
    return int(datetime(2026, 11, day, hour, minute, tzinfo=BERLIN).timestamp() * 1000)


@pytest.fixture
def tab(chat: Chat) -> Tab:
    """Half an hour after midnight, a visitor who may ask twice a day and has not asked yet."""
    chat.clock.now = at(0, 30)
    chat.changes_key(daily_messages=2)
    return chat.opens()


def counted(chat: Chat) -> dict[str, int]:
    return {day: number for day, number in chat.known().quota.items() if number}


@pytest.mark.parametrize("minutes_ago", [(40, 40, 40, 0, 0, 0), (0, 0, 0, 40, 40, 40), (54, 0, 40, 1, 31, 29)])
def test_messages_dated_back_over_midnight_are_no_way_to_two_days_questions(
    chat: Chat, tab: Tab, minutes_ago: tuple[int, ...]
):
    for number, minutes in enumerate(minutes_ago):
        tab.says("Why?", id=ulid(chat.clock() - minutes * MINUTE_MS, number))
    assert (len(chat.asked), counted(chat)) == (2, {TODAY: 2})
    assert [notice["code"] for notice in tab.got("notice")] == ["limit_reached"] * 4


def test_messages_dated_ahead_over_midnight_are_none_either(chat: Chat):
    chat.clock.now = at(23, 59, day=20)
    chat.changes_key(daily_messages=2)
    tab = chat.opens()
    for number in range(3):
        tab.says("Why?", id=ulid(chat.clock() + 59_000, number))
    assert (len(chat.asked), counted(chat)) == (2, {YESTERDAY: 2})


def test_a_question_that_is_regenerated_counts_today_too(chat: Chat, tab: Tab):
    tab.says("Why?")
    for number in range(2):
        tab.sends("regenerate", turn=tab.got("accepted")[0]["turn"], id=ulid(chat.clock() - 40 * MINUTE_MS, number))
        chat.works()
    assert (len(chat.asked), counted(chat)) == (2, {TODAY: 2})


def test_a_frame_that_is_repeated_after_midnight_is_the_same_question_and_counts_once(chat: Chat):
    chat.clock.now = at(23, 50, day=20)
    tab, mine = chat.opens(), ulid(at(23, 49, day=20))
    tab.says("Why?", id=mine)
    first = tab.turn
    chat.clock.now = at(0, 20)
    assert tab.says("Why?", id=mine)[0] == {"type": "accepted", "turn": first, "id": mine, "duplicate": True}
    assert (len(chat.asked), counted(chat)) == (1, {YESTERDAY: 1})


def test_a_message_that_was_written_offline_before_midnight_is_answered_after_it(chat: Chat, tab: Tab):
    assert tab.says("Why?", id=ulid(at(23, 50, day=20)))[-1]["state"] == "done"
    assert tab.got("completed")[0]["remaining"] == 1
