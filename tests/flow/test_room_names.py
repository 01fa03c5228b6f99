"""Rooms cannot be guessed: visitors need a full name, unless the owner says that a key's rooms are open."""

import secrets
from typing import Any

import pytest

from chalicelib.access import rooms
from chalicelib.access.key_service import ApiKeyService
from chalicelib.channels.web.closing import ConnectionCloser
from chalicelib.errors import BadRequest, InvalidToken
from chalicelib.ids import KeyId
from tests.fakes.adapters import unexpected
from tests.flow.chat import KEY, OTHER_KEY, TICKET_KEY, Chat, Tab, key_text

SECRET = "My address is 4 Mill Lane."
ORDER = "order-1234"


def service(chat: Chat) -> ApiKeyService:
    live = ConnectionCloser(chat.connections, chat.connection_api, chat.clock, unexpected)
    return ApiKeyService(chat.keys, live, 10, secrets.token_bytes, chat.clock)


def full(chat: Chat, name: str = ORDER, key: KeyId = KEY) -> str:
    return service(chat).room(chat.memory.keys[key], name)


def visits(chat: Chat, visitor: str = "eve", key: KeyId = KEY) -> Tab:
    """Somebody opens the page, and is let in with a ticket."""
    tab = chat.connects()
    tab.sends("authenticate", ticket=chat.ticket_of(visitor, key))
    return tab


@pytest.fixture
def bert(chat: Chat) -> Tab:
    """Bert, who said something in the room of his order."""
    tab = visits(chat, "bert")
    tab.joins(full(chat))
    tab.says(SECRET)
    return tab


def test_a_visitor_with_the_full_name_joins_and_reads(chat: Chat, bert: Tab):
    [ready] = visits(chat).joins(full(chat))
    assert (ready["room"], [entry["question"] for entry in ready["history"]]) == (full(chat), [SECRET])


def test_a_room_is_not_found_by_trying_names(chat: Chat, bert: Tab):
    for number in range(1100, 1300):
        tab = visits(chat, f"eve-{number}")
        [refused] = tab.joins(f"order-{number}")
        assert (refused["code"], tab.is_closed) == ("wrong_room", True)
        assert tab.joins(full(chat)) == []  # too late
    told = [text for tab, texts in chat.connection_api.sent.items() if tab != bert.id for text in texts]
    assert not any(SECRET in text for text in told)


def wrong_names(chat: Chat) -> dict[str, str]:
    name = full(chat)
    code = name.rpartition(".")[2]
    return {
        "without its code": ORDER,
        "with an empty code": f"{ORDER}.",
        "with a code of another room": f"{ORDER}.{full(chat, 'order-1235').rpartition('.')[2]}",
        "with the code of another key's room": full(chat, key=OTHER_KEY),
        "with the code in capitals": f"{ORDER}.{code.upper()}",
        "cut off": name[:-1],
        "with something behind it": f"{name}A",
        "of another room with this code": f"order-1235.{code}",
        "only the code": code,
        "with the code twice": f"{name}.{code}",
        "signed with the key's id": rooms.full_name(ORDER, secret=KEY),
        "signed with the ticket key": rooms.full_name(ORDER, secret=TICKET_KEY),
    }


@pytest.mark.parametrize("how", list(range(12)))
@pytest.mark.parametrize("frame", ["join", "message"])
def test_no_other_form_of_the_name_opens_the_room(chat: Chat, bert: Tab, frame: str, how: int):
    wrong = list(wrong_names(chat).values())[how]
    tab = visits(chat)
    frames = {"join": {"room": wrong}, "message": {"prompt": "/reset", "conversationId": wrong}}
    told = tab.sends(frame, **frames[frame])
    assert [one["code"] for one in told] == ["wrong_room"]
    assert (tab.is_closed, chat.works(), len(chat.turns("bert", room=full(chat)))) == (True, [], 1)


def test_many_wrong_names_at_once_open_nothing_and_end_the_connection(chat: Chat, bert: Tab):
    tab = visits(chat)
    told = [tab.joins(f"order-{number}") for number in range(50)]
    assert [len(frames) for frames in told] == [1, *[0] * 49]
    assert tab.is_closed


def test_the_holder_of_the_key_joins_every_room(chat: Chat, bert: Tab):
    program = chat.opens("program")
    program.joins(full(chat))
    assert program.got("ready")[-1]["room"] == full(chat)
    assert chat.opens("program", room="any-name").got("ready")[-1]["room"] == "any-name"


def test_a_source_systems_conversation_id_works_for_keys_that_allow_it(chat: Chat):
    service(chat).set_open_rooms(KEY, is_open=True)
    tab = visits(chat, "minsu")
    frames = tab.sends("message", prompt="What does it cost?", conversationId="camera-42")
    assert [frame["type"] for frame in frames] == ["ready", "accepted"]
    assert visits(chat, "jia").joins("camera-42")[0]["room"] == "camera-42"


def test_a_full_name_works_in_conversation_id_and_is_checked_only_once(chat: Chat):
    tab = visits(chat)
    tab.sends("message", prompt="One?", conversationId=full(chat))
    assert [frame["type"] for frame in tab.sends("message", prompt="Two?", conversationId=full(chat))] == ["accepted"]


def test_a_full_name_leads_to_the_same_room_when_all_rooms_are_open(chat: Chat, bert: Tab):
    service(chat).set_open_rooms(KEY, is_open=True)
    assert len(visits(chat).joins(full(chat))[0]["history"]) == 1
    assert "history" not in visits(chat).joins(ORDER)[0]


def test_whoever_is_in_an_open_room_is_sent_out_when_the_rooms_are_closed(chat: Chat):
    service(chat).set_open_rooms(KEY, is_open=True)
    eve, other = visits(chat), visits(chat, "eve", OTHER_KEY)
    eve.joins(ORDER)
    service(chat).set_open_rooms(KEY, is_open=False)
    assert (eve.is_closed, other.is_closed) == (True, False)
    again = visits(chat)
    again.joins(ORDER)
    assert again.codes == ["wrong_room"]


def test_whoever_was_not_sent_out_of_a_room_that_is_closed_now_cannot_join_it_again(chat: Chat):
    chat.changes_key(open_rooms=True)
    eve = visits(chat)
    eve.joins(ORDER)
    chat.changes_key(open_rooms=False)
    eve.joins(ORDER)
    assert (eve.codes, eve.is_closed) == (["wrong_room"], True)


def test_a_key_from_before_has_closed_rooms(chat: Chat):
    assert not chat.memory.keys[KEY].open_rooms
    assert service(chat).as_json(chat.key)["open_rooms"] is False


def test_people_who_signed_in_need_full_names_too(chat: Chat):
    chat.signs_in("a token", "carol")
    eve = chat.connects()
    eve.sends("authenticate", token="a token")
    eve.joins("board")
    assert (eve.codes, eve.is_closed) == (["wrong_room"], True)
    carol, name = chat.connects(), rooms.full_name("board", secret=TICKET_KEY)
    carol.sends("authenticate", token="a token")
    assert carol.joins(name)[0]["room"] == name


# Who makes full names.


def test_the_holder_of_a_key_gets_the_same_name_for_the_same_room(chat: Chat):
    assert service(chat).room_for_holder(key_text(), {"name": ORDER}) == full(chat)


def test_without_a_name_it_is_a_new_room_each_time(chat: Chat):
    made = {service(chat).room_for_holder(key_text(), {}) for _ in range(20)}
    assert len(made) == 20
    assert visits(chat).joins(made.pop())[0]["type"] == "ready"


@pytest.mark.parametrize("name", ["", "a b", "a/b", "a:b", "x" * 42, "ä", 7, None, ["a"]])
def test_a_name_that_is_none_is_refused(chat: Chat, name: Any):
    with pytest.raises(BadRequest, match="1 to 41"):
        service(chat).room_for_holder(key_text(), {"name": name})


def test_the_longest_name_makes_a_name_that_can_be_joined(chat: Chat):
    assert visits(chat).joins(full(chat, "x" * 41))[0]["type"] == "ready"


@pytest.mark.parametrize(
    "text", ["", "Bearer", key_text()[:-1], key_text(KeyId("unknownkey")), f"parley_{KEY}_{'x' * 43}"]
)
def test_without_the_key_no_full_name_is_made(chat: Chat, text: str):
    with pytest.raises(InvalidToken):
        service(chat).room_for_holder(text, {"name": ORDER})


@pytest.mark.parametrize("ended", [{"revoked_at": 1}, {"expires_at": 1}], ids=str)
def test_a_key_that_ended_makes_no_full_names(chat: Chat, ended: dict[str, int]):
    chat.changes_key(**ended)
    with pytest.raises(InvalidToken):
        service(chat).room_for_holder(key_text(), {"name": ORDER})
