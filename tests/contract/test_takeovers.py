"""The contract of `conversation.takeover_ports.Takeovers`, and of the pause that a human causes."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.conversation.inbox_steps import Finish, Record
from chalicelib.conversation.ports import Accepted
from chalicelib.conversation.takeover import HUMAN_HERE, SILENT_MS, beginning, words
from chalicelib.conversation.turn import Reply, Turn, TurnState
from chalicelib.ids import ConversationId, PersonId
from tests.contract.story import ANNA, ROOM, Story

pytestmark = pytest.mark.on_conflicts


def test_a_silence_is_ended_once_and_from_then_on(story: Story):
    story.accept()
    story.inbox.pause(ROOM, until=story.clock() + SILENT_MS)
    ended = story.clock.tick(minutes=10)
    assert [story.store.takeovers.resume(ROOM, now=ended) for _ in range(2)] == [True, False]
    assert story.hold().paused_until == ended


def test_no_silence_is_ended_where_there_is_none_or_where_it_is_over(story: Story):
    assert not story.store.takeovers.resume(ROOM, now=story.clock())
    story.accept()
    assert not story.store.takeovers.resume(ROOM, now=story.clock())
    story.inbox.pause(ROOM, until=story.clock() + 1)
    assert not story.store.takeovers.resume(ROOM, now=story.clock() + 1)
    assert story.hold().paused_until == story.clock() + 1


def test_the_end_of_a_silence_can_be_read(story: Story):
    assert story.store.takeovers.silent_until(ROOM) == 0
    story.accept()
    assert story.store.takeovers.silent_until(ROOM) == 0
    until = story.clock() + SILENT_MS
    story.inbox.pause(ROOM, until=until)
    assert story.store.takeovers.silent_until(ROOM) == until


def test_a_silence_that_is_ended_where_no_message_came_is_deleted_after_thirty_days_as_any(story: Story):
    story.inbox.pause(ROOM, until=story.clock() + 1)
    assert story.store.takeovers.resume(ROOM, now=story.clock())
    assert (story.take(), story.overdue(), story.stored()) == (None, [], [])
    story.store.expire(story.clock.tick(days=31))
    story.accept()
    assert story.hold().paused_until == 0


def test_what_a_human_wrote_before_the_end_of_the_silence_silences_nobody_later(story: Story):
    written = story.clock()
    story.accept()
    story.inbox.pause(ROOM, until=written + SILENT_MS, since=written)
    ended = story.clock.tick(minutes=1)
    story.store.takeovers.resume(ROOM, now=ended)
    story.inbox.pause(ROOM, until=written + SILENT_MS, since=written)
    assert story.hold().paused_until == ended


def test_what_a_human_writes_after_the_end_of_the_silence_begins_the_next(story: Story):
    story.accept()
    story.inbox.pause(ROOM, until=story.clock() + SILENT_MS, since=story.clock())
    ended = story.clock.tick(minutes=1)
    story.store.takeovers.resume(ROOM, now=ended)
    story.inbox.pause(ROOM, until=ended + SILENT_MS, since=ended)
    assert story.hold().paused_until == ended + SILENT_MS


def test_the_owners_own_pause_holds_after_an_end_of_the_same_moment(story: Story):
    story.accept()
    story.inbox.pause(ROOM, until=story.clock() + 1)
    story.store.takeovers.resume(ROOM, now=story.clock())
    story.inbox.pause(ROOM, until=story.clock() + 5)
    assert story.hold().paused_until == story.clock() + 5


def test_an_end_that_becomes_known_late_ends_no_silence_that_began_after_it(story: Story):
    ended = story.clock()
    story.accept()
    written = story.clock.tick(minutes=5)
    story.inbox.pause(ROOM, until=written + SILENT_MS, since=written)
    assert not story.store.takeovers.resume(ROOM, now=ended)
    assert story.hold().paused_until == written + SILENT_MS


def test_a_pause_returns_until_when_the_bot_is_silent(story: Story):
    met(story)
    until = story.clock() + SILENT_MS
    assert [story.inbox.pause(ROOM, until=until + more, since=story.clock()) for more in (0, 5, -5)] == [
        until,
        until + 5,
        until + 5,
    ]
    ended = story.clock.tick(minutes=1)
    story.store.takeovers.resume(ROOM, now=ended)
    assert story.inbox.pause(ROOM, until=until, since=ended - 1) == ended


def said(
    text: str = "I am Tom.", *, at: int, mid: str = "m_human", state: TurnState = TurnState.DONE, who: PersonId = ANNA
) -> Turn:
    return words(ConversationId(who), who, text, at=at, source=mid, state=state)


def hears(story: Story, turn: Turn) -> bool:
    return story.store.takeovers.hear(turn, until=turn.at + SILENT_MS, now=story.clock())


def passes_on(story: Story, turn: Turn) -> bool:
    return story.store.takeovers.pass_on(turn, until=turn.at + SILENT_MS, now=story.clock())


def met(story: Story) -> None:
    """Anna has written, and has her answer."""
    story.accept()
    story.finish_all()
    story.clock.tick(seconds=10)


def test_a_humans_first_words_are_stored_and_a_notice_waits_for_a_worker(story: Story):
    met(story)
    first = said(at=story.clock())
    assert hears(story, first)
    assert story.overdue() == [ROOM]
    lease = story.hold()
    thread = story.read(lease)
    assert (lease.paused_until, lease.open_turns, lease.opened_by) == (first.at + SILENT_MS, 1, None)
    assert thread.closed[-1] == first
    assert thread.open == (beginning(first),)


def test_the_notice_is_answered_and_closed_as_any_turn_and_counts_for_nobody(story: Story):
    met(story)
    hears(story, said(at=story.clock()))
    lease = story.hold()
    [notice] = story.read(lease).open
    assert story.inbox.record(lease, Record(notice, Reply("A human writes.", code=HUMAN_HERE)), until=story.until)
    assert story.inbox.finish(lease, Finish(notice, TurnState.DONE, release=True)) is None
    assert (story.take("two"), story.overdue(), story.used()) == (None, [], 0)
    assert [turn.state for turn in story.stored()] == [TurnState.DONE] * 3


def test_a_humans_next_words_are_stored_and_make_the_silence_longer_without_a_notice(story: Story):
    met(story)
    hears(story, said(at=story.clock()))
    story.finish_all()
    later = said("And you?", at=story.clock.tick(minutes=5), mid="m_2")
    assert not hears(story, later)
    assert story.overdue() == []
    assert story.stored()[-1] == later
    story.accept()
    assert story.hold().paused_until == later.at + SILENT_MS


def test_a_humans_words_that_come_again_change_nothing(story: Story):
    met(story)
    first = said(at=story.clock())
    hears(story, first)
    story.finish_all()
    before = story.stored()
    story.clock.tick(hours=2)
    assert not hears(story, first)
    assert (story.stored(), story.overdue()) == (before, [])


def test_words_from_before_everything_was_deleted_are_not_stored_and_the_bot_is_silent(story: Story):
    met(story)
    late = [said(f"word {number}", at=story.clock.tick(seconds=1), mid=f"m_{number}") for number in range(2)]
    story.clock.tick(seconds=1)
    story.store.people.begin_to_forget(ANNA, asked_at=story.clock())
    story.store.transcript.forget(ROOM, ANNA, asked_at=story.clock(), here=False, now=story.clock())
    story.store.people.forget(ANNA, now=story.clock())
    story.clock.tick(seconds=1)
    assert [hears(story, each) for each in late] == [False, False]
    assert (story.stored(), story.overdue()) == ([], [])
    story.accept()
    assert story.hold().paused_until == late[1].at + SILENT_MS
    later = said("Tom again.", at=story.clock.tick(seconds=1), mid="m_2")
    assert not hears(story, later)
    assert story.stored()[-1] == later


def test_after_the_silence_a_human_begins_another_with_a_notice(story: Story):
    met(story)
    hears(story, said(at=story.clock()))
    story.finish_all()
    again = said("Tom again.", at=story.clock.tick(hours=2), mid="m_2")
    assert hears(story, again)
    assert story.hold().paused_until == again.at + SILENT_MS


def test_a_humans_words_while_a_question_waits_are_stored_beside_it(story: Story):
    story.accept()
    first = said(at=story.clock() + 5)
    assert hears(story, first)
    lease = story.hold()
    assert lease.open_turns == 2
    assert {turn.id for turn in story.read(lease).open} >= {beginning(first).id}
    assert lease.opened_by == ANNA


def test_nothing_but_a_silence_is_stored_of_a_person_whom_the_bot_has_not_met(story: Story):
    first = said(at=story.clock())
    assert not hears(story, first)
    assert (story.stored(), story.take(), story.overdue()) == ([], None, [])
    story.accept()
    assert story.hold().paused_until == first.at + SILENT_MS


def test_of_a_person_whom_the_bot_has_not_met_the_silence_is_deleted_after_thirty_days(story: Story):
    hears(story, said(at=story.clock()))
    story.store.expire(story.clock.tick(days=31))
    story.accept()
    assert story.hold().paused_until == 0


def test_words_from_before_the_end_of_the_silence_are_stored_and_begin_none(story: Story):
    met(story)
    first = said(at=story.clock())
    late = said("Late.", at=first.at + 1, mid="m_2")
    hears(story, first)
    story.finish_all()
    ended = story.clock.tick(minutes=1)
    story.store.takeovers.resume(ROOM, now=ended)
    assert not hears(story, late)
    assert late in story.stored()
    story.accept()
    assert story.hold().paused_until == ended


def test_a_longer_silence_of_the_owners_stays_and_the_words_are_stored(story: Story):
    met(story)
    longer = story.clock() + 5 * SILENT_MS
    story.inbox.pause(ROOM, until=longer, since=story.clock())
    first = said(at=story.clock() + 1)
    assert not hears(story, first)
    assert first in story.stored()
    assert passes_on(story, said("By the owner.", at=story.clock() + 2, mid="m_2", state=TurnState.QUEUED))
    assert story.hold().paused_until == longer


def test_words_to_pass_on_wait_for_a_worker_and_silence_the_bot(story: Story):
    met(story)
    mine = said(at=story.clock(), state=TurnState.QUEUED)
    assert [passes_on(story, mine) for _ in range(2)] == [True, False]
    assert story.overdue() == [ROOM]
    lease = story.hold()
    assert story.read(lease).open == (mine,)
    assert (lease.paused_until, lease.open_turns) == (mine.at + SILENT_MS, 1)


def test_words_are_passed_on_only_where_a_person_has_written(story: Story):
    assert not passes_on(story, said(at=story.clock(), state=TurnState.QUEUED))
    story.inbox.pause(ROOM, until=story.clock() + 1)
    assert not passes_on(story, said(at=story.clock(), state=TurnState.QUEUED))
    assert (story.stored(), story.overdue()) == ([], [])


def test_a_humans_words_expire_as_long_after_them_as_any_turn(story: Story):
    met(story)
    hears(story, said(at=story.clock()))
    story.finish_all()
    story.clock.tick(days=31)
    assert story.stored() == []


def test_a_humans_words_and_a_question_at_once_are_both_kept(busy_story: Story):
    met(busy_story)
    first = said(at=busy_story.clock())
    with ThreadPoolExecutor(3) as pool:
        hearing = pool.submit(hears, busy_story, first)
        accepted = [pool.submit(busy_story.accept, busy_story.message(at=first.at + number)) for number in (1, 2)]
    assert hearing.result()
    assert [each.result() for each in accepted] == [Accepted.QUEUED] * 2
    lease = busy_story.hold()
    assert (lease.open_turns, len(busy_story.read(lease).open)) == (3, 3)
