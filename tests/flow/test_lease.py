from dataclasses import dataclass

import pytest

from chalicelib.conversation.inbox_steps import Record
from chalicelib.conversation.prompt import Prompt
from chalicelib.conversation.turn import Lease
from chalicelib.conversation.turn_context import LEASE_SPARE_MS, turn_ms
from chalicelib.conversation.worker import Outcome
from chalicelib.errors import LeaseLost, StoreError
from tests.fakes.inbox import FakeInbox
from tests.flow.bot import INVOCATION_MS, Bot, InterruptedModel, conversation_of

ANNA = conversation_of("anna")
TURN_MS = turn_ms(80)


@dataclass(frozen=True)
class ForgetfulInbox(FakeInbox):
    """Cannot record an answer, and cannot take a lease back either."""

    def record(self, lease: Lease, step: Record, *, until: int) -> bool:
        raise StoreError("DynamoDB is out of reach")

    def hand_back(self, lease: Lease, *, due_at: int | None = None) -> None:
        raise StoreError("DynamoDB is out of reach")


def steal(bot: Bot) -> None:
    """The lease runs out, and another worker takes the conversation."""
    bot.clock.tick(seconds=(TURN_MS + LEASE_SPARE_MS) / 1000 + 1)
    assert bot.inbox.take(ANNA, owner="another", now=bot.clock(), until=bot.clock() + TURN_MS)


def test_two_workers_of_one_conversation_do_not_meet(bot: Bot):
    outcomes: list[Outcome] = []
    bot.model = InterruptedModel(meanwhile=lambda _: outcomes.append(bot.run(ANNA)))
    bot.receives("anna", "who is it that answers?")
    assert outcomes == [Outcome.BUSY]
    assert len(bot.asked) == len(bot.sent_to("anna")) == 1


def test_a_worker_that_is_woken_for_nothing_goes_away(bot: Bot):
    bot.receives("anna", "good morning to you")
    assert bot.run(ANNA) is Outcome.BUSY
    assert bot.run(conversation_of("nobody")) is Outcome.BUSY


def test_a_worker_short_of_time_finishes_what_it_began_and_the_heartbeat_goes_on(bot: Bot):
    bot.remaining_ms = lambda: TURN_MS - 1
    for number in range(3):
        bot.accepts("anna", f"question number {number}")
    bot.wake.woken.clear()
    assert bot.run(ANNA) is Outcome.HANDED_OVER
    assert bot.asked == ["question number 0"]
    for expected in ([Outcome.HANDED_OVER], [Outcome.DRAINED]):
        assert bot.beats().swept == 1
        assert bot.works() == expected
    assert bot.asked == ["question number 0", "question number 1", "question number 2"]
    assert bot.beats().swept == 0


def test_a_worker_with_time_enough_answers_all(bot: Bot):
    bot.remaining_ms = lambda: TURN_MS
    for number in range(3):
        bot.accepts("anna", f"question number {number}")
    assert bot.run(ANNA) is Outcome.DRAINED


@pytest.mark.parametrize(("remaining_ms", "seconds"), [(INVOCATION_MS, 80.0), (60_000, 42.0)])
def test_the_model_gets_no_more_time_than_leaves_enough_to_say_sorry(bot: Bot, remaining_ms: int, seconds: float):
    bot.remaining_ms = lambda: remaining_ms
    bot.receives("anna", "take your time")
    assert bot.model.seconds == [pytest.approx(seconds)]


@pytest.mark.parametrize(("remaining_ms", "work_ms"), [(INVOCATION_MS, 110_000), (60_000, 60_000)])
def test_a_lease_lasts_as_long_as_a_turn_may_take_and_not_much_longer(bot: Bot, remaining_ms: int, work_ms: int):
    leases: list[int] = []

    def look(_: Prompt) -> None:
        leases.append(bot.memory.conversations[ANNA].lease_until)

    bot.model = InterruptedModel(meanwhile=look)
    bot.remaining_ms = lambda: remaining_ms
    bot.receives("anna", "how long is your lease?")
    assert leases == [bot.clock() + work_ms + 5_000]


@pytest.mark.parametrize(
    ("remaining_ms", "seconds", "work_ms"),
    [(INVOCATION_MS, 200, 230_000), (100_000, 70, 100_000), (900_000, 200, 230_000)],
)
def test_an_owner_who_allows_longer_answers_gets_them_with_a_lease_that_lasts(
    bot: Bot, remaining_ms: int, seconds: float, work_ms: int
):
    leases: list[int] = []
    bot.model = InterruptedModel(meanwhile=lambda _: leases.append(bot.memory.conversations[ANNA].lease_until))
    bot.remaining_ms = lambda: remaining_ms
    bot.lets_answers_take("200")
    bot.receives("anna", "tell me a long story")
    assert bot.model.seconds == [pytest.approx(seconds)]
    assert leases == [bot.clock() + work_ms + LEASE_SPARE_MS]


def test_no_turn_is_begun_that_could_outlast_the_invocation(bot: Bot):
    bot.lets_answers_take("200")
    bot.remaining_ms = lambda: 229_999
    for number in range(2):
        bot.accepts("anna", f"question number {number}")
    assert bot.run(ANNA) is Outcome.HANDED_OVER
    assert bot.asked == ["question number 0"]


def test_nobody_else_answers_while_a_long_answer_is_written(bot: Bot):
    outcomes: list[Outcome] = []

    def meanwhile(_: Prompt) -> None:
        bot.clock.tick(seconds=229)
        outcomes.append(bot.run(ANNA))

    bot.lets_answers_take("200")
    bot.model = InterruptedModel(meanwhile=meanwhile)
    bot.receives("anna", "tell me a long story")
    assert (outcomes, bot.states("anna")) == ([Outcome.BUSY], ["done"])


def test_every_answer_prolongs_the_lease_for_the_next_one(bot: Bot):
    bot.model = InterruptedModel(meanwhile=lambda _: bot.clock.tick(seconds=80))
    for number in range(5):
        bot.accepts("anna", f"question number {number}")
    assert bot.run(ANNA) is Outcome.DRAINED


def test_a_worker_that_lost_its_lease_stops_without_a_write_and_without_a_word(bot: Bot):
    bot.model = InterruptedModel(meanwhile=lambda _: steal(bot))
    bot.accepts("anna", "am I too slow?")
    assert bot.run(ANNA) is Outcome.LOST
    assert (bot.states("anna"), bot.sent_to("anna"), bot.used("anna")) == (["running"], [], 1)
    assert bot.memory.conversations[ANNA].lease_owner == "another"


def test_the_worker_that_takes_over_a_lost_lease_delivers_the_answer_and_charges_nothing(bot: Bot):
    bot.model = InterruptedModel(meanwhile=lambda _: steal(bot) if len(bot.asked) == 1 else None)
    bot.accepts("anna", "am I too slow?")
    bot.run(ANNA)
    bot.clock.tick(seconds=TURN_MS / 1000 + 1)
    bot.beats()
    bot.works()
    assert (bot.states("anna"), len(bot.sent_to("anna")), bot.used("anna")) == (["done"], 1, 1)


def test_a_question_whose_workers_keep_dying_gets_an_apology_after_the_second_and_no_charge(bot: Bot):
    def fall(_: Prompt) -> None:
        raise RuntimeError

    bot.model = InterruptedModel(meanwhile=fall)
    bot.accepts("anna", "a poisonous question")
    bot.wake.woken.clear()
    for _ in range(2):
        with pytest.raises(RuntimeError):
            bot.run(ANNA)
    assert bot.run(ANNA) is Outcome.DRAINED
    assert (len(bot.asked), len(bot.sent_to("anna")), bot.used("anna")) == (2, 1, 0)
    assert bot.sent_to("anna")[0].startswith("I am sorry")


def test_after_an_error_the_conversation_is_free_at_once(bot: Bot):
    def fall(_: Prompt) -> None:
        raise RuntimeError

    bot.model = InterruptedModel(meanwhile=fall)
    bot.accepts("anna", "a poisonous question")
    with pytest.raises(RuntimeError):
        bot.works()
    assert bot.memory.conversations[ANNA].lease_owner is None


def test_an_error_is_not_hidden_by_another_one_while_tidying_up(bot: Bot):
    kept = bot.inbox
    bot.inbox = ForgetfulInbox(bot.memory)
    bot.accepts("anna", "does the store work?")
    with pytest.raises(StoreError):
        bot.works()
    assert len(bot.log_lines("hand_back")) == 1
    bot.inbox = kept
    bot.clock.tick(seconds=(TURN_MS + LEASE_SPARE_MS) / 1000 + 1)
    bot.beats()
    assert bot.works() == [Outcome.DRAINED]


def test_a_lease_that_is_gone_cannot_be_used(bot: Bot):
    bot.accepts("anna", "whose lease is it?")
    lease = bot.inbox.take(ANNA, owner="one", now=bot.clock(), until=bot.clock() + 1)
    assert lease
    steal(bot)
    with pytest.raises(LeaseLost):
        bot.inbox.hand_back(lease)
