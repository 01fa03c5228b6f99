"""Nothing that a client can send for free costs AWS money without end."""

import json
from collections import Counter
from dataclasses import replace
from typing import Any, Final

import pytest

from chalicelib.channels.web.client_frames import MAX_FRAME
from chalicelib.ids import ConnectionId
from tests.flow.chat import Chat, Tab, Without, fail, key_text

FLOOD: Final = 10_000
TURN: Final = f"{1_795_176_000_000}#{'0' * 64}"
FRAMES: Final[dict[str, dict[str, Any]]] = {
    "ping": {"action": "ping"},
    "join": {"action": "join", "room": "kitchen"},
    "command": {"action": "send_message", "message": "/help"},
    "long text": {"action": "send_message", "message": "x" * (MAX_FRAME - 100)},
    "cancel": {"action": "cancel", "turn": TURN},
    "resume": {"action": "resume", "turn": TURN},
    "feedback": {"action": "feedback", "turn": TURN, "value": "up"},
    "authenticate": {"action": "authenticate", "apiKey": key_text(), "visitor": "anna"},
    "junk": {"action": "nothing", "junk": "x" * (MAX_FRAME - 100)},
}
BURST: Final = 30
"""Frames that a connection may send at once; then one a second."""


class Counting:
    """A port that counts the calls of its methods."""

    def __init__(self, port: Any, calls: Counter[str]) -> None:
        self._port, self._calls = port, calls

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        if not callable(method):
            return method

        def counted(*args: Any, **more: Any) -> Any:
            self._calls[name] += 1
            return method(*args, **more)

        return counted


@pytest.fixture
def calls(chat: Chat) -> Counter[str]:
    """The calls to the stores, by method."""
    counted: Counter[str] = Counter()
    chat.connections = Counting(chat.connections, counted)  # type: ignore[assignment]
    chat.bot.inbox = Counting(chat.bot.inbox, counted)
    chat.bot.transcript = Counting(chat.bot.transcript, counted)
    chat.bot.people = Counting(chat.bot.people, counted)
    return counted


def floods(tab: Tab, frame: dict[str, Any], *, times: int = FLOOD) -> int:
    """Send a frame again and again, as long as the connection is open; how often."""
    text = json.dumps(frame)
    for number in range(times):
        if tab.is_closed:
            return number
        tab.chat.handler.receive(tab.id, text)
    return times


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_one_connection_cannot_send_frames_without_end(chat: Chat, calls: Counter[str], frame: dict[str, Any]):
    tab = chat.opens()
    calls.clear()
    assert floods(tab, frame) <= BURST
    assert tab.codes.count("too_fast") == 1
    assert tab.frames[-1]["code"] == "too_fast"
    assert sum(calls.values()) <= 8 * BURST


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_before_authentication_it_cannot_either(chat: Chat, frame: dict[str, Any]):
    tab = chat.connects()
    assert floods(tab, {**frame, "apiKey": "wrong"} if "apiKey" in frame else frame) <= BURST + 1
    assert tab.is_closed


def test_a_connection_that_could_not_be_closed_costs_one_read_a_frame_and_is_closed_by_the_heartbeat(
    chat: Chat, calls: Counter[str]
):
    tab = chat.opens()
    chat.connection_api.fails[tab.id] = 10 * BURST
    for _ in range(BURST + 1):
        tab.sends("ping")
    calls.clear()
    chat.connection_api.fails[tab.id] = 100
    for _ in range(100):
        tab.sends("join", room="kitchen")
    assert calls == {"count_frame": 100}
    assert (tab.got("ready")[1:], tab.is_closed) == ([], False)
    assert chat.bot.beats().counts["closed"] == 1
    assert tab.is_closed


def test_a_connection_that_was_too_fast_hears_nothing_more(chat: Chat):
    tab, other = chat.opens(), chat.opens()
    floods(tab, FRAMES["ping"])
    other.says("Who is still here?")
    assert tab.kinds[-1] == "error"
    assert [one.id for one in chat.connections.in_conversation(chat.turns()[0].conversation, now=chat.clock())] == [
        other.id
    ]


def test_who_sends_one_frame_a_second_is_never_too_fast(chat: Chat):
    tab = chat.opens()
    for _ in range(5 * BURST):
        chat.clock.tick(seconds=1)
        assert [frame["type"] for frame in tab.sends("ping")] == ["pong"]


def test_after_a_pause_a_connection_may_send_as_many_as_at_first(chat: Chat):
    tab = chat.opens()
    for _ in range(BURST - 1):
        tab.sends("ping")
    chat.clock.tick(seconds=BURST)
    for _ in range(BURST):
        assert [frame["type"] for frame in tab.sends("ping")] == ["pong"]
    assert tab.sends("ping")[0]["code"] == "too_fast"


def test_one_connections_flood_is_nothing_to_another(chat: Chat):
    tab, other = chat.opens(), chat.opens("bert")
    floods(tab, FRAMES["ping"])
    assert [frame["type"] for frame in other.sends("ping")] == ["pong"]


def test_frames_of_a_connection_that_is_not_known_cost_one_call(chat: Chat, calls: Counter[str]):
    tab = replace(chat.opens(), id=ConnectionId("nobody"))
    calls.clear()
    floods(tab, FRAMES["join"], times=100)
    assert calls == {"count_frame": 100}


def test_a_frame_is_not_handled_if_its_rate_cannot_be_looked_up(chat: Chat):
    tab = chat.opens()
    chat.connections = Without(chat.connections, count_frame=fail)  # type: ignore[assignment]
    assert tab.sends("join", room="kitchen") == []
