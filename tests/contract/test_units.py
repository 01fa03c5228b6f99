"""What AWS's part of a message is computed from, held to what the code really does."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pytest

from chalicelib.aws.dynamodb.keys import turn_key
from chalicelib.aws.dynamodb.writes import put
from chalicelib.aws.functions import LambdaWarmer
from chalicelib.conversation.turn import Turn
from chalicelib.operations import aws_prices
from chalicelib.settings import Settings
from tests.contract.meter import Meter
from tests.contract.stores import Store, dynamo_store
from tests.flow.bot import Bot, conversation_of

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

    def remembers(self, turns: int) -> None:
        """More turns like the last one."""
        inbox: Any = self.store.inbox
        item = inbox.table.get(turn_key(conversation_of("anna"), self.last_turn.id))
        for number in range(turns):
            inbox.table.write(put({**item, "sk": f"{item['sk']}{number}"}))


@pytest.fixture
def metered(moto_client: "DynamoDBClient") -> Iterator[Metered]:
    store, bot = dynamo_store(moto_client), Bot()
    bot.inbox, bot.people, bot.alerts, bot.spending = store.inbox, store.people, store.alerts, store.spending
    bot.model.otherwise = (ANSWER,)
    bot.limits_to(100)
    bot.receives("anna", QUESTION)
    meter = Meter(moto_client)
    yield Metered(bot, store, meter)
    meter.close()


def test_a_plain_message_takes_the_units_that_its_cost_is_computed_from(metered: Metered):
    metered.remembers(29)
    writes, reads = metered.meter.during(lambda: metered.bot.receives("anna", QUESTION))
    echo = metered.bot.receipt(metered.last_turn, 0)
    echo_writes, echo_reads = metered.meter.during(lambda: metered.bot.posted(echo))
    assert {"writes": writes + echo_writes, "reads": reads + echo_reads} == aws_prices.COUNTED


def test_a_plain_message_logs_no_more_than_its_cost_is_computed_from(metered: Metered):
    before = len(metered.bot.logged.getvalue())
    metered.bot.receives("anna", QUESTION)
    metered.bot.posted(metered.bot.receipt(metered.last_turn, 0))
    logged = len(metered.bot.logged.getvalue()) - before
    assert logged + (aws_prices.WEBHOOK_CALLS + 1) * LAMBDAS_OWN_BYTES <= aws_prices.LOG_BYTES


def test_a_heartbeat_with_nothing_to_do_takes_the_units_that_its_cost_is_computed_from(metered: Metered):
    metered.bot.clock.tick(minutes=1)  # off the hour, at which it looks whether a checkup is due
    assert metered.meter.during(metered.bot.beats) == (0, aws_prices.BEAT_READS)


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
