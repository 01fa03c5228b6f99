"""What the bench of growth measures, on little: times are not compared, since they are a machine's."""

from typing import TYPE_CHECKING

import pytest

from scripts.bench.scale.growth import Memory, Reading, batches, history, memory, open_turns, people
from tests.contract.test_calls import PLAIN

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.emulated


@pytest.fixture
def url(emulator: "DynamoDBClient") -> str:
    return emulator.meta.endpoint_url


def test_a_turn_takes_the_same_requests_however_many_turns_are_stored(url: str):
    assert [point.requests for point in history(url, (0, 40)).points] == [len(PLAIN) + 1] * 2


def test_a_turn_takes_the_same_requests_however_many_people_are_in_the_table_and_the_owners_list_more(url: str):
    turns, lists = people(url, (2, 230))
    assert [point.requests for point in turns.points] == [len(PLAIN) + 1] * 2
    few, many = (point.requests for point in lists.points)
    assert many > few


def test_turns_that_wait_together_take_no_more_requests_each_than_one_alone(url: str):
    alone, *together = (point.requests for point in open_turns(url).points)
    assert alone == len(PLAIN)
    assert all(requests <= alone for requests in together)


def test_a_message_among_others_in_a_request_of_meta_takes_one_request(url: str):
    assert [point.requests for point in batches(url, (1, 5)).points] == [1, 1]


def test_memory_grows_by_what_it_has_more_at_the_end_than_in_the_middle():
    readings = [Reading(turns, 100 + turns / 1000, 5 * turns) for turns in range(100, 2100, 100)]
    assert Memory(2000, readings).grown_a_thousand(lambda reading: reading.rss_mb) == pytest.approx(1)
    assert Memory(2000, readings).grown_a_thousand(lambda reading: reading.blocks) == pytest.approx(5000)


def test_an_object_that_each_turn_leaves_behind_is_seen(url: str):
    kept = list[object]()
    found = memory(url, 40, also=lambda: kept.extend([object() for _ in range(100)]))
    assert [reading.turns for reading in found.readings] == list(range(2, 41, 2))
    assert 90_000 < found.grown_a_thousand(lambda reading: reading.blocks) < 130_000
