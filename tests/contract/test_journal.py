"""The journal of tool calls: the same promises from the fake and from DynamoDB."""

from dataclasses import replace

import pytest

from chalicelib.access.budget import Settlement, Usage
from chalicelib.access.retention import TURN_KEPT_S
from chalicelib.conversation.inbox_steps import Finish, Record
from chalicelib.conversation.journal import OpenRound
from chalicelib.conversation.tool import ToolCall, ToolResult
from chalicelib.conversation.turn import Turn, TurnState
from chalicelib.errors import LeaseLost
from chalicelib.ids import ConversationId
from tests.contract.story import ANNA, BERT, CALL, DAY, REPLY, ROOM, Story

ASKED = OpenRound(
    (ToolCall("call_1", "bake", '{"what": "brød"}'), ToolCall("call_2", "taste", "{")),
    text="One moment.",
    thoughts=('{"type": "reasoning"}',),
)
COST = Settlement(CALL, 30, Usage(input=10, output=2))
DONE = ToolResult("Baked.")
FAILED = ToolResult("No oven.", is_error=True)


def test_a_round_is_stored_as_the_model_asked_for_it_and_its_call_is_settled(story: Story):
    lease, turn = story.begin_charged()
    story.store.journal.begin(lease, turn, ASKED, COST, until=story.until)
    [stored] = story.stored()
    assert story.store.journal.rounds(stored) == (ASKED,)
    assert (stored.state, stored.rounds, stored.calls_before, stored.model_calls) == (TurnState.RUNNING, 1, 1, 1)
    assert (story.spent().committed, story.spent().tokens_in, story.spent().answers) == (30, 10, 1)
    assert story.known().spent == {DAY: 30}


def test_a_turn_without_rounds_has_none(story: Story):
    _, turn = story.begin_charged()
    assert story.store.journal.rounds(turn) == ()


def test_rounds_come_in_their_order_and_are_no_turns(story: Story):
    lease, turn = story.begin_charged()
    others = [replace(ASKED, text=str(number)) for number in range(3)]
    for each in others:
        story.store.journal.begin(lease, turn, each, COST, until=story.until)
        story.inbox.call_again(lease, turn, reserve=CALL, until=story.until)
        turn = story.read(lease).open[0]
    [stored] = story.stored()
    assert story.store.journal.rounds(stored) == tuple(others)
    assert (stored.rounds, stored.calls_before, stored.model_calls) == (3, 3, 4)


def test_what_was_begun_and_what_has_ended_is_known(story: Story):
    lease, turn = story.begin_charged()
    journal = story.store.journal
    journal.begin(lease, turn, ASKED, COST, until=story.until)
    journal.start(lease, turn, 0, 0, until=story.until)
    assert journal.rounds(turn) == (replace(ASKED, started=frozenset({0})),)
    journal.end(lease, turn, 0, 1, FAILED, until=story.until)
    journal.end(lease, turn, 0, 0, DONE, until=story.until)
    assert journal.rounds(turn) == (replace(ASKED, started=frozenset({0}), results={0: DONE, 1: FAILED}),)
    assert journal.rounds(turn)[0].finished().results == (DONE, FAILED)


def test_a_call_is_begun_once(story: Story):
    lease, turn = story.begin_charged()
    journal = story.store.journal
    journal.begin(lease, turn, ASKED, COST, until=story.until)
    journal.start(lease, turn, 0, 0, until=story.until)
    with pytest.raises(LeaseLost):
        journal.start(lease, turn, 0, 0, until=story.until)
    journal.end(lease, turn, 0, 1, DONE, until=story.until)
    with pytest.raises(LeaseLost):
        journal.start(lease, turn, 0, 1, until=story.until)


def test_a_round_is_stored_once_and_settled_once(story: Story):
    lease, turn = story.begin_charged()
    story.store.journal.begin(lease, turn, ASKED, COST, until=story.until)
    with pytest.raises(LeaseLost):
        story.store.journal.begin(lease, turn, replace(ASKED, text="Other."), COST, until=story.until)
    assert story.store.journal.rounds(turn) == (ASKED,)
    assert story.spent().committed == 30


def test_a_round_that_is_not_stored_has_no_calls(story: Story):
    lease, turn = story.begin_charged()
    with pytest.raises(LeaseLost):
        story.store.journal.start(lease, turn, 0, 0, until=story.until)
    with pytest.raises(LeaseLost):
        story.store.journal.end(lease, turn, 0, 0, DONE, until=story.until)
    assert story.store.journal.rounds(turn) == ()


def test_a_worker_without_the_lease_writes_nothing(story: Story):
    lease, turn = story.begin_charged()
    journal = story.store.journal
    journal.begin(lease, turn, ASKED, COST, until=story.until)
    story.clock.tick(minutes=2)
    other = story.hold("two")
    with pytest.raises(LeaseLost):
        journal.start(lease, turn, 0, 0, until=story.until)
    with pytest.raises(LeaseLost):
        journal.end(lease, turn, 0, 0, DONE, until=story.until)
    with pytest.raises(LeaseLost):
        journal.begin(lease, replace(turn, rounds=1), ASKED, COST, until=story.until)
    assert journal.rounds(turn) == (ASKED,)
    assert (story.spent().committed, story.stored()[0].rounds) == (30, 1)
    journal.start(other, turn, 0, 0, until=story.until)


def test_a_turn_that_does_not_run_has_no_rounds(story: Story):
    lease, turn = story.begin()
    with pytest.raises(LeaseLost):
        story.store.journal.begin(lease, turn, ASKED, COST, until=story.until)
    story.charge(lease, turn)
    story.inbox.record(lease, Record(turn, REPLY, settlement=COST), until=story.until)
    with pytest.raises(LeaseLost):
        story.store.journal.begin(lease, turn, ASKED, COST, until=story.until)
    assert story.store.journal.rounds(turn) == ()


@pytest.mark.parametrize("step", ["begin", "start", "end"])
def test_every_step_extends_the_lease(story: Story, step: str):
    lease, turn = story.begin_charged()
    journal = story.store.journal
    later = story.until + 100_000
    journal.begin(lease, turn, ASKED, COST, until=later if step == "begin" else story.until)
    if step == "start":
        journal.start(lease, turn, 0, 0, until=later)
    if step == "end":
        journal.end(lease, turn, 0, 0, DONE, until=later)
    story.clock.tick(seconds=90)
    assert story.take("two") is None


def test_the_next_call_of_the_model_has_money_of_its_own(story: Story):
    lease, turn = story.begin_charged()
    story.store.journal.begin(lease, turn, ASKED, COST, until=story.until)
    turn = story.read(lease).open[0]
    story.inbox.call_again(lease, turn, reserve=CALL, until=story.until)
    assert (story.spent().committed, story.spent().calls) == (130, 2)
    story.inbox.record(lease, Record(turn, REPLY, settlement=COST), until=story.until)
    assert (story.spent().committed, story.spent().answers) == (60, 2)


def test_rounds_expire_with_their_turn(story: Story):
    lease, turn = story.begin_charged()
    story.store.journal.begin(lease, turn, ASKED, COST, until=story.until)
    story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    story.clock.tick(minutes=2)
    story.store.expire(story.clock() + TURN_KEPT_S * 1000)
    assert story.store.journal.rounds(turn) == ()
    assert story.stored() == []


def test_a_round_may_be_without_words_and_results_may_be_empty(story: Story):
    lease, turn = story.begin_charged()
    bare = OpenRound((ToolCall("", "", ""),))
    story.store.journal.begin(lease, turn, bare, replace(COST, usage=None), until=story.until)
    story.store.journal.end(lease, turn, 0, 0, ToolResult(""), until=story.until)
    assert story.store.journal.rounds(turn) == (replace(bare, results={0: ToolResult("")}),)


def _asked_and_closed(story: Story) -> Turn:
    lease, turn = story.begin_charged()
    story.store.journal.begin(lease, turn, ASKED, COST, until=story.until)
    turn = story.read(lease).open[0]
    story.inbox.record(lease, Record(turn, REPLY), until=story.until)
    story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    return turn


def test_forgetting_a_person_deletes_their_rounds(story: Story):
    turn = _asked_and_closed(story)
    story.transcript.erase_closed(ROOM, ANNA, now=story.clock())
    assert story.store.journal.rounds(turn) == ()


def test_erasing_a_conversation_deletes_its_rounds(story: Story):
    turn = _asked_and_closed(story)
    story.transcript.erase(ROOM, now=story.clock())
    assert story.store.journal.rounds(turn) == ()


def test_of_a_message_that_was_unsent_no_round_stays(story: Story):
    turn = _asked_and_closed(story)
    assert story.transcript.erase_text(ROOM, "mid-1")
    assert story.store.journal.rounds(turn) == ()


def test_rounds_are_not_taken_along(story: Story):
    turn = _asked_and_closed(story)
    story.transcript.take_along([turn], BERT, now=story.clock())
    [moved] = story.stored(ConversationId(BERT))
    assert moved.id == turn.id
    assert story.store.journal.rounds(turn) == story.store.journal.rounds(moved) == ()


def test_a_worker_whose_message_is_unsent_begins_no_call(story: Story):
    lease, turn = story.begin_charged()
    story.store.journal.begin(lease, turn, ASKED, COST, until=story.until)
    story.transcript.erase_text(ROOM, "mid-1")
    with pytest.raises(LeaseLost):
        story.store.journal.start(lease, turn, 0, 0, until=story.until)
