"""Clients that authenticate with an API key alone: each of them is a visitor of their own."""

from typing import Any

from tests.flow.chat import Chat, Tab, key_text


def opens(chat: Chat, **visitor: str) -> tuple[Tab, dict[str, Any]]:
    """A client authenticates with the key; returns it with its `ready`."""
    tab = chat.connects()
    tab.sends("authenticate", apiKey=key_text(), **visitor)
    [ready] = tab.got("ready")
    return tab, ready


def test_two_clients_of_one_key_neither_read_nor_hear_each_other(chat: Chat):
    (anna, at_first), (bert, at_second) = opens(chat), opens(chat)
    assert at_first["you"] != at_second["you"]
    anna.says("I live at 12 Mill Lane.")
    assert anna.got("completed")
    assert not bert.got("question", "delta", "completed")
    assert "history" not in opens(chat)[1]


def test_a_client_finds_its_conversation_again_by_the_name_that_it_got(chat: Chat):
    anna, ready = opens(chat)
    anna.says("Do you remember me?")
    _, again = opens(chat, visitor=ready["visitor"])
    assert again["you"] == ready["you"]
    assert [turn["question"] for turn in again["history"]] == ["Do you remember me?"]
    assert "visitor" not in again


def test_clients_that_share_a_name_hear_each_other(chat: Chat):
    (anna, _), (phone, _) = opens(chat, visitor="anna"), opens(chat, visitor="anna")
    anna.says("Hello?")
    assert phone.got("completed")


def test_joining_a_room_does_not_name_the_visitor_again(chat: Chat):
    anna, _ = opens(chat)
    anna.joins("kitchen")
    _, joined = anna.got("ready")
    assert (joined["room"], "visitor" in joined) == ("kitchen", False)


def test_each_client_has_its_questions_of_the_day(chat: Chat):
    chat.changes_key(daily_messages=1)
    for _ in range(3):
        anna, ready = opens(chat)
        assert ready["remaining"] == 1
        anna.says("Hello?")
        assert anna.got("completed")[-1]["state"] == "done"
