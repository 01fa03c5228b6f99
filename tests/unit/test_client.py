"""The rules by which a client shows each word once; the tests of everything else rely on them."""

from typing import Any

import pytest

from tests.client import Client

A, B = "turn a", "turn b"
READY: dict[str, Any] = {"type": "ready", "you": "1", "persona": {"name": "Bot"}, "now": 1}


def question(turn: str = A) -> dict[str, Any]:
    return {"type": "question", "turn": turn, "from": "1", "text": "What is new?", "at": 1}


def delta(seq: int, text: str, turn: str = A) -> dict[str, Any]:
    return {"type": "delta", "turn": turn, "seq": seq, "text": text}


def snapshot(seq: int, text: str) -> dict[str, Any]:
    return {"type": "snapshot", "turn": A, "seq": seq, "text": text}


def completed(seq: int, state: str = "done") -> dict[str, Any]:
    return {"type": "completed", "turn": A, "seq": seq, "state": state}


def listed(state: str, answer: str = "") -> dict[str, Any]:
    return READY | {"history": [{"turn": A, "from": "1", "question": "What is new?", "answer": answer, "state": state}]}


@pytest.fixture
def client() -> Client:
    client = Client()
    for frame in (READY, question(), delta(1, "One"), delta(2, " two")):
        assert client.receive(frame) == []
    return client


def resume(seq: int, turn: str = A) -> list[dict[str, Any]]:
    return [{"action": "resume", "turn": turn, "seq": seq}]


def test_words_are_added_one_after_the_other(client: Client):
    assert client.shown(A) == "One two"


def test_words_that_come_again_are_shown_once(client: Client):
    client.receive(delta(1, "One"))
    client.receive(delta(2, " two"))
    assert client.shown(A) == "One two"


def test_a_gap_is_requested_once(client: Client):
    assert client.receive(delta(4, " four")) == resume(2)
    assert client.receive(delta(5, " five")) == []
    assert client.shown(A) == "One two"


def test_an_end_that_comes_before_the_last_words_is_none_yet(client: Client):
    assert client.receive(completed(3)) == resume(2)
    assert not client.turns[A].is_over
    client.receive(snapshot(3, "One two three"))
    assert client.receive(completed(3)) == []
    assert (client.shown(A), client.turns[A].state) == ("One two three", "done")


def test_the_next_question_shows_that_the_last_answer_was_cut_off(client: Client):
    assert client.receive(question(B)) == resume(2)
    assert client.receive(delta(1, "And", B)) == []


def test_a_new_attempt_begins_with_nothing(client: Client):
    for frame in (question(), snapshot(0, ""), delta(1, "Uno")):
        client.receive(frame)
    assert client.shown(A) == "Uno"


def test_words_that_were_on_their_way_are_not_added_to_an_answer_of_the_history(client: Client):
    client.receive(listed("done", "One two three"))
    for frame in (delta(3, " three"), completed(3)):
        assert client.receive(frame) == []
    assert client.shown(A) == "One two three"


def test_an_open_turn_of_the_history_goes_on_where_it_was(client: Client):
    client.receive(listed("open"))
    client.receive(delta(3, " three"))
    assert client.shown(A) == "One two three"


def test_an_open_turn_that_the_history_is_too_short_for_is_asked_for(client: Client):
    assert client.receive(READY) == resume(2)


def test_words_that_were_on_their_way_are_not_added_to_a_notice(client: Client):
    client.receive({"type": "notice", "turn": A, "code": "apology", "message": "Sorry."})
    assert client.receive(delta(3, " three")) == []
    assert client.receive(completed(0)) == []
    assert (client.shown(A), client.turns[A].state) == ("Sorry.", "done")


def test_the_text_of_a_dropped_turn_is_withdrawn(client: Client):
    assert client.receive(completed(0, "dropped")) == []
    client.receive({"type": "notice", "turn": A, "code": "apology", "message": "Sorry."})
    assert (client.shown(A), client.turns[A].state) == ("", "dropped")


def test_what_is_missing_is_requested_in_its_room_also_of_a_turn_that_ready_has_listed():
    client, room = Client(), {"room": "kitchen"}
    client.receive(listed("open") | room)
    assert client.receive(delta(2, " two") | room) == [request | room for request in resume(0)]


def test_another_room_is_another_screen(client: Client):
    client.receive(READY | {"room": "kitchen"})
    assert client.screen == []


def test_frames_of_times_to_come_are_ignored(client: Client):
    assert client.receive({"type": "applause"}) == []
