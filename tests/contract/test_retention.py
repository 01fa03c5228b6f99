"""The contract of `conversation.ports.Inbox` and `Transcript`: for how long words are stored, as the owner chose."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.access.retention import turn_kept_s
from chalicelib.conversation.ports import Accepted
from tests.contract.story import ANNA, ROOM, Story


@pytest.fixture(params=[0, 1, 2], ids=["an hour", "1 day", "2 days"])
def kept_s(request: pytest.FixtureRequest) -> int:
    return turn_kept_s(request.param)


@pytest.fixture
def brief(story: Story, kept_s: int) -> Story:
    """The store of an owner who keeps words for a shorter time."""
    inbox: Any = story.store.inbox
    return replace(story, store=replace(story.store, inbox=replace(inbox, kept_s=kept_s)))


def test_an_answered_message_is_found_until_its_time_is_over(brief: Story, kept_s: int):
    brief.accept(brief.message())
    brief.finish_all()
    brief.clock.tick(seconds=kept_s - 1)
    assert [turn.text for turn in brief.stored()] == ["What is new?"]
    brief.clock.tick(seconds=2)
    assert brief.stored() == []


def test_when_its_time_is_over_nothing_of_it_is_left(brief: Story, kept_s: int):
    brief.accept(brief.message())
    brief.finish_all()
    brief.clock.tick(seconds=kept_s + 1)
    brief.store.expire(brief.clock())
    lease, _ = brief.begin()
    assert brief.read(lease).closed == ()


def test_what_a_person_has_deleted_is_gone_also_if_it_has_expired(brief: Story, kept_s: int):
    for erase in (brief.transcript.erase_closed, None):
        brief.accept(brief.message())
        brief.finish_all()
        asked_at = brief.clock()
        brief.clock.tick(seconds=kept_s + 60)
        if erase:
            erase(ROOM, ANNA, now=brief.clock())
        else:
            brief.transcript.erase(ROOM, now=brief.clock())
        assert list(brief.transcript.turns(ROOM, now=asked_at)) == []


def test_a_message_waits_for_its_answer_longer_than_that(brief: Story, kept_s: int):
    brief.accept(brief.message())
    brief.clock.tick(seconds=kept_s + 1)
    brief.store.expire(brief.clock())
    [waiting] = brief.read(brief.hold()).open
    assert waiting.text == "What is new?"


def test_a_message_that_is_delivered_after_that_time_is_not_answered_again(brief: Story, kept_s: int):
    message = brief.message()
    brief.accept(message)
    brief.finish_all()
    brief.clock.tick(seconds=kept_s + 1)
    brief.store.expire(brief.clock())
    assert brief.accept(message) is Accepted.TOO_OLD
    assert brief.stored() == []
