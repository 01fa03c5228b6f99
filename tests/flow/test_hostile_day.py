"""A hostile day: 1,000 visitors do all that is free, as fast as API Gateway lets them; one person writes on Messenger.

Strangers flood the webhook, too, and one sender on Messenger writes twenty messages a second.

API Gateway's limits, the number of workers and the seconds of an answer are simulated; everything else is the bot.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import takewhile
from math import ceil
from random import Random
from typing import Any, Final

import pytest

from chalicelib.access.budget import DaySpend, part_of_channel
from chalicelib.conversation.limits import FRAMES_OF_A_CONNECTION, MESSAGES_OF_A_PERSON
from chalicelib.ids import Channel, ConversationId
from chalicelib.llm import prices
from scripts.deploy.throttles import CONNECT, FRAMES, METHODS, WEBHOOK
from tests.fakes.ingest import OPEN_OF_A_KEY
from tests.flow.chat import KEY, Chat, Tab
from tests.flow.hostile_webhook import FLOODER, Gate, Webhook
from tests.flow.test_floods import Counting

VISITORS: Final = 1000
WORKERS: Final = 10
"""Functions that a new AWS account runs at a time."""
ANSWER_S: Final = 4
REQUEST_S: Final = 0.05
"""How long a request takes one of the functions, at most."""
LONGEST_WAIT_S: Final = 60
"""For an answer on Messenger, while Meta has to deliver again what API Gateway refuses in the flood."""
ROOM: Final = "kitchen"
TURN: Final = f"{1_795_176_000_000}#{'0' * 64}"
FREE: Final[tuple[dict[str, Any], ...]] = (
    {"action": "ping"},
    {"action": "join", "room": ROOM},
    {"action": "send_message", "message": "/help"},
    {"action": "send_message", "message": "What is new?"},
    {"action": "send_message", "message": "x" * 30_000},
    {"action": "cancel", "turn": TURN},
    {"action": "resume", "turn": TURN},
    {"action": "feedback", "turn": TURN, "value": "up"},
    {"action": "authenticate", "apiKey": "parley_wrong", "visitor": "anna"},
    {"action": "nothing", "junk": "x" * 30_000},
)


@dataclass
class Workers:
    """Lambda, which runs so many workers at a time; each takes as long as an answer."""

    run: Callable[[ConversationId], object]
    is_open: Callable[[ConversationId], bool]
    busy: list[tuple[int, ConversationId]] = field(default_factory=list)

    def tick(self, second: int, woken: list[ConversationId], *, receiving: int) -> None:
        """End what is done, and begin what fits beside the functions that receive."""
        for until, conversation in [one for one in self.busy if one[0] <= second]:
            self.busy.remove((until, conversation))
            self.run(conversation)
        while woken and len(self.busy) < WORKERS - receiving:
            conversation = woken.pop(0)
            is_taken = conversation in [busy for _, busy in self.busy]
            if self.is_open(conversation) and not is_taken:  # others end at once
                self.busy.append((second + ANSWER_S, conversation))


@dataclass
class Day:
    """The attack, second by second."""

    chat: Chat
    asks_every_s: int = 20
    """How often the honest person asks."""
    connect: Gate = field(default_factory=lambda: Gate(CONNECT))
    frames: Gate = field(default_factory=lambda: Gate(FRAMES))
    webhook: Webhook = field(init=False)
    connected: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    waits: list[int] = field(default_factory=list)
    """Seconds that the honest person waited for each answer."""
    most_busy: int = 0
    _tabs: list[Tab] = field(default_factory=list)
    _random: Random = field(default_factory=lambda: Random(1))
    _asked_at: int | None = None

    def __post_init__(self) -> None:
        self.webhook = Webhook(self.chat.bot, self._random)

    def runs(self, seconds: int) -> None:
        """Let so many seconds go by, and as many more as the last answer takes."""
        workers = Workers(self.chat.bot.run, self._is_open)
        for second in takewhile(lambda second: second < seconds or self._asked_at is not None, range(2 * seconds)):
            received = self._received
            self.chat.clock.tick(seconds=1)
            self.connect.tick()
            self.frames.tick()
            self._strangers_connect()
            self._strangers_send()
            if second < seconds:
                self._the_honest_person(second)
            self.webhook.tick(second)
            receiving = ceil((self._received - received) * REQUEST_S)
            workers.tick(second, self.chat.bot.wake.woken, receiving=receiving)
            self.most_busy = max(self.most_busy, len(workers.busy))
            self._is_answered(second)

    def _strangers_connect(self) -> None:
        while self.connect.passes() and self.frames.passes():
            tab = self.chat.connects()
            tab.sends("authenticate", ticket=self.chat.ticket_of(f"visitor-{self.connected % VISITORS}"))
            self.connected += 1
            self._tabs.append(tab)

    def _strangers_send(self) -> None:
        while self._tabs and self.frames.passes():
            tab = self._random.choice(self._tabs)
            frame = dict(self._random.choice(FREE))
            tab.sends(frame.pop("action"), **frame)
            if tab.is_closed:
                self._tabs.remove(tab)

    def _the_honest_person(self, second: int) -> None:
        if second % self.asks_every_s == 0 and self._asked_at is None:
            self.webhook.sends("petra", f"Question {second}?", second=second)
            self._asked_at = second

    @property
    def _received(self) -> int:
        return sum(gate.passed for gate in (self.connect, self.frames, self.webhook.gate))

    def _is_open(self, conversation: ConversationId) -> bool:
        return self.chat.memory.conversations[conversation].due_at is not None

    def _is_answered(self, second: int) -> None:
        if self._asked_at is not None and len(self.chat.bot.sent_to("petra")) > len(self.waits):
            self.waits.append(second - self._asked_at)
            self._asked_at = None


@pytest.mark.slow
@pytest.mark.parametrize(("seconds", "asks_every_s"), [(40, 20), pytest.param(1000, 60, marks=pytest.mark.full)])
def test_on_a_hostile_day_an_honest_person_on_messenger_is_answered_throughout(
    chat: Chat, seconds: int, asks_every_s: int
):
    chat.bot.price = prices.assumed("gpt-6-astra")
    chat.bot.limits_to(1000)
    chat.changes_key(open_rooms=True, daily_messages=1000)
    day, began = Day(chat, asks_every_s), chat.clock()
    day.runs(seconds)
    assert len(day.waits) == -(-seconds // asks_every_s)
    assert max(day.waits) <= LONGEST_WAIT_S
    assert all("budget" not in said for said in chat.bot.sent_to("petra"))
    assert day.most_busy <= OPEN_OF_A_KEY + 2
    assert day.connected >= CONNECT.per_second * seconds
    assert _of_web(chat.bot.spent()) <= part_of_channel(chat.bot.settings.limits.daily_budget, is_shared=True)
    assert chat.bot.spent().committed <= chat.bot.settings.limits.daily_budget
    assert chat.memory.keys[KEY].used < day.frames.passed
    assert day.webhook.refused >= seconds * METHODS[WEBHOOK].per_second / 2
    assert len(chat.bot.turns(FLOODER)) <= MESSAGES_OF_A_PERSON.burst + (seconds + LONGEST_WAIT_S) // 6
    bucket = FRAMES_OF_A_CONNECTION
    handled = Counter(tab.id for tab in day._tabs for _ in tab.got("pong"))  # noqa: SLF001 (those still open)
    assert 0 < max(handled.values()) <= bucket.burst + (chat.clock() - began) // bucket.every_ms


def test_forged_requests_at_full_speed_call_nothing(chat: Chat):
    calls: Counter[str] = Counter()
    for port in ("inbox", "transcript", "people", "alerts", "spending", "wake", "notifier"):
        setattr(chat.bot, port, Counting(getattr(chat.bot, port), calls))
    webhook = Webhook(chat.bot, Random(1), flood_a_second=0)
    for second in range(30):
        webhook.tick(second)
    assert webhook.refused == webhook.gate.passed == METHODS[WEBHOOK].burst + 29 * METHODS[WEBHOOK].per_second
    assert calls == {}


def test_one_sender_of_many_signed_messages_is_answered_as_often_as_any_person(chat: Chat):
    webhook = Webhook(chat.bot, Random(1), forged_a_second=0)
    for second in range(60):
        chat.clock.tick(seconds=1)
        webhook.tick(second)
        chat.works()
    assert webhook.delivered[FLOODER] == 60 * webhook.flood_a_second
    assert len(chat.bot.turns(FLOODER)) <= MESSAGES_OF_A_PERSON.burst + 10
    assert chat.bot.used(FLOODER) == len(chat.asked) == chat.bot.settings.limits.daily_limit
    assert len(chat.bot.sent_to(FLOODER)) <= MESSAGES_OF_A_PERSON.burst + 10


def _of_web(day: DaySpend) -> int:
    return day.channels.get(Channel.WEB, 0)
