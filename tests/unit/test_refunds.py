"""Whether a question counts, by how it ended."""

import pytest

from chalicelib.access.person import Person
from chalicelib.access.quota import REFUNDS_A_DAY
from chalicelib.access.refunds import End, end_of_call, end_of_delivery, is_refunded, most_refunds
from chalicelib.errors import (
    ChannelBroken,
    DeliveryError,
    DeliveryRefused,
    ModelBusy,
    ModelError,
    ModelFault,
    ModelRefused,
    ModelUnusable,
    PersonUnreachable,
)
from chalicelib.ids import PersonId

DAY = "2026-11-20"
FEW, ALWAYS, NEVER = REFUNDS_A_DAY, None, 0


def failed(error: ModelError, *, billed: bool = True, began: bool = True) -> ModelError:
    error.may_be_billed, error.began = billed, began
    return error


@pytest.mark.parametrize(
    ("error", "most"),
    [
        (None, NEVER),
        (failed(ModelError("the answer is empty")), FEW),
        (failed(ModelBusy("the stream broke off")), FEW),
        (failed(ModelBusy("too many requests"), billed=False, began=False), ALWAYS),
        (failed(ModelBusy("no response"), began=False), ALWAYS),
        (ModelUnusable("no key", cause=ModelFault.KEY), ALWAYS),
        (failed(ModelRefused("filtered")), FEW),
        (failed(ModelRefused("filtered at once"), billed=False, began=False), FEW),
    ],
    ids=str,
)
def test_only_what_no_person_can_bring_about_is_refunded_without_end(error: ModelError | None, most: int | None):
    assert most_refunds(end_of_call(error)) == most


@pytest.mark.parametrize(
    ("error", "was_answered", "most"),
    [
        (PersonUnreachable("blocked the bot"), False, FEW),
        (PersonUnreachable("blocked the bot"), True, FEW),
        (DeliveryRefused("code 1"), False, FEW),
        (ChannelBroken("the token has expired"), False, ALWAYS),
        (DeliveryError("code 613"), True, ALWAYS),
        (None, True, ALWAYS),
        (None, False, FEW),
    ],
    ids=str,
)
def test_an_answer_that_is_not_delivered_is_refunded_by_whose_fault_it_may_be(
    error: DeliveryError | None, *, was_answered: bool, most: int | None
):
    assert most_refunds(end_of_delivery(error, was_answered=was_answered)) == most


def test_a_second_call_without_money_is_always_refunded():
    assert most_refunds(End.NO_MONEY) is ALWAYS


@pytest.mark.parametrize("had", range(REFUNDS_A_DAY + 2))
@pytest.mark.parametrize("end", End)
def test_refunds_of_other_days_do_not_matter(end: End, had: int):
    person = Person(PersonId("messenger:1:anna"), refunds={DAY: had, "2026-11-19": 9})
    most = most_refunds(end)
    assert is_refunded(end, person, day=DAY) == (most is None or had < most)
