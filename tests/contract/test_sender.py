"""The promises of `conversation.ports.Sender`, for the sender of every channel and for the fake."""

from collections.abc import Iterator
from contextlib import suppress
from typing import cast

import pytest

from chalicelib.access import identity
from chalicelib.conversation.turn import Choice, Reply, Turn
from chalicelib.errors import ChannelBroken, DeliveryError, ModelBusy
from chalicelib.ids import Channel
from tests.contract.senders import FIRST, SECOND, STAGES, WITH_RECEIPTS, MessengerStage, Received, Stage, turn_of
from tests.threads import no_thread_left

ENOUGH_S = 20.0


def test_every_channel_has_a_stage_here():
    channels = {identity.channel_of(stage().person) for stage in STAGES}
    assert channels == set(Channel), "add a class to STAGES in tests/contract/senders.py"


def no_receipts() -> frozenset[int]:
    return frozenset()


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    with no_thread_left():
        yield request.param()


@pytest.fixture(params=WITH_RECEIPTS)
def stage_with_receipts(request: pytest.FixtureRequest) -> Iterator[Stage]:
    with no_thread_left():
        yield request.param()


def deliver(stage: Stage, reply: Reply, turn: Turn | None = None, *, seconds: float = ENOUGH_S) -> None:
    stage.sender.deliver(turn or turn_of(stage), reply, receipts=no_receipts, seconds=seconds)


def deliver_with_retries(stage: Stage, reply: Reply) -> None:
    for _ in range(5):
        try:
            return deliver(stage, reply)
        except DeliveryError:
            continue
    raise AssertionError("the answer could not be delivered")


# Answers.


def test_an_answer_arrives_once_with_its_footer_and_choices(stage: Stage):
    with stage.sender.responding(turn_of(stage)) as on_delta:
        assert on_delta("Hello")
        assert on_delta(", you")
    deliver(stage, Reply("Hello, you", "(2 left)", (Choice("Yes", "/yes"), Choice("No", "/no"))))
    received = stage.received()
    assert "".join(received.text.split("\n\n")) == "Hello, you(2 left)"
    assert received.choices == ("Yes", "No")


def test_an_answer_arrives_without_a_delta_before_it(stage: Stage):
    deliver(stage, Reply("Hello"))
    assert stage.received() == Received("Hello")


def test_a_long_answer_arrives_whole(stage: Stage):
    text = "".join(f"{number}\x01😀" for number in range(20_000))
    deliver(stage, Reply(text))
    assert stage.received() == Received(text)


def test_the_delivered_text_is_the_reply_and_not_the_deltas(stage: Stage):
    with stage.sender.responding(turn_of(stage)) as on_delta:
        on_delta("  Hello, you and")
    deliver(stage, Reply("Hello"))
    assert stage.received() == Received("Hello")


def test_answers_arrive_in_the_order_of_their_turns(stage: Stage):
    for turn, text in ((FIRST, "The first."), (SECOND, "The second.")):
        with stage.sender.responding(turn_of(stage, turn)) as on_delta:
            on_delta(text)
        deliver(stage, Reply(text), turn_of(stage, turn))
    assert stage.received() == Received("The first.The second.")


# Receipts.


def test_receipts_are_not_queried_for_an_answer_that_clearly_arrived(stage: Stage):
    def receipts() -> frozenset[int]:
        raise AssertionError("nothing is unclear")

    stage.sender.deliver(turn_of(stage), Reply("Hello"), receipts=receipts, seconds=ENOUGH_S)
    assert stage.received() == Received("Hello")


def test_a_part_with_a_receipt_is_not_sent_again(stage_with_receipts: Stage):
    stage = stage_with_receipts
    deliver(stage, Reply("Hello"), turn_of(stage, receipts=frozenset({0})))
    assert stage.received() == Received()


# Errors.


@pytest.mark.parametrize("times", [1, 2])
def test_after_errors_that_a_retry_fixes_the_answer_arrives_once(stage: Stage, times: int):
    stage.fail(times)
    deliver_with_retries(stage, Reply("Hello"))
    assert stage.received() == Received("Hello")


def test_an_error_while_responding_does_not_cost_the_answer(stage: Stage):
    stage.fail(1)
    with stage.sender.responding(turn_of(stage)) as on_delta:
        assert on_delta("Hello")
    deliver_with_retries(stage, Reply("Hello"))
    assert stage.received() == Received("Hello")


def test_a_broken_channel_is_raised_by_deliver_only_so_that_the_answer_is_recorded_before(stage: Stage):
    stage.break_channel()
    with stage.sender.responding(turn_of(stage)) as on_delta:
        assert on_delta("Hello")
    with pytest.raises(ChannelBroken):
        deliver(stage, Reply("Hello"))
    assert stage.received() == Received()


def fail_with(error: BaseException, stage: Stage) -> None:
    """Raise the error after the first delta."""
    with stage.sender.responding(turn_of(stage)) as on_delta:
        on_delta("Half an ans")
        raise error


@pytest.mark.parametrize("error", [RuntimeError("a bug"), KeyboardInterrupt()])
def test_an_error_in_the_context_is_raised_unchanged_and_nothing_is_sent_after_it(stage: Stage, error: BaseException):
    with pytest.raises(type(error)) as caught:
        fail_with(error, stage)
    assert caught.value is error
    assert stage.received() == Received()


def test_after_an_error_of_the_model_the_apology_arrives_in_place_of_the_deltas(stage: Stage):
    with pytest.raises(ModelBusy):
        fail_with(ModelBusy("the stream broke"), stage)
    deliver(stage, Reply("Sorry!", code="apology"))
    assert stage.received() == Received("Sorry!")


def test_a_delivery_ends_within_its_seconds(stage: Stage):
    stage.hang()
    started = stage.monotonic()
    with suppress(DeliveryError):
        deliver(stage, Reply("Hello"), seconds=0.2)
    # Only on Messenger are the seconds those of a test's clock; the web chat's fake hangs for longer than 15.
    assert stage.monotonic() - started < (1.5 if isinstance(cast("object", stage), MessengerStage) else 15)
    assert stage.received() == Received()
    stage.release()


# Turns without a reply.


def test_a_turn_without_a_reply_ends_without_an_answer(stage: Stage):
    with stage.sender.responding(turn_of(stage)):
        pass
    stage.sender.end_silently(turn_of(stage))
    assert stage.received() == Received()


def test_a_turn_that_was_never_responded_to_can_end_silently_before_the_next_is_answered(stage: Stage):
    stage.sender.end_silently(turn_of(stage))
    deliver(stage, Reply("Hello"), turn_of(stage, SECOND))
    assert stage.received() == Received("Hello")


def test_ending_silently_raises_nothing_although_the_channel_is_broken(stage: Stage):
    stage.break_channel()
    stage.sender.end_silently(turn_of(stage))
    assert stage.received() == Received()
