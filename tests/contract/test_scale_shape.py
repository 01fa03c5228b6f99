"""What is simulated at scale is what the code does: the requests of a turn are recorded, and typed in nowhere."""

from typing import TYPE_CHECKING

import pytest

from chalicelib.operations import aws_prices
from scripts.bench.scale.shape import Shape, layout_of_the_code, plain_turns, writes_to
from tests.contract.test_calls import PLAIN

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.emulated


@pytest.fixture(scope="module")
def turns(emulator: "DynamoDBClient") -> tuple[Shape, Shape]:
    return plain_turns(emulator.meta.endpoint_url)


def test_a_plain_turn_is_the_request_of_the_door_and_those_of_the_worker(turns: tuple[Shape, Shape]):
    messenger, web = turns
    assert [step.request.operation for step in messenger] == ["TransactWriteItems", *PLAIN]
    assert [step.name for step in messenger] == ["accept", "take", "load", "person", "charge", "record", "finish"]
    assert len(web) == len(messenger) + 1


def test_its_units_are_those_from_which_costs_are_computed(turns: tuple[Shape, Shape]):
    """But for the echo of the answer, and for what a conversation with a long past has more."""
    units = sum(step.request.write_units for step in turns[0])
    assert units <= aws_prices.COUNTED["writes"] <= units + 4


def test_what_all_people_share_is_known_by_name(turns: tuple[Shape, Shape]):
    """A new item that everybody writes is a limit of its own: give it a place in `Layout`, and a row in the page."""
    assert set(writes_to(turns[0])) == {"SPEND", "index due", "index people"}
    assert set(writes_to(turns[1])) == {"SPEND", "index due", "index people", "KEY", "PLACES"}


def test_the_layout_of_the_code_is_found_by_what_turns_write(emulator: "DynamoDBClient"):
    found = layout_of_the_code(emulator.meta.endpoint_url, people=8)
    assert min(found.spend, found.due, found.people) >= 1
