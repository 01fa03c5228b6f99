"""What is counted of calls and questions, on the day and on the person."""

from dataclasses import replace

import pytest

from chalicelib.access import identity
from chalicelib.access.api_key import ApiKey
from chalicelib.access.budget import Reservation, Settlement, Usage
from chalicelib.access.ledger import MonthUse, Tally
from chalicelib.conversation.charged import Charged
from chalicelib.conversation.inbox_steps import Charge, Finish, Record
from chalicelib.conversation.journal import OpenRound
from chalicelib.conversation.tool import ToolCall
from chalicelib.conversation.turn import Lease, Turn, TurnState
from chalicelib.ids import Channel, ConversationId, KeyId
from tests.contract.story import ANNA, DAY, REPLY, Story
from tests.fakes.adapters import NOON

MONTH = "2026-11"
CALL = Reservation(DAY, amount=100, cap=10_000, model="gpt-6.1-luna", persona="santa", hour=9)
USAGE = Usage(input=30, output=5)


def _begin(story: Story, reserve: Reservation = CALL) -> tuple[Lease, Turn]:
    lease, turn = story.begin()
    assert story.charge(lease, turn, reserve=reserve, limit=None) is Charged.CHARGED
    return lease, replace(turn, charged_day=DAY)


def _end(story: Story, lease: Lease, step: Record) -> None:
    assert story.inbox.record(lease, step, until=story.until)
    story.inbox.finish(lease, Finish(step.turn, TurnState.DONE, release=True))


def test_a_question_is_counted_with_its_hour_model_and_persona(story: Story):
    _begin(story)
    spent = story.spent()
    assert (spent.questions, spent.hours) == (1, {9: 1})
    assert (spent.models, spent.personas) == ({"gpt-6.1-luna": 100}, {"santa": 100})
    assert (spent.of_no_person, spent.refunded, spent.failures, spent.unanswered) == (0, 0, 0, 0)
    assert story.known().months == {MONTH: MonthUse(questions=1, cost=100)}


def test_an_answer_costs_what_it_used_by_each_part(story: Story):
    lease, turn = _begin(story)
    _end(story, lease, Record(turn, REPLY, settlement=Settlement(CALL, 7, USAGE), tally=Tally(DAY, answer_ms=3000)))
    spent = story.spent()
    assert (spent.models, spent.personas) == ({"gpt-6.1-luna": 7}, {"santa": 7})
    assert (spent.answer_ms, spent.answers, spent.questions) == ({4000: 1}, 1, 1)
    assert story.known().months == {MONTH: MonthUse(questions=1, cost=7)}


def test_a_fallbacks_answer_is_counted_for_the_model_that_gave_it(story: Story):
    lease, turn = _begin(story)
    by_other = Settlement(CALL, 9, replace(USAGE, model="bedrock/amazon.nova-lite-v1:0"))
    _end(story, lease, Record(turn, REPLY, settlement=by_other))
    assert story.spent().models == {"gpt-6.1-luna": 0, "bedrock/amazon.nova-lite-v1:0": 9}


def test_questions_of_several_hours_models_and_personas_add_up(story: Story):
    for hour, model, persona in ((0, "a", "x"), (9, "a", "y"), (9, "b.c", "x"), (23, "b%c", "x.y")):
        lease, turn = _begin(story, replace(CALL, hour=hour, model=model, persona=persona))
        story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    spent = story.spent()
    assert spent.hours == {0: 1, 9: 2, 23: 1}
    assert spent.models == {"a": 200, "b.c": 100, "b%c": 100}
    assert spent.personas == {"x": 200, "y": 100, "x.y": 100}
    assert (spent.questions, spent.committed) == (4, 400)


def test_a_second_call_is_no_second_question(story: Story):
    lease, turn = _begin(story)
    story.inbox.call_again(lease, turn, reserve=replace(CALL, hour=10), until=story.until)
    assert (story.spent().questions, story.spent().hours, story.spent().models) == (1, {9: 1}, {CALL.model: 200})
    assert story.known().months == {MONTH: MonthUse(questions=1, cost=200)}


def test_a_round_of_tools_is_settled_by_each_part(story: Story):
    lease, turn = _begin(story)
    asked = OpenRound((ToolCall("1", "now", "{}"),))
    story.store.journal.begin(lease, turn, asked, Settlement(CALL, 30, USAGE), until=story.until)
    assert (story.spent().models, story.spent().personas) == ({CALL.model: 30}, {"santa": 30})
    assert story.known().months == {MONTH: MonthUse(questions=1, cost=30)}


@pytest.mark.parametrize("most", [None, 3])
def test_a_refund_is_counted_beside_the_question(story: Story, most: int | None):
    lease, turn = _begin(story)
    failed = Record(turn, REPLY, settlement=Settlement(CALL, 0), refund=True, most_refunds=most)
    _end(story, lease, replace(failed, tally=Tally(DAY, failed=True)))
    spent = story.spent()
    assert (spent.questions, spent.refunded, spent.failures, spent.answer_ms) == (1, 1, 1, {})
    assert story.known().months == {MONTH: MonthUse(questions=1, cost=0, refunded=1)}


def test_a_refund_without_a_settlement_is_counted_on_the_day_of_its_end(story: Story):
    lease, turn = _begin(story)
    _end(story, lease, Record(turn, REPLY, refund=True, tally=Tally("2026-12-01", failed=True)))
    assert (story.spent().refunded, story.spent().committed) == (0, 100)
    assert (story.spent("2026-12-01").refunded, story.spent("2026-12-01").failures) == (1, 1)
    assert story.known().months == {MONTH: MonthUse(1, 100), "2026-12": MonthUse(refunded=1)}


def test_a_refund_that_is_not_given_is_not_counted(story: Story):
    lease, turn = _begin(story)
    refused = Record(turn, REPLY, settlement=Settlement(CALL, 7), refund=True, most_refunds=0)
    assert not story.inbox.record(lease, refused, until=story.until)
    _end(story, lease, replace(refused, refund=False, tally=Tally(DAY, failed=True)))
    assert (story.spent().refunded, story.spent().failures) == (0, 1)
    assert story.known().months == {MONTH: MonthUse(1, 7)}


@pytest.mark.parametrize("release", [True, False])
def test_an_answer_that_is_not_delivered_is_counted_as_unanswered(story: Story, *, release: bool):
    lease, turn = _begin(story)
    story.inbox.record(lease, Record(turn, REPLY, settlement=Settlement(CALL, 7, USAGE)), until=story.until)
    lost = Finish(turn, TurnState.DROPPED, release=release, refund=True, tally=Tally(DAY, unanswered=True))
    story.inbox.finish(lease, lost)
    assert (story.spent().unanswered, story.spent().refunded, story.spent().committed) == (1, 1, 7)
    assert story.known().months == {MONTH: MonthUse(1, 7, refunded=1)}


def test_what_arrives_while_a_turn_is_closed_does_not_count_its_end_twice(story: Story):
    lease, turn = _begin(story)
    story.accept()
    lost = Finish(turn, TurnState.DROPPED, release=True, refund=True, tally=Tally(DAY, unanswered=True))
    assert story.inbox.finish(lease, lost)
    assert (story.spent().unanswered, story.spent().refunded) == (1, 1)


def test_a_month_has_the_days_on_which_the_model_was_asked(story: Story):
    lease, turn = story.begin()
    story.charge(lease, turn, day="2026-11-30", reserve=replace(CALL, day="2026-12-01"))
    assert story.known().months == {"2026-12": MonthUse(1, 100)}
    assert (story.spent("2026-11-30").questions, story.spent("2026-12-01").questions) == (0, 1)


def test_a_charge_deletes_the_months_that_are_outdated(story: Story):
    for month in ("2025-10", "2025-11"):
        lease, turn = _begin(story, replace(CALL, day=f"{month}-01"))
        story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    lease, turn = story.begin()
    step = Charge(turn, day=DAY, limit=None, reserve=CALL, outdated_months=["2025-10"])
    story.inbox.charge(lease, step, now=story.clock(), until=story.until)
    assert story.known().months == {"2025-11": MonthUse(1, 100), MONTH: MonthUse(1, 100)}


def test_what_is_counted_for_no_person_is_a_part_of_its_own(story: Story):
    story.store.spending.reserve(replace(CALL, persona=""))
    assert story.spent().of_no_person == 100
    assert (story.spent().models, story.spent().personas) == ({CALL.model: 100}, {"": 100})
    assert story.spent().questions == 0
    _begin(story)
    assert (story.spent().of_no_person, story.spent().committed) == (100, 200)


def test_a_summary_is_counted_for_no_person(story: Story):
    lease, turn = story.begin()
    story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    assert story.store.summaries.begin(lease, replace(CALL, persona=""), Channel.MESSENGER, newest=turn.at)
    story.store.summaries.settle(Settlement(replace(CALL, persona=""), 7, USAGE), Channel.MESSENGER)
    assert (story.spent().of_no_person, story.spent().models) == (7, {CALL.model: 7})
    assert story.known().months == {}


def test_an_opening_is_counted_for_no_person_and_as_no_question(story: Story):
    story.store.keys.create(ApiKey(KeyId("shopshopsh"), "Shop", "0" * 64, "web", created_at=NOON))
    visitor = identity.visitor(KeyId("shopshopsh"), "cleo")
    room = ConversationId(visitor)
    story.accept(replace(story.message(person=visitor, text=""), channel=Channel.WEB, opens=True))
    lease = story.hold(room=room)
    [turn] = story.read(lease).open
    assert story.charge(lease, turn, reserve=CALL) is Charged.CHARGED
    story.inbox.record(lease, Record(turn, REPLY, settlement=Settlement(CALL, 7, USAGE)), until=story.until)
    spent = story.spent()
    assert (spent.questions, spent.of_no_person, spent.committed) == (0, 7, 7)
    assert (spent.personas, spent.channels[Channel.WEB]) == ({"santa": 7}, 7)
    assert story.known(visitor).months == {}


def test_nobody_is_charged_by_a_free_call_that_is_counted(story: Story):
    free = replace(CALL, amount=0)
    lease, turn = _begin(story, free)
    _end(story, lease, Record(turn, REPLY, settlement=Settlement(free, 0)))
    assert (story.spent().questions, sum(story.spent().models.values())) == (1, 0)
    assert story.known().months == {MONTH: MonthUse(questions=1)}


def test_forgetting_a_person_leaves_the_last_month(story: Story):
    """As with the days: so that forgetting is no way around a limit."""
    for day in ("2026-09-30", "2026-10-31", DAY):
        lease, turn = _begin(story, replace(CALL, day=day))
        story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    story.store.people.forget(ANNA, now=story.clock())
    assert story.known().months == {MONTH: MonthUse(1, 100)}


def test_on_the_first_of_a_month_the_one_before_is_the_last_in_some_time_zone(story: Story):
    _begin(story)
    story.clock.tick(days=11)
    story.store.people.forget(ANNA, now=story.clock())
    assert story.known().months == {MONTH: MonthUse(1, 100)}
    story.clock.tick(days=1)
    story.store.people.forget(ANNA, now=story.clock())
    assert story.known().months == {}
