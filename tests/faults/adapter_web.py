"""A question of the web chat over the real adapter: a process dies at one of its requests to DynamoDB.

Frames are written by threads of the worker's own; only what its main thread asks DynamoDB for is a place to die at.
"""

import json
import threading
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Final

from botocore.exceptions import ConnectionClosedError

from chalicelib.aws.dynamodb.table import Table
from chalicelib.channels.router import ChannelRouter
from chalicelib.channels.web.sender import WebSender
from chalicelib.channels.web.writer import Timing
from chalicelib.conversation.turn import Turn
from chalicelib.ids import Channel
from scripts.bench.dynamodb_proxy import Headers, Response
from scripts.simulator.table import create_table
from tests.contract.conflicts import ConflictProxy
from tests.contract.in_process import in_process, ministack, plainly
from tests.contract.stores import Store, dynamo_ports
from tests.fakes.adapters import unexpected
from tests.fakes.model import ScriptedModel
from tests.faults.stage import Crash, When
from tests.flow.bot import Bot
from tests.flow.chat import KEY, Chat, Tab, person_of, ulid

QUESTION: Final = "one question"
ANSWER: Final = "The one answer."
_TRIES: Final = 3
_BEATS: Final = 20
_NUMBERS = count()
_PORTS: Final = [
    "inbox",
    "takeovers",
    "journal",
    "lists",
    "tool_lists",
    "transcript",
    "summaries",
    "people",
    "owners",
    "new_people",
    "facts",
    "export_links",
    "alerts",
    "invites",
    "pauses",
    "outages",
    "deletions",
    "spending",
    "connections",
]


@dataclass
class AdapterChat:
    """One visitor; `ask` ends when nothing is left to do."""

    dies_at: tuple[int, When] | None = None
    """A request of the door's or the worker's, counted from the question."""
    loses: int | None = None
    """The request whose response is lost."""
    requests: list[str] = field(default_factory=list)
    """The operations of those requests."""
    _armed: bool = False
    _thread: int = field(default_factory=threading.get_ident)

    def __post_init__(self) -> None:
        server = in_process()
        server.answer = plainly
        self.table = Table(server.client, f"web-{next(_NUMBERS)}", sleep=lambda _: None)
        create_table(self.table.client, self.table.name)
        bot: Any = Bot()
        self.store: Store = dynamo_ports(self.table, bot.clock)
        for name in _PORTS:
            setattr(bot, name, getattr(self.store, name))
        bot.persona_texts = self.store.personas
        self.chat: Any = Chat(bot)
        bot.model = ScriptedModel()
        bot.model.otherwise = (ANSWER,)
        bot.connections = self.store.connections
        self.chat.connections = bot.connections
        self.chat.keys = self.store.keys
        for key in self.chat.memory.keys.values():
            self.store.keys.create(replace(key, daily_messages=100))
        quick = Timing(batch_s=0, poll_s=1000, retry_s=0, end_s=60)
        web = WebSender(self.store.connections, self.chat.connection_api, bot.clock, unexpected, quick)
        bot.sender = ChannelRouter({Channel.WEB: web})
        self.tab: Tab = self.chat.opens()
        self.proxy = ConflictProxy(ministack, transaction_s=0, reluctant=False, sleep=lambda _: None)
        server.answer = self._answer

    def close(self) -> None:
        """Delete the table."""
        in_process().answer = plainly
        self.table.client.delete_table(TableName=self.table.name)

    def _answer(self, operation: str, body: bytes, headers: Headers) -> Response:
        if not self._armed or threading.get_ident() != self._thread:
            return self.proxy.answer(operation, body, headers)
        number = len(self.requests)
        self.requests.append(operation)
        self._die_at(number, When.BEFORE)
        response = self.proxy.answer(operation, body, headers)
        self._die_at(number, When.AFTER)
        if self.loses == number:
            raise ConnectionClosedError(endpoint_url="https://dynamodb")
        return response

    def _die_at(self, number: int, when: When) -> None:
        if self.dies_at == (number, when):
            raise Crash

    def ask(self) -> "AdapterChat":
        """Send the question until it is accepted, as clients do, and let all that comes of it happen."""
        mine = ulid(self.chat.clock(), number=1)
        frame = json.dumps({"action": "send_message", "message": QUESTION, "id": mine})
        self._armed = True
        for _ in range(_TRIES):
            self._alive(lambda: self.chat.handler.receive(self.tab.id, frame, at=self.chat.clock()))
            if self.tab.got("accepted"):
                break
            self.chat.clock.tick(seconds=5)
        self._rest()
        self._armed = False
        return self

    def _alive(self, job: Any) -> None:
        try:
            job()
        except Crash:
            return

    def _rest(self) -> None:
        """The heartbeat wakes what a crash has left behind."""
        bot = self.chat.bot
        for _ in range(_BEATS):
            while bot.wake.woken:
                conversation = bot.wake.woken.pop(0)
                self._alive(lambda conversation=conversation: bot.run(conversation))
            if not any(turn.is_open for turn in self.turns):
                return
            bot.clock.tick(minutes=1)
            self._alive(bot.beats)
        raise AssertionError("it never comes to an end")

    # What became of it.

    @property
    def turns(self) -> list[Turn]:
        """What is stored."""
        armed, self._armed = self._armed, False
        found: list[Turn] = self.chat.turns()
        self._armed = armed
        return found

    @property
    def stored(self) -> list[tuple[str, str]]:
        """Questions and answers."""
        return [(turn.text, turn.reply.text if turn.reply else "") for turn in self.turns]

    @property
    def charged(self) -> tuple[int, int]:
        """What was counted on the person, and on the key."""
        person, key = self.store.people.get(person_of("anna")), self.store.keys.counted(KEY)
        return sum(person.quota.values()) if person else 0, key.used if key else 0
