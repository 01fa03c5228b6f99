"""What happens when somebody wants another answer to a question, or edits it."""

import pytest

from chalicelib.conversation.prompt import Exchange
from tests.flow.chat import Chat, Tab, ulid
from tests.flow.test_chat_turns import UNKNOWN_TURN


@pytest.fixture
def tab(chat: Chat) -> Tab:
    return chat.opens()


def regenerate(chat: Chat, tab: Tab, turn: str, **more: str) -> str:
    """Ask again and let the worker run; returns the new turn."""
    chat.clock.tick(seconds=1)
    tab.sends("regenerate", turn=turn, **more)
    chat.works()
    return tab.turn


def past(chat: Chat) -> list[Exchange]:
    """What the model got of the past, with the last question."""
    return list(chat.bot.last_prompt.history)


def test_the_question_is_asked_again_as_a_new_turn_without_the_answer_it_replaces(chat: Chat, tab: Tab):
    chat.model_says("One.")
    tab.says("First?")
    chat.model_says("Two.")
    tab.says("Second?")
    old = tab.turn
    chat.model_says("Another two.")
    new = regenerate(chat, tab, old)
    assert chat.bot.last_prompt.question == "Second?"
    assert past(chat) == [Exchange("First?", "One.")]
    question = tab.got("question")[-1]
    assert (question["turn"], question["text"], question["replaces"]) == (new, "Second?", old)
    assert (tab.got("completed")[-1]["remaining"], chat.used()) == (2, 3)
    chat.model_says("Three.")
    tab.says("Third?")
    assert past(chat) == [Exchange("First?", "One."), Exchange("Second?", "Another two.")]


def test_an_answer_is_replaced_as_often_as_somebody_likes(chat: Chat, tab: Tab):
    chat.model_says("First try.")
    tab.says("Why?")
    turn = tab.turn
    for answer in ("Second try.", "Third try."):
        chat.model_says(answer)
        turn = regenerate(chat, tab, turn)
        assert past(chat) == []
    tab.says("And then?")
    assert past(chat) == [Exchange("Why?", "Third try.")]


@pytest.mark.parametrize("replaced", [(0, 0), (0, 1, 0), (0, 0, 1), (0, 1, 1), (0, 1, 2, 0, 3)], ids=str)
def test_of_several_new_answers_to_one_question_the_last_stands(chat: Chat, tab: Tab, replaced: tuple[int, ...]):
    """Each time the answer is replaced that came so many times after the first one."""
    chat.changes_key(daily_messages=20)
    tab.says("Why?")
    turns = [tab.turn]
    for number, old in enumerate(replaced):
        chat.model_says(f"Try {number}.")
        turns.append(regenerate(chat, tab, turns[old]))
        assert past(chat) == []
    tab.says("And then?")
    assert past(chat) == [Exchange("Why?", f"Try {len(replaced) - 1}.")]


def test_an_answer_stays_in_memory_when_the_new_one_failed(chat: Chat, tab: Tab):
    chat.changes_key(daily_messages=1)
    chat.model_says("A good answer.")
    tab.says("Why?")
    old = tab.turn
    regenerate(chat, tab, old)
    assert tab.got("notice")[-1]["code"] == "limit_reached"
    chat.changes_key(daily_messages=5)
    tab.says("And then?")
    assert past(chat) == [Exchange("Why?", "A good answer.")]


def test_the_history_says_which_turn_was_replaced(chat: Chat, tab: Tab):
    tab.says("Why?")
    old = tab.turn
    new = regenerate(chat, tab, old)
    entries = chat.opens().got("ready")[0]["history"]
    assert [(entry["turn"], entry.get("replaces")) for entry in entries] == [(old, None), (new, old)]


def test_the_same_request_twice_is_answered_once(chat: Chat, tab: Tab):
    tab.says("Why?")
    old, mine = tab.turn, ulid(chat.clock())
    new = regenerate(chat, tab, old, id=mine)
    assert tab.sends("regenerate", turn=old, id=mine)[0] == {
        "type": "accepted",
        "turn": new,
        "id": mine,
        "duplicate": True,
    }
    assert (len(chat.asked), chat.used()) == (2, 2)


def test_an_edited_question_is_asked_in_place_of_the_first_and_counts(chat: Chat, tab: Tab):
    chat.model_says("One.")
    tab.says("First?")
    chat.model_says("For too.")
    tab.says("Secnod?")
    old = tab.turn
    chat.model_says("Two.")
    new = regenerate(chat, tab, old, message="Second?")
    assert chat.bot.last_prompt.question == "Second?"
    assert past(chat) == [Exchange("First?", "One.")]
    question = tab.got("question")[-1]
    assert (question["turn"], question["text"], question["replaces"]) == (new, "Second?", old)
    assert chat.used() == 3
    tab.says("Third?")
    assert past(chat) == [Exchange("First?", "One."), Exchange("Second?", "Two.")]
    entries = chat.opens().got("ready")[0]["history"]
    assert [(entry["question"], entry.get("replaces")) for entry in entries[1:3]] == [
        ("Secnod?", None),
        ("Second?", old),
    ]


def test_an_edited_question_is_edited_and_answered_again_as_often_as_the_user_likes(chat: Chat, tab: Tab):
    chat.changes_key(daily_messages=20)
    tab.says("One?")
    first = tab.turn
    second = regenerate(chat, tab, first, message="Two?")
    third = regenerate(chat, tab, second)
    assert chat.bot.last_prompt.question == "Two?"
    regenerate(chat, tab, first, message="Three?")
    assert past(chat) == []
    chat.model_says("The last.")
    regenerate(chat, tab, third)
    assert past(chat) == []
    tab.says("And then?")
    assert past(chat) == [Exchange("Two?", "The last.")]


def test_an_edited_question_without_an_answer_leaves_the_first_one_in_memory(chat: Chat, tab: Tab):
    chat.changes_key(daily_messages=1)
    chat.model_says("A good answer.")
    tab.says("Why?")
    regenerate(chat, tab, tab.turn, message="Why not?")
    assert tab.got("notice")[-1]["code"] == "limit_reached"
    chat.changes_key(daily_messages=5)
    tab.says("And then?")
    assert past(chat) == [Exchange("Why?", "A good answer.")]


@pytest.mark.parametrize("edit", [{}, {"message": "Why not?"}], ids=str)
def test_a_question_without_an_answer_of_the_model_is_asked_again_too(chat: Chat, tab: Tab, edit: dict[str, str]):
    chat.changes_key(daily_messages=0)
    tab.says("Why?")
    old = tab.turn
    assert tab.got("notice")[-1]["code"] == "limit_reached"
    chat.changes_key(daily_messages=5)
    chat.model_says("Because.")
    regenerate(chat, tab, old, **edit)
    question = tab.got("question")[-1]
    assert (question["text"], question["replaces"]) == (edit.get("message", "Why?"), old)
    tab.says("And then?")
    assert past(chat) == [Exchange(question["text"], "Because.")]


def test_an_edited_question_is_handled_as_every_message(chat: Chat, tab: Tab):
    tab.says("Why?")
    old = tab.turn
    regenerate(chat, tab, old, message="x" * 4_001)
    assert tab.got("notice")[-1]["code"] == "too_long"
    regenerate(chat, tab, tab.turn)
    assert tab.got("notice")[-1]["code"] == "too_long"
    regenerate(chat, tab, old, message="/usage")
    assert tab.got("notice")[-1]["code"] == "command"
    assert chat.used() == 1


def test_only_ones_own_question_that_is_over_is_replaced(chat: Chat, tab: Tab):
    def refused(by: Tab, turn: str) -> bool:
        mine = ulid(chat.clock())
        [error] = by.sends("regenerate", turn=turn, id=mine)
        return (error["type"], error["code"], error["id"]) == ("error", "unknown_turn", mine)

    tab.says("/help")
    assert refused(tab, tab.turn)
    tab.asks("Still waiting?")
    assert refused(tab, tab.turn)
    chat.works()
    assert refused(chat.opens("bert"), tab.turn)
    assert refused(tab, UNKNOWN_TURN)
    anna, bert = chat.opens("anna", room="garden"), chat.opens("bert", room="garden")
    anna.says("What grows in May?")
    assert refused(bert, anna.turn)
    tab.says("/forget yes")
    assert refused(tab, tab.turn)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "bad_frame"),
        ({"turn": 7}, "bad_frame"),
        ({"turn": UNKNOWN_TURN, "id": "x"}, "bad_frame"),
        ({"turn": UNKNOWN_TURN, "message": " \n"}, "bad_frame"),
        ({"turn": UNKNOWN_TURN, "message": 7}, "bad_frame"),
        ({"turn": UNKNOWN_TURN, "message": ["Why?"]}, "bad_frame"),
        ({"turn": UNKNOWN_TURN, "message": "Why?"}, "unknown_turn"),
    ],
)
def test_a_request_that_names_no_turn_or_a_message_without_words_is_refused(
    tab: Tab, fields: dict[str, object], code: str
):
    assert [frame["code"] for frame in tab.sends("regenerate", **fields)] == [code]


def test_an_id_that_is_too_old_is_refused(chat: Chat, tab: Tab):
    tab.says("Why?")
    [error] = tab.sends("regenerate", turn=tab.turn, id=ulid(chat.clock() - 56 * 60_000))
    assert error["code"] == "bad_frame"
