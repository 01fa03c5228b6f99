"""The summary of a conversation: stored with the conversation, and deleted with the words that it was made of."""

from dataclasses import replace

import pytest

from chalicelib.access.budget import DaySpend, Reservation, Settlement, Usage
from chalicelib.access.retention import TURN_KEPT_S
from chalicelib.conversation.inbox_steps import Finish, Record
from chalicelib.conversation.summary_ports import Summarised
from chalicelib.conversation.turn import Lease, Summary, Turn, TurnState
from chalicelib.ids import Channel
from tests.contract.story import ANNA, BERT, CALL, DAY, REPLY, ROOM, Story

USAGE = Usage(input=30, cached=10, output=5)
CHANNEL = Channel.MESSENGER


def answered(story: Story, mid: str | None = None) -> tuple[Lease, Turn]:
    """Anna asks and gets an answer; the lease as the worker last had it."""
    lease, turn = story.begin(story.message(mid))
    story.charge(lease, turn, limit=None)
    story.inbox.record(lease, Record(turn, REPLY), until=story.until)
    story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    return lease, turn


def begin(story: Story, lease: Lease, turn: Turn, reserve: Reservation = CALL) -> bool:
    return story.store.summaries.begin(lease, reserve, CHANNEL, newest=turn.asked_at)


def keep(story: Story, lease: Lease, turn: Turn, text: str = "Anna has a cat.") -> bool:
    made = Summary(text, upto=turn.asked_at, at=story.clock())
    settlement = Settlement(CALL, 7, USAGE)
    expires_at = turn.at // 1000 + TURN_KEPT_S
    done = Summarised(lease, made, settlement=settlement, channel=CHANNEL, expires_at=expires_at)
    return story.store.summaries.keep(done)


def summarised(story: Story, mid: str | None = None) -> tuple[Lease, Turn]:
    lease, turn = answered(story, mid)
    assert begin(story, lease, turn)
    assert keep(story, lease, turn)
    return lease, turn


def text_of(story: Story) -> str:
    found = story.transcript.summary(ROOM)
    return found.text if found else ""


def next_lease(story: Story) -> Lease:
    story.clock.tick(minutes=2)
    story.accept()
    return story.hold("next")


def test_a_conversation_has_no_summary_at_first(story: Story):
    assert story.transcript.summary(ROOM) is None
    lease, _ = answered(story)
    assert (lease.summary, lease.summary_tried, lease.words_version) == (None, 0, 0)


def test_the_next_lease_has_the_summary_without_another_read(story: Story):
    lease, turn = summarised(story)
    made = Summary("Anna has a cat.", upto=turn.asked_at, at=story.clock())
    assert story.transcript.summary(ROOM) == made
    found = next_lease(story)
    assert (found.summary, found.summary_tried) == (made, 0)
    assert found.words_version > lease.words_version


def test_a_summary_takes_the_place_of_the_one_before(story: Story):
    summarised(story)
    lease, turn = answered(story)
    assert begin(story, lease, turn)
    assert keep(story, lease, turn, "Anna has a cat and a dog.")
    assert text_of(story) == "Anna has a cat and a dog."


def test_its_money_is_set_aside_and_settled_on_the_budget_and_the_channel_and_not_on_the_person(story: Story):
    lease, turn = answered(story)
    before, spent = story.spent(), story.known().spent
    assert begin(story, lease, turn)
    assert story.spent().committed == before.committed + 100
    assert keep(story, lease, turn)
    assert story.spent() == replace(
        before,
        committed=before.committed + 7,
        calls=before.calls + 1,
        answers=before.answers + 1,
        tokens_in=before.tokens_in + 30,
        tokens_cached=before.tokens_cached + 10,
        tokens_out=before.tokens_out + 5,
    )
    assert story.spent().channels == {CHANNEL: before.committed + 7, Channel.WEB: 0} or story.spent().channels == {
        CHANNEL: before.committed + 7
    }
    assert (story.known().spent, story.used()) == (spent, 1)


@pytest.mark.parametrize(
    "tight", [replace(CALL, cap=199), replace(CALL, channel_cap=199)], ids=["the budget", "the channel's part"]
)
def test_without_room_none_is_begun(story: Story, tight: Reservation):
    lease, turn = answered(story)
    before = story.spent()
    assert not begin(story, lease, turn, tight)
    assert story.spent() == before
    assert begin(story, lease, turn)


def test_a_failed_one_is_known_to_the_next_worker_and_its_money_is_settled(story: Story):
    lease, turn = answered(story)
    before = story.spent().committed
    assert begin(story, lease, turn)
    story.store.summaries.settle(Settlement(CALL, 7), CHANNEL)
    assert story.spent().committed == before + 7
    found = next_lease(story)
    assert (found.summary, found.summary_tried) == (None, turn.asked_at)


def test_two_workers_begin_one_summary(story: Story):
    lease, turn = answered(story)
    assert [begin(story, lease, turn) for _ in range(2)] == [True, False]


def test_a_later_turn_may_begin_another_and_the_first_to_end_is_kept(story: Story):
    lease, turn = answered(story)
    later, newer = answered(story)
    assert [begin(story, lease, turn), begin(story, later, newer)] == [True, True]
    assert [keep(story, later, newer, "The later one."), keep(story, lease, turn)] == [True, False]
    assert text_of(story) == "The later one."


def test_one_that_is_outdated_is_not_stored_but_paid_for(story: Story):
    lease, turn = answered(story, "mid-cat")
    assert begin(story, lease, turn)
    story.transcript.replace_text(ROOM, "mid-cat", "What is old?", edit=1)
    before = story.spent().committed
    assert not keep(story, lease, turn)
    assert text_of(story) == ""
    assert story.spent().committed == before - 93


def test_a_message_that_comes_meanwhile_is_seen(story: Story):
    answered(story)
    assert not story.store.summaries.is_waiting(ROOM)
    story.accept()
    assert story.store.summaries.is_waiting(ROOM)
    story.finish_all()
    assert not story.store.summaries.is_waiting(ROOM)


def test_a_conversation_that_is_gone_gets_none(story: Story):
    lease, turn = answered(story)
    story.transcript.erase(ROOM, now=story.clock())
    assert not begin(story, lease, turn)
    assert not keep(story, lease, turn)
    assert story.transcript.summary(ROOM) is None


def test_a_turn_that_is_answered_meanwhile_does_not_disturb_it(story: Story):
    lease, turn = answered(story)
    assert begin(story, lease, turn)
    answered(story)
    assert keep(story, lease, turn)


# What deletes it.


def test_a_reply_may_delete_it(story: Story):
    summarised(story)
    lease, turn = story.begin()
    story.inbox.record(lease, Record(turn, REPLY, drops_summary=True), until=story.until)
    assert text_of(story) == ""
    assert not keep(story, lease, turn)


def test_an_ordinary_reply_leaves_it(story: Story):
    summarised(story)
    lease, turn = story.begin()
    story.inbox.record(lease, Record(turn, REPLY), until=story.until)
    assert text_of(story) == "Anna has a cat."


@pytest.mark.parametrize("person", [ANNA, BERT])
def test_the_turns_of_a_person_are_erased_with_the_summary(story: Story, person: str):
    lease, turn = summarised(story)
    story.transcript.erase_closed(ROOM, BERT if person == BERT else ANNA, now=story.clock())
    assert text_of(story) == ""
    assert not keep(story, lease, turn)


@pytest.mark.parametrize("is_unsent", [True, False])
def test_a_message_in_it_that_is_unsent_or_edited_deletes_it(story: Story, *, is_unsent: bool):
    lease, turn = summarised(story, "mid-cat")
    if is_unsent:
        assert story.transcript.erase_text(ROOM, "mid-cat")
    else:
        assert story.transcript.replace_text(ROOM, "mid-cat", "No cat.", edit=1)
    assert text_of(story) == ""
    assert not keep(story, lease, turn)


def test_a_message_after_it_that_changes_leaves_it(story: Story):
    summarised(story)
    answered(story, "mid-dog")
    assert story.transcript.replace_text(ROOM, "mid-dog", "No dog.", edit=1)
    assert text_of(story) == "Anna has a cat."
    assert story.transcript.erase_text(ROOM, "mid-dog")
    assert text_of(story) == "Anna has a cat."


def test_an_edit_that_comes_late_changes_neither(story: Story):
    answered(story, "mid-cat")
    assert story.transcript.replace_text(ROOM, "mid-cat", "Two cats.", edit=2)
    lease, turn = answered(story)
    lease = replace(lease, words_version=next_lease(story).words_version)
    assert begin(story, lease, turn)
    assert keep(story, lease, turn)
    assert not story.transcript.replace_text(ROOM, "mid-cat", "One cat.", edit=1)
    assert text_of(story) == "Anna has a cat."


def test_turns_that_are_taken_along_leave_no_summary_behind(story: Story):
    _, turn = summarised(story)
    [kept] = [each for each in story.stored() if each.id == turn.id]
    story.transcript.take_along([kept], BERT, now=story.clock())
    assert text_of(story) == ""


def test_it_expires_with_the_last_turn(story: Story):
    summarised(story)
    story.clock.tick(days=29)
    answered(story)
    story.clock.tick(days=29)
    story.store.expire(story.clock())
    assert text_of(story) == "Anna has a cat."
    story.clock.tick(days=2)
    story.store.expire(story.clock())
    assert text_of(story) == ""


def test_it_does_not_take_a_pause_along_that_lasts_longer(story: Story):
    """A human answers for 40 days, while turns are stored for 30."""
    summarised(story)
    story.inbox.pause(ROOM, until=story.clock() + 40 * 24 * 60 * 60 * 1000)
    answered(story)
    story.clock.tick(days=39)
    story.store.expire(story.clock())
    story.accept()
    assert story.hold("next").paused_until > story.clock()


def test_the_day_is_where_it_was_when_nothing_was_summarised(story: Story):
    assert story.spent() == DaySpend(DAY)
