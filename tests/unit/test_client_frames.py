import json
from typing import Any, Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.access.authentication import Credentials
from chalicelib.channels.web.client_frames import (
    Authenticate,
    Cancel,
    ClientFrame,
    InvalidFrame,
    Join,
    Ping,
    Resume,
    SendMessage,
    parse,
)
from chalicelib.channels.web.room_names import Room
from chalicelib.ids import TurnId
from tests.fakes.adapters import NOON

TURN: Final = f"{NOON}#{'0a' * 32}"
ULID: Final = "01M7HB1XC0ABCDEFGHJKMNPQRS"
DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ANSWERS: Final = (Authenticate, SendMessage, Cancel, Resume, Join, Ping, InvalidFrame)
CODES: Final = {"bad_json", "bad_frame", "unknown_action", "too_large"}
FIELDS: Final = [
    *("action", "apiKey", "api_key", "ticket", "token", "visitor", "message", "prompt", "data", "id", "turn", "room"),
    *("conversationId", "seq"),
]
ACTIONS: Final = [
    *("authenticate", "send_message", "sendMessage", "message", "cancel", "resume", "join", "ping", "Ping", ""),
]
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=70)
    | st.sampled_from(
        [*ACTIONS, TURN, ULID, ULID.lower(), "\ud83d", "\u017f" * 26, "İ" * 13, "0" * 26, "٣" * 13 + TURN[13:]]
    )
)
junk = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=3),
    max_leaves=8,
)
likely = st.dictionaries(st.sampled_from(FIELDS), junk, max_size=6)
DEEP = 5000


def said(**frame: Any) -> ClientFrame | InvalidFrame:
    return parse(json.dumps(frame))


def refused(code: str, frame: ClientFrame | InvalidFrame) -> bool:
    return isinstance(frame, InvalidFrame) and frame.code == code


def ulid(at: int, rest: str = "0" * 16) -> str:
    digits = ""
    for _ in range(10):
        at, digit = divmod(at, 32)
        digits = DIGITS[digit] + digits
    return digits + rest


# What the document names.


@pytest.mark.parametrize("kind", ["apiKey", "ticket", "token"])
def test_authenticate_takes_one_kind_of_credentials(kind: Any):
    assert said(action="authenticate", **{kind: "proof"}) == Authenticate(Credentials(kind, "proof", None))


def test_authenticate_with_a_key_takes_a_visitor():
    assert said(action="authenticate", apiKey="parley_x", visitor="an.na_1-2") == Authenticate(
        Credentials("apiKey", "parley_x", "an.na_1-2")
    )


def test_a_message_may_have_an_id_or_none():
    assert said(action="send_message", message="Hi?") == SendMessage("Hi?", None, None, 0, None)
    assert said(action="send_message", message="Hi?", id=ulid(NOON)) == SendMessage("Hi?", ulid(NOON), NOON, 0, None)


def test_cancel_and_resume_name_a_turn():
    assert said(action="cancel", turn=TURN) == Cancel(TurnId(TURN))
    assert said(action="resume", turn=TURN, seq=3) == Resume(TurnId(TURN))


def test_join_names_a_room():
    assert said(action="join", room="Room-1") == Join(Room("Room-1"))


def test_a_ping_is_a_ping():
    assert said(action="ping") == Ping()


@pytest.mark.parametrize(
    ("frame", "meant"),
    [
        ({"action": "sendMessage", "message": "Hi?"}, SendMessage("Hi?", None, None, 0, None)),
        (
            {"action": "message", "prompt": "Hi?", "conversationId": "r"},
            SendMessage("Hi?", None, None, 0, Room("r", "r")),
        ),
        ({"action": "message", "prompt": "Hi?", "conversationId": None}, SendMessage("Hi?", None, None, 0, None)),
        ({"data": "Hi?"}, SendMessage("Hi?", None, None, 0, None)),
        ({"action": "authenticate", "api_key": "parley_x"}, Authenticate(Credentials("apiKey", "parley_x", None))),
    ],
)
def test_the_frames_of_older_clients_are_parsed(frame: dict[str, Any], meant: ClientFrame):
    assert said(**frame) == meant


# What is refused.


@pytest.mark.parametrize(
    "body",
    ["", " ", "hello", "{", '{"action":"ping"', "null", "1", '"ping"', "[]", '[{"action":"ping"}]', "\ud800", "\x00"],
)
def test_a_text_that_is_no_json_object_is_bad_json(body: str):
    assert refused("bad_json", parse(body))


@pytest.mark.parametrize(
    "frame",
    [{}, {"message": "Hi?"}, {"action": "shout"}, {"action": None, "data": "Hi?"}, {"action": ["ping"]}, {"action": 1}],
)
def test_an_unknown_action_is_an_error(frame: dict[str, Any]):
    assert refused("unknown_action", said(**frame))


@pytest.mark.parametrize(
    "frame",
    [
        {"action": "authenticate"},
        {"action": "authenticate", "apiKey": ""},
        {"action": "authenticate", "apiKey": 1},
        {"action": "authenticate", "apiKey": None},
        {"action": "authenticate", "apiKey": ["parley_x"]},
        {"action": "authenticate", "apiKey": "parley_x", "ticket": "t"},
        {"action": "authenticate", "apiKey": "parley_x", "api_key": "parley_x"},
        {"action": "authenticate", "token": "t" * 8193},
        {"action": "authenticate", "apiKey": "parley_x", "visitor": ""},
        {"action": "authenticate", "apiKey": "parley_x", "visitor": None},
        {"action": "authenticate", "apiKey": "parley_x", "visitor": "a:b"},
        {"action": "authenticate", "apiKey": "parley_x", "visitor": "v" * 65},
        {"action": "authenticate", "apiKey": "parley_x", "visitor": "zoë"},
        {"action": "authenticate", "apiKey": "parley_x", "visitor": "anna\n"},
        {"action": "send_message"},
        {"action": "send_message", "message": ""},
        {"action": "send_message", "message": " \n\t"},
        {"action": "send_message", "message": None},
        {"action": "send_message", "message": 1},
        {"action": "send_message", "message": ["Hi?"]},
        {"action": "send_message", "message": "Hi?", "id": ""},
        {"action": "send_message", "message": "Hi?", "id": 1},
        {"action": "send_message", "message": "Hi?", "id": ULID[:-1]},
        {"action": "send_message", "message": "Hi?", "id": ULID + "0"},
        {"action": "send_message", "message": "Hi?", "id": "8" + ULID[1:]},
        {"action": "send_message", "message": "Hi?", "id": ULID[:-1] + "U"},
        {"action": "send_message", "message": "Hi?", "id": ULID[:-1] + "\u017f"},
        {"action": "send_message", "message": "Hi?", "id": ULID[:-2] + "ß"},
        {"action": "message", "prompt": "Hi?", "conversationId": ""},
        {"action": "message", "prompt": "Hi?", "conversationId": "r" * 257},
        {"action": "message", "prompt": "Hi?", "conversationId": 1},
        {"action": "message", "prompt": "Hi?", "conversationId": ["r"]},
        {"action": "message", "prompt": "Hi?", "room": "no:room"},
        {"data": ""},
        {"data": {"message": "Hi?"}},
        {"action": "cancel"},
        {"action": "cancel", "turn": 1},
        {"action": "cancel", "turn": TURN[1:]},
        {"action": "cancel", "turn": TURN.upper()},
        {"action": "resume"},
        {"action": "resume", "turn": TURN + "0"},
        {"action": "resume", "turn": TURN + "\n"},
        {"action": "resume", "turn": "٣" + TURN[1:]},
        {"action": "join"},
        {"action": "join", "room": ""},
        {"action": "join", "room": "a b"},
        {"action": "join", "room": 1},
    ],
)
def test_a_field_that_is_missing_or_wrong_is_a_bad_frame(frame: dict[str, Any]):
    assert refused("bad_frame", said(**frame))


def test_a_frame_may_have_32_kb_and_no_more():
    empty = len(json.dumps({"data": ""}))
    most = json.dumps({"data": "x" * (32 * 1024 - empty)})
    assert isinstance(parse(most), SendMessage)
    assert refused("too_large", parse(most + " "))


def test_a_frames_size_is_counted_in_bytes():
    assert refused("too_large", parse(json.dumps({"data": "é" * 17_000}, ensure_ascii=False)))


def test_an_error_about_a_message_has_its_id():
    frame = said(action="send_message", message="", id=ulid(NOON))
    assert isinstance(frame, InvalidFrame)
    assert frame.id == ulid(NOON)


# What is in it.


@given(at=st.integers(0, 2**48 - 1), rest=st.text(DIGITS, min_size=16, max_size=16))
@example(at=0, rest="0" * 16)
@example(at=2**48 - 1, rest="Z" * 16)
def test_the_time_of_a_ulid_is_decoded(at: int, rest: str):
    for written in (ulid(at, rest), ulid(at, rest).lower()):
        frame = said(action="send_message", message="Hi?", id=written)
        assert isinstance(frame, SendMessage)
        assert (frame.id, frame.at) == (ulid(at, rest), at)


@given(first=st.text(DIGITS, min_size=16, max_size=16), second=st.text(DIGITS, min_size=16, max_size=16))
def test_messages_of_one_millisecond_have_the_order_of_their_ulids(first: str, second: str):
    frames = [said(action="send_message", message="Hi?", id=ulid(NOON, rest)) for rest in (first, second)]
    before, after = (frame.place for frame in frames if isinstance(frame, SendMessage))
    assert (before < after) == (first < second)
    assert (before == after) == (first == second)
    assert 0 <= before < 2**80


def test_the_time_of_the_specifications_example_is_decoded():
    frame = said(action="send_message", message="Hi?", id="01ARZ3NDEKTSV4RRFFQ69G5FAV")
    assert isinstance(frame, SendMessage)
    assert frame.at == 1_469_922_850_259


@given(st.text(st.characters()))
@example("\ud83d")
@example("a\udc00b")
def test_a_text_is_unchanged_but_for_lone_surrogates(text: str):
    frame = said(action="send_message", message=f"x{text}")
    assert isinstance(frame, SendMessage)
    assert frame.text == f"x{text}".encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert frame.text.encode()


# Whatever comes.


@given(st.text(st.characters()) | likely.map(json.dumps) | junk.map(json.dumps))
@example('{"a":' * DEEP + "1" + "}" * DEEP)
@example("[" * 32_000)
@example('{"action":"ping","x":' + "9" * 30_000 + "}")
@example('{"data":NaN}')
@example('{"action":"send_message","message":"\\ud83d"}')
@example('{"action":"authenticate","token":"\\udc00"}')
@example('{"action":"ping","action":{}}')
def test_any_text_is_parsed_without_an_exception(body: str):
    frame = parse(body)
    assert isinstance(frame, ANSWERS)
    if isinstance(frame, InvalidFrame):
        assert frame.code in CODES
        assert "\n" not in frame.message
    assert repr(frame).encode()


@given(likely)
def test_an_error_does_not_repeat_the_clients_text(values: dict[str, Any]):
    frame = said(**values)
    if isinstance(frame, InvalidFrame):
        assert frame == InvalidFrame(frame.code, frame.message, frame.id)
        assert frame.message in MESSAGES


MESSAGES: Final = {
    frame.message
    for frame in (
        parse("x" * 32_769),
        parse(""),
        said(action="no"),
        said(action="authenticate"),
        said(action="authenticate", apiKey="x", visitor=""),
        said(action="send_message", message="Hi?", id=1),
        said(action="send_message"),
        said(data="Hi?", conversationId=""),
        said(action="cancel"),
        said(action="join"),
    )
    if isinstance(frame, InvalidFrame)
}


def test_no_repr_shows_texts_or_credentials():
    shown = repr(
        [said(action="authenticate", apiKey="parley_secret"), said(action="send_message", message="my secret")]
    )
    assert "secret" not in shown
