"""The most that strangers can cost in a day: API Gateway's limits, times what one request takes, at AWS's list prices.

The units of DynamoDB and the frames sent are counted while the code runs; a function's time is assumed. Of each kind of
request a few are counted, and the dearest one is taken for all.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

import app
from chalicelib.access import identity
from chalicelib.aws.dynamodb import keys
from chalicelib.aws.dynamodb.writes import Update, update
from chalicelib.channels.router import ChannelRouter
from chalicelib.conversation.late_frames import MOST_WAIT_MS
from chalicelib.conversation.limits import (
    CONNECTIONS_OF_A_PERSON,
    CONVERSATIONS_OF_A_CONNECTION,
    FRAMES_OF_A_CONNECTION,
    MAX_CONNECTIONS,
    MAX_OPEN_TURNS,
    MESSAGES_OF_A_PERSON,
)
from chalicelib.ids import Channel
from chalicelib.operations import aws_prices
from scripts.deploy.throttles import CONNECT, FRAMES, METHODS, WEBHOOK, Rate
from tests.contract.meter import Meter
from tests.contract.stores import dynamo_store
from tests.contract.test_units import Metered, web_chat
from tests.flow.bot import Bot, person_of
from tests.flow.chat import Tab

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DAY_S: Final = 24 * 60 * 60
USD: Final = aws_prices.load().usd
MEMORY_GB: Final = Decimal(1)
"""Of the functions that receive requests and frames."""
WORKERS: Final = 10
"""The default of PARLEY_WORKERS; each has half a GB and may be busy all day."""
OF_A_TICKET: Final = (1, 1)
"""Units that a ticket for the web chat writes and reads; so much takes the count of a sign-in too."""
LONGEST_CODE: Final = "c" * 4096
"""That a stranger may leave for a page that signs somebody in; no further request of strangers writes."""
LONG: Final = "\U0001f600" * 7_900
"""A text has at most 4,000 characters, which may have four bytes each; the rest is cut."""
HISTORY: Final = 29
"""Turns before the last one: no more are read."""
WORST: Final[tuple[dict[str, Any], ...]] = (
    {"action": "join", "room": "kitchen"},
    {"action": "send_message", "message": "/help"},
    {"action": "send_message", "message": LONG},
)
"""The most expensive of what is free."""
GAP: Final = 10
"""Between the numbers of two frames: the second one waits for those that are missing, as long as it may."""
FEW: Final = 4
"""Requests of a kind that are counted: the first finds a full bucket, and later ones are alike."""
IDLE_MIN: Final = 10
"""Minutes after which API Gateway closes a connection without frames, and the heartbeat one that names a `config`."""
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


@dataclass
class Stage(Metered):
    """A bot over DynamoDB whose calls and frames are counted."""

    def __post_init__(self) -> None:
        self.chat = web_chat(self)
        web: Any = self.bot.sender
        self.bot.sender = ChannelRouter({**web.senders, Channel.MESSENGER: self.bot.outbox})
        self.tabs: list[Tab] = []
        self.waited = Decimal(0)
        """For how many seconds frames have kept a function waiting."""

    def opens(self, visitor: str, *, room: str = "") -> Tab:
        """A visitor opens one more connection."""
        self.tabs.append(self.chat.opens(visitor, room=room))
        assert self.tabs[-1].got("ready")[-1].get("room", "") == room
        return self.tabs[-1]

    def follows_as_many_as_it_may(self, tab: Tab, *, room: str) -> None:
        """Let the connection follow the most rooms, with the longest texts for names; it is in `room`, or the last."""
        for number in range(CONVERSATIONS_OF_A_CONNECTION - 1):
            tab.sends("follow", conversationId=f"{number}{LONG[: identity.LONGEST_CONVERSATION_ID - 1]}")
        if room:
            tab.sends("follow", room=room)
        self.bot.clock.tick(minutes=1)
        assert tab.codes == []

    def cost(self, step: Callable[[], object]) -> Decimal:
        """What a step costs: units of DynamoDB, frames that all connections get, and the time that its own wait."""
        heard, waited = self._heard(), self.waited
        units = self.meter.during(step)
        waiting = (self.waited - waited) * MEMORY_GB * USD["lambda_gb_s"]
        return stored(*units) + (self._heard() - heard) * USD["websocket_million_messages"] / MILLION + waiting

    def dearest(self, tab: Tab, frames: Iterable[dict[str, Any]]) -> Decimal:
        """What the dearest of some frames costs that a visitor sends."""
        received = USD["websocket_million_messages"] / MILLION + invocation()
        return received + max(self.cost(partial(self._sends, tab, frame)) for frame in frames)

    def tires(self, psid: str) -> None:
        """Take all tokens from the bucket of somebody on Messenger."""
        inbox: Any = self.store.inbox
        full_at = MESSAGES_OF_A_PERSON.latest_ms + self.bot.clock() + 60_000
        inbox.table.write(update(keys.person_key(person_of(psid)), Update(set={"full_at": full_at})))

    def _sends(self, tab: Tab, frame: dict[str, Any]) -> None:
        before = len(self.bot.slept)
        tab.sends_text(json.dumps(frame, ensure_ascii=False))
        self.waited += Decimal(sum(self.bot.slept[before:]))
        self.chat.works()

    def _heard(self) -> int:
        return sum(map(len, self.chat.connection_api.sent.values()))


@pytest.fixture
def stage(emulator: "DynamoDBClient") -> Iterator[Stage]:
    store, bot = dynamo_store(emulator), Bot()
    bot.inbox, bot.people, bot.alerts, bot.spending = store.inbox, store.people, store.alerts, store.spending
    meter = Meter(emulator)
    yield Stage(bot, store, meter)
    meter.close()


def of_a_connection(stage: Stage) -> Decimal:
    """What a new connection costs whose visitor has as many as they may: the oldest is closed for it."""
    for _ in range(CONNECTIONS_OF_A_PERSON):
        stage.opens("anna")
    dearest = max(stage.cost(lambda: stage.opens("anna")) for _ in range(FEW))
    oldest, newest = stage.tabs[0], stage.tabs[-1]
    assert (oldest.is_closed, newest.is_closed) == (True, False)
    leaving = stage.cost(lambda: stage.chat.handler.disconnect(newest.id))
    return dearest + leaving + 2 * invocation()


def of_a_frame(stage: Stage, *, room: str = "") -> Decimal:
    """What a frame costs at worst that the most connections hear that may be in a room, or in a visitor's own chat."""
    most = MAX_CONNECTIONS if room else CONNECTIONS_OF_A_PERSON
    tabs = [stage.opens(f"{room}-{number // CONNECTIONS_OF_A_PERSON}", room=room) for number in range(most)]
    for tab in tabs[:CONNECTIONS_OF_A_PERSON]:
        stage.follows_as_many_as_it_may(tab, room=room)
    assert not any(tab.is_closed for tab in tabs)
    too_fast = [{"action": "ping"}] * (FRAMES_OF_A_CONNECTION.burst + 1)
    kinds = WORST[1:] if room else WORST
    waited = stage.waited
    dearest = max(stage.dearest(tab, _with_gaps(kind)) for tab, kind in zip(tabs, kinds, strict=False))
    assert round((stage.waited - waited) * 1000) == len(kinds) * FEW * MOST_WAIT_MS
    return dearest if room else max(dearest, stage.dearest(tabs[-1], too_fast))


def _with_gaps(frame: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**frame, "n": number * GAP} for number in range(1, FEW + 1)]


def of_a_sender(stage: Stage) -> Decimal:
    """What one sender's messages on Messenger cost in a day that take all of the webhook's limit, without the model."""
    bot = stage.bot
    bot.limits_to(0)
    bot.receives("anna", LONG)
    stage.remembers(HISTORY)
    bot.clock.tick(minutes=1)
    answered = stage.cost(lambda: bot.receives("anna", LONG))
    for _ in range(MAX_OPEN_TURNS + 1):
        bot.accepts("anna", LONG)
    beyond_the_queue = [stage.cost(lambda: bot.accepts("anna", LONG)) for _ in range(FEW)]
    bot.works()
    stage.tires("anna")
    too_fast = [stage.cost(lambda: bot.accepts("anna", LONG)) for _ in range(FEW)]
    assert bot.log_lines("accept")[-1]["outcome"] == "too_fast"
    bucket = MESSAGES_OF_A_PERSON
    stored_a_day = bucket.burst + DAY_S * 1000 // bucket.every_ms
    return stored_a_day * answered + a_day(METHODS[WEBHOOK], max(*beyond_the_queue, *too_fast))


def test_the_most_that_strangers_can_cost_in_a_day_is_what_the_documents_say(stage: Stage):
    request = USD["api_million_requests"] / MILLION + invocation()
    methods = sum(len(methods) for methods in app.app.routes.values())
    handover = stage.meter.during(lambda: stage.store.handovers.put("slot", LONGEST_CODE, now=stage.bot.clock()))
    writing = 2 * stored(*OF_A_TICKET) + stored(*handover)
    awake = FRAMES.per_second * 60 * IDLE_MIN + CONNECT.per_second * 60 * IDLE_MIN
    most = {
        "forged": a_day(METHODS[WEBHOOK], request),
        "other methods": (methods - 1) * a_day(METHODS["*/*"], request) + a_day(METHODS["*/*"], writing),
        "connections": a_day(CONNECT, of_a_connection(stage)),
        "open": awake * DAY_S // 60 * USD["websocket_million_minutes"] / MILLION,
        "frames": a_day(FRAMES, of_a_frame(stage)),
        "workers": WORKERS * DAY_S * Decimal("0.5") * USD["lambda_gb_s"],
    }
    more = {
        "room": a_day(FRAMES, of_a_frame(stage, room="hall")) - most["frames"],
        "sender": of_a_sender(stage),
    }
    told = re.findall(
        r"^\| .*?(\d+) USD", DOCUMENT.read_text().partition(HEADING)[2].partition("\n## ")[0], re.MULTILINE
    )
    computed = [*most.values(), sum(most.values()), *more.values()]
    assert [int(amount) for amount in told] == [round(cost) for cost in computed]
