"""What a turn costs when more is stored or comes at once, and whether a worker's memory grows; measured on the code.

For the page, the store is an emulator in another process, so that CPU time and memory are those of Parley and boto3.
"""

import gc
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from chalicelib.access.identity import conversation_of
from chalicelib.aws.dynamodb.keys import person_key, turns_of
from chalicelib.aws.dynamodb.table import Table
from chalicelib.aws.dynamodb.writes import put
from chalicelib.bootstrap import api
from chalicelib.channels.messenger.webhook import MessengerWebhook
from chalicelib.channels.meta.signature import sign
from chalicelib.conversation.limits import MAX_OPEN_TURNS
from scripts.bench.scale.stage import PAGE, QUESTION, Emulation, Stage, emulated_stage, someone

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SECRET: Final = "the app secret"  # noqa: S105 (of a webhook without a network)
_POINTS: Final = 20
"""How often a worker's memory is read."""
_A_MB: Final = 1 << 20
LIST: Final = "the owner's list"


@dataclass(frozen=True)
class Point:
    """One measurement."""

    size: int
    requests: float
    """To DynamoDB, for one turn, message or list."""
    read_kb: float
    """KB of the emulator's responses."""
    cpu_ms: float
    """Of this process; the median of several runs."""


@dataclass(frozen=True)
class Series:
    """Measurements of one step for several sizes of something."""

    what: str
    step: str
    points: Sequence[Point]


@dataclass
class Emulated:
    """Counts a client's requests, and the bytes of the responses."""

    client: "DynamoDBClient"
    requests: int = 0
    response_bytes: int = 0

    def __post_init__(self) -> None:
        self.client.meta.events.register("response-received.dynamodb", self._note)

    def _note(self, response_dict: Any, **_: Any) -> None:
        self.requests += 1
        self.response_bytes += len(response_dict["body"])

    def measured(self, size: int, steps: Sequence[Callable[[], object]], *, each: int = 1) -> Point:
        """Run steps that do the same, and return what the middle one took; `each` is by what it is divided."""
        found = [self._one(step) for step in steps]
        requests, read, cpu = (median(values) / each for values in zip(*found, strict=True))
        return Point(size, round(requests, 2), round(read / 1024, 1), round(cpu * 1000, 2))

    def _one(self, step: Callable[[], object]) -> tuple[float, float, float]:
        self.requests, self.response_bytes = 0, 0
        gc.collect()
        began = time.process_time()
        step()
        return self.requests, self.response_bytes, time.process_time() - began


def history(emulation: Emulation, sizes: Sequence[int], times: int) -> Series:
    """Measure a turn in a conversation with so many turns before, so many times."""
    return Series(
        "turns stored in the conversation", "a turn", [_with_history(emulation, size, times) for size in sizes]
    )


def _with_history(emulation: Emulation, size: int, times: int) -> Point:
    with _measured_stage(emulation) as (stage, emulated):
        anna = someone("anna")
        for _ in range(2):
            stage.answers(anna)
        table, conversation = Table(stage.looking, stage.table), conversation_of(anna)
        [item, *_] = next(iter(table.pages(turns_of(conversation), size=1)))
        for number in range(size):
            table.write(put({**item, "sk": f"{item['sk']}{number:04d}"}))
        return emulated.measured(size, [partial(stage.answers, anna)] * times)


def people(emulation: Emulation, sizes: Sequence[int], times: int) -> Sequence[Series]:
    """Measure a turn, and the owner's list of people, with so many people in the table, so many times."""
    turns, lists = list[Point](), list[Point]()
    with _measured_stage(emulation) as (stage, emulated):
        anna, known = someone("anna"), 1
        for _ in range(2):
            stage.answers(anna)
        table = Table(stage.looking, stage.table)
        item = table.get(person_key(anna)) or {}
        for size in sizes:
            for number in range(known, size):
                table.write(put({**item, **person_key(someone(number))}))
            known = max(known, size)
            turns.append(emulated.measured(size, [partial(stage.answers, anna)] * times))
            lists.append(emulated.measured(size, [lambda: list(stage.ports.people.list())] * min(times, 3)))
    what = "people in the table"
    return [Series(what, "a turn", turns), Series(what, LIST, lists)]


def open_turns(emulation: Emulation, times: int) -> Series:
    """Measure a worker's turn where one or more of a conversation wait, so many times."""
    return Series(
        "open turns of the conversation",
        "a turn",
        [_open(emulation, size, times) for size in range(1, MAX_OPEN_TURNS + 1)],
    )


def _open(emulation: Emulation, size: int, times: int) -> Point:
    with _measured_stage(emulation) as (stage, emulated):
        anna = someone("anna")
        for _ in range(2):
            stage.answers(anna)
        found = list[Point]()
        for _ in range(times):
            for _ in range(size):
                stage.accepts(anna)
            found.append(emulated.measured(size, [partial(stage.works, conversation_of(anna))], each=size))
        requests, read, cpu = zip(*((one.requests, one.read_kb, one.cpu_ms) for one in found), strict=True)
        return Point(size, median(requests), median(read), median(cpu))


def batches(emulation: Emulation, sizes: Sequence[int]) -> Series:
    """Measure a message in a request of Meta with so many messages of different people."""
    points = list[Point]()
    with _measured_stage(emulation) as (stage, emulated):
        webhook = _webhook(stage)
        for size in sizes:
            bodies = [_body(stage, size, number) for number in range(3)]
            steps = [partial(webhook.handle, body, f"sha256={sign(body, secret=_SECRET)}") for body in bodies]
            points.append(emulated.measured(size, steps, each=size))
    return Series("messages in a request of Meta", "a message", points)


def _webhook(stage: Stage) -> MessengerWebhook:
    return api.assemble(
        stage.ports,
        app_secrets=lambda: [_SECRET],
        verify_tokens=lambda: ["token"],
        page_id=lambda: PAGE,
        app_id=lambda: "1",
    )


def _body(stage: Stage, size: int, number: int) -> bytes:
    now = stage.clock()
    messaging = [
        {
            "sender": {"id": f"{size}-{number}-{one}"},
            "recipient": {"id": PAGE},
            "timestamp": now,
            "message": {"mid": f"m-{size}-{number}-{one}", "text": QUESTION},
        }
        for one in range(size)
    ]
    return json.dumps({"object": "page", "entry": [{"id": PAGE, "time": now, "messaging": messaging}]}).encode()


@dataclass(frozen=True)
class Reading:
    """The memory of a process at one moment, after a garbage collection."""

    turns: int
    """Answered before."""
    rss_mb: float
    """Resident. It hides what fits into memory that was freed before, so a small leak shows late."""
    blocks: int
    """Allocated by Python: an object that stays adds one or more."""


@dataclass(frozen=True)
class Memory:
    """The memory of a worker's process over many turns."""

    turns: int
    readings: Sequence[Reading]

    def grown_a_thousand(self, of: Callable[[Reading], float]) -> float:
        """Return by how much a thousand turns made it grow, from the middle of the run to its end."""
        first, last = self.readings[len(self.readings) // 2], self.readings[-1]
        return (of(last) - of(first)) / (last.turns - first.turns) * 1000


def memory(emulation: Emulation, turns: int, *, also: Callable[[], object] = bool) -> Memory:
    """Answer so many turns of changing people in one process, with one worker, and read its memory now and then.

    `also` is called after each turn.
    """
    found, each = list[Reading](), max(1, turns // _POINTS)
    with emulated_stage(emulation) as stage:
        for number in range(1, turns + 1):
            stage.answers(someone(number // 10 % 50))
            also()
            if number % each == 0:
                stage.empties()
                gc.collect()
                found.append(Reading(number, round(_rss_mb(), 2), sys.getallocatedblocks()))
    return Memory(turns, found)


def _rss_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / _A_MB


@contextmanager
def _measured_stage(emulation: Emulation) -> Iterator[tuple[Stage, Emulated]]:
    """A stage whose daily budget is not shared out: the first charge in each share would take more requests."""
    with emulated_stage(emulation, PARLEY_DAILY_BUDGET_USD="4") as stage:
        yield stage, Emulated(stage.client)
