"""Turns that come at random are played against DynamoDB's rules: discrete events in simulated time, with a seed."""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random
from typing import Final

from chalicelib.aws.dynamodb.calls import pauses
from scripts.bench.scale.rules import (
    PARTITION_READS,
    PARTITION_WRITES,
    Transactions,
    Units,
    on_demand_writes,
)
from scripts.bench.scale.shape import OWN, PLACES, Layout, Shape, role_of
from scripts.bench.table_requests import TableRequest

TABLE: Final = "the table"
PEOPLES: Final = "a partition of people"
"""The limit of the partitions with the items of people and conversations."""
MODEL_S: Final = (2.0, 6.0)
"""How long the model takes for an answer, between the steps `charge` and `record`."""
_BOTOCORE_PAUSE_S: Final = 1.0
"""The longest pause before botocore's one repetition of a throttled single request (`bootstrap.clients.QUICK`)."""


@dataclass(frozen=True)
class Latency:
    """How long requests take, in seconds, from the least to the most; any time between is as likely."""

    transaction: tuple[float, float]
    single: tuple[float, float] = (0.002, 0.005)
    refused: tuple[float, float] = (0.002, 0.005)
    """Until the client knows that a request is refused."""


USUAL: Final = Latency((0.005, 0.010))
SLOW: Final = Latency((0.040, 0.040))
"""Every transaction takes as long as the slowest."""


@dataclass(frozen=True)
class Traffic:
    """What comes in."""

    shape: Shape
    rate: float
    """Turns a second, at random times, each of another person."""
    seconds: float
    """For how long they come."""
    keys: int = 1
    """Among how many API keys the visitors are spread; means nothing on Messenger."""


@dataclass(frozen=True)
class Ran:
    """What a simulation has found."""

    turns: int
    gave_up: int
    """Turns of which a request was refused for so long that the client gave up."""
    store_ms: Sequence[float]
    """What the store took of each other turn, pauses included, from the least to the most."""
    refused: Mapping[str, int]
    """The turns that were refused at least once, by the limit that refused them."""

    @property
    def gave_up_share(self) -> float:
        """The share of the turns that gave up, from 0 to 1."""
        return self.gave_up / self.turns

    def percentile(self, share: float) -> float:
        """Return the milliseconds that this share of the other turns did not exceed; infinite if there is none."""
        if not self.store_ms:
            return float("inf")
        return self.store_ms[min(len(self.store_ms) - 1, int(len(self.store_ms) * share))]

    def limits(self, *, least: float = 0.01) -> Mapping[str, float]:
        """Return the limits that refused at least this share of the turns, and the share, the greatest first."""
        shares = {limit: number / self.turns for limit, number in self.refused.items()}
        return {limit: share for limit, share in shares.items() if share >= least}


@dataclass
class Bound:
    """A request with the items that it meets and the units that it takes."""

    is_transaction: bool
    items: list[tuple[str, Hashable]] = field(default_factory=list)
    """The role and the name of each."""
    needs: list[tuple[str, Units, float]] = field(default_factory=list)
    """The names of the limits, and what it takes of each."""


@dataclass
class Store:
    """One table with its indexes."""

    layout: Layout
    keys: int
    peak: float
    """The previous peak of the table's write units a second."""
    random: Random
    now: float = 0.0
    transactions: Transactions = field(default_factory=Transactions)
    _limits: dict[tuple[str, Hashable], Units] = field(default_factory=dict)

    def __post_init__(self) -> None:
        writes = on_demand_writes(self.peak)
        self._limits[TABLE, 0] = Units(writes)
        self._partitions = max(1, int(writes / PARTITION_WRITES))
        """As many as the table's writes need."""

    def bound(self, shape: Shape, turn: int) -> Sequence[Bound]:
        """Return the requests of a turn with the items and the partitions that they meet."""
        places: dict[str, Hashable] = {
            "SPEND": self.random.randrange(self.layout.spend),
            "index due": self.random.randrange(self.layout.due),
            "index people": self.random.randrange(self.layout.people),
            **{role: self.random.randrange(self._partitions) for role in OWN},
        }
        key = self.random.randrange(self.keys)
        places[PLACES] = key
        part = self.random.randrange(self.layout.of_a_key)
        return [self._bound(step.request, turn, places, (key, part)) for step in shape]

    def refusal(self, bound: Bound, *, until: float) -> tuple[str, bool]:
        """Send a request. Return what refuses it, empty for nothing, and whether that is for lack of units.

        A transaction that is not refused holds its items until `until`. One that meets another uses its units too.
        """
        now = self.now
        for limit, units, wanted in bound.needs:
            if not units.has(wanted, now=now):
                return limit, True
        for _, units, wanted in bound.needs:
            units.take(wanted)
        for role, item in bound.items:
            if self.transactions.meets(item, now=now):
                return f"conflicts on {role}", False
        if bound.is_transaction:
            for _, item in bound.items:
                self.transactions.hold(item, until=until)
        return "", False

    def _bound(self, request: TableRequest, turn: int, places: Mapping[str, Hashable], key: Hashable) -> Bound:
        bound = Bound(request.is_transaction)
        for item in request.written:
            role = role_of(item.pk)
            name: Hashable = (turn, item.pk, item.sk) if role in OWN else places.get(role, key)
            bound.items.append((role, (role, name)))
            limit = PEOPLES if role in OWN else f"partition {role}"
            bound.needs.append(self._need(limit, self._partition(role, places, key), item.units))
            for (index, _), units in item.index_units.items():
                bound.needs.append(self._need(f"index {index}", places.get(f"index {index}", 0), units))
        if request.written:
            bound.needs.append(self._need(TABLE, 0, sum(item.units for item in request.written)))
        if request.read_units:
            role = role_of(request.read_from)
            partition = places.get(role, 0)  # all API keys are read in one partition
            bound.needs.append(self._need(f"reads of {role}", partition, request.read_units))
        return bound

    def _partition(self, role: str, places: Mapping[str, Hashable], key: Hashable) -> Hashable:
        return places.get(role, key if self.layout.keys_apart else 0)

    def _need(self, limit: str, number: Hashable, wanted: float) -> tuple[str, Units, float]:
        """Return what a request takes of a limit's partition of that number."""
        units = self._limits.get((limit, number))
        if units is None:
            a_second = PARTITION_READS if limit.startswith("reads") else PARTITION_WRITES
            units = self._limits[limit, number] = Units(a_second)
        return limit, units, wanted


def run(traffic: Traffic, layout: Layout, *, latency: Latency = USUAL, peak: float | None = None, seed: int = 1) -> Ran:
    """Play the traffic. `peak` is the table's previous one; by default it has borne such a load before."""
    random = Random(seed)  # noqa: S311 (a simulation)
    load = traffic.rate * sum(item.units for step in traffic.shape for item in step.request.written)
    store = Store(layout, traffic.keys, load if peak is None else peak, random)
    ended, events = list[_Turn](), list[tuple[float, int, _Turn, Iterator[float]]]()
    at = random.expovariate(traffic.rate)
    while at < traffic.seconds:
        turn = _Turn(len(events), store, latency)
        events.append((at, turn.number, turn, turn.play(traffic.shape)))
        at += random.expovariate(traffic.rate)
    while events:
        store.now, number, turn, steps = heappop(events)
        wait = next(steps, None)
        if wait is None:
            ended.append(turn)
        else:
            heappush(events, (store.now + wait, number, turn, steps))
    limits = Counter(limit for turn in ended for limit in turn.refused_by)
    return Ran(
        len(ended),
        sum(turn.gave_up for turn in ended),
        sorted(turn.store_s * 1000 for turn in ended if not turn.gave_up),
        dict(limits.most_common()),
    )


@dataclass
class _Turn:
    """One turn, and what has become of it."""

    number: int
    store: Store
    latency: Latency
    store_s: float = 0.0
    gave_up: bool = False
    refused_by: set[str] = field(default_factory=set)

    def play(self, shape: Shape) -> Iterator[float]:
        """Send one request after the other, as the worker does; yield the seconds until the next thing happens."""
        for step, bound in zip(shape, self.store.bound(shape, self.number), strict=True):
            if step.name == "record":
                yield self.store.random.uniform(*MODEL_S)
            began = self.store.now
            yield from self._send(bound, step.patience_s)
            self.store_s += self.store.now - began
            if self.gave_up:
                return

    def _send(self, bound: Bound, patience_s: float) -> Iterator[float]:
        """Send a request until it is not refused, as `aws.dynamodb.calls.send` does over a client of botocore."""
        random, left_s = self.store.random, patience_s
        waits, may_repeat = pauses(random.random), not bound.is_transaction
        while True:
            took = random.uniform(*(self.latency.transaction if bound.is_transaction else self.latency.single))
            limit, is_for_units = self.store.refusal(bound, until=self.store.now + took)
            if not limit:
                yield took
                return
            self.refused_by.add(limit)
            yield random.uniform(*self.latency.refused)
            if is_for_units and may_repeat:
                may_repeat = False
                yield random.random() * _BOTOCORE_PAUSE_S
                continue
            may_repeat = not bound.is_transaction
            pause = next(waits)
            left_s -= pause
            if left_s < 0:
                self.gave_up = True
                return
            yield pause
