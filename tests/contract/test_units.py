"""What AWS's part of a message is computed from, held to what the code really does."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import pytest

from chalicelib.aws import ssm
from chalicelib.aws.dynamodb.keys import turn_key
from chalicelib.aws.dynamodb.writes import put
from chalicelib.aws.functions import LambdaWarmer
from chalicelib.bootstrap import adapters, api, websocket, worker
from chalicelib.channels.router import ChannelRouter
from chalicelib.channels.web.sender import WebSender
from chalicelib.channels.web.writer import Timing
from chalicelib.conversation.turn import Turn
from chalicelib.ids import Channel, ConversationId, PersonId
from chalicelib.operations import aws_prices
from chalicelib.settings.stage import Settings
from scripts.deploy.secrets import GENERATED, KINDS
from tests.channels import BOTH
from tests.contract.meter import Meter
from tests.contract.stores import Store, dynamo_store
from tests.fakes.adapters import unexpected
from tests.fakes.model import ScriptedModel
from tests.flow.bot import Bot, conversation_of
from tests.flow.chat import Chat, person_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

QUESTION, ANSWER = "What is new? " * 16, "An answer. " * 91
LAMBDAS_OWN_BYTES = 400
"""Of one invocation's START, END and REPORT."""


@dataclass
class Metered:
    """A bot over DynamoDB whose answers are of the usual length."""

    bot: Bot
    store: Store
    meter: Meter

    @property
    def last_turn(self) -> Turn:
        return list(self.store.transcript.turns(conversation_of("anna"), now=self.bot.clock()))[-1]

    def remembers(self, turns: int, conversation: ConversationId | None = None) -> None:
        """More turns like the last one."""
        inbox: Any = self.store.inbox
        conversation = conversation or conversation_of("anna")
        [*_, last] = self.store.transcript.turns(conversation, now=self.bot.clock())
        item = inbox.table.get(turn_key(conversation, last.id))
        for number in range(turns):
            inbox.table.write(put({**item, "sk": f"{item['sk']}{number}"}))


@pytest.fixture
def metered(emulator: "DynamoDBClient") -> Iterator[Metered]:
    store, bot = dynamo_store(emulator), Bot()
    bot.inbox, bot.people, bot.alerts, bot.spending = store.inbox, store.people, store.alerts, store.spending
    bot.model.otherwise = (ANSWER,)
    bot.limits_to(100)
    bot.receives("anna", QUESTION)
    meter = Meter(emulator)
    yield Metered(bot, store, meter)
    meter.close()


def test_a_plain_message_takes_the_units_that_its_cost_is_computed_from(metered: Metered):
    metered.remembers(29)
    metered.bot.clock.tick(minutes=1)
    writes, reads = metered.meter.during(lambda: metered.bot.receives("anna", QUESTION))
    echo = metered.bot.receipt(metered.last_turn, 0)
    echo_writes, echo_reads = metered.meter.during(lambda: metered.bot.posted(echo))
    assert {"writes": writes + echo_writes, "reads": reads + echo_reads} == aws_prices.COUNTED


def web_chat(metered: Metered) -> Any:
    """The web chat of the same bot, over the same table."""
    store, bot, chat = metered.store, metered.bot, cast("Any", Chat(metered.bot))
    bot.transcript, bot.connections, chat.keys, chat.connections = (
        *(store.transcript, store.connections),
        *(store.keys, store.connections),
    )
    timing = Timing(poll_s=3600, end_s=60)
    web = WebSender(store.connections, chat.connection_api, bot.clock, unexpected, timing)
    bot.sender = ChannelRouter({Channel.WEB: web})
    bot.model = ScriptedModel()
    bot.model.otherwise = (ANSWER,)
    for key in chat.memory.keys.values():
        store.keys.create(replace(key, daily_messages=100))
    return chat


def visit(chat: Any) -> Any:
    """Somebody opens the page, asks one question and leaves when it is answered."""
    tab = chat.opens()
    tab.says(QUESTION)
    chat.handler.disconnect(tab.id)
    return tab


def test_a_question_in_the_web_chat_takes_the_units_that_its_cost_is_computed_from(metered: Metered):
    chat = web_chat(metered)
    visit(chat)
    here = ConversationId(person_of("anna"))
    metered.remembers(29, here)
    metered.store.facts.switch(
        PersonId(person_of("anna")), on=False, asked_at=1
    )  # a summary is counted elsewhere: it is rare
    metered.bot.clock.tick(minutes=1)
    writes, reads = metered.meter.during(lambda: visit(chat))
    chat.opens()
    _, poll = metered.meter.during(lambda: metered.store.connections.in_conversation(here, now=metered.bot.clock()))
    polls = aws_prices.WORKER_S / Decimal(Timing.poll_s)
    assert {"writes": writes, "reads": reads + int(polls) * poll} == aws_prices.WEB_COUNTED


def test_a_question_in_another_room_of_a_connection_takes_one_write_more_than_in_the_same(metered: Metered):
    chat = web_chat(metered)
    tab = chat.opens()

    def asks(room: str) -> None:
        metered.bot.clock.tick(minutes=1)
        tab.sends("message", prompt=QUESTION, conversationId=room)
        chat.works()

    asks("attic")
    asks("barn")
    writes, reads = metered.meter.during(lambda: asks("barn"))
    more_writes, more_reads = metered.meter.during(lambda: asks("attic"))
    assert (more_writes, more_reads <= reads) == (writes + 1, True)


def test_a_question_in_the_web_chat_takes_the_frames_that_its_cost_is_computed_from(metered: Metered):
    chat = web_chat(metered)
    received = [frame for frame in visit(chat).kinds if frame != "delta"]
    assert len(received) + len(("authenticate", "send_message")) == aws_prices.FRAMES_AROUND
    assert Decimal(str(Timing.batch_s)) == aws_prices.DELTA_EVERY_S


def test_the_secrets_that_are_decrypted_each_hour_are_those_of_the_functions():
    secure = {*GENERATED, *(kind.name for kind in KINDS)}
    read = {"api_handler": api.SECRETS, "websocket_message": websocket.SECRETS, "worker": worker.SECRETS}
    decrypted = {function: len(secure & set(names.of(BOTH))) for function, names in read.items()}
    assert decrypted == aws_prices.DECRYPTED
    assert ssm.CACHED_S == aws_prices.SECRETS_KEPT_S


def test_a_plain_message_logs_no_more_than_its_cost_is_computed_from(metered: Metered):
    before = len(metered.bot.logged.getvalue())
    metered.bot.receives("anna", QUESTION)
    metered.bot.posted(metered.bot.receipt(metered.last_turn, 0))
    logged = len(metered.bot.logged.getvalue()) - before
    assert logged + (aws_prices.WEBHOOK_CALLS + 1) * LAMBDAS_OWN_BYTES <= aws_prices.LOG_BYTES


def test_a_heartbeat_with_nothing_to_do_takes_the_units_that_its_cost_is_computed_from(metered: Metered):
    metered.bot.connections = metered.store.connections
    metered.bot.clock.tick(minutes=1)  # off the hour, at which it looks whether a checkup is due
    assert metered.meter.during(metered.bot.beats) == (0, aws_prices.BEAT_READS)


def test_a_ping_takes_the_units_that_its_cost_is_computed_from(metered: Metered):
    metered.bot.connections = metered.store.connections
    assert metered.meter.during(adapters.warmth(metered.bot.ports).prepare) == (0, aws_prices.PING_READS)
    assert metered.bot.log_lines("warm") == []


def test_a_heartbeat_invokes_as_many_functions_as_its_cost_is_computed_from():
    invoked: list[str] = []

    class Counting:
        """Lambda, which answers everybody."""

        def invoke(self, **request: Any) -> Any:
            invoked.append(request["FunctionName"])
            return {"Payload": io.BytesIO(b"{}")}

    client, here = cast("Any", Counting()), Settings.from_env({})
    LambdaWarmer(client, here.stage.api_function, here.stage.worker_function, here.stage.websocket_functions).warm()
    assert len(invoked) == len(aws_prices.WARMED)
