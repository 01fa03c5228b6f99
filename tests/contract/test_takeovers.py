"""The contract of `conversation.takeover_ports.Takeovers`, and of the pause that a human causes."""

import pytest

from chalicelib.conversation.takeover import SILENT_MS
from tests.contract.story import ROOM, Story

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
