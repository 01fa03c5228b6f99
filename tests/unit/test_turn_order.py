"""The order of a conversation's turns, as a rule over what is stored with them."""

from itertools import permutations
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.conversation.order import CLOCKS_MS, in_order
from chalicelib.conversation.turn import IncomingMessage, Received, Turn, TurnState, turn_id
from chalicelib.ids import Channel, ConnectionId, ConversationId, PersonId
from tests.fakes.adapters import NOON

PERSON: Final = PersonId("web:key:anna")
PLACE_MAX: Final = 2**80 - 1


def turn(
    name: str, at: int, *, place: int = 0, received: int | None = None, socket: str = "one", n: int | None = None
) -> Turn:
    message = IncomingMessage(name, Channel.WEB, ConversationId(PERSON), PERSON, at=at, text=name, place=place)
    where = None if received is None else Received(received, ConnectionId(socket), n)
    return Turn(turn_id(message), message.conversation, PERSON, at, TurnState.QUEUED, name, place=place, received=where)


def texts(turns: list[Turn]) -> list[str]:
    return [each.text for each in in_order(turns)]


def test_turns_of_one_millisecond_come_in_the_order_of_their_places():
    """The digest in an id is as good as random, so every permutation occurs in the table."""
    for places in permutations(range(5)):
        found = [each.place for each in in_order(turn(str(place), NOON, place=place) for place in places)]
        assert found == sorted(places), places


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, PLACE_MAX)), unique=True))
def test_turns_without_a_connection_come_in_the_order_of_time_and_place(written: list[tuple[int, int]]):
    turns = [turn(f"{at} {place}", at, place=place) for at, place in written]
    assert [(each.at, each.place) for each in in_order(turns)] == sorted(written)


sockets = st.sampled_from(["one", "two"])
anything = st.lists(
    st.builds(
        turn,
        st.uuids().map(str),
        st.integers(NOON - 50, NOON + 50),
        place=st.integers(0, 3),
        received=st.none() | st.integers(NOON - 50, NOON + 50),
        socket=sockets,
        n=st.none() | st.integers(1, 9),
    )
)


@given(anything, st.randoms())
def test_whatever_is_stored_has_one_order_in_whatever_order_it_is_read(turns: list[Turn], random: "object"):
    shuffled = list(turns)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert in_order(shuffled) == in_order(turns)
    assert sorted(in_order(turns), key=lambda each: each.id) == sorted(turns, key=lambda each: each.id)


skews = st.lists(st.integers(0, CLOCKS_MS), min_size=1, max_size=8)
gaps = st.integers(0, 30)


@given(st.data(), skews)
def test_the_numbers_of_one_connection_are_its_order_whatever_the_clocks_say(data: st.DataObject, skewed: list[int]):
    sent = NOON
    turns, others = [], []
    for number, skew in enumerate(skewed, 1):
        sent += data.draw(gaps)
        turns.append(turn(str(number), sent, received=sent + skew, n=number))
        others.append(turn(f"other {number}", sent, received=sent + data.draw(gaps), socket="two"))
    read = data.draw(st.permutations([*turns, *others]))
    assert [text for text in texts(read) if "other" not in text] == [each.text for each in turns]


@given(st.data(), skews)
def test_rising_ids_of_one_connection_are_its_order_whatever_the_clocks_say(data: st.DataObject, skewed: list[int]):
    """The client's clock is wrong by a minute; its ids rise within a millisecond."""
    sent = NOON
    turns = []
    for number, skew in enumerate(skewed, 1):
        sent += data.draw(gaps)
        turns.append(turn(str(number), sent - 60_000, place=number, received=sent + skew))
    assert texts(data.draw(st.permutations(turns))) == [each.text for each in turns]


@given(st.lists(st.integers(3, 30), min_size=1, max_size=8), st.data())
def test_frames_with_neither_come_in_the_order_in_which_they_were_received(apart: list[int], data: st.DataObject):
    received = [NOON + sum(apart[: number + 1]) for number in range(len(apart))]
    turns = [turn(str(at), at, received=at) for at in received]
    assert texts(data.draw(st.permutations(turns))) == [str(at) for at in received]


def test_a_message_sent_again_long_after_it_was_written_comes_where_it_was_received():
    old = turn("old", NOON - 600_000, place=7, received=NOON + 100)
    new = turn("new", NOON, place=1, received=NOON)
    assert texts([old, new]) == ["new", "old"]


def test_a_turn_of_an_older_version_stands_where_its_sender_says():
    turns = [turn("b", NOON, received=NOON), turn("a", NOON - 1), turn("c", NOON + 1)]
    assert texts(turns) == ["a", "b", "c"]


def test_numbers_that_go_backwards_put_no_question_before_what_others_have_said_meanwhile():
    asked = turn("Shall I delete the file?", NOON, received=NOON, n=9)
    others = turn("Yes, please do.", NOON, received=NOON + 5_000, socket="two")
    later = turn("Will you lend me your car?", NOON, received=NOON + 10_000, n=1)
    assert in_order([later, others, asked]) == [asked, others, later]


@pytest.mark.parametrize("apart", [0, CLOCKS_MS, CLOCKS_MS + 1, 60_000])
def test_numbers_order_what_was_received_almost_at_once_beside_a_question_without_one(apart: int):
    none = turn("none", NOON, received=NOON - 60_000)
    pair = turn("second", NOON, received=NOON, n=2), turn("first", NOON, received=NOON + apart, n=1)
    expected = ["first", "second"] if apart <= CLOCKS_MS else ["second", "first"]
    assert texts([none, *pair]) == ["none", *expected]
