"""Keys whose id alone, in the WebSocket's address, lets a client in: their promises and their limits."""

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.errors import ModelBusy, ModelRefused
from tests.fakes.model import ScriptedModel
from tests.flow.chat import KEY, OTHER_KEY, Chat, key_text


@pytest.fixture
def chat(chat: Chat) -> Chat:
    chat.changes_key(is_open=True)
    return chat


def test_a_client_asks_with_its_first_frame_and_is_answered(chat: Chat):
    tab = chat.connects(config=KEY)
    assert tab.frames == []
    tab.says("Who are you?")
    assert [frame["type"] for frame in tab.frames][:2] == ["ready", "accepted"]
    assert tab.got("completed")[0]["state"] == "done"


@pytest.mark.parametrize(
    "frame",
    [
        {"action": "message", "prompt": "Hello?"},
        {"action": "sendMessage", "message": "Hello?"},
        {"data": "Hello?"},
        {"action": "message", "prompt": "Hello?", "conversationId": "kitchen"},
    ],
)
def test_each_form_of_a_question_may_be_the_first_frame(chat: Chat, frame: dict[str, Any]):
    chat.changes_key(open_rooms=True)
    tab = chat.connects(config=KEY)
    tab.sends_text(json.dumps(frame))
    chat.works()
    assert tab.got("completed")[0]["state"] == "done"


def test_each_client_is_a_new_visitor_that_nobody_else_hears(chat: Chat):
    anna, bert = chat.connects(config=KEY), chat.connects(config=KEY)
    anna.says("I live at 12 Mill Lane.")
    bert.says("Where does she live?")
    assert anna.got("ready")[0]["visitor"] != bert.got("ready")[0]["visitor"]
    assert [turn["from"] for turn in bert.got("question")] == [bert.got("ready")[0]["you"]]
    assert chat.bot.last_prompt.history == ()


def test_a_client_may_still_say_who_it_is(chat: Chat):
    tab = chat.connects(config=KEY)
    tab.sends("authenticate", apiKey=key_text(), visitor="anna")
    assert "visitor" not in tab.got("ready")[0]


def test_a_ping_lets_nobody_in(chat: Chat):
    tab = chat.connects(config=KEY)
    tab.sends("ping")
    assert [frame["type"] for frame in tab.frames] == ["pong"]


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_an_open_key_that_ends_after_the_handshake_lets_nobody_in(chat: Chat, how: str):
    tab = chat.connects(config=KEY)
    chat.ends_key(how)
    tab.says("Hello?")
    assert (tab.codes, tab.got("ready"), chat.asked) == (["key_revoked"], [], [])


def test_a_page_that_is_not_the_keys_is_told_so_by_a_frame_since_it_cannot_see_a_refused_handshake(chat: Chat):
    tab = chat.connects(config=KEY, origin="https://elsewhere.example")
    tab.says("Hello?")
    assert (tab.codes, tab.got("ready")) == (["wrong_origin"], [])


def test_a_page_from_a_disk_is_told_what_its_key_needs(chat: Chat):
    tab = chat.connects(config=KEY, origin="null")
    tab.says("Hello?")
    assert "its key must allow any origin" in tab.got("error")[0]["message"]
    chat.changes_key(origins=("*",))
    again = chat.connects(config=KEY, origin="null")
    again.says("Hello?")
    assert again.got("completed")


def test_the_keys_total_bounds_all_who_come(chat: Chat):
    chat.changes_key(max_messages=2)
    told = []
    for _ in range(4):
        tab = chat.connects(config=KEY)
        tab.says("Hello?")
        told += [notice["code"] for notice in tab.got("notice")]
    assert (len(chat.asked), told) == (2, ["key_spent", "key_spent"])


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(("\u2003",), id="blank"),
        pytest.param(("Well, ", ModelRefused("the filter stopped the answer")), id="filtered"),
        pytest.param(("Well, ", ModelBusy("the stream broke off")), id="broken off"),
    ],
)
def test_answers_that_are_given_back_to_visitors_are_not_given_back_to_the_key(chat: Chat, line: Any):
    chat.changes_key(max_messages=5)
    chat.bot.model = ScriptedModel(otherwise=line)
    for _ in range(10):
        chat.connects(config=KEY).says("Reply with one em space.")
    assert chat.key.used == 5
    assert len(chat.asked) <= 10


def opens_the_bare_address(chat: Chat) -> None:
    web = replace(chat.bot.settings.web, open_key=KEY)
    chat.bot.settings = replace(chat.bot.settings, web=web)


def test_a_deployment_may_let_in_whoever_knows_its_bare_address(chat: Chat):
    opens_the_bare_address(chat)
    tab = chat.connects()
    tab.says("Hello?")
    assert tab.got("completed")[0]["state"] == "done"


def test_pages_of_other_keys_still_come_by_the_bare_address_and_say_by_frame_who_they_are(chat: Chat):
    opens_the_bare_address(chat)
    tab = chat.connects(origin="https://elsewhere.example")
    tab.sends("authenticate", apiKey=key_text(OTHER_KEY), visitor="anna")
    assert tab.codes == ["wrong_origin"]
    chat.memory.keys[OTHER_KEY] = replace(chat.memory.keys[OTHER_KEY], origins=("https://elsewhere.example",))
    again = chat.connects(origin="https://elsewhere.example")
    again.sends("authenticate", apiKey=key_text(OTHER_KEY), visitor="anna")
    assert again.got("ready")


@pytest.mark.parametrize("how", ["closed", "revoked", "expired"])
def test_the_bare_address_lets_nobody_in_once_its_key_is_not_open_or_has_ended(chat: Chat, how: str):
    opens_the_bare_address(chat)
    if how == "closed":
        chat.changes_key(is_open=False)
    else:
        chat.ends_key(how)
    tab = chat.connects()
    tab.says("Hello?")
    assert (tab.status, tab.got("ready")) == (200, [])
    assert tab.codes == ["auth_failed" if how == "closed" else "key_revoked"]
