from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from chalicelib.access.person import Access
from chalicelib.conversation.ports import Accepted
from chalicelib.conversation.turn import Overdue, TurnState
from chalicelib.ids import ConversationId
from tests.contract.story import ANNA, BERT, ROOM, Story

BERTS = ConversationId(BERT)


def test_a_message_becomes_a_queued_turn_with_all_that_was_said(story: Story):
    message = story.message(text="Look!", attachments=("image", "video"))
    assert story.accept(message) is Accepted.QUEUED
    [turn] = story.stored()
    assert (turn.state, turn.text, turn.attachments) == (TurnState.QUEUED, "Look!", ("image", "video"))
    assert (turn.conversation, turn.person, turn.at) == (message.conversation, message.person, message.at)
    assert (turn.reply, turn.charged_day, turn.model_calls, turn.overflow) == (None, None, 0, False)
    assert turn.receipts == frozenset()


def test_a_turn_names_the_one_that_it_replaces(story: Story):
    story.accept(story.message(text="Why?"))
    [first] = story.stored()
    story.accept(replace(story.message(text="Why?"), replaces=first.id))
    assert {turn.replaces for turn in story.stored()} == {None, first.id}


def test_a_message_that_comes_again_is_one_turn(story: Story):
    message = story.message()
    story.accept(message)
    assert [story.accept(message) for _ in range(3)] == [Accepted.DUPLICATE_OPEN] * 3
    assert len(story.stored()) == 1
    assert story.hold().open_turns == 1


@pytest.mark.parametrize("state", [TurnState.DONE, TurnState.DROPPED])
def test_a_message_that_comes_again_once_answered_needs_no_worker(story: Story, state: TurnState):
    message = story.message()
    story.accept(message)
    story.finish_all(state)
    assert story.accept(message) is Accepted.DUPLICATE_DONE
    assert story.take() is None


def test_a_message_whose_time_is_not_signed_is_known_again_at_another_time(story: Story):
    message = story.message(time_is_signed=False)
    assert story.accept(message) is Accepted.QUEUED
    story.clock.tick(hours=3)
    assert story.accept(replace(message, at=story.clock())) is Accepted.DUPLICATE_OPEN
    assert story.accept(message) is Accepted.DUPLICATE_OPEN
    assert len(story.stored()) == 1


def test_another_message_whose_time_is_not_signed_is_another_turn(story: Story):
    for _ in range(2):
        assert story.accept(story.message(time_is_signed=False)) is Accepted.QUEUED


def test_a_time_that_is_not_signed_does_not_join_what_different_people_wrote(story: Story):
    for person in (ANNA, BERT):
        assert story.accept(story.message("same", person=person, time_is_signed=False)) is Accepted.QUEUED


def test_two_messages_of_the_same_moment_are_two_turns(story: Story):
    for _ in range(2):
        assert story.accept(story.message(at=story.clock())) is Accepted.QUEUED
    assert len(story.stored()) == 2


def test_a_blocked_person_leaves_no_trace(story: Story):
    story.accept()
    story.finish_all()
    story.block()
    before = story.known()
    story.clock.tick(minutes=5)
    assert story.accept() is Accepted.BLOCKED
    assert len(story.stored()) == 1
    assert story.known() == before
    assert story.take() is None
    assert story.overdue() == []


@pytest.mark.parametrize("text", ["/forget", "/forget yes", " /FORGET  no"])
def test_a_blocked_person_may_send_the_command_that_forgets(story: Story, text: str):
    story.accept()
    story.finish_all()
    story.block()
    message = story.message(text=text)
    assert story.accept(message) is Accepted.QUEUED
    assert story.accept(message) is Accepted.DUPLICATE_OPEN
    assert story.accept(story.message(text="/help")) is Accepted.BLOCKED
    assert story.known().access is Access.BLOCKED


def test_a_blocked_person_forgets_no_faster_than_others_write(story: Story):
    story.block()
    heard = []
    for number in range(70):
        heard.append(story.accept(story.message(f"mid-forget-{number}", at=story.clock() + number, text="/forget")))
        if heard[-1] is Accepted.QUEUED:
            story.finish_all()
    assert heard[0] is Accepted.QUEUED
    assert heard[-1] is Accepted.TOO_FAST


def test_a_new_person_is_remembered_from_the_first_message_on(story: Story):
    began = story.clock()
    story.accept()
    story.clock.tick(minutes=1)
    story.accept()
    assert (story.known().first_seen, story.known().last_seen) == (began, story.clock())


def test_five_messages_wait_and_the_next_ones_are_one_turn_without_words(story: Story):
    heard = [story.accept(story.message(attachments=("image",))) for _ in range(8)]
    assert heard == [Accepted.QUEUED] * 5 + [Accepted.OVERFLOW] * 3
    turns = story.stored()
    assert [turn.overflow for turn in turns] == [False] * 5 + [True]
    assert (turns[-1].text, turns[-1].attachments) == ("", ())
    assert story.hold().open_turns == 6


def test_the_turn_that_stands_for_lost_messages_comes_only_once_however_often_it_is_delivered(story: Story):
    for _ in range(5):
        story.accept()
    sixth = story.message()
    assert [story.accept(sixth) for _ in range(2)] == [Accepted.OVERFLOW, Accepted.DUPLICATE_OPEN]
    assert len(story.stored()) == 6


def test_a_repeated_message_is_known_even_when_no_more_are_taken(story: Story):
    messages = [story.message() for _ in range(7)]
    for message in messages:
        story.accept(message)
    assert story.accept(messages[0]) is Accepted.DUPLICATE_OPEN


def test_messages_are_taken_again_once_some_are_answered(story: Story):
    for _ in range(7):
        story.accept()
    story.finish_all()
    assert story.accept() is Accepted.QUEUED


def test_one_persons_flood_does_not_concern_another(story: Story):
    for _ in range(7):
        story.accept()
    assert story.accept(story.message(person=BERT)) is Accepted.QUEUED


def test_conversations_with_open_turns_are_overdue_longest_first(story: Story):
    story.accept(story.message(person=BERT))
    story.clock.tick(minutes=1)
    story.accept()
    story.clock.tick(minutes=1)
    story.accept(story.message(person=BERT))
    assert story.overdue() == [ConversationId(BERT), ConversationId(ANNA)]


def test_a_conversation_is_overdue_since_its_first_unanswered_message(story: Story):
    since = story.clock()
    story.accept()
    story.clock.tick(minutes=2)
    story.accept()
    assert list(story.inbox.overdue(now=story.clock())) == [Overdue(ROOM, since=since)]


def test_no_conversation_is_overdue_before_its_message_arrives(story: Story):
    story.accept()
    assert list(story.inbox.overdue(now=story.clock() - 1)) == []
    assert story.overdue() == [ROOM]


def test_an_answered_conversation_is_overdue_again_with_the_next_message(story: Story):
    story.accept()
    story.finish_all()
    assert story.overdue() == []
    story.accept()
    assert story.overdue() == [ROOM]


def test_a_pause_by_a_human_is_seen_by_the_next_worker(story: Story):
    story.accept()
    until = story.clock() + 1
    story.inbox.pause(ROOM, until=until)
    assert story.hold().paused_until == until


def test_a_pause_where_nobody_ever_wrote_holds_for_the_first_message(story: Story):
    until = story.clock() + 1
    story.inbox.pause(ROOM, until=until)
    assert (story.take(), story.overdue(), story.stored()) == (None, [], [])
    assert story.accept() is Accepted.QUEUED
    lease = story.hold()
    assert (lease.paused_until, lease.arrivals, lease.open_turns) == (until, 1, 1)
    assert len(story.read(lease).open) == 1


def test_a_pause_where_nobody_ever_wrote_is_deleted_after_thirty_days(story: Story):
    until = story.clock() + 1
    story.inbox.pause(ROOM, until=until)
    story.store.expire(story.clock.tick(days=29))
    story.accept()
    assert story.hold().paused_until == until
    story.inbox.pause(BERTS, until=story.clock())
    story.store.expire(story.clock.tick(days=31))
    story.accept(story.message(person=BERT))
    assert story.hold(room=BERTS).paused_until == 0


def test_a_conversation_does_not_expire_while_its_messages_wait(story: Story):
    story.inbox.pause(ROOM, until=story.clock())
    story.accept()
    story.store.expire(story.clock.tick(days=60))
    assert story.overdue() == [ROOM]


def test_the_longest_pause_counts_in_whichever_order_they_come(story: Story):
    for until in (story.clock() + 1, story.clock() + 2, story.clock() + 2, story.clock() + 1):
        story.inbox.pause(ROOM, until=until)
    story.accept()
    assert story.hold().paused_until == story.clock() + 2


def test_a_pause_and_a_first_message_at_once_are_both_kept(busy_story: Story):
    messages = [busy_story.message(at=busy_story.clock() + number) for number in range(3)]
    until = busy_story.clock() + 1
    with ThreadPoolExecutor(4) as pool:
        pausing = pool.submit(busy_story.inbox.pause, ROOM, until=until)
        accepted = [pool.submit(busy_story.accept, message) for message in messages]
    pausing.result()
    assert [each.result() for each in accepted] == [Accepted.QUEUED] * 3
    lease = busy_story.hold()
    assert (lease.paused_until, lease.arrivals) == (until, 3)
