from dataclasses import replace

import pytest

from scripts.bench.scale.shape import Layout, Step
from scripts.bench.scale.store import Latency, Ran, Traffic, run
from scripts.bench.table_requests import TRANSACTION, TableRequest, Written

EXACT = Latency((0.010, 0.010), (0.004, 0.004), (0.002, 0.002))


def transaction(*roles: str, units: int = 2, index: str = "") -> TableRequest:
    """A transaction that writes an item of each role."""
    of_index = {(index, "0"): units} if index else {}
    return TableRequest(TRANSACTION, [Written(f"{role}#x", "x", units, of_index) for role in roles])


def single(role: str) -> TableRequest:
    return TableRequest("UpdateItem", [Written(f"{role}#x", "x", 1, {})])


def step(request: TableRequest, name: str = "charge", patience_s: float = 10.0) -> Step:
    return Step(name, request, patience_s)


def ran(*steps: Step, rate: float, seconds: float = 5, layout: Layout | None = None) -> Ran:
    return run(Traffic(steps, rate, seconds), layout or Layout(), latency=EXACT)


def test_turns_that_share_nothing_are_never_refused_and_take_as_long_as_their_requests():
    found = ran(step(transaction("CONV", "PERSON")), step(single("CONV")), rate=100)
    assert (found.gave_up, found.refused, found.limits()) == (0, {}, {})
    assert [found.percentile(0), found.percentile(1)] == pytest.approx([14, 14])


def test_of_two_transactions_on_one_item_one_is_repeated():
    found = ran(step(transaction("SPEND")), rate=20, seconds=60)
    met = found.refused["conflicts on SPEND"]
    assert 0 < met < found.turns
    assert sum(ms > 10.001 for ms in found.store_ms) == met
    assert found.gave_up == 0


def test_a_single_write_meets_a_transaction_and_no_single_write():
    alone = ran(step(single("SPEND")), rate=200)
    beside = ran(step(transaction("SPEND")), step(single("SPEND")), rate=20, seconds=60)
    assert alone.refused == {}
    assert beside.refused["conflicts on SPEND"] > 0


@pytest.mark.slow
def test_more_transactions_than_one_after_the_other_can_be_make_turns_give_up_and_shards_end_that():
    spend = step(transaction("SPEND"))
    one, many = (ran(spend, rate=300, seconds=20, layout=Layout(spend=shards)) for shards in (1, 300))
    assert one.gave_up_share > 0.5
    assert one.limits()["conflicts on SPEND"] > 0.5
    assert many.gave_up == 0
    assert many.percentile(0.99) < 50


def test_more_units_than_a_partition_gives_a_second_are_refused_however_many_items_it_has():
    key = step(transaction("KEYS"))
    at = Traffic([key], 600, 10, keys=1000)
    together, apart = (run(at, Layout(keys_apart=keys_apart), latency=EXACT) for keys_apart in (False, True))
    assert next(iter(together.limits())) == "partition KEYS"
    assert "partition KEYS" not in apart.refused


def test_an_index_without_units_refuses_the_writes_of_its_table():
    """AWS calls it back-pressure."""
    waits = step(transaction("CONV", index="due"), "accept", 3.0)
    one, many = (ran(waits, rate=600, seconds=12, layout=Layout(due=due)) for due in (1, 10))
    assert next(iter(one.limits())) == "index due"
    assert one.gave_up_share > 0
    assert (many.gave_up, many.refused) == (0, {})


@pytest.mark.slow
def test_a_new_table_refuses_beyond_4000_units_a_second():
    at = Traffic([step(transaction("KEYS", units=10))], 800, 6, keys=10_000)
    new, grown = (run(at, Layout(keys_apart=True), latency=EXACT, peak=peak) for peak in (0, 8000))
    assert new.limits()["the table"] > 0.1
    assert "the table" not in grown.refused


def test_a_client_gives_up_when_its_pauses_exceed_its_patience():
    impatient = replace(step(transaction("SPEND")), patience_s=0.0)
    found = ran(impatient, rate=50)
    assert found.gave_up == found.refused["conflicts on SPEND"] > 0


def test_one_seed_gives_one_result():
    at = Traffic([step(transaction("SPEND"))], 50, 5)
    assert run(at, Layout(), seed=3) == run(at, Layout(), seed=3) != run(at, Layout(), seed=4)
