"""What the bench of docs/scale.md records, measures and simulates, on little, once for all tests here.

Times are not compared, since they are a machine's. The requests of a turn are recorded, and typed in nowhere.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.operations import aws_prices
from scripts.bench.scale.figures import RATES, SHARDS, Effort, Figures, Recorded, grown, recorded, simulated
from scripts.bench.scale.growth import LIST, Memory, Reading, memory
from scripts.bench.scale.page import render
from scripts.bench.scale.shape import writes_to
from tests.contract.in_process import in_turns, sender
from tests.contract.test_calls import PLAIN

pytestmark = pytest.mark.emulated

LITTLE = Effort(60, 0.05, 20, history=(0, 40), people=(2, 230), batches=(1, 5), of_layout=8, times=3, plain=10)


@dataclass(frozen=True)
class Measured:
    """The figures of growth, and what is recorded of turns."""

    growth: Figures
    of: Recorded
    said: Sequence[str]

    def requests(self, what: str, step: str = "a turn") -> Sequence[float]:
        """Return those of each size."""
        [series] = [each for each in self.growth["series"] if (each["what"], each["step"]) == (what, step)]
        points: Sequence[Mapping[str, Any]] = series["points"]
        return [point["requests"] for point in points]


@pytest.fixture(scope="module")
def emulation() -> Callable[..., Any]:
    return sender(lambda _, body, headers: in_turns(body, headers))


@pytest.fixture(scope="module")
def measured(emulation: Callable[..., Any]) -> Measured:
    said = list[str]()
    growth = grown(emulation, LITTLE, command="measure", say=said.append)
    return Measured(growth, recorded(emulation, LITTLE, say=said.append), said)


# The figures and the page.


def test_figures_computed_now_make_a_whole_page(measured: Measured):
    said = list(measured.said)
    found = simulated(measured.of, LITTLE, measured.growth, command="simulate", say=said.append)
    found = json.loads(json.dumps(found))
    page = render(found)
    assert [line for line in page.splitlines() if line.startswith("## ")] == [
        "## One million people",
        "## What the store does in a plain turn",
        "## The store's part, simulated",
        "## What grows",
        "## Memory of a worker",
    ]
    assert [row["shards"] for row in found["shards"]] == list(SHARDS)
    assert {row["rate"] for row in found["runs"]} == set(RATES)
    assert ("by `simulate`" in page, "by `measure`" in page) == (True, True)
    assert not {"nan", "inf", "None"} & set(page.replace("|", " ").split())
    assert said[-1] == "simulate the store"


# What grows.


def test_a_turn_takes_the_same_requests_however_many_turns_are_stored(measured: Measured):
    assert measured.requests("turns stored in the conversation") == [len(PLAIN) + 1] * 2


def test_a_turn_takes_the_same_requests_however_many_people_are_in_the_table_and_the_owners_list_more(
    measured: Measured,
):
    assert measured.requests("people in the table") == [len(PLAIN) + 1] * 2
    few, many = measured.requests("people in the table", LIST)
    assert many > few


def test_turns_that_wait_together_take_no_more_requests_each_than_one_alone(measured: Measured):
    alone, *together = measured.requests("open turns of the conversation")
    assert alone == len(PLAIN)
    assert all(requests <= alone for requests in together)


def test_a_message_among_others_in_a_request_of_meta_takes_one_request(measured: Measured):
    assert measured.requests("messages in a request of Meta", "a message") == [1, 1]


def test_memory_grows_by_what_it_has_more_at_the_end_than_in_the_middle():
    readings = [Reading(turns, 100 + turns / 1000, 5 * turns) for turns in range(100, 2100, 100)]
    assert Memory(2000, readings).grown_a_thousand(lambda reading: reading.rss_mb) == pytest.approx(1)
    assert Memory(2000, readings).grown_a_thousand(lambda reading: reading.blocks) == pytest.approx(5000)


def test_an_object_that_each_turn_leaves_behind_is_seen(measured: Measured, emulation: Callable[..., Any]):
    """Beside what the emulator keeps, which is in this process here."""
    kept = list[object]()
    found = memory(emulation, 20, also=lambda: kept.extend([object() for _ in range(2000)]))
    assert [reading.turns for reading in found.readings] == list(range(1, 21))
    grown = found.grown_a_thousand(lambda reading: reading.blocks)
    assert 1_900_000 < grown - measured.growth["memory"]["grown_blocks"] < 2_100_000


# The requests of a turn.


def test_a_plain_turn_is_the_request_of_the_door_and_those_of_the_worker(measured: Measured):
    messenger, web = measured.of.messenger, measured.of.web
    assert [step.request.operation for step in messenger] == ["TransactWriteItems", *PLAIN]
    assert [step.name for step in messenger] == ["accept", "take", "load", "person", "charge", "record", "finish"]
    assert len(web) == len(messenger) + 1


def test_its_units_are_those_from_which_costs_are_computed(measured: Measured):
    """But for the echo of the answer, and for what a conversation with a long past has more."""
    units = sum(step.request.write_units for step in measured.of.messenger)
    assert units <= aws_prices.COUNTED["writes"] <= units + 4


def test_what_all_people_share_is_known_by_name(measured: Measured):
    """A new item that everybody writes is a limit of its own: give it a place in `Layout`, and a row in the page."""
    assert set(writes_to(measured.of.messenger)) == {"SPEND", "index due", "index people"}
    assert set(writes_to(measured.of.web)) == {"SPEND", "index due", "index people", "KEY", "PLACES"}


def test_the_layout_of_the_code_is_found_by_what_turns_write(measured: Measured):
    found = measured.of.code
    assert min(found.spend, found.due, found.people) >= 1
