"""Calculates what AWS charges for a message and for a quiet month, by a dated price table; reads only that table.

Quantities marked as counted are tested against the code by tests/contract/test_units.py; the others are assumptions.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from importlib.resources import files
from math import ceil
from typing import Final

MONTH_DAYS: Final = 30
_MILLION: Final = Decimal(1_000_000)
_MB: Final = _MILLION
_GB: Final = 1000 * _MB
_MB_OF_MEMORY: Final = Decimal(1024)

COUNTED: Final[Mapping[str, int]] = {"writes": 43, "reads": 15}
"""DynamoDB's request units of one message on Messenger and the echo of its answer, with transactions and indexes.

The question has 200 characters, the answer 1,000, and the conversation thirty of both before.
"""
WEBHOOK_CALLS: Final = 2
"""Requests to the webhook: the message, and the echo of the answer that Meta sends."""
BEATS: Final = MONTH_DAYS * 24 * 60
BEAT_READS: Final = 5.5
"""DynamoDB's read units of one heartbeat: half a unit for each bucket of conversations and for that of connections, and
one for today's cost."""
PING_READS: Final = 1
"""DynamoDB's read units of one ping: it opens the connection, and reads an item that is not there."""
WARMED: Final = ("api_handler", "worker", "websocket_connect", "websocket_message", "websocket_disconnect")
WITH_A_TABLE: Final = ("api_handler", "worker", "websocket_connect", "websocket_message")
"""The functions of WARMED whose pings read."""

WEB_COUNTED: Final[Mapping[str, int]] = {"writes": 74, "reads": 39}
"""The units of such a question in the web chat, with a connection of its own."""
SOCKET_CALLS: Final[Mapping[str, int]] = {"websocket_connect": 1, "websocket_message": 2, "websocket_disconnect": 1}
"""Invocations by function, for one question in the web chat with a connection and authentication of its own."""
FRAMES_AROUND: Final = 6
"""WebSocket messages of that question, sent and received, without the deltas of the answer."""
DELTA_EVERY_S: Final = Decimal("0.12")
"""The shortest time between two deltas."""
CONNECTED_MINUTES: Final = 5

DECRYPTED: Final[Mapping[str, int]] = {"api_handler": 5, "websocket_message": 2, "worker": 6}
"""Secrets that KMS decrypts for a function when it fetches them, also while it is kept warm."""
SECRETS_KEPT_S: Final = 3600
"""Seconds between two fetches."""

WORKER_S: Final = Decimal(4)
FRAMES: Final = FRAMES_AROUND + ceil(WORKER_S / DELTA_EVERY_S)
"""WebSocket messages of that question at most: the answer is written for as long as the worker runs."""
REQUEST_S: Final = Decimal("0.05")
WARMING_S: Final[Mapping[str, Decimal]] = {**dict.fromkeys(WARMED, Decimal("0.02")), "worker": Decimal("0.2")}
"""The worker's ping waits for OpenAI's and Facebook's servers."""
BEAT_S: Final = Decimal("0.5")
"""The heartbeat waits for all pings, one after the other."""
LOG_BYTES: Final = 4_000
"""Log of one message, with the lines of Lambda itself."""
BEAT_LOG_BYTES: Final = 3_200
_FETCHES: Final = BEATS * 60 // SECRETS_KEPT_S


@dataclass(frozen=True)
class Prices:
    """A price list for one region."""

    read: str
    """The month in which the prices were read, such as `September 2026`."""
    region: str
    source: str
    usd: Mapping[str, Decimal]

    @property
    def stored_gb_month(self) -> Decimal:
        """The price of a stored GB for a month, with point-in-time recovery."""
        return self.usd["dynamodb_gb_month"] + self.usd["dynamodb_recovery_gb_month"]


@dataclass(frozen=True)
class Item:
    """One line of a bill."""

    what: str
    quantity: Decimal
    unit: str
    usd: Decimal
    counted: bool
    """Whether the quantity is tested against the code; otherwise it is an assumption."""

    def times(self, number: Decimal) -> "Item":
        """Return the line multiplied by `number`."""
        return Item(self.what, self.quantity * number, self.unit, self.usd * number, self.counted)


@cache
def load() -> Prices:
    """Read the list in `aws_prices.toml`; cached."""
    values = tomllib.loads(
        files("chalicelib.operations").joinpath("aws_prices.toml").read_text("utf-8"), parse_float=Decimal
    )
    return Prices(values["read"], values["region"], values["source"], values["usd"])


def message(prices: Prices, memory_mb: Mapping[str, int]) -> list[Item]:
    """Return the cost of one message on Messenger, from the webhook to the echo of its answer, without the model."""
    work = _Work(prices, memory_mb)
    return [
        work.computing(f"worker, {WORKER_S} s at {memory_mb['worker']} MB", work.gb_seconds("worker", WORKER_S)),
        work.millions("DynamoDB writes", COUNTED["writes"], "units", "dynamodb_million_writes"),
        work.millions("API requests, message and echo", WEBHOOK_CALLS, "", "api_million_requests"),
        work.logged(LOG_BYTES),
        work.millions("DynamoDB reads", COUNTED["reads"], "units", "dynamodb_million_reads"),
        work.computing(
            f"webhook, 2 x {REQUEST_S} s at {memory_mb['api_handler']} MB",
            work.gb_seconds("api_handler", WEBHOOK_CALLS * REQUEST_S),
        ),
        work.millions("Lambda invocations", WEBHOOK_CALLS + 1, "", "lambda_million_requests"),
        work.decrypting(DECRYPTED["worker"]),
    ]


def web_message(prices: Prices, memory_mb: Mapping[str, int]) -> list[Item]:
    """Return the cost of one question in the web chat, with a connection of its own, without the model."""
    work = _Work(prices, memory_mb)
    handlers = sum((work.gb_seconds(name, calls * REQUEST_S) for name, calls in SOCKET_CALLS.items()), Decimal(0))
    return [
        work.computing(f"worker, {WORKER_S} s at {memory_mb['worker']} MB", work.gb_seconds("worker", WORKER_S)),
        work.millions("WebSocket messages, at most", FRAMES, "", "websocket_million_messages"),
        work.millions("DynamoDB writes", WEB_COUNTED["writes"], "units", "dynamodb_million_writes"),
        work.computing(f"WebSocket, {REQUEST_S} s each", handlers),
        work.logged(LOG_BYTES),
        work.millions("DynamoDB reads", WEB_COUNTED["reads"], "units", "dynamodb_million_reads"),
        replace(
            work.millions("minutes of connections", CONNECTED_MINUTES, "", "websocket_million_minutes"), counted=False
        ),
        work.millions("Lambda invocations", sum(SOCKET_CALLS.values()) + 1, "", "lambda_million_requests"),
        work.decrypting(DECRYPTED["worker"]),
    ]


def idle(prices: Prices, memory_mb: Mapping[str, int]) -> list[Item]:
    """Return the cost of a month without messages: the heartbeats. `memory_mb` has the functions that exist."""
    work, warmed = _Work(prices, memory_mb), [name for name in WARMED if name in memory_mb]
    reads = BEAT_READS + PING_READS * len([name for name in WITH_A_TABLE if name in memory_mb])
    gb_seconds = work.gb_seconds("heartbeat", BEAT_S) + sum(work.gb_seconds(name, WARMING_S[name]) for name in warmed)
    return [
        work.computing("heartbeat, and keeping warm", gb_seconds * BEATS),
        work.logged(BEAT_LOG_BYTES * BEATS),
        work.millions("Lambda invocations", BEATS * (1 + len(warmed)), "", "lambda_million_requests"),
        work.millions("heartbeats of EventBridge", BEATS, "", "eventbridge_million_events"),
        work.millions("DynamoDB reads", int(BEATS * reads), "units", "dynamodb_million_reads"),
        work.decrypting(_FETCHES * sum(DECRYPTED.values())),
    ]


def total(items: Sequence[Item]) -> Decimal:
    """Return the sum of the lines, in USD."""
    return sum((item.usd for item in items), Decimal(0))


@dataclass(frozen=True)
class _Work:
    """Converts quantities into lines of a bill."""

    prices: Prices
    memory_mb: Mapping[str, int]

    def millions(self, what: str, number: int, unit: str, price: str) -> Item:
        """Return a line for a counted quantity with a price per million."""
        return Item(what, Decimal(number), unit, number * self.prices.usd[price] / _MILLION, counted=True)

    def decrypting(self, number: int) -> Item:
        """Return a line for secrets that are decrypted, at most: a busy function keeps them for an hour."""
        return replace(self.millions("KMS decrypts, at most", number, "", "kms_million_requests"), counted=False)

    def computing(self, what: str, gb_seconds: Decimal) -> Item:
        """Return a line for the run time of functions, in GB-seconds."""
        return Item(what, gb_seconds, "GB-s", gb_seconds * self.prices.usd["lambda_gb_s"], counted=False)

    def gb_seconds(self, function: str, seconds: Decimal) -> Decimal:
        """Return the GB-seconds of a function that runs for `seconds`."""
        return self.memory_mb[function] / _MB_OF_MEMORY * seconds

    def logged(self, size: int) -> Item:
        """Return a line for `size` bytes of log."""
        return Item("logs", size / _MB, "MB", size * self.prices.usd["logs_gb"] / _GB, counted=False)
