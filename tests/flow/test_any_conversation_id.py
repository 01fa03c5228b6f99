"""`conversationId` is any text: hashed for the room, and given back as it came; names of rooms are what they were."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.access import identity
from chalicelib.ids import KeyId
from tests.client import Frame
from tests.fakes.model import ScriptedModel
from tests.flow.chat import KEY, Chat, Tab, person_of

TEXTS = [
    "카메라 42 / 중고",
    "order #1234",
    "a:b",
    "room:shopshopsh:kitchen",
    "\U0001f4f7" * 256,
    "x" * 256,
    " ",
    'a "b" \\ c',
    "line\nbreak",
    "\x00" * 256,
    "../../etc",
]
ANNA = person_of("anna")


def asks(tab: Tab, text: str, conversation_id: str, **more: Any) -> list[Frame]:
    """Somebody asks in the conversation, and the worker answers; all frames that came."""
    before = len(tab.frames)
    tab.chat.clock.tick(seconds=1)
    tab.sends("message", prompt=text, conversationId=conversation_id, **more)
    tab.chat.works()
    return tab.frames[before:]


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_is_a_conversation_and_comes_back_in_every_frame(chat: Chat, text: str):
    anna, bert = chat.opens("anna"), chat.opens("bert")
    asks(bert, "I pay 33.", text)
    frames = asks(anna, "I pay 30.", text)
    assert {"ready", "accepted", "question", "delta", "completed"} <= {frame["type"] for frame in frames}
    assert {frame["conversationId"] for frame in frames} == {text}
    assert {frame["room"] for frame in frames} == {identity.room_name(text)}
    assert [question["text"] for question in bert.got("question")] == ["I pay 33.", "I pay 30."]
    assert [exchange.question for exchange in chat.bot.last_prompt.history] == ["I pay 33."]


@pytest.mark.parametrize("text", TEXTS)
def test_a_client_of_whole_answers_gets_its_text_back(chat: Chat, text: str):
    chat.changes_key(is_open=True, whole_answers=True, open_rooms=True)
    chat.bot.model = ScriptedModel([["Yes."]])
    tab = chat.connects(config=KEY)
    chat.clock.tick(seconds=1)
    frame = {"action": "message", "prompt": "Hello?", "conversationId": text}
    chat.handler.receive(tab.id, json.dumps(frame), at=chat.clock())
    chat.works()
    [answer] = [json.loads(frame) for frame in chat.connection_api.sent[tab.id]]
    assert answer == {"message": "Yes.", "conversationId": text}


@pytest.mark.parametrize("text", ["", "x" * 257, "\U0001f4f7" * 257, 42, ["a"], {"a": 1}, True])
def test_what_is_no_text_or_too_long_is_refused_in_words(chat: Chat, text: Any):
    [error] = chat.opens("anna").sends("message", prompt="Hello?", conversationId=text)
    assert (error["code"], error["message"]) == ("bad_frame", "`conversationId` must be a text of 1 to 256 characters")


def test_no_text_leads_to_the_conversation_where_the_connection_is(chat: Chat):
    tab = chat.opens("anna")
    tab.sends("message", prompt="Hello?", conversationId=None)
    chat.works()
    assert [turn.text for turn in chat.turns("anna")] == ["Hello?"]


def test_texts_that_differ_are_conversations_that_differ(chat: Chat):
    anna, bert = chat.opens("anna"), chat.opens("bert")
    asks(anna, "Mine?", "camera 42")
    asks(bert, "Mine?", "camera 43")
    asks(bert, "Mine?", "Camera 42")
    assert [question["from"] for question in anna.got("question")] == [identity.pseudonym(ANNA)]


def test_the_text_of_one_key_is_another_conversation_with_another_key():
    other = identity.visitor(KeyId("blogblogbl"), "anna")
    assert identity.room(ANNA, identity.room_name("a b")) != identity.room(other, identity.room_name("a b"))


# What was there before.


@given(st.text(alphabet="abcXYZ019._-", min_size=1, max_size=64))
def test_names_of_rooms_keep_their_keys(name: str):
    assert identity.room_name(name) == name
    assert identity.room(ANNA, identity.room_name(name)) == f"room:{KEY}:{name}"


def test_who_calls_a_room_by_its_name_finds_its_history(chat: Chat):
    chat.opens("anna", room="camera-42").says("I pay 30.")
    [ready, *_] = asks(chat.opens("bert"), "I pay 33.", "camera-42")
    assert [entry["question"] for entry in ready["history"]] == ["I pay 30."]
    assert (ready["room"], ready["conversationId"]) == ("camera-42", "camera-42")


def test_only_those_who_say_conversation_id_get_it(chat: Chat):
    anna, bert = chat.opens("anna", room="camera-42"), chat.opens("bert")
    asks(bert, "I pay 33.", "camera-42")
    about = [frame for frame in anna.frames if "turn" in frame]
    assert about
    assert all(frame["room"] == "camera-42" and "conversationId" not in frame for frame in about)
    asks(anna, "I pay 34.", "camera-42")
    assert anna.got("completed")[-1]["conversationId"] == "camera-42"


@pytest.mark.parametrize(("text", "told"), [("camera 42", None), ("camera-42", "camera-42")])
def test_what_answers_a_frame_without_a_room_has_a_name_but_no_text_of_any_kind(
    chat: Chat, text: str, told: str | None
):
    tab = chat.opens("anna")
    asks(tab, "I pay 30.", text)
    frames = tab.says("And now?")
    assert {frame["room"] for frame in frames} == {identity.room_name(text)}
    assert [frame.get("conversationId") for frame in frames if frame["type"] == "accepted"] == [told]
    assert {frame.get("conversationId") for frame in frames if frame["type"] != "accepted"} == {text}


def test_an_error_to_a_client_of_whole_answers_has_its_text_if_the_frame_has_it(chat: Chat):
    chat.changes_key(is_open=True, whole_answers=True, open_rooms=True)
    chat.bot.model = ScriptedModel([["Yes."]])
    tab = chat.connects(config=KEY)
    for _ in range(6):
        chat.handler.receive(
            tab.id, json.dumps({"action": "message", "prompt": "Hello?", "conversationId": "camera 42"}), at=None
        )
    told = [json.loads(frame) for frame in chat.connection_api.sent[tab.id]]
    assert told == [{"message": "too many messages are waiting for an answer", "conversationId": "camera 42"}]
    chat.handler.receive(tab.id, json.dumps({"data": 42}), at=None)
    assert json.loads(chat.connection_api.sent[tab.id][-1]).keys() == {"message"}


def test_a_room_of_any_text_can_be_joined_by_the_name_that_its_frames_have(chat: Chat):
    name = asks(chat.opens("anna"), "I pay 30.", "camera 42")[0]["room"]
    [ready] = chat.opens("bert").joins(name)
    assert [entry["question"] for entry in ready["history"]] == ["I pay 30."]


# Who may.


@pytest.mark.parametrize("frame", ["message", "join", "follow"])
def test_a_visitor_with_a_ticket_needs_a_full_name_all_the_same(chat: Chat, frame: str):
    asks(chat.opens("bert"), "My secret.", "camera 42")
    tab = chat.connects()
    tab.sends("authenticate", ticket=chat.ticket_of("eve"))
    tab.sends(frame, prompt="Who is here?", conversationId="camera 42")
    assert (tab.codes, tab.is_closed) == (["wrong_room"], True)


def test_forget_deletes_what_was_written_there(chat: Chat):
    tab = chat.opens("anna")
    asks(tab, "I pay 30.", "camera 42")
    asks(tab, "/forget yes", "camera 42")
    assert [turn.text for turn in chat.turns("anna", room=identity.room_name("camera 42")) if turn.text] == []


def test_neither_the_table_nor_the_log_has_the_text_of_a_conversation(chat: Chat, capsys: pytest.CaptureFixture[str]):
    tab = chat.opens("anna")
    asks(tab, "I pay 30.", "Anna Weber, Mill Lane 4")
    tab.closes()
    assert "Mill Lane" not in repr(chat.memory)
    assert "Mill Lane" not in capsys.readouterr().out


@pytest.mark.parametrize("letter", ["x", "\x00", "\U0001f4f7"])
def test_the_longest_text_leaves_room_for_the_rest_of_a_frame(letter: str, chat: Chat):
    chat.changes_key(daily_messages=None)
    tab = chat.opens("anna")
    for number in range(12):
        asks(tab, f"{number} " + letter * 3900, letter * 256)
    whole = [len(frame.encode()) for frame in chat.connection_api.sent[tab.id]]
    asks(chat.opens("bert"), "And I?", letter * 256)
    sent = [len(frame.encode()) for frames in chat.connection_api.sent.values() for frame in frames]
    assert max(*whole, *sent) <= 32 * 1024
