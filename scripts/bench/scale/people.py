"""One million people: what their habits make of turns a second, which limit is met first, and what a month costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from chalicelib.access.retention import TURN_KEPT_S
from chalicelib.llm import prices
from chalicelib.operations import aws_prices
from chalicelib.operations.aws_prices import Item
from chalicelib.operations.cost_report import TYPICAL
from chalicelib.operations.heartbeat import MAX_SWEPT
from chalicelib.settings.stage import Settings
from scripts.bench.scale.rules import NEW_TABLE_WRITES, TABLE_WRITES
from scripts.deploy.throttles import CONNECT, FRAMES, METHODS, WEBHOOK
from scripts.stage.environment import memory_mb

PEOPLE: Final = 1_000_000
DAY_CURVE: Final = (16, 10, 6, 4, 4, 6, 12, 22, 34, 42, 46, 50, 54, 52, 48, 48, 52, 58, 66, 74, 78, 70, 50, 30)
"""Questions of each hour of a day in relation to each other: an assumption, for people of one time zone."""
BUSIEST_MINUTE: Final = 1.5
"""How much more than in its hour on average comes in the busiest minute: an assumption."""
_HOUR_S: Final = 3600
_STORED_TURN_GB: Final = 2 * 1024 / 1e9
"""A turn with a usual question and answer takes at most two write units, so at most 2 KB."""
_RECEIVING_S: Final = 2 * float(aws_prices.REQUEST_S)
_MILLION: Final = 1_000_000


@dataclass(frozen=True)
class Habit:
    """What share of the people writes on a day, and how often."""

    active: float
    questions: int

    @property
    def a_day(self) -> int:
        """Questions a day of all people."""
        return round(PEOPLE * self.active * self.questions)

    @property
    def peak(self) -> float:
        """Turns a second in the busiest minute of the day."""
        return self.a_day * peak_share() / _HOUR_S

    @property
    def name(self) -> str:
        """The habit in words."""
        return f"{self.active:.0%} write, {self.questions} questions each"


HABITS: Final = (Habit(0.01, 3), Habit(0.10, 5), Habit(0.30, 10), Habit(1.0, 10), Habit(1.0, 29))
"""The last one makes about 1,000 turns a second in the busiest minute."""


def peak_share() -> float:
    """Return what share of a day's questions would come in an hour that is as busy as the busiest minute."""
    return max(DAY_CURVE) / sum(DAY_CURVE) * BUSIEST_MINUTE


@dataclass(frozen=True)
class Limit:
    """One limit, and how many turns a second it bears."""

    name: str
    whose: str
    """`Parley`, which a setting or an edit changes; `AWS`, `Meta` or `OpenAI`."""
    bears: float
    """Turns a second in the busiest minute."""
    reckoned: str
    """How that follows."""
    source: str
    """Where it is documented: an address, or a module or setting of Parley."""


def limits(units: float, store: Sequence[Limit] = ()) -> Sequence[Limit]:
    """Return all limits, the lowest first; `units` are a turn's write units of the table, `store` more limits."""
    return sorted([*_ours(), *_of_aws(units), *_of_others(), *store], key=lambda limit: limit.bears)


def _ours() -> Sequence[Limit]:
    limits, busy_s = Settings.from_env({}).limits, float(aws_prices.WORKER_S)
    a_day = limits.daily_budget / _model_micro_usd()
    webhook, workers = METHODS[WEBHOOK].per_second, limits.workers
    frames = aws_prices.SOCKET_CALLS["websocket_message"]
    return [
        Limit(
            "the model's budget of a day, by default",
            "Parley",
            a_day * peak_share() / _HOUR_S,
            f"1 USD pays {a_day:,.0f} answers of {TYPICAL.input:,} tokens in and {TYPICAL.output} out",
            "`PARLEY_DAILY_BUDGET_USD`",
        ),
        Limit(
            "workers of one API key, by default",
            "Parley",
            limits.open_of_a_key / busy_s,
            f"{limits.open_of_a_key} open conversations of {busy_s:g} s",
            "half of `PARLEY_WORKERS`",
        ),
        Limit(
            "workers, by default",
            "Parley",
            workers / busy_s,
            f"{workers} functions of {busy_s:g} s",
            "`PARLEY_WORKERS`",
        ),
        Limit(
            "workers, at most",
            "Parley",
            1000 / busy_s,
            f"1,000 functions of {busy_s:g} s",
            "`PARLEY_WORKERS`",
        ),
        Limit(
            "frames of the web chat",
            "Parley",
            FRAMES.per_second / frames,
            f"{FRAMES.per_second} a second, {frames} for a question with a connection of its own",
            "`scripts/deploy/throttles.py`",
        ),
        Limit(
            "new connections of the web chat",
            "Parley",
            CONNECT.per_second,
            f"{CONNECT.per_second} a second, if each question has one of its own",
            "`scripts/deploy/throttles.py`",
        ),
        Limit(
            "requests to the webhook",
            "Parley",
            webhook / aws_prices.WEBHOOK_CALLS,
            f"{webhook} a second, two for each turn: the message and the echo; Meta may send several in one",
            "`scripts/deploy/throttles.py`",
        ),
        Limit(
            "conversations that the heartbeat wakes again",
            "Parley",
            MAX_SWEPT / 60,
            f"{MAX_SWEPT} a minute; only those whose worker was never woken or died",
            "`chalicelib/operations/heartbeat.py`",
        ),
    ]


_AWS: Final = "https://docs.aws.amazon.com"
_DYNAMO: Final = f"{_AWS}/amazondynamodb/latest/developerguide"
_GATEWAY: Final = f"{_AWS}/apigateway/latest/developerguide"


def _of_aws(units: float) -> Sequence[Limit]:
    busy_s = float(aws_prices.WORKER_S) + _RECEIVING_S
    frames = aws_prices.FRAMES
    return [
        Limit(
            "functions at a time, new account",
            "AWS",
            10 / busy_s,
            f"10 functions, {busy_s:g} s of them for a turn",
            f"{_AWS}/lambda/latest/dg/gettingstarted-limits.html says reduced, not how much",
        ),
        Limit(
            "functions at a time",
            "AWS",
            1000 / busy_s,
            f"1,000 functions, {busy_s:g} s of them for a turn",
            f"{_AWS}/lambda/latest/dg/gettingstarted-limits.html",
        ),
        Limit(
            "requests to API Gateway, Messenger",
            "AWS",
            10_000 / aws_prices.WEBHOOK_CALLS,
            "10,000 a second, two for each turn",
            f"{_GATEWAY}/limits.html",
        ),
        Limit(
            "requests to API Gateway, web chat",
            "AWS",
            10_000 / frames,
            f"10,000 a second, with those that write to connections: {frames} frames a question at most",
            f"{_GATEWAY}/limits.html",
        ),
        Limit(
            "new WebSocket connections",
            "AWS",
            500,
            "500 a second, if each question has one of its own",
            f"{_GATEWAY}/apigateway-execution-service-websocket-limits-table.html",
        ),
        Limit(
            "write units of a new table",
            "AWS",
            NEW_TABLE_WRITES / units,
            f"{NEW_TABLE_WRITES:,} a second, {units:g} for a turn; twice the peak after each half hour",
            f"{_DYNAMO}/on-demand-capacity-mode.html",
        ),
        Limit(
            "write units of a table",
            "AWS",
            TABLE_WRITES / units,
            f"{TABLE_WRITES:,} a second, {units:g} for a turn",
            f"{_DYNAMO}/ServiceQuotas.html",
        ),
    ]


def _of_others() -> Sequence[Limit]:
    tokens = TYPICAL.input + TYPICAL.output
    meta = "https://developers.facebook.com/docs/messenger-platform/overview/rate-limiting"
    tiers = "https://simonwillison.net/b/9012 of September 2025, for gpt-5-mini"
    calls = "https://rate-limits.apis.io/rate-limits/openai-apis/openai-apis-rate-limits/"
    return [
        Limit("messages of a page before its inbox stops", "Meta", 40, "40 a second, one for a turn", meta),
        Limit("calls of the Send API", "Meta", 100, "300 a second; seen, typing and the answer are three", meta),
        Limit("tokens of a model, tier 1", "OpenAI", 500_000 / tokens / 60, "500,000 a minute", tiers),
        Limit("requests to a model, tier 1", "OpenAI", 500 / 60, "500 a minute", calls),
        Limit("tokens of a model, tier 5", "OpenAI", 180_000_000 / tokens / 60, "180,000,000 a minute", tiers),
        Limit("requests to a model, tier 5", "OpenAI", 30_000 / 60, "30,000 a minute", calls),
    ]


def month(habit: Habit, *, web: bool, index_share: float) -> Mapping[str, float]:
    """Return what a month costs in USD by part, all turns being of one channel.

    `index_share` is the part of DynamoDB's write units that the indexes take.
    """
    memory, listed = memory_mb("prod"), aws_prices.load()
    items = aws_prices.web_message(listed, memory) if web else aws_prices.message(listed, memory)
    turns = habit.a_day * aws_prices.MONTH_DAYS
    writes = _usd(items, "DynamoDB writes") * turns
    kept = habit.a_day * TURN_KEPT_S / (24 * _HOUR_S)
    return {
        "Lambda": _usd(items, "worker", "webhook", "WebSocket, ", "Lambda") * turns,
        "API Gateway": _usd(items, "API requests", "WebSocket messages", "minutes") * turns,
        "DynamoDB, writes of items": writes * (1 - index_share),
        "DynamoDB, writes of indexes": writes * index_share,
        "DynamoDB, reads": _usd(items, "DynamoDB reads") * turns,
        "DynamoDB, stored turns": kept * _STORED_TURN_GB * float(listed.stored_gb_month),
        "CloudWatch, logs": _usd(items, "logs") * turns,
        "heartbeats": float(aws_prices.total(aws_prices.idle(listed, memory))),
        "the model": float(Decimal(_model_micro_usd()) / _MILLION) * turns,
    }


def _usd(items: Sequence[Item], *names: str) -> float:
    """Return the sum of the lines that begin with one of the names."""
    return float(sum((item.usd for item in items if item.what.startswith(names)), Decimal(0)))


def _model_micro_usd() -> int:
    """Return what an answer of the default model costs."""
    return prices.price_of(Settings.from_env({}).model).cost(TYPICAL)
