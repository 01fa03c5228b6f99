"""Nobody holds every worker: how many conversations of one person, and of one key, are answered at the same time."""

from typing import Final

from chalicelib.access import identity
from chalicelib.ids import ConversationId
from tests.flow.bot import SAYS, Bot
from tests.flow.chat import OTHER_KEY, Chat, Tab, person_of

ROOMS: Final = 10
OF_A_PERSON: Final = 3
"""Conversations of one person that may be open at the same time."""
OF_A_KEY: Final = 5
"""Conversations of all visitors of one key."""


def asks_in(chat: Chat, room: str, visitor: str = "anna") -> list[str]:
    """Somebody joins a room and asks; the codes of the errors."""
    tab = chat.opens(visitor, room=room)
    tab.asks(f"A question in {room}?")
    return tab.codes


def waiting(chat: Chat) -> set[ConversationId]:
    """The conversations that hold a worker, or will."""
    return {conversation for conversation, found in chat.memory.conversations.items() if found.due_at is not None}


def test_one_ticket_with_ten_rooms_does_not_hold_ten_workers(chat: Chat):
    refused = [asks_in(chat, f"room-{number}") for number in range(ROOMS)]
    assert refused == [[]] * OF_A_PERSON + [["too_many_open"]] * (ROOMS - OF_A_PERSON)
    assert len(waiting(chat)) == len(set(chat.bot.wake.woken)) == OF_A_PERSON


def test_many_visitors_of_one_key_do_not_hold_ten_workers(chat: Chat):
    refused = [asks_in(chat, f"room-{number}", f"visitor-{number}") for number in range(ROOMS)]
    assert refused == [[]] * OF_A_KEY + [["crowded"]] * (ROOMS - OF_A_KEY)
    assert len(waiting(chat)) == OF_A_KEY


def test_what_is_answered_makes_room_for_the_next(chat: Chat):
    for _ in range(3):
        assert [asks_in(chat, f"room-{number}") for number in range(OF_A_PERSON)] == [[]] * OF_A_PERSON
        chat.works()
    assert len(chat.asked) <= 3 * OF_A_PERSON
    assert (waiting(chat), chat.memory.people[person_of("anna")].open_conversations) == (set(), 0)


def test_five_messages_in_one_conversation_leave_the_others_of_the_key_alone(chat: Chat):
    tab = chat.opens()
    for number in range(5):
        tab.asks(f"Question {number}?")
    assert [asks_in(chat, "", f"visitor-{number}") for number in range(OF_A_KEY - 1)] == [[]] * (OF_A_KEY - 1)
    assert asks_in(chat, "", "one-more") == ["crowded"]


def test_who_writes_in_a_room_that_is_open_already_needs_no_place(chat: Chat):
    for number in range(OF_A_PERSON):
        asks_in(chat, f"room-{number}")
    asks_in(chat, "theirs", "bert")
    assert asks_in(chat, "theirs") == []
    chat.works()
    people = [chat.memory.people[person_of(visitor)].open_conversations for visitor in ("anna", "bert")]
    assert (people, waiting(chat), chat.memory.places[identity.group_of(person_of("anna"))]) == ([0, 0], set(), 0)


def test_other_keys_and_messenger_have_places_of_their_own(chat: Chat):
    for number in range(ROOMS):
        asks_in(chat, f"room-{number}", f"visitor-{number}")
    other: Tab = chat.opens("carol", key=OTHER_KEY)
    assert other.asks("Is there room for me?")[0]["type"] == "accepted"
    chat.bot.accepts("dora", "And for me?")
    assert len(waiting(chat)) == OF_A_KEY + 2


def test_a_worker_that_dies_locks_nobody_out(chat: Chat):
    for number in range(OF_A_PERSON):
        asks_in(chat, f"room-{number}")
    room = identity.room(person_of("anna"), "room-0")
    chat.bot.inbox.take(room, owner="who dies", now=chat.clock(), until=chat.clock() + 1000)
    chat.bot.wake.woken.clear()
    chat.clock.tick(minutes=3)
    chat.bot.beats()
    chat.works()
    assert (waiting(chat), chat.memory.people[person_of("anna")].open_conversations) == (set(), 0)
    assert asks_in(chat, "room-9") == []


def test_messenger_is_answered_while_the_web_chat_is_flooded(chat: Chat, bot: Bot):
    for number in range(ROOMS):
        asks_in(chat, f"room-{number}", f"visitor-{number}")
    assert len(waiting(chat)) < ROOMS // 2 + 1
    chat.bot.receives("dora", "Are you there?")
    assert chat.bot.sent_to("dora")
    assert SAYS("overflow") not in chat.bot.sent_to("dora")
