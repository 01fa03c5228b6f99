"""Nothing that a client can send for free costs AWS money without end."""

import json
from collections import Counter
from dataclasses import replace
from typing import Any, Final

import pytest

from chalicelib.channels.web.client_frames import MAX_FRAME
from chalicelib.conversation.turn import MAX_TEXT
from chalicelib.ids import ConnectionId
from tests.flow.bot import Bot
from tests.flow.chat import Chat, Tab, Without, fail, key_text, ulid

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
        tab.chat.handler.receive(tab.id, text, at=None)
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


# What one person may have stored, over all connections.

MESSAGES: Final = 60
"""Messages that a person may write at once; then ten a minute."""


def writes_on(chat: Chat, connections: int, *, each: int) -> Counter[str]:
    """One person asks for help on many connections; the answers come at once, since no time passes."""
    codes: Counter[str] = Counter()
    now = chat.clock()
    for _ in range(connections):
        tab = chat.opens()
        for _ in range(each):
            tab.sends("send_message", message="/help")
            chat.works()
            chat.clock.now = now
        codes.update(tab.codes)
        tab.closes()
    return codes


def test_ten_connections_of_one_person_do_not_give_ten_rates(chat: Chat):
    codes = writes_on(chat, 10, each=BURST - 2)
    assert (len(chat.turns()), codes) == (MESSAGES, {"slow_down": 10 * (BURST - 2) - MESSAGES})


@pytest.mark.slow
def test_new_connections_again_and_again_give_no_more(chat: Chat):
    writes_on(chat, 50, each=5)
    chat.clock.tick(minutes=1)
    writes_on(chat, 50, each=5)
    assert len(chat.turns()) == MESSAGES + 10


def test_another_person_is_not_concerned(chat: Chat):
    writes_on(chat, 3, each=BURST - 2)
    assert chat.opens("bert").says("/help")[0]["type"] == "accepted"


def test_a_message_that_was_accepted_is_known_again_however_much_came_since(chat: Chat):
    tab, mine = chat.opens(), ulid(chat.clock())
    tab.says("/help", id=mine)
    writes_on(chat, 4, each=BURST - 2)
    assert chat.opens().sends("send_message", message="/help", id=mine)[0]["duplicate"]


def test_a_long_text_is_stored_only_as_far_as_it_is_read(chat: Chat):
    tab = chat.opens()
    assert tab.says("x" * 30_000)[-2]["code"] == "too_long"
    assert [len(turn.text) for turn in chat.turns()] == [MAX_TEXT + 1]


@pytest.mark.parametrize("text", ["/help", "/usage", "/reset", "a question beyond the limit", "x" * 20_000])
def test_on_messenger_nothing_is_answered_without_end_either(bot: Bot, text: str):
    bot.limits_to(0)
    bot.receives("anna", "a first question")
    moment = bot.clock()
    for number in range(100):
        bot.clock.now = moment
        bot.receives("anna", text, mid=f"flood-{number}")
    assert len(bot.turns("anna")) <= MESSAGES + 1
    assert len(bot.log_lines("turn")) <= MESSAGES + 1
    assert max(len(turn.text) for turn in bot.turns("anna")) <= MAX_TEXT + 1
    bot.clock.tick(minutes=1)
    bot.receives("anna", "/help")
    assert bot.turns("anna")[-1].text == "/help"


def test_on_messenger_what_was_accepted_and_is_delivered_again_is_not_lost_to_a_flood(bot: Bot):
    first = bot.message("anna", "/help")
    bot.posted(first)
    for number in range(3 * MESSAGES):
        bot.clock.tick(seconds=-1)
        bot.receives("anna", "/help", mid=f"flood-{number}")
    bot.posted(first)
    assert bot.log_lines("accept")[-1]["outcome"] == "duplicate_done"
    bot.posted(bot.message("anna", "/help", mid="one more"))
    assert bot.log_lines("accept")[-1]["outcome"] == "too_fast"


def repeats(tab: Tab, mine: str, *, seconds: int) -> int:
    """Send one frame once a second, as fast as a connection may. Return how many workers are woken for it."""
    for _ in range(seconds + 1):
        tab.sends("send_message", message="Did you get this?", id=mine)
        tab.chat.clock.tick(seconds=1)
    return len(tab.chat.bot.wake.woken)


def test_a_frame_that_is_repeated_at_full_speed_wakes_hardly_any_workers(chat: Chat):
    assert repeats(chat.opens(), ulid(chat.clock()), seconds=100) <= 1 + 10


def test_ten_connections_that_repeat_one_frame_wake_no_more_workers(chat: Chat):
    tabs, mine = [chat.opens() for _ in range(10)], ulid(chat.clock())
    for tab in tabs * 20:
        tab.sends("send_message", message="Did you get this?", id=mine)
    assert len(chat.bot.wake.woken) <= 2


def test_a_frame_that_is_repeated_during_the_answer_wakes_no_worker(chat: Chat):
    tab, mine, woken = chat.opens(), ulid(chat.clock()), []
    chat.model_says("Once ", lambda: woken.append(repeats(tab, mine, seconds=20)), "upon a time.")
    tab.says("Did you get this?", id=mine)
    assert woken == [0]


@pytest.mark.parametrize("seconds", [0, 1, 9, 30])
def test_a_wake_that_was_lost_is_made_up_for_by_the_repetition(chat: Chat, seconds: int):
    tab, mine = chat.opens(), ulid(chat.clock())
    chat.bot.wake.fails = True
    tab.sends("send_message", message="Did you get this?", id=mine)
    chat.bot.wake.fails = False
    chat.clock.tick(seconds=seconds)
    tab.sends("send_message", message="Did you get this?", id=mine)
    chat.works()
    assert tab.got("completed")[-1]["state"] == "done"


def test_a_message_that_was_stored_is_not_refused_because_the_second_wake_fails(chat: Chat):
    tab, mine = chat.opens(), ulid(chat.clock())
    tab.sends("send_message", message="Did you get this?", id=mine)
    chat.bot.inbox = Without(chat.bot.inbox, may_wake_again=fail)
    assert [frame["type"] for frame in tab.sends("send_message", message="Did you get this?", id=mine)] == ["accepted"]


def test_on_messenger_a_message_that_is_delivered_again_wakes_hardly_any_workers(bot: Bot):
    message = bot.message("anna", "Did you get this?")
    for _ in range(30):
        bot.posted(message)
    assert len(bot.wake.woken) <= 1 + 1
