"""Clients of keys with whole answers: one frame in the simple shape for each finished answer."""

import json
from typing import Any

import pytest

from chalicelib.channels.web import simple_frames
from chalicelib.conversation.connection import Connection
from chalicelib.conversation.turn import Reply
from chalicelib.ids import ConnectionId, ConversationId
from tests.fakes.model import ScriptedModel
from tests.flow.chat import KEY, Chat, Tab, key_text, ulid

ROOM = ConversationId("room:shop:camera")


@pytest.fixture
def chat(chat: Chat) -> Chat:
    chat.changes_key(is_open=True, whole_answers=True, open_rooms=True)
    chat.bot.model = ScriptedModel()
    return chat


def model_says(chat: Chat, *words: str) -> None:
    """To the next question."""
    chat.bot.model.script.append(list(words))


def got(tab: Tab) -> list[Any]:
    return [json.loads(frame) for frame in tab.chat.connection_api.sent[tab.id]]


def asks(tab: Tab, frame: dict[str, Any]) -> list[Any]:
    """The client sends a frame, and the worker runs; all that the client has got."""
    tab.chat.clock.tick(seconds=1)
    tab.chat.handler.receive(tab.id, json.dumps(frame), at=None)
    tab.chat.works()
    return got(tab)


@pytest.mark.parametrize("frame", [{"data": "What is AWS Lambda?"}, {"action": "message", "prompt": "Hello?"}])
def test_a_client_gets_the_answer_in_one_frame_and_nothing_else(chat: Chat, frame: dict[str, Any]):
    model_says(chat, "A function ", "as a service.")
    assert asks(chat.connects(config=KEY), frame) == [{"message": "A function as a service."}]


def test_the_frame_of_a_room_has_its_name_and_reaches_all_who_are_in_it(chat: Chat):
    question = {"action": "message", "prompt": "Still for sale?", "conversationId": "camera"}
    anna, bert = chat.connects(config=KEY), chat.connects(config=KEY)
    model_says(chat, "Yes.")
    assert asks(bert, question) == [{"message": "Yes.", "conversationId": "camera"}]
    model_says(chat, "It is.")
    assert asks(anna, question) == [{"message": "It is.", "conversationId": "camera"}]
    assert got(bert)[-1] == {"message": "It is.", "conversationId": "camera"}


def test_an_error_has_the_same_shape(chat: Chat):
    tab = chat.connects(config=KEY)
    asks(tab, {"data": "Hello?"})
    assert asks(tab, {"data": 42})[-1] == {"message": "`message` must be a text that is not blank"}
    assert asks(tab, {"action": "dance"})[-1]["message"].startswith("`action` must be")


def test_the_bots_own_sentences_have_it_too(chat: Chat):
    chat.changes_key(max_messages=1)
    tab = chat.connects(config=KEY)
    asks(tab, {"data": "One?"})
    assert len(asks(tab, {"data": "Two?"})) == 2
    assert got(tab)[-1].keys() == {"message"}


def test_a_client_with_the_key_itself_reads_the_same_shape(chat: Chat):
    tab = chat.connects()
    tab.chat.handler.receive(tab.id, json.dumps({"action": "authenticate", "apiKey": key_text()}), at=None)
    model_says(chat, "Yes.")
    assert asks(tab, {"data": "Hello?"}) == [{"message": "Yes."}]


def test_an_answer_that_was_lost_comes_when_the_question_is_repeated(chat: Chat):
    tab = chat.connects(config=KEY)
    question = {"action": "send_message", "message": "Hello?", "id": ulid(chat.clock())}
    model_says(chat, "Yes.")
    assert asks(tab, question) == [{"message": "Yes."}]
    assert asks(tab, question) == [{"message": "Yes."}] * 2
    assert len(chat.asked) == 1


def test_what_a_revoked_key_is_told_has_that_shape(chat: Chat):
    tab = chat.connects(config=KEY)
    asks(tab, {"data": "Hello?"})
    chat.ends_key("revoked")
    assert asks(tab, {"action": "join", "room": "camera"})[-1] == {"message": "the key is revoked or has expired"}


@pytest.mark.parametrize("letter", ["x", "ü", "字", "\U0001f600", '"', "\n", "\x00"])
def test_a_long_answer_comes_in_frames_that_fit_and_nothing_is_lost(letter: str):
    words = letter * 29_000
    room = Connection(ConnectionId("1"), "", whole_answers=True, conversation=ROOM, conversation_id="\x00" * 256)
    frames = simple_frames.for_client(room, *simple_frames.answer(Reply(words)))
    assert all(len(frame.encode()) <= 32 * 1024 for frame in frames)
    assert "".join(json.loads(frame)["message"] for frame in frames) == words
