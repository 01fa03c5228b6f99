"""The most that strangers can cost in a day: API Gateway's limits, times what one request takes, at AWS's list prices.

The units of DynamoDB and the frames sent are counted while the code runs; a function's time is assumed.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

import app
from chalicelib.conversation.limits import MAX_CONNECTIONS
from chalicelib.operations import aws_prices
from scripts.deploy.throttles import CONNECT, FRAMES, METHODS, WEBHOOK, Rate
from tests.contract.meter import Meter
from tests.contract.stores import dynamo_store
from tests.contract.test_units import Metered, web_chat
from tests.flow.bot import Bot

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DAY_S: Final = 24 * 60 * 60
USD: Final = aws_prices.load().usd
MEMORY_GB: Final = Decimal(1)
"""Of the functions that receive requests and frames."""
WORKERS: Final = 10
"""The default of PARLEY_WORKERS; each has half a GB and may be busy all day."""
OF_A_TICKET: Final = (1, 1)
"""Units that a ticket for the web chat writes and reads; no other request of strangers writes."""
WORST: Final[tuple[dict[str, Any], ...]] = (
    {"action": "join", "room": "kitchen"},
    {"action": "send_message", "message": "/help"},
    {"action": "send_message", "message": "\U0001f600" * 7_900},
)
"""The most expensive of what is free: a text has at most 4,000 characters, which may have four bytes each."""
MILLION: Final = Decimal(1_000_000)
DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "deployment.md"
HEADING: Final = "## The most that strangers can cost"


def invocation() -> Decimal:
    """What one invocation of a function that receives costs."""
    return USD["lambda_million_requests"] / MILLION + aws_prices.REQUEST_S * MEMORY_GB * USD["lambda_gb_s"]


def stored(writes: int, reads: float) -> Decimal:
    """What DynamoDB costs."""
    return (writes * USD["dynamodb_million_writes"] + Decimal(reads) * USD["dynamodb_million_reads"]) / MILLION


def a_day(rate: Rate, each: Decimal) -> Decimal:
    """What requests cost that come all day as fast as they are let through."""
    return (rate.per_second * DAY_S + rate.burst) * each


@pytest.fixture
def metered(moto_client: "DynamoDBClient") -> Iterator[Metered]:
    """A bot over DynamoDB in which every call is counted."""
    store, bot = dynamo_store(moto_client), Bot()
    bot.inbox, bot.people, bot.alerts, bot.spending = store.inbox, store.people, store.alerts, store.spending
    meter = Meter(moto_client)
    yield Metered(bot, store, meter)
    meter.close()


def flood(chat: Any, meter: Meter, frame: dict[str, Any]) -> tuple[Decimal, Decimal]:
    """What a frame of this kind and a connection cost on average, if somebody sends as many as they may.

    Their other connections, as many as a conversation may have, hear all that is sent to it.
    """
    name, opened = f"visitor-of-{WORST.index(frame)}", []
    units = meter.during(lambda: opened.append(chat.opens(name)))
    opened += [chat.opens(name) for _ in range(MAX_CONNECTIONS - 1)]
    tab = opened[0]
    assert tab.got("ready")
    heard = sum(len(one.frames) for one in opened)
    sent = 0

    def until_closed() -> None:
        nonlocal sent
        while not tab.is_closed:
            sent += 1
            tab.sends_text(json.dumps(frame, ensure_ascii=False))
            chat.works()

    writes, reads = meter.during(until_closed)
    frames = sent + sum(len(one.frames) for one in opened) - heard
    cost = stored(writes, reads) + frames * USD["websocket_million_messages"] / MILLION
    return cost / sent + invocation(), stored(*units) + 2 * invocation()


def test_the_most_that_strangers_can_cost_in_a_day_is_what_the_documents_say(metered: Metered):
    chat = web_chat(metered)
    flooded = [flood(chat, metered.meter, frame) for frame in WORST]
    frame, connection = (max(costs) for costs in zip(*flooded, strict=True))
    request = USD["api_million_requests"] / MILLION + invocation()
    methods = sum(len(methods) for methods in app.app.routes.values())
    most = {
        "webhook": a_day(METHODS[WEBHOOK], request),
        "other methods": (methods - 1) * a_day(METHODS["*/*"], request) + a_day(METHODS["*/*"], stored(*OF_A_TICKET)),
        "connections": a_day(CONNECT, connection),
        "frames": a_day(FRAMES, frame),
        "workers": WORKERS * DAY_S * Decimal("0.5") * USD["lambda_gb_s"],
    }
    told = re.findall(
        r"^\| .*?(\d+) USD", DOCUMENT.read_text().partition(HEADING)[2].partition("\n## ")[0], re.MULTILINE
    )
    assert [int(amount) for amount in told] == [*(round(cost) for cost in most.values()), round(sum(most.values()))]
