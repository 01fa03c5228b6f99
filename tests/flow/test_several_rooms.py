"""One connection follows several conversations, hears every answer to its end, and leaves one when its client wants."""

import json
from typing import Any

import pytest

from chalicelib.access import identity
from chalicelib.conversation.limits import CONVERSATIONS_OF_A_CONNECTION, MAX_CONNECTIONS
from tests.client import Frame
from tests.flow.chat import Chat, Tab, person_of, words

ANNA = person_of("anna")


def asks(tab: Tab, text: str, room: str, **more: Any) -> list[Frame]:
    """Somebody asks in a room by name; no worker has come yet."""
    tab.chat.clock.tick(seconds=1)
    return tab.sends("message", prompt=text, conversationId=room, **more)


def about(tab: Tab, room: str) -> list[str]:
    """The types of the frames about turns of a room."""
    return [frame["type"] for frame in tab.frames if "turn" in frame and frame.get("room") == room]


def in_room(chat: Chat, room: str) -> list[Any]:
    """The ids of the connections there."""
    found = chat.connections.in_conversation(identity.room(ANNA, room), now=chat.clock())
    return [connection.id for connection in found]


@pytest.fixture
def tab(chat: Chat) -> Tab:
    chat.changes_key(daily_messages=None)
    return chat.opens("anna")


# Hearing every answer to its end.


def test_a_question_in_another_room_does_not_cut_off_the_answer_in_the_first(chat: Chat, tab: Tab):
    asks(tab, "A1?", "attic")
    model = chat.model_says("Well, ", lambda: len(model.asked) > 1 or asks(tab, "B1?", "barn"), "then.")
    chat.works()
    for room in ("attic", "barn"):
        assert [kind for kind in about(tab, room) if kind not in ("accepted", "delta")] == ["question", "completed"]
        assert words([frame for frame in tab.frames if frame.get("room") == room]) == "Well, then."


def test_two_rooms_on_one_connection_are_answered_each_in_its_order(chat: Chat, tab: Tab):
    for text in ("A1?", "B1?", "A2?", "B2?"):
        asks(tab, text, {"A": "attic", "B": "barn"}[text[0]])
    chat.works()
    for room in ("attic", "barn"):
        told = [frame for frame in tab.got("question", "completed") if frame["room"] == room]
        assert [frame["type"] for frame in told] == ["question", "completed"] * 2
        assert [frame["text"] for frame in told if "text" in frame] == [f"{room[0].upper()}1?", f"{room[0].upper()}2?"]
    assert len(tab.got("ready")) == 3  # of one's own conversation, and of each room


@pytest.mark.parametrize("frame", ["message in the room", "message elsewhere", "message in a new room"])
def test_a_question_by_the_name_of_its_room_keeps_the_time_at_which_it_was_received(chat: Chat, tab: Tab, frame: str):
    tab.sends("follow", room="attic")
    if frame == "message elsewhere":
        tab.sends("follow", room="barn")
    room = "den" if "new" in frame else "attic"
    tab.sends_text(json.dumps({"action": "message", "prompt": "A1?", "room": room}), at=chat.clock() - 2000)
    [turn] = chat.turns("anna", room=room)
    assert (turn.at, turn.received and turn.received.at) == (chat.clock() - 2000, chat.clock() - 2000)


def test_what_others_ask_in_any_of_the_rooms_is_heard(chat: Chat, tab: Tab):
    for room in ("attic", "barn"):
        tab.sends("follow", room=room)
    bert = chat.opens("bert", room="attic")
    bert.says("Anybody in the attic?")
    chat.opens("cleo", room="barn").says("Anybody in the barn?")
    assert [(frame["room"], frame["text"]) for frame in tab.got("question")] == [
        ("attic", "Anybody in the attic?"),
        ("barn", "Anybody in the barn?"),
    ]
    assert [frame["room"] for frame in bert.got("question")] == ["attic"]


def test_ones_own_conversation_is_followed_too_until_one_joins_another(chat: Chat, tab: Tab):
    asks(tab, "A1?", "attic")
    chat.opens("anna").says("At home?")
    assert {frame.get("room") for frame in tab.got("question")} == {None, "attic"}
    tab.joins("barn")
    asked = len(tab.got("question"))
    chat.opens("bert", room="attic").says("Still there?")
    assert len(tab.got("question")) == asked


def test_following_sends_the_history_as_joining_does(chat: Chat, tab: Tab):
    chat.opens("bert", room="attic").says("Anybody?")
    [ready] = tab.sends("follow", room="attic")
    assert (ready["type"], ready["room"]) == ("ready", "attic")
    assert [entry["question"] for entry in ready["history"]] == ["Anybody?"]


# Where a frame goes that names no room.


def test_a_frame_without_a_room_goes_where_the_connection_has_been_last(chat: Chat, tab: Tab):
    for frame, room in (
        ("message", "attic"),
        ("message", "barn"),
        ("message", "attic"),
        ("follow", "cellar"),
        ("join", "attic"),
    ):
        tab.chat.clock.tick(seconds=1)
        tab.sends(frame, prompt="By name?", conversationId=room)
        accepted = tab.asks(f"After {frame} of {room}?")[-1]
        assert (accepted["type"], accepted["room"]) == ("accepted", room)
        chat.works()


def test_a_room_can_be_named_in_the_bots_own_frames_too(chat: Chat, tab: Tab):
    frames = tab.asks("Anybody in the attic?", room="attic")
    assert [(frame["type"], frame["room"]) for frame in frames] == [("ready", "attic"), ("accepted", "attic")]
    assert all("conversationId" not in frame for frame in frames)


def test_a_turn_of_another_room_is_named_with_its_room(chat: Chat, tab: Tab):
    asks(tab, "A1?", "attic")
    chat.works()
    turn = tab.turn
    asks(tab, "B1?", "barn")
    chat.works()
    for number, (frame, more) in enumerate(
        {"resume": {}, "feedback": {"value": "up"}, "regenerate": {}, "cancel": {}}.items()
    ):
        tab.sends(frame, turn=turn, **more)
        assert tab.codes.count("unknown_turn") == min(number + 1, 3)  # a `cancel` is never answered
    before = len(tab.frames)
    tab.sends("resume", turn=turn, room="attic")
    assert [frame["type"] for frame in tab.frames[before:]] == ["question", "snapshot", "completed"]
    assert {frame["room"] for frame in tab.frames[before:]} == {"attic"}
    tab.sends("feedback", turn=turn, value="up", conversationId="attic")
    assert str(chat.turns("anna", room="attic")[0].feedback) == "up"
    [accepted] = tab.sends("regenerate", turn=turn, room="attic")
    assert (accepted["type"], accepted["room"], accepted["conversationId"]) == ("accepted", "attic", "attic")


def test_an_answer_in_another_room_can_be_stopped(chat: Chat, tab: Tab):
    asks(tab, "A1?", "attic")
    turn = tab.turn
    asks(tab, "B1?", "barn")
    chat.model_says("One. ", lambda: tab.sends("cancel", turn=turn, room="attic"))
    chat.works()
    ends = {frame["room"]: frame["state"] for frame in tab.got("completed")}
    assert ends["barn"] == "done"


@pytest.mark.parametrize("frame", ["resume", "cancel", "feedback", "regenerate"])
def test_a_turn_of_a_room_that_is_not_followed_is_not_found(chat: Chat, tab: Tab, frame: str):
    bert = chat.opens("bert", room="secret")
    bert.says("My address is 4 Mill Lane.")
    [error] = tab.sends(frame, turn=bert.turn, value="up", room="secret")
    assert (error["code"], error["room"]) == ("unknown_turn", "secret")


# Leaving.


def test_whoever_leaves_a_room_hears_no_more_of_it_and_goes_on_in_the_others(chat: Chat, tab: Tab):
    for room in ("attic", "barn"):
        tab.sends("follow", room=room)
    assert tab.sends("leave", room="attic") == [{"type": "left", "room": "attic"}]
    chat.opens("bert", room="attic").says("Anybody in the attic?")
    chat.opens("bert", room="barn").says("Anybody in the barn?")
    assert [frame["room"] for frame in tab.got("question")] == ["barn"]
    assert in_room(chat, "attic") == [connection for connection in in_room(chat, "attic") if connection != tab.id]


def test_whoever_leaves_the_room_where_one_is_goes_back_to_the_one_before(chat: Chat, tab: Tab):
    asks(tab, "A1?", "attic")
    asks(tab, "B1?", "barn")
    tab.sends("leave", conversationId="barn")
    assert tab.got("left") == [{"type": "left", "room": "barn", "conversationId": "barn"}]
    assert tab.asks("Where am I?")[-1]["room"] == "attic"
    tab.sends("leave", room="attic")
    assert "room" not in tab.asks("And now?")[-1]


def test_whoever_leaves_the_only_room_is_in_their_own_conversation(chat: Chat):
    tab = chat.opens("anna", room="attic")
    tab.sends("leave", room="attic")
    tab.says("At home?")
    assert [turn.text for turn in chat.turns("anna")] == ["At home?"]
    assert tab.got("question")[-1]["text"] == "At home?"


@pytest.mark.parametrize("room", ["attic", "never-joined"])
def test_leaving_twice_or_what_one_never_joined_is_no_error(chat: Chat, tab: Tab, room: str):
    tab.sends("follow", room="attic")
    tab.sends("leave", room="attic")
    assert tab.sends("leave", room=room) == [{"type": "left", "room": room}]
    assert "room" not in tab.asks("At home?")[-1]


# How many.


def test_an_eleventh_conversation_takes_the_place_of_the_one_where_one_was_longest_ago(chat: Chat, tab: Tab):
    rooms = [f"room-{number}" for number in range(CONVERSATIONS_OF_A_CONNECTION)]
    for room in rooms:  # with the last one, one's own conversation is left
        tab.sends("follow", room=room)
    asks(tab, "Still here?", rooms[0])
    chat.works()
    tab.sends("follow", room="one-more")
    assert [tab.id in in_room(chat, room) for room in (*rooms[:3], "one-more")] == [True, False, True, True]
    followed = chat.memory.connections[tab.id].connection.followed
    assert len(followed) == CONVERSATIONS_OF_A_CONNECTION
    assert [frame["type"] for frame in asks(tab, "And again?", rooms[1])] == ["ready", "accepted"]


def test_a_client_may_ask_in_any_number_of_conversations_one_after_the_other(chat: Chat, tab: Tab):
    for number in range(3 * CONVERSATIONS_OF_A_CONNECTION):
        chat.clock.tick(seconds=10)
        asks(tab, f"{number}?", f"room-{number}")
        chat.works()
    assert len(tab.got("completed")) == 3 * CONVERSATIONS_OF_A_CONNECTION
    assert tab.codes == []


def test_a_full_room_is_not_followed_and_the_others_still_are(chat: Chat, tab: Tab):
    for number in range(MAX_CONNECTIONS):
        chat.opens(f"visitor-{number}", room="full")
    tab.sends("follow", room="attic")
    [error] = tab.sends("follow", room="full")
    assert (error["code"], error["room"]) == ("room_full", "full")
    assert tab.asks("Still here?")[-1]["room"] == "attic"


# Who is gone.


@pytest.mark.parametrize("how", ["closes", "revoked", "blocked", "too fast"])
def test_a_connection_that_ends_leaves_every_room(chat: Chat, tab: Tab, how: str):
    for room in ("attic", "barn", "cellar"):
        tab.sends("follow", room=room)
    if how == "closes":
        tab.closes()
    elif how == "too fast":
        for _ in range(40):
            tab.sends("ping")
    else:
        chat.ends_key("revoked")
        tab.sends("follow", room="den")
    assert [in_room(chat, room) for room in ("attic", "barn", "cellar", "den")] == [[]] * 4
    assert tab.id not in {connection for _, connection in chat.memory.members}


def test_a_connection_that_broke_without_a_word_is_found_gone_in_one_room_and_leaves_all(chat: Chat, tab: Tab):
    for room in ("attic", "barn"):
        tab.sends("follow", room=room)
    chat.connection_api.gone.add(tab.id)
    chat.opens("bert", room="attic").says("Anybody?")
    assert tab.id not in in_room(chat, "attic") + in_room(chat, "barn")
