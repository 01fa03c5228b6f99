from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.access import identity
from chalicelib.channels.web import server_frames
from chalicelib.content.persona import Persona
from chalicelib.content.welcome import Welcome
from chalicelib.conversation.turn import STOPPED, Choice, Reply, Turn, TurnState
from chalicelib.ids import ConversationId, PersonId, TurnId
from tests.fakes.adapters import NOON
from tests.turn_view import read, view

ANNA: Final = PersonId("web:shop:anna")
HOME, ROOM = ConversationId(ANNA), ConversationId("room:shop:r")
ID: Final = TurnId(f"{NOON}#{'a' * 64}")
ULID: Final = "01M7HB1XC0ABCDEFGHJKMNPQRS"
ASKED: Final = Turn(ID, HOME, ANNA, NOON, TurnState.QUEUED, "Well?")
PERSONA: Final = Persona("Assistant", "Be kind.", 100, Welcome("Hello!"))
WORST: Final = ["\x00", '"', "\\", "é", "\u2028", "😀", "\x7f"]
any_text: Final = st.text(max_size=50) | st.builds(
    lambda letter, size: letter * size, st.sampled_from(WORST), st.integers(1, 20_000)
)


def ready(*turns: Turn, conversation: ConversationId = HOME, **more: Any) -> dict[str, Any]:
    values = {"persona": PERSONA, "limit": None, "remaining": None, **more}
    return read(server_frames.ready(ANNA, conversation, values.pop("persona"), now=NOON, turns=turns, **values)[0])


def answered(text: str, **more: Any) -> Turn:
    return replace(ASKED, state=TurnState.DONE, reply=Reply(text, **more))


# The frames by themselves.


def test_empty_values_are_left_out_of_a_frame():
    assert read(server_frames.frame("pong")) == {"type": "pong"}
    assert server_frames.frame("x", a=None, b="", c=[], d=0, e=False) == '{"type":"x","d":0,"e":false}'


def test_an_error_has_the_id_of_its_message():
    error = {"type": "error", "code": "blocked", "message": "no"}
    assert read(server_frames.error("blocked", "no", ULID)) == {**error, "id": ULID}
    assert read(server_frames.error("blocked", "no")) == error


def test_a_question_has_its_person_text_and_time():
    assert read(server_frames.question(ASKED)) == {
        "type": "question",
        "turn": ID,
        "from": identity.pseudonym(ANNA),
        "text": "Well?",
        "at": NOON,
    }


@pytest.mark.parametrize("letter", WORST)
def test_of_a_question_that_is_too_long_the_beginning_is_sent(letter: str):
    long = replace(ASKED, text=letter * 32_000)
    assert read(server_frames.question(long))["text"] == letter * 4000
    assert ready(long)["history"][0]["question"] == letter * 4000


def test_ready_has_the_person_the_room_and_the_questions_left():
    assert ready(conversation=ROOM, limit=5, remaining=0) == {
        "type": "ready",
        "you": identity.pseudonym(ANNA),
        "room": "r",
        "persona": {"name": "Assistant", "opening": "Hello!"},
        "limit": 5,
        "remaining": 0,
        "now": NOON,
    }


def test_ready_leaves_out_limit_room_opening_and_history_if_there_are_none():
    assert ready(persona=replace(PERSONA, welcome=Welcome())) == {
        "type": "ready",
        "you": identity.pseudonym(ANNA),
        "persona": {"name": "Assistant"},
        "now": NOON,
    }


# The past.


@pytest.mark.parametrize(
    ("turn", "shown"),
    [
        (ASKED, {"state": "open"}),
        (replace(ASKED, state=TurnState.RUNNING), {"state": "open"}),
        (replace(answered("Yes."), state=TurnState.ANSWERED), {"answer": "Yes.", "state": "done"}),
        (answered("Yes."), {"answer": "Yes.", "state": "done"}),
        (answered("Ye", code=STOPPED), {"answer": "Ye", "state": "stopped"}),
        (answered("Stopped.", code="cancelled"), {"answer": "Stopped.", "code": "cancelled", "state": "stopped"}),
        (answered("Sorry!", code="apology"), {"answer": "Sorry!", "code": "apology", "state": "done"}),
        (replace(ASKED, state=TurnState.DROPPED), {"state": "dropped"}),
    ],
)
def test_the_history_has_the_state_of_each_question(turn: Turn, shown: dict[str, str]):
    asked = {"turn": ID, "from": identity.pseudonym(ANNA), "question": "Well?", "at": NOON}
    assert ready(turn)["history"] == [{**asked, **shown}]


def test_the_history_is_sorted_oldest_first():
    turns = [replace(answered(str(number)), id=TurnId(str(number))) for number in range(5)]
    assert [turn["answer"] for turn in ready(*turns)["history"]] == ["0", "1", "2", "3", "4"]


@given(st.lists(st.tuples(any_text.filter(bool), any_text), max_size=30))
def test_the_history_has_as_many_of_the_latest_turns_as_fit(texts: list[tuple[str, str]]):
    turns = [
        replace(answered(answer), id=TurnId(str(number)), text=text) for number, (text, answer) in enumerate(texts)
    ]
    history = ready(*turns).get("history", [])
    assert [turn["turn"] for turn in history] == [str(number) for number in range(len(texts))][-len(history) or 99 :]


@given(any_text.filter(bool), st.integers(8_000, 100_000))
def test_an_answer_that_is_too_long_for_the_history_follows_in_its_own_frames(text: str, length: int):
    before, long = replace(answered("Yes."), id=TurnId("0")), answered((text * (length // len(text) + 1))[:length])
    first, *rest = server_frames.ready(ANNA, HOME, PERSONA, limit=None, remaining=None, now=NOON, turns=[before, long])
    assert [turn["state"] for turn in read(first)["history"]] == ["done", "open"]
    shown = view(map(read, rest))
    assert (shown.text, shown.state) == (long.reply.text if long.reply else None, "done")


def test_thirty_plain_turns_fit():
    turns = [replace(answered("An answer. " * 20), text="What about this? " * 5) for _ in range(30)]
    assert len(ready(*turns)["history"]) == 30


# The words.


@given(any_text)
def test_the_parts_of_a_text_fit_into_frames(text: str):
    parts = server_frames.split(text)
    assert "".join(parts) == text
    assert all(parts)
    for part in parts:
        assert read(server_frames.delta(ID, 1, part))["text"] == part


@given(st.lists(any_text.filter(bool), max_size=8))
def test_a_snapshot_with_the_deltas_that_follow_is_the_whole_text(texts: list[str]):
    parts = [part for text in texts for part in server_frames.split(text)]
    frames = [read(frame) for frame in server_frames.snapshot(ID, parts)]
    assert [frame["type"] for frame in frames] == ["snapshot"] + ["delta"] * (len(frames) - 1)
    seen = view([read(server_frames.question(ASKED)), *frames])
    assert (seen.text, seen.seq) == ("".join(parts), len(parts))


def test_a_short_text_is_one_snapshot_however_many_parts_it_has():
    assert len(server_frames.snapshot(ID, ["word "] * 1000)) == 1


def test_a_snapshot_can_be_empty():
    assert [read(frame) for frame in server_frames.snapshot(ID, [])] == [
        {"type": "snapshot", "turn": ID, "seq": 0, "text": ""}
    ]


# The end.


def test_an_answer_ends_with_footer_choices_and_remaining():
    reply = Reply("Yes.", "(none left)", (Choice("Yes", "/forget yes"),), left=0)
    assert [read(frame) for frame in server_frames.ending(ID, reply, seq=3)] == [
        {
            "type": "completed",
            "turn": ID,
            "seq": 3,
            "state": "done",
            "footer": "(none left)",
            "choices": [{"title": "Yes", "command": "/forget yes"}],
            "remaining": 0,
        }
    ]


@pytest.mark.parametrize(("code", "state"), [("apology", "done"), ("cancelled", "stopped"), ("limit_reached", "done")])
def test_a_notice_comes_before_completed(code: str, state: str):
    assert [read(frame) for frame in server_frames.ending(ID, Reply("Sorry!", code=code), seq=3)] == [
        {"type": "notice", "turn": ID, "code": code, "message": "Sorry!"},
        {"type": "completed", "turn": ID, "seq": 0, "state": state},
    ]


def test_a_stopped_answer_is_no_notice():
    [over] = server_frames.ending(ID, Reply("Ye", code=STOPPED), seq=1)
    assert read(over) == {"type": "completed", "turn": ID, "seq": 1, "state": "stopped"}


def test_a_dropped_turn_is_completed_too():
    assert read(server_frames.dropped(ID)) == {"type": "completed", "turn": ID, "seq": 0, "state": "dropped"}


@given(any_text, st.sampled_from(["", STOPPED, "apology"]))
def test_a_finished_turn_is_sent_as_a_whole(text: str, code: str):
    text = text[:4000] or "Sorry!" if code == "apology" else text
    frames = [server_frames.question(ASKED), *server_frames.finished(ID, Reply(text, code=code))]
    seen = view(map(read, frames))
    assert (seen.text, seen.code) == (text, code if code == "apology" else "")
    assert seen.state == ("stopped" if code == STOPPED else "done")
