"""Computes and measures the figures of docs/scale.md, as values for JSON."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from scripts.bench import machine
from scripts.bench.scale import growth, shape
from scripts.bench.scale.people import HABITS, PEOPLE, Habit, Limit, limits, month, peak_share
from scripts.bench.scale.rules import PARTITION_WRITES, seconds_until
from scripts.bench.scale.shape import (
    PLACES,
    SINGLE,
    SPREAD,
    Layout,
    Shape,
    layout_of_the_code,
    plain_turns,
    writes_to,
)
from scripts.bench.scale.stage import Emulation
from scripts.bench.scale.store import SLOW, USUAL, Latency, Traffic, run

RATES: Final = (10, 100, 300, 1000)
"""Turns a second."""
SHARDS: Final = (1, 16, 40, 100, 400, 1600, 6400)
KEYS: Final = (1, 10, 100, 1000)
WEB_RATE: Final = 100
_TRANSACTION_S: Final = sum(USUAL.transaction) / 2

Figures = Mapping[str, Any]
Say = Callable[[str], None]
Row = dict[str, Any]


@dataclass(frozen=True)
class Effort:
    """How much is simulated and measured."""

    turns: int
    """The most turns of a simulation."""
    least_s: float
    """The shortest simulated time."""
    memory_turns: int
    history: Sequence[int]
    people: Sequence[int]
    batches: Sequence[int]
    of_layout: int
    """The people by whom the layout of the code is found."""
    times: int = 7
    """How often a turn is measured."""
    plain: int = shape.PEOPLE
    """The people among whose turns a plain one is looked for."""


FULL: Final = Effort(8000, 8, 5000, (0, 30, 100, 300, 1000), (10, 100, 1000, 3000), (1, 10, 100, 500), 400)
QUICK: Final = Effort(600, 2, 40, (0, 30), (10, 50), (1, 10), 8)


@dataclass(frozen=True)
class Recorded:
    """What the code does."""

    messenger: Shape
    """A turn of a user of Messenger."""
    web: Shape
    """A turn in the web chat."""
    code: Layout


def recorded(emulation: Emulation, effort: Effort, *, say: Say) -> Recorded:
    """Record the requests of turns to an emulator."""
    say("record the requests of a turn")
    return Recorded(*plain_turns(emulation, effort.plain), layout_of_the_code(emulation, effort.of_layout))


def simulated(of: Recorded, effort: Effort, growth_of: Figures, *, command: str, say: Say) -> Figures:
    """Compute all figures but those of growth, which `growth_of` has."""
    say("simulate the store")
    messenger, web, code = of.messenger, of.web, of.code
    return {
        **_run(command),
        "shape": [*_rows(messenger, "Messenger"), *_rows(web, "web chat")],
        "code": asdict(code),
        "spread": asdict(SPREAD),
        "ceilings": [*_ceilings(messenger, "Messenger"), *_ceilings(web, "web chat")],
        **_simulated(messenger, web, code, effort),
        **_of_people(messenger, web, code, growth_of["series"]),
        "growth": growth_of,
    }


def grown(emulation: Emulation, effort: Effort, *, command: str, say: Say) -> Figures:
    """Measure what grows, with an emulator. `say` gets what is being done."""
    say("measure what grows")
    series = [
        growth.history(emulation, effort.history, effort.times),
        *growth.people(emulation, effort.people, effort.times),
        growth.open_turns(emulation, effort.times),
        growth.batches(emulation, effort.batches),
    ]
    say(f"measure the memory of {effort.memory_turns} turns")
    memory = growth.memory(emulation, effort.memory_turns)
    return {
        **_run(command),
        "series": [asdict(each) for each in series],
        "memory": {
            **asdict(memory),
            "grown_kb": round(memory.grown_a_thousand(lambda reading: reading.rss_mb * 1024), 1),
            "grown_blocks": round(memory.grown_a_thousand(lambda reading: reading.blocks), 1),
        },
    }


def _run(command: str) -> Row:
    return {"date": f"{datetime.now(UTC):%d %B %Y}".lstrip("0"), "machine": machine.described(), "command": command}


def _rows(shape: Shape, channel: str) -> Iterator[Row]:
    for step in shape:
        request = step.request
        indexes = sum(sum(item.index_units.values()) for item in request.written)
        yield {
            "channel": channel,
            "step": step.name,
            "operation": request.operation,
            "items": [item.pk.partition("#")[0] + (" turn" if "TURN#" in item.sk else "") for item in request.written],
            "units": request.write_units - indexes,
            "index_units": indexes,
            "read_units": request.read_units,
        }


def _ceilings(shape: Shape, channel: str) -> Iterator[Row]:
    """Yield what one item or partition for all people bears."""
    for name, (times, units) in writes_to(shape).items():
        by_transactions = None if name.startswith("index") else round(1 / (times * _TRANSACTION_S))
        by_units = round(PARTITION_WRITES / units)
        yield {"channel": channel, "what": name, "times": times, "units": units, "by_units": by_units} | {
            "by_transactions": by_transactions
        }


def _simulated(messenger: Shape, web: Shape, code: Layout, effort: Effort) -> Row:
    layouts = {"one of each": SINGLE, "spread": SPREAD}
    named = {**layouts, **({} if code in layouts.values() else {"the code": code})}
    cases = [(name, layout, rate, USUAL) for name, layout in named.items() for rate in RATES]
    cases += [(name, layout, rate, SLOW) for name, layout in layouts.items() for rate in RATES]
    runs = [{"layout": name} | _ran(messenger, layout, rate, effort, latency) for name, layout, rate, latency in cases]
    shards = [{"shards": number} | _ran(messenger, replace(SPREAD, spend=number), 1000, effort) for number in SHARDS]
    keys = [
        {"layout": name, "keys": number} | _ran(web, layout, WEB_RATE, effort, keys=number)
        for name, layout in layouts.items()
        for number in KEYS
    ]
    new = [_ran(messenger, replace(SPREAD, spend=SHARDS[-1]), rate, effort, peak=0) for rate in RATES]
    units = _table_units(messenger)
    waits = [{"rate": rate, "hours": _hours(rate * units)} for rate in RATES]
    return {"runs": runs, "shards": shards, "keys": keys, "new_table": new, "doubling": waits}


def _hours(writes: float) -> float | None:
    seconds = seconds_until(writes)
    return None if seconds == float("inf") else seconds / 3600


def _table_units(shape: Shape) -> int:
    return sum(item.units for step in shape for item in step.request.written)


def _ran(
    shape: Shape,
    layout: Layout,
    rate: int,
    effort: Effort,
    latency: Latency = USUAL,
    *,
    keys: int = 1,
    peak: float | None = None,
) -> Row:
    seconds = max(effort.least_s, min(60.0, effort.turns / rate))
    ran = run(Traffic(shape, rate, seconds, keys), layout, latency=latency, peak=peak)
    return {
        "rate": rate,
        "slow": latency is SLOW,
        "turns": ran.turns,
        "gave_up": round(ran.gave_up_share, 4),
        "p50": _ms(ran.percentile(0.5)),
        "p99": _ms(ran.percentile(0.99)),
        "limits": {limit: round(share, 3) for limit, share in ran.limits().items()},
    }


def _ms(value: float) -> int | None:
    return None if value == float("inf") else round(value)


def _of_people(shape: Shape, web: Shape, code: Layout, series: Sequence[Figures]) -> Row:
    units, all_units = _table_units(shape), sum(step.request.write_units for step in shape)
    index_share = 1 - units / all_units
    [listing] = [each for each in series if each["step"] == growth.LIST]
    found = limits(units, _of_the_store([*_ceilings(shape, ""), *_ceilings(web, "")], code))
    return {
        "people": PEOPLE,
        "peak_share": round(peak_share(), 4),
        "habits": [_habit(habit, found, index_share) for habit in HABITS],
        "limits": [asdict(limit) | {"bears": round(limit.bears, 2)} for limit in found],
        "list": _listed(listing["points"][-1]),
    }


def _of_the_store(ceilings: Sequence[Row], code: Layout) -> Sequence[Limit]:
    """Return what the items and partitions of the code's layout bear, if all are used alike."""
    found = {row["what"]: row for row in ceilings}
    times, number = found["SPEND"]["by_transactions"], code.spend
    source = "the simulation of the store"
    return [
        Limit("transactions on a day's costs", "Parley", times * number, f"{times} an item, {number} of it", source),
        Limit(
            "transactions on the open conversations of one API key",
            "Parley",
            found[PLACES]["by_transactions"],
            f"{found[PLACES]['by_transactions']} an item, one of it",
            source,
        ),
        *(
            Limit(f"writes of the {name}", "Parley", row["by_units"] * parts, f"{parts} of {row['by_units']}", source)
            for name, parts in (("index due", code.due), ("index people", code.people))
            for row in (found[name],)
        ),
    ]


def _habit(habit: Habit, found: Sequence[Limit], index_share: float) -> Row:
    met = [limit.name for limit in found if limit.bears < habit.peak]
    cost = {
        channel: {part: round(usd, 2) for part, usd in month(habit, web=web, index_share=index_share).items()}
        for channel, web in (("Messenger", False), ("web chat", True))
    }
    return {"name": habit.name, "a_day": habit.a_day, "peak": round(habit.peak, 2), "met": met, "cost": cost}


_LIST_REQUEST_S: Final = 0.005
_GATEWAY_S: Final = 29
"""The most that API Gateway waits for an answer."""


def _listed(point: Figures) -> Row:
    """Return what the owner's list of people takes, reckoned from the largest that was measured."""
    each_s = (point["cpu_ms"] / 1000 + point["requests"] * _LIST_REQUEST_S) / point["size"]
    return {
        "requests": round(point["requests"] / point["size"] * PEOPLE),
        "minutes": round(each_s * PEOPLE / 60, 1),
        "people_in_time": round(_GATEWAY_S / each_s, -2),
    }
