"""A persona that says `opening = "model"`: the model opens each conversation once, at the cost of no person."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from chalicelib.access import rooms
from chalicelib.access.person import Access
from chalicelib.content.persona import IS_NO_HUMAN
from chalicelib.conversation.prompt import Prompt
from chalicelib.errors import ModelError, ModelFault, ModelUnusable
from tests.fakes.model import ScriptedModel
from tests.flow.chat import KEY, Chat, Without, fail, person_of

FILE = """name = "Santa"
max_output_tokens = 900
instructions = "You are Santa."
opening = "model"
fixed_opening = "Ho ho ho!"
language = "de"
"""
OWN_WORDS = "Ho ho! Who are you?"


@pytest.fixture
def chat() -> Iterator[Chat]:
    chat = Chat()
    chat.bot.persona_texts.put("web", FILE, now=chat.clock())
    chat.bot.model.otherwise = (OWN_WORDS,)
    yield chat
    assert "Ho ho" not in chat.bot.logged.getvalue()


def key_used(chat: Chat) -> int:
    return chat.memory.keys[KEY].used


def quota(chat: Chat, visitor: str = "anna") -> Mapping[str, int]:
    return chat.memory.people[person_of(visitor)].person.quota


def spent_by_person(chat: Chat, visitor: str = "anna") -> Mapping[str, int]:
    return chat.memory.people[person_of(visitor)].person.spent


def opening_of(ready: Mapping[str, Any]) -> Mapping[str, Any]:
    [only] = ready["history"]
    opening: Mapping[str, Any] = only
    return opening


def test_the_model_opens_the_conversation_by_itself_streamed_in_a_few_words_of_the_personas_language(chat: Chat):
    tab = chat.opens()
    [ready] = tab.got("ready")
    assert ready["persona"]["opening_by"] == "model"
    assert ready["persona"]["opening"] == "Ho ho ho!"
    opening = {"turn": "", "from": ready["you"], "opening": True, "at": chat.clock(), "state": "open"}
    assert {**opening_of(ready), "turn": ""} == opening
    chat.works()
    assert tab.kinds[1:] == ["question", "delta", "completed"]
    [question] = tab.got("question")
    assert (question["opening"], "text" in question, question["turn"]) == (True, False, opening_of(ready)["turn"])
    assert tab.got("delta")[0]["text"] == OWN_WORDS
    prompt = chat.bot.last_prompt
    assert prompt.instructions == f"You are Santa.\n{IS_NO_HUMAN}"
    assert "language de" in prompt.question
    assert (prompt.history, prompt.max_output_tokens) == ((), 400)


def test_it_happens_once_a_conversation_however_often_the_person_comes(chat: Chat):
    first, second = chat.opens(), chat.opens()
    chat.works()
    assert [tab.kinds[0] for tab in (first, second)] == ["ready", "ready"]
    assert len(chat.bot.model.asked) == 1
    first.closes()
    later = chat.opens()
    chat.works()
    [ready] = later.got("ready")
    assert opening_of(ready)["answer"] == OWN_WORDS
    assert len(chat.bot.model.asked) == 1
    chat.opens("bert")
    chat.works()
    assert len(chat.bot.model.asked) == 2


def test_it_counts_on_the_key_and_the_budget_and_not_on_the_person(chat: Chat):
    tab = chat.opens()
    chat.works()
    assert (key_used(chat), dict(quota(chat)), dict(spent_by_person(chat))) == (1, {}, {})
    day = next(iter(chat.memory.spend.values()))
    assert day.committed > 0
    assert day.calls == 1
    assert "remaining" not in tab.got("completed")[0]
    assert chat.opens().got("ready")[0]["remaining"] == 5
    tab.says("Hello")
    assert (key_used(chat), sum(quota(chat).values())) == (2, 1)


def test_the_model_knows_afterwards_with_which_words_it_opened(chat: Chat):
    tab = chat.opens()
    chat.works()
    tab.says("A sledge, please")
    asked: Prompt = chat.bot.last_prompt
    assert asked.history == ()
    assert asked.instructions.endswith("with these words, which people have read: " + OWN_WORDS)
    tab.says("/reset")
    tab.says("And a ball")
    assert chat.bot.last_prompt.instructions.endswith("with these words, which people have read: Ho ho ho!")


@pytest.mark.parametrize(
    ("error", "used"),
    [
        (ModelError("the connection broke"), 1),
        (ModelUnusable("no key", cause=ModelFault.KEY), 0),
    ],
    ids=["may be billed", "refused"],
)
def test_where_the_model_fails_the_fixed_text_takes_its_place(chat: Chat, error: ModelError, used: int):
    chat.bot.model.script = [error]
    tab = chat.opens()
    chat.works()
    [notice] = tab.got("notice")
    assert (notice["code"], notice["message"]) == ("opening", "Ho ho ho!")
    assert tab.got("completed")[0]["state"] == "done"
    assert (key_used(chat), dict(quota(chat)), dict(spent_by_person(chat))) == (used, {}, {})
    tab.says("A sledge, please")
    assert chat.bot.last_prompt.instructions.endswith("which people have read: Ho ho ho!")


@pytest.mark.parametrize("why", ["no budget", "the key is used up"])
def test_where_nothing_is_left_for_it_the_model_is_not_asked(chat: Chat, why: str):
    if why == "no budget":
        chat.bot.may_spend("0")
    else:
        chat.changes_key(max_messages=0)
    tab = chat.opens()
    chat.works()
    assert tab.got("notice")[0]["code"] == "opening"
    assert chat.bot.model.asked == []


def test_a_person_without_questions_left_gets_an_opening_all_the_same(chat: Chat):
    chat.changes_key(daily_messages=0)
    tab = chat.opens()
    chat.works()
    assert tab.got("delta")


def test_a_blocked_person_gets_none(chat: Chat):
    chat.bot.people.decide(person_of("anna"), Access.BLOCKED, daily_limit=None)
    chat.opens()
    chat.works()
    assert chat.bot.model.asked == []


def test_who_asks_at_once_is_answered_after_the_opening(chat: Chat):
    tab = chat.opens()
    tab.asks("Hello?")
    chat.works()
    assert [frame.get("text") for frame in tab.got("question")] == [None, "Hello?"]


def test_an_opening_can_be_stopped_but_not_asked_again_or_rated(chat: Chat):
    tab = chat.opens()
    turn = opening_of(tab.got("ready")[0])["turn"]
    chat.works()
    assert tab.sends("regenerate", turn=turn)[0]["code"] == "unknown_turn"
    assert tab.sends("feedback", turn=turn, value="up")[0]["code"] == "unknown_turn"


def test_a_conversation_that_was_forgotten_does_not_open_anew_at_once(chat: Chat):
    tab = chat.opens()
    chat.works()
    tab.says("/forget yes")
    tab.closes()
    chat.opens()
    chat.works()
    assert len(chat.bot.model.asked) == 1


def test_rooms_that_anybody_can_make_are_opened_with_the_fixed_text(chat: Chat):
    chat.changes_key(open_rooms=True)
    digest = chat.memory.keys[KEY].digest
    given = rooms.full_name("order-1234", secret=digest)
    tab = chat.connects()
    tab.sends("authenticate", ticket=chat.ticket_of("anna"))
    for action, room in [("join", "one"), ("follow", "two"), ("join", "three.q0yP3ppyR9xkVJqS0v5mTA"), ("join", given)]:
        tab.sends(action, room=room)
        chat.works()
    assert len(chat.bot.model.asked) == key_used(chat) == 2, "of the person's own, and of the room that the site named"
    opened = [frame["room"] for frame in tab.got("ready")[1:] if "history" in frame]
    assert opened == [given]


@pytest.mark.parametrize("action", ["join", "follow"])
def test_a_room_that_a_program_with_the_key_makes_is_opened_by_the_model(chat: Chat, action: str):
    tab = chat.opens()
    chat.works()
    tab.sends(action, room="kitchen")
    chat.works()
    assert [frame.get("room") for frame in tab.got("question")] == [None, "kitchen"]


def test_a_persona_with_a_text_is_opened_by_nobody():
    chat = Chat()
    tab = chat.opens()
    assert (chat.works(), tab.kinds) == ([], ["ready"])


def test_clients_with_whole_answers_get_the_opening_in_one_frame(chat: Chat):
    chat.changes_key(whole_answers=True)
    chat.bot.model = ScriptedModel(otherwise=[OWN_WORDS])
    tab = chat.opens()
    chat.works()
    assert [json.loads(frame)["message"] for frame in chat.connection_api.sent[tab.id]] == [OWN_WORDS]


def test_a_worker_that_dies_over_an_opening_costs_no_person_anything_and_the_next_one_opens(chat: Chat):
    tab = chat.opens()
    inbox = chat.bot.inbox
    for _ in range(2):
        chat.bot.inbox = Without(inbox, record=fail)
        chat.bot.works_badly()
        chat.bot.inbox = inbox
        chat.clock.tick(minutes=3)
        chat.bot.beats()
    chat.works()
    assert len(chat.bot.model.asked) == 2
    assert tab.got("notice")[0]["code"] == "opening"
    assert (key_used(chat), dict(quota(chat)), dict(spent_by_person(chat))) == (1, {}, {})


def test_who_begins_with_a_question_is_answered_and_nobody_else_begins(chat: Chat):
    chat.changes_key(is_open=True)
    tab = chat.connects(config=KEY)
    tab.says("Hello?")
    assert [frame.get("text") for frame in tab.got("question")] == ["Hello?"]
    assert len(chat.bot.model.asked) == 1


def test_a_question_that_was_received_before_the_opening_was_stored_comes_after_it(chat: Chat):
    tab = chat.opens()
    chat.clock.tick(seconds=1)
    chat.handler.receive(tab.id, json.dumps({"action": "send_message", "message": "Hello?"}), at=chat.clock() - 1_500)
    chat.works()
    assert [frame.get("text") for frame in tab.got("question")] == [None, "Hello?"]
