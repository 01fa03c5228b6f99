"""Finished turns move from the conversation of an anonymous visitor to that of the person who has signed in."""

from dataclasses import replace

from chalicelib.access.retention import TURN_KEPT_S
from chalicelib.conversation.inbox_steps import Finish, Record
from chalicelib.conversation.ports import Accepted
from chalicelib.conversation.turn import Feedback, Turn, TurnState
from chalicelib.ids import ConversationId
from tests.contract.story import ANNA, BERT, REPLY, ROOM, Story
from tests.contract.test_races import at_once

BERTS = ConversationId(BERT)


def answered(story: Story, text: str) -> Turn:
    """Anna asks, is charged and gets an answer."""
    story.accept(story.message(text=text))
    lease = story.hold()
    [turn] = story.read(lease).open
    story.charge(lease, turn, limit=None)
    story.inbox.record(lease, Record(turn, REPLY), until=story.until)
    story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    return next(kept for kept in story.stored() if kept.id == turn.id)


def take_along(story: Story, *turns: Turn) -> None:
    story.transcript.take_along(turns, BERT, now=story.clock())


def test_a_turn_keeps_all_but_whose_it_is(story: Story):
    turns = [answered(story, text) for text in ("one", "two")]
    take_along(story, *turns)
    assert story.stored(BERTS) == [replace(turn, conversation=BERTS, person=BERT) for turn in turns]
    assert story.stored() == []


def test_it_takes_its_place_by_its_time(story: Story):
    mine = [answered(story, "one")]
    story.clock.tick(seconds=5)
    story.accept(story.message(text="two", person=BERT))
    story.clock.tick(seconds=5)
    mine.append(answered(story, "three"))
    take_along(story, *mine)
    assert [turn.text for turn in story.stored(BERTS)] == ["one", "two", "three"]


def test_what_is_taken_along_twice_is_there_once(story: Story):
    turn = answered(story, "one")
    take_along(story, turn, turn)
    take_along(story, turn)
    assert len(story.stored(BERTS)) == 1


def test_a_turn_that_is_still_open_stays(story: Story):
    _, turn = story.begin()
    take_along(story, turn)
    assert (story.stored(), story.stored(BERTS)) == ([turn], [])


def test_a_turn_that_was_erased_meanwhile_does_not_come_back(story: Story):
    turn = answered(story, "my secret")
    story.transcript.erase_closed(ROOM, ANNA, now=story.clock())
    take_along(story, turn)
    assert story.stored(BERTS) == []


def test_what_came_to_the_turn_meanwhile_comes_along(story: Story):
    turn = answered(story, "one")
    story.transcript.give_feedback(turn, Feedback.UP)
    take_along(story, turn)
    assert story.stored(BERTS)[0].feedback is Feedback.UP


def test_the_person_who_forgets_erases_it_and_it_does_not_come_back(story: Story):
    turn = answered(story, "my secret")
    take_along(story, turn)
    story.transcript.erase_closed(BERTS, BERT, now=story.clock())
    take_along(story, turn)
    assert (story.stored(), story.stored(BERTS)) == ([], [])


def test_it_is_stored_no_longer_than_it_would_have_been(story: Story):
    turn = answered(story, "one")
    story.clock.tick(days=20)
    take_along(story, turn)
    story.clock.now = turn.at + TURN_KEPT_S * 1000 - 1000
    assert len(story.stored(BERTS)) == 1
    story.clock.tick(seconds=1)
    assert story.stored(BERTS) == []


def test_a_repetition_of_its_message_is_not_asked_again(story: Story):
    message = story.message()
    story.accept(message)
    story.finish_all()
    take_along(story, *story.stored())
    assert story.accept(message) is Accepted.DUPLICATE_DONE


def test_it_counts_for_whom_it_counted_before(story: Story):
    take_along(story, answered(story, "one"))
    assert story.used(ANNA) == 1
    assert story.used(BERT) == 0


def test_the_owner_finds_who_took_something_along_as_if_they_had_written_it(story: Story):
    turn = answered(story, "one")
    story.clock.tick(seconds=5)
    take_along(story, turn)
    known = story.known(BERT)
    assert (known.first_seen, known.last_seen) == (story.clock(), story.clock())
    assert known in list(story.store.people.list())


def test_who_was_forgotten_is_kept_as_long_as_what_they_take_along_then(story: Story):
    story.accept(story.message(person=BERT))
    story.store.people.forget(BERT, now=story.clock())
    take_along(story, answered(story, "one"))
    story.clock.tick(days=4)
    story.store.expire(story.clock())
    assert story.known(BERT).id == BERT


def test_a_person_who_is_blocked_meanwhile_gets_nothing(story: Story):
    turn = answered(story, "one")
    story.block(BERT)
    take_along(story, turn)
    assert (story.stored(), story.stored(BERTS)) == ([turn], [])


def test_of_many_at_once_each_turn_moves_once(busy_story: Story):
    turns = [answered(busy_story, str(number)) for number in range(5)]
    at_once(5, lambda _: take_along(busy_story, *turns))
    assert [turn.text for turn in busy_story.stored(BERTS)] == [turn.text for turn in turns]
    assert busy_story.stored() == []
