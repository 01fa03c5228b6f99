"""What is stored of the notice that an AI answers: when the person was last told, and which turn tells them."""

from dataclasses import replace

from chalicelib.conversation.inbox_steps import Record
from chalicelib.conversation.ports import Accepted
from chalicelib.conversation.turn import TurnState
from tests.contract.story import DAY, REPLY, Story


def test_who_never_got_an_answer_was_never_told(story: Story):
    story.accept()
    assert story.known().talked_at == 0


def test_a_charged_question_tells_it_and_a_worker_that_takes_over_knows(story: Story):
    lease, turn = story.begin()
    story.charge(lease, replace(turn, says_ai=True))
    assert story.known().talked_at == turn.asked_at
    [running] = story.read(lease).open
    assert (running.state, running.says_ai) == (TurnState.RUNNING, True)


def test_each_charged_question_ends_the_silence(story: Story):
    lease, turn = story.begin()
    story.charge(lease, turn)
    [running] = story.read(lease).open
    assert (story.known().talked_at, running.says_ai) == (turn.asked_at, False)


def test_a_reply_without_a_charge_tells_it_with_the_reply_or_not_at_all(story: Story):
    lease, turn = story.begin()
    story.inbox.record(lease, Record(turn, REPLY), until=story.until)
    assert story.known().talked_at == 0
    assert story.accept() is Accepted.QUEUED
    second = story.read(lease).open[-1]
    story.inbox.record(lease, Record(replace(second, says_ai=True), REPLY), until=story.until)
    assert story.known().talked_at == second.asked_at


def test_a_refusal_tells_it(story: Story):
    lease, turn = story.begin()
    told = replace(turn, says_ai=True)
    assert story.inbox.refuse(lease, told, REPLY, day=DAY, now=story.clock(), until=story.until)
    assert story.known().talked_at == turn.asked_at


def test_a_refund_of_the_first_answer_is_one_write_to_the_person(story: Story):
    lease, turn = story.begin()
    story.charge(lease, replace(turn, says_ai=True))
    [running] = story.read(lease).open
    assert story.inbox.record(lease, Record(running, REPLY, refund=True, most_refunds=3), until=story.until)
    assert (story.known().talked_at, story.used()) == (turn.asked_at, 0)


def test_whoever_is_forgotten_was_never_told(story: Story):
    lease, turn = story.begin()
    story.charge(lease, turn)
    story.store.people.forget(turn.person, now=story.clock())
    assert story.known().talked_at == 0
