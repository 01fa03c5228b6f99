"""The turns before a turn are read in the order of their ids, so that each reading gets further."""

from collections.abc import Sequence

from chalicelib.conversation.turn import Turn, TurnState, turn_id
from chalicelib.ids import TurnId
from tests.contract.story import ANNA, BERT, ROOM, Story


def asked(story: Story, count: int) -> list[Turn]:
    """So many finished questions; the clock stands, and their times rise."""
    for number in range(count):
        story.accept(story.message(text=str(number)))
        story.finish_all()
    return story.stored()


def up_to(story: Story, turn: str, *, count: int) -> Sequence[Turn]:
    return list(story.transcript.up_to(ROOM, TurnId(turn), count=count, now=story.clock()))


def test_a_turn_and_those_before_it_are_read_oldest_first(story: Story):
    turns = asked(story, 12)
    for count in (1, 5, 8, 20):
        assert up_to(story, turns[7].id, count=count) == turns[:8][-count:]


def test_more_than_a_page_is_read(story: Story):
    turns = asked(story, 40)
    assert up_to(story, turns[38].id, count=35) == turns[4:39]


def test_the_id_need_not_be_that_of_a_turn(story: Story):
    turns = asked(story, 3)
    assert up_to(story, "9" * 13 + "#" + "f" * 64, count=5) == turns
    assert up_to(story, "0" * 13 + "#" + "0" * 64, count=5) == []


def test_only_turns_of_the_conversation_are_read(story: Story):
    turns = asked(story, 2)
    message = story.message(person=BERT, text="Bert's")
    story.accept(message)
    assert up_to(story, turn_id(message), count=5) == turns


def test_erased_and_expired_turns_are_left_out(story: Story):
    turns = asked(story, 3)
    story.transcript.erase_closed(ROOM, ANNA, now=story.clock())
    story.accept(story.message(text="new"))
    [new] = story.stored()
    assert up_to(story, new.id, count=5) == [new]
    assert up_to(story, turns[-1].id, count=5) == []
    story.finish_all()
    story.clock.tick(days=31)
    assert up_to(story, new.id, count=5) == []


def test_they_are_in_the_order_of_their_ids_whatever_their_place(story: Story):
    moment = story.clock()
    for place in (2, 0, 1):
        story.accept(story.message(str(place), at=moment, place=place))
    ids = sorted(turn.id for turn in story.stored())
    assert [turn.id for turn in up_to(story, ids[-1], count=3)] == ids
    assert [turn.id for turn in up_to(story, ids[1], count=1)] == [ids[1]]
    assert {turn.state for turn in story.stored()} == {TurnState.QUEUED}
