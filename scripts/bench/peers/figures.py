"""The figures of a run, as they are written into the documentation: values and their JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

Rounds = Sequence[Mapping[str, float]]
"""What the process of one handler reported in each round."""


@dataclass(frozen=True)
class Start:
    """What a cold start took, in milliseconds of CPU: the median of all rounds."""

    ready_ms: float
    """Until the handler is imported and its clients are built."""
    first_ms: float
    """Until the first event is handled."""
    ready_ratio: float
    """To the peer that starts are compared with: the median of the rounds' ratios."""
    first_ratio: float

    @classmethod
    def of(cls, found: Rounds, others: Rounds) -> "Start":
        """Sum up the rounds of a handler's start; `others` are those of the peer in the same rounds."""
        ready, first = ratio(found, others, "ready_ms"), ratio(found, others, "first_ms")
        return cls(_median(found, "ready_ms"), _median(found, "first_ms"), ready, first)


@dataclass(frozen=True)
class Warm:
    """What a message took in a process that had handled others."""

    cpu_ms: float
    """Without the stub's."""
    cpu_ratio: float
    """To the naive peer: the median of the rounds' ratios."""
    wall_ms: float
    """The time of the clock, with the stub's."""

    @classmethod
    def of(cls, found: Rounds, others: Rounds) -> "Warm":
        """Sum up the rounds of a handler; `others` are those of the naive peer in the same rounds."""
        return cls(_median(found, "cpu_ms"), ratio(found, others, "cpu_ms"), _median(found, "wall_ms"))


@dataclass(frozen=True)
class Row:
    """One handler."""

    name: str
    what: str
    starts: Mapping[str, Start]
    """By the state of the code: `source` or `bytecode`."""
    warm: Warm
    calls: Mapping[str, float]
    """Of each message, by operation, to AWS."""

    @property
    def calls_a_message(self) -> float:
        """The calls to AWS for each message."""
        return sum(self.calls.values())


@dataclass(frozen=True)
class Memory:
    """The memory of a process over many events."""

    what: str
    turns: Sequence[int]
    """After how many events."""
    kb: Sequence[int]


@dataclass(frozen=True)
class Figures:
    """A run."""

    date: str
    machine: str
    command: str
    rounds: int
    messages: int
    """Each process has handled in a round."""
    doors: Sequence[Row]
    workers: Sequence[Row]
    memory: Sequence[Memory]


def dumped(figures: Figures) -> str:
    """Return the figures as JSON."""
    return json.dumps(asdict(figures), indent=1) + "\n"


def loaded(text: str) -> Figures:
    """Return the figures of a JSON text."""
    found = json.loads(text)
    rows = {kind: [_row(each) for each in found.pop(kind)] for kind in ("doors", "workers")}
    memory = [Memory(**each) for each in found.pop("memory")]
    return Figures(**found, doors=rows["doors"], workers=rows["workers"], memory=memory)


def _row(found: dict[str, Any]) -> Row:
    starts = {state: Start(**each) for state, each in found.pop("starts").items()}
    return Row(**{**found, "warm": Warm(**found["warm"])}, starts=starts)


def ratio(found: Rounds, others: Rounds, name: str) -> float:
    """Return the median of the ratios to the peer in the same round."""
    return round(median(one[name] / other[name] for one, other in zip(found, others, strict=True)), 3)


def _median(rounds: Rounds, name: str) -> float:
    return round(median(each[name] for each in rounds), 4)
