from contextlib import suppress
from dataclasses import replace

import pytest

from chalicelib.conversation.charged import Charged
from chalicelib.conversation.inbox_steps import Charge, Finish, Record
from chalicelib.conversation.turn import Lease, Reply, Turn, TurnState
from chalicelib.errors import LeaseLost
from chalicelib.ids import ConversationId
from tests.contract.story import ANNA, BERT, CALL, DAY, REPLY, ROOM, Story

NEXT_DAY = "2026-11-21"


def _ask(story: Story, *, limit: int | None, day: str = DAY) -> Charged:
    """One question more, from its coming to its end."""
    lease, turn = story.begin()
    charged = story.charge(lease, turn, limit=limit, day=day)
    story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    return charged


def test_a_charged_turn_runs_and_is_counted_on_its_day(story: Story):
    lease, turn = story.begin()
    assert story.charge(lease, turn, day=DAY) is Charged.CHARGED
    [running] = story.stored()
    assert (running.state, running.charged_day, running.model_calls) == (TurnState.RUNNING, DAY, 1)
    assert story.known().quota == {DAY: 1}


@pytest.mark.parametrize("limit", [1, 3])
def test_a_person_cannot_ask_more_than_the_daily_limit(story: Story, limit: int):
    answers = [_ask(story, limit=limit) for _ in range(limit + 2)]
    assert answers == [Charged.CHARGED] * limit + [Charged.OVER_LIMIT] * 2
    assert story.used() == limit


def test_a_limit_of_no_questions_lets_nobody_ask(story: Story):
    assert _ask(story, limit=0) is Charged.OVER_LIMIT
    assert story.used() == 0


def test_a_question_over_the_limit_stays_queued(story: Story):
    _ask(story, limit=1)
    lease, turn = story.begin()
    assert story.charge(lease, turn, limit=1) is Charged.OVER_LIMIT
    assert story.read(lease).open == (turn,)


def test_the_next_day_has_its_own_count(story: Story):
    _ask(story, limit=1)
    assert _ask(story, limit=1) is Charged.OVER_LIMIT
    assert _ask(story, limit=1, day=NEXT_DAY) is Charged.CHARGED
    assert story.known().quota == {DAY: 1, NEXT_DAY: 1}


def test_a_limit_that_was_lowered_below_the_count_holds(story: Story):
    for _ in range(3):
        _ask(story, limit=3)
    assert _ask(story, limit=2) is Charged.OVER_LIMIT


def test_an_unlimited_person_is_counted_and_never_refused(story: Story):
    assert [_ask(story, limit=None) for _ in range(7)] == [Charged.CHARGED] * 7
    assert story.used() == 7


@pytest.mark.parametrize("limit", [None, 3])
def test_a_person_blocked_after_writing_is_not_charged(story: Story, limit: int | None):
    lease, turn = story.begin()
    story.block()
    assert story.charge(lease, turn, limit=limit) is Charged.BLOCKED
    assert story.used() == 0
    assert story.read(lease).open == (turn,)


def test_blocked_takes_precedence_over_the_limit(story: Story):
    _ask(story, limit=1)
    lease, turn = story.begin()
    story.block()
    assert story.charge(lease, turn, limit=1) is Charged.BLOCKED


def test_counts_of_days_gone_by_are_deleted_with_the_next_charge(story: Story):
    days = ["2026-11-17", "2026-11-18", "2026-11-19"]
    for day in days:
        _ask(story, limit=1, day=day)
    lease, turn = story.begin()
    story.inbox.charge(
        lease, Charge(turn, day=DAY, limit=1, reserve=CALL, outdated=days[:2]), now=story.clock(), until=story.until
    )
    assert story.known().quota == {"2026-11-19": 1, DAY: 1}


def test_counts_of_days_gone_by_stay_when_the_charge_is_refused(story: Story):
    for day in ("2026-11-17", DAY):
        _ask(story, limit=1, day=day)
    lease, turn = story.begin()
    story.inbox.charge(
        lease,
        Charge(turn, day=DAY, limit=1, reserve=CALL, outdated=["2026-11-17"]),
        now=story.clock(),
        until=story.until,
    )
    assert story.known().quota == {"2026-11-17": 1, DAY: 1}


def test_a_turn_is_charged_once(story: Story):
    lease, turn = story.begin()
    story.charge(lease, turn)
    with pytest.raises(LeaseLost):
        story.charge(lease, turn)
    assert story.used() == 1


def test_a_second_model_call_is_counted_and_costs_the_person_nothing(story: Story):
    lease, turn = story.begin_charged()
    story.inbox.call_again(lease, turn, reserve=CALL, until=story.until)
    assert story.stored()[0].model_calls == 2
    assert story.used() == 1


def test_a_turn_that_does_not_run_is_not_asked_again(story: Story):
    lease, turn = story.begin()
    with pytest.raises(LeaseLost):
        story.inbox.call_again(lease, turn, reserve=CALL, until=story.until)
    assert story.stored() == [turn]


def test_a_failed_question_is_given_back(story: Story):
    lease, turn = story.begin_charged()
    story.inbox.record(lease, Record(turn, Reply("Sorry!"), refund=True), until=story.until)
    [answered] = story.stored()
    assert (answered.state, answered.charged_day) == (TurnState.ANSWERED, None)
    assert story.used() == 0
    assert _ask_again(story, lease) is Charged.CHARGED


def _ask_again(story: Story, lease: Lease) -> Charged:
    story.inbox.hand_back(lease)
    story.finish_all()
    return _ask(story, limit=1)


def test_a_dropped_question_is_given_back(story: Story):
    lease, turn = story.begin_charged()
    assert story.inbox.finish(lease, Finish(turn, TurnState.DROPPED, release=True, refund=True)) is None
    [dropped] = story.stored()
    assert (dropped.state, dropped.charged_day) == (TurnState.DROPPED, None)
    assert story.used() == 0


def test_a_dropped_question_is_given_back_once_though_messages_arrived(story: Story):
    _ask(story, limit=3)
    lease, turn = story.begin_charged()
    story.accept()
    assert story.inbox.finish(lease, Finish(turn, TurnState.DROPPED, release=True, refund=True))
    assert story.used() == 1


def _fail(story: Story, *, most: int | None, day: str = DAY) -> bool:
    """One question more, whose charge is given back if the person has few enough refunds."""
    lease, turn = story.begin()
    assert story.charge(lease, turn, limit=None, day=day) is Charged.CHARGED
    turn = story.read(lease).open[0]
    given_back = story.inbox.record(lease, Record(turn, REPLY, refund=True, most_refunds=most), until=story.until)
    if not given_back:
        assert story.read(lease).open == (turn,)
        assert story.inbox.record(lease, Record(turn, REPLY), until=story.until)
    story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    return given_back


def test_few_charges_of_a_day_are_given_back(story: Story):
    assert [_fail(story, most=2) for _ in range(4)] == [True, True, False, False]
    assert (story.used(), story.known().refunds) == (2, {DAY: 2})
    assert [bool(turn.charged_day) for turn in story.stored()] == [False, False, True, True]


def test_each_day_has_refunds_of_its_own(story: Story):
    assert [_fail(story, most=1, day=day) for day in (DAY, NEXT_DAY, DAY, NEXT_DAY)] == [True, True, False, False]
    assert story.known().refunds == {DAY: 1, NEXT_DAY: 1}


def test_refunds_without_a_limit_are_not_counted(story: Story):
    assert [_fail(story, most=most) for most in (1, None, None, 1)] == [True, True, True, False]
    assert (story.used(), story.known().refunds) == (1, {DAY: 1})


def test_a_dropped_question_beyond_the_refunds_stays_charged(story: Story):
    _fail(story, most=1)
    lease, turn = story.begin_charged()
    step = Finish(turn, TurnState.DROPPED, release=True, refund=True, most_refunds=1)
    assert story.inbox.finish(lease, step) is None
    assert (story.stored()[-1].state, story.stored()[-1].charged_day) == (TurnState.DROPPED, DAY)
    assert (story.used(), story.known().refunds) == (1, {DAY: 1})


def test_a_dropped_question_beyond_the_refunds_is_closed_though_messages_arrived(story: Story):
    _fail(story, most=1)
    lease, turn = story.begin_charged()
    story.accept()
    step = Finish(turn, TurnState.DROPPED, release=True, refund=True, most_refunds=1)
    again = story.inbox.finish(lease, step)
    assert again
    assert (again.open_turns, story.used()) == (1, 1)


def test_without_the_lease_no_refund_is_used_up(story: Story):
    lease, turn = story.begin_charged()
    story.clock.tick(minutes=2)
    story.hold("two")
    with pytest.raises(LeaseLost):
        story.inbox.record(lease, Record(turn, REPLY, refund=True, most_refunds=3), until=story.until)
    assert (story.used(), story.known().refunds) == (1, {})


def test_refunds_of_days_gone_by_are_deleted_with_the_next_charge(story: Story):
    _fail(story, most=3, day="2026-11-17")
    lease, turn = story.begin()
    story.charge(lease, turn, outdated=["2026-11-17"])
    assert (story.known().refunds, story.known().quota) == ({}, {DAY: 1})


def test_forgetting_a_person_forgets_no_refund(story: Story):
    _fail(story, most=1)
    story.store.people.forget(ANNA, now=story.clock())
    assert not _fail(story, most=1)


def test_a_charge_is_given_back_on_the_day_it_was_made(story: Story):
    lease, turn = story.begin_charged()
    story.inbox.hand_back(lease)
    story.clock.tick(days=1)
    story.accept()
    lease = story.hold()
    turn, second = story.read(lease).open
    story.charge(lease, second, day=NEXT_DAY)
    story.inbox.record(lease, Record(turn, REPLY, refund=True), until=story.until)
    assert story.known().quota == {DAY: 0, NEXT_DAY: 1}


def test_a_turn_without_a_charge_has_no_refund(story: Story):
    _ask(story, limit=3)
    lease, turn = story.begin()
    story.inbox.record(lease, Record(turn, REPLY, refund=True), until=story.until)
    assert story.used() == 1


def test_a_count_never_falls_below_zero(story: Story):
    lease, turn = story.begin_charged()
    story.accept()
    other = story.read(lease).open[1]
    story.charge(lease, other, day=NEXT_DAY, reserve=replace(CALL, day=NEXT_DAY), outdated=[DAY])
    with suppress(LeaseLost):
        story.inbox.record(lease, Record(turn, REPLY, refund=True), until=story.until)
    assert story.used() == 0


def test_a_charge_is_given_back_once(story: Story):
    _ask(story, limit=3)
    lease, turn = story.begin_charged()
    story.inbox.record(lease, Record(turn, REPLY, refund=True), until=story.until)
    with pytest.raises(LeaseLost):
        story.inbox.record(lease, Record(turn, REPLY, refund=True), until=story.until)
    assert story.used() == 1


def test_the_notice_of_the_limit_is_given_once_an_hour(story: Story):
    assert [_refuse(story, day=DAY) for _ in range(3)] == [True, False, False]
    story.clock.tick(minutes=59)
    assert not _refuse(story, day=DAY)
    story.clock.tick(minutes=1)
    assert [_refuse(story, day=DAY) for _ in range(2)] == [True, False]


def test_on_the_next_day_the_notice_does_not_wait_for_the_hour(story: Story):
    assert [_refuse(story, day=DAY) for _ in range(2)] == [True, False]
    assert [_refuse(story, day=NEXT_DAY) for _ in range(2)] == [True, False]


def _refuse(story: Story, *, day: str) -> bool:
    lease, turn = story.begin()
    told = story.inbox.refuse(lease, turn, Reply("Enough for today."), day=day, now=story.clock(), until=story.until)
    story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    return told


def test_a_notice_is_an_answer_that_costs_nothing(story: Story):
    lease, turn = story.begin()
    story.inbox.refuse(lease, turn, REPLY, day=DAY, now=story.clock(), until=story.until)
    [answered] = story.stored()
    assert (answered.state, answered.reply, answered.charged_day) == (TurnState.ANSWERED, REPLY, None)
    assert (story.known().notified_day, story.known().notified_at) == (DAY, story.clock())


def test_a_notice_that_was_given_already_leaves_the_turn_queued(story: Story):
    _refuse(story, day=DAY)
    lease, turn = story.begin()
    assert not story.inbox.refuse(lease, turn, REPLY, day=DAY, now=story.clock(), until=story.until)
    assert story.read(lease).open == (turn,)


def test_a_turn_that_was_charged_gets_no_notice(story: Story):
    lease, turn = story.begin_charged()
    with pytest.raises(LeaseLost):
        story.inbox.refuse(lease, turn, REPLY, day=DAY, now=story.clock(), until=story.until)
    assert story.stored() == [turn]
    assert story.known().notified_day is None


def test_persons_who_share_a_conversation_are_charged_each_for_their_own(story: Story):
    bert = story.message(person=BERT, room=ROOM)
    story.accept(bert)
    story.accept()
    lease = story.hold()
    for turn in story.read(lease).open:
        story.charge(lease, turn, limit=1)
    assert (story.used(ANNA), story.used(BERT)) == (1, 1)


def test_a_person_with_several_conversations_has_one_count(story: Story):
    rooms = [ConversationId(f"room {number}") for number in range(3)]
    answers = []
    for room in rooms:
        story.accept(story.message(room=room))
        lease = story.hold(room=room)
        turn: Turn = story.read(lease).open[0]
        answers.append(story.charge(lease, turn, limit=2))
    assert answers == [Charged.CHARGED, Charged.CHARGED, Charged.OVER_LIMIT]
