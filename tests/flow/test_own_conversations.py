"""Known visitors have several conversations: private, listed with titles, renamed and deleted."""

import json
from typing import Any

import pytest

from chalicelib.access import identity
from chalicelib.ids import ConversationId, PersonId
from tests.client import Frame
from tests.flow.chat import Chat, Tab, Without, fail

CAROL = identity.signed_in("carol")
CUSTOMER = "site-0123456789abcdef0123456789a"


@pytest.fixture
def chat(chat: Chat) -> Chat:
    chat.signs_in("a token", "carol")
    return chat


def signed_in(chat: Chat) -> Tab:
    tab = chat.connects()
    tab.sends("authenticate", token="a token")
    return tab


def names(frames: list[Frame]) -> list[tuple[str, str]]:
    [frame] = frames
    assert frame["type"] == "conversations"
    return [(own.get("room", ""), own["title"]) for own in frame.get("conversations", [])]


def stored(chat: Chat, room: str = "", person: PersonId = CAROL) -> list[str]:
    place = identity.room(person, room) if room else ConversationId(person)
    return [turn.text for turn in chat.bot.transcript.turns(place, now=chat.clock())]


def two(chat: Chat) -> Tab:
    """Carol asks in her first conversation, and in another one."""
    tab = signed_in(chat)
    tab.says("Where is my parcel?")
    tab.says("Where shall we go?", room="~holiday")
    return tab


def test_the_list_has_titles_and_times_the_last_used_first(chat: Chat):
    tab = two(chat)
    [frame] = tab.sends("list")
    assert frame["conversations"] == [
        {"title": "Where shall we go?", "at": chat.clock(), "room": "~holiday"},
        {"title": "Where is my parcel?", "at": chat.clock() - 1000},
    ]


def test_another_conversation_knows_nothing_of_the_first_and_has_its_own_history(chat: Chat):
    tab = two(chat)
    assert chat.bot.last_prompt.history == ()
    assert [frame["room"] for frame in tab.got("ready")[1:]] == ["~holiday"]
    late = signed_in(chat)
    assert [turn["question"] for turn in late.got("ready")[0]["history"]] == ["Where is my parcel?"]
    [ready] = late.joins("~holiday")
    assert (ready["room"], [turn["question"] for turn in ready["history"]]) == ("~holiday", ["Where shall we go?"])


def test_in_another_conversation_nobody_is_marked_and_reset_begins_anew(chat: Chat):
    tab = two(chat)
    tab.says("And by train?", room="~holiday")
    assert chat.bot.last_prompt.question == "And by train?"
    tab.says("/reset", room="~holiday")
    tab.says("Who am I?", room="~holiday")
    assert chat.bot.last_prompt.history == ()


def test_a_customer_of_a_site_has_them_too_and_everyone_has_their_own(chat: Chat):
    two(chat)
    customer = chat.opens(CUSTOMER)
    customer.says("Mine", room="~holiday")
    assert names(customer.sends("list")) == [("~holiday", "Mine")]
    assert stored(chat, "~holiday") == ["Where shall we go?"]
    assert [turn["question"] for turn in chat.opens(CUSTOMER).joins("~holiday")[0]["history"]] == ["Mine"]


def test_an_anonymous_visitor_has_one_conversation(chat: Chat):
    tab = chat.opens("anna")
    [refused] = tab.sends("list")
    assert refused["code"] == "bad_frame"
    [refused] = tab.joins("~holiday")
    assert (refused["code"], tab.is_closed) == ("wrong_room", True)


def test_a_room_with_such_a_conversation_id_is_a_room(chat: Chat):
    """`conversationId` has always been any text."""
    chat.changes_key(open_rooms=True)
    tab = chat.opens(CUSTOMER)
    tab.says("For all", conversationId="~holiday")
    assert names(tab.sends("list")) == []
    assert identity.is_hash(tab.got("ready")[-1]["room"])


def test_a_conversation_is_renamed(chat: Chat):
    tab = two(chat)
    assert names(tab.sends("rename", title="  Two weeks\nin June ", room="~holiday"))[0] == (
        "~holiday",
        "Two weeks in June",
    )
    assert names(tab.sends("rename", title="Parcel"))[1] == ("", "Parcel")
    assert len(names(tab.sends("rename", title="None", room="~other"))) == 2


@pytest.mark.parametrize("fields", [{}, {"title": ""}, {"title": " \n"}, {"title": 3}, {"title": None}])
def test_a_title_is_a_text(chat: Chat, fields: dict[str, Any]):
    [refused] = two(chat).sends("rename", **fields)
    assert refused["code"] == "bad_frame"


@pytest.mark.parametrize("action", ["rename", "erase"])
@pytest.mark.parametrize("room", [{"room": "kitchen"}, {"conversationId": "~holiday"}, {"room": "~"}, {"room": 3}])
def test_no_room_of_several_people_is_renamed_or_erased(chat: Chat, action: str, room: dict[str, Any]):
    [refused] = two(chat).sends(action, title="Ours", **room)
    assert refused["code"] == "bad_frame"


def test_an_erased_conversation_is_gone_and_the_others_stay(chat: Chat):
    tab = two(chat)
    assert names(tab.sends("erase", room="~holiday")) == [("", "Where is my parcel?")]
    assert (stored(chat, "~holiday"), stored(chat)) == ([], ["Where is my parcel?"])
    assert chat.memory.people[CAROL].person.rooms == frozenset()
    assert names(tab.sends("erase")) == []
    assert stored(chat) == []


def test_what_is_being_answered_is_not_erased(chat: Chat):
    tab = signed_in(chat)
    told: list[Frame] = []
    chat.model_says("Words", lambda: told.extend(signed_in(chat).sends("erase")))
    tab.says("Well?")
    assert [frame["code"] for frame in told if frame["type"] == "error"] == ["try_again"]
    assert stored(chat) == ["Well?"]


def test_expired_conversations_leave_the_list_and_the_rooms(chat: Chat):
    two(chat)
    chat.clock.tick(days=31)
    tab = signed_in(chat)
    assert names(tab.sends("list")) == []
    assert chat.memory.people[CAROL].person.rooms == frozenset()


@pytest.mark.parametrize("room", ["", "~holiday"])
def test_forget_deletes_all_of_them(chat: Chat, room: str):
    tab = two(chat)
    tab.says("/forget yes", **({"room": room} if room else {}))
    assert names(signed_in(chat).sends("list")) == []
    assert "".join(stored(chat) + stored(chat, "~holiday")) == ""
    assert [kept.title for kept in chat.memory.conversations.values() if kept.title] == []


def test_the_list_fits_into_a_frame(chat: Chat):
    tab = signed_in(chat)
    for number in range(70):
        tab.says("\x00" * 79 + "x", room=f"~{number}")
        chat.clock.tick(seconds=10)
    [frame] = tab.sends("list")
    assert len(json.dumps(frame)) < 32_000
    assert frame["conversations"][0]["room"] == "~69"


def test_an_erasure_that_broke_off_is_completed_when_it_is_asked_for_again(chat: Chat):
    tab = two(chat)
    people = chat.bot.people
    chat.bot.people = Without(people, leave=fail)
    [refused] = tab.sends("erase", room="~holiday")
    assert (refused["code"], stored(chat, "~holiday")) == ("try_again", [])
    chat.bot.people = people
    assert names(tab.sends("erase", room="~holiday")) == [("", "Where is my parcel?")]
    assert chat.memory.people[CAROL].person.rooms == frozenset()
