"""What a message costs in calls of DynamoDB, counted where they leave the process."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from chalicelib.access.budget import Price, Usage
from chalicelib.access.person import Access
from chalicelib.conversation.tool import ToolCall
from chalicelib.tools.now import now
from chalicelib.tools.tool import tool
from chalicelib.tools.toolbox import FunctionTools
from tests.contract.stores import Store, dynamo_ports, dynamo_store
from tests.flow.bot import Bot, conversation_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


PLAIN = ["UpdateItem", "Query", "GetItem", "TransactWriteItems", "TransactWriteItems", "TransactWriteItems"]
"""What the worker calls in a plain turn."""


@dataclass
class Counted:
    """A bot over DynamoDB, and the calls it has made."""

    bot: Bot
    store: Store
    calls: list[str]
    now: list[int]
    """The time by which it is decided what is read along."""

    def during(self, step: Callable[[], object]) -> list[str]:
        self.calls.clear()
        step()
        return list(self.calls)


@pytest.fixture
def counted(emulator: "DynamoDBClient", called: list[str]) -> Counted:
    now = [0]
    store = dynamo_store(emulator, clock=lambda: now[0])
    counted = Counted(Bot(), store, called, now)
    counted.bot.persona_texts, counted.bot.pauses = store.personas, store.pauses
    counted.bot.inbox, counted.bot.people, counted.bot.alerts = store.inbox, store.people, store.alerts
    counted.bot.new_people, counted.bot.owners = store.new_people, store.owners
    counted.bot.transcript, counted.bot.summaries, counted.bot.facts = store.transcript, store.summaries, store.facts
    counted.bot.takeovers = store.takeovers
    counted.bot.limits_to(1000)
    counted.bot.receives("anna", "The first message, of which the owner is told")
    counted.bot.clock.tick(minutes=1)
    return counted


def test_the_webhook_stores_a_message_with_one_call(counted: Counted):
    assert counted.during(lambda: counted.bot.accepts("anna", "Hello?")) == ["TransactWriteItems"]


def test_a_second_message_at_once_costs_the_webhook_one_call_more(counted: Counted):
    counted.bot.accepts("anna", "Hello?")
    assert counted.during(lambda: counted.bot.accepts("anna", "Are you there?")) == ["TransactWriteItems"] * 2


def test_a_plain_turn_costs_the_worker_six_calls(counted: Counted):
    counted.bot.accepts("anna", "Hello?")
    assert counted.during(counted.bot.works) == PLAIN


def test_a_plain_turn_costs_the_worker_six_calls_on_a_day_that_is_shared_out(counted: Counted):
    """Only the first charge in each of its shards costs two more."""
    counted.bot.may_spend("5")
    calls = []
    for number in range(8):
        counted.bot.accepts("anna", f"Hello? {number}")
        calls.append(counted.during(counted.bot.works))
    [opened, other] = (each for each in calls if each != PLAIN)
    assert opened == other == [*PLAIN[:4], "BatchGetItem", "TransactWriteItems", *PLAIN[4:]]


def test_memory_costs_a_plain_turn_no_call(counted: Counted):
    """Neither what the person wants remembered nor the summary is read by a request of its own."""
    bot = counted.bot
    bot.model.otherwise = ["That reminds me of a long story about ships and the sea. " * 20]
    bot.receives("anna", "/memory yes My dog is called Rex.")
    for number in range(30):
        bot.accepts("anna", f"Hello? {number}")
        if len(counted.during(bot.works)) > len(PLAIN):
            break
    assert [line["outcome"] for line in bot.log_lines("summary")] == ["kept"]
    bot.accepts("anna", "Hello?")
    assert counted.during(bot.works) == PLAIN
    assert "Rex" in bot.last_prompt.notes
    assert "What was said before" in bot.last_prompt.notes


def test_a_summary_costs_two_calls_and_the_first_of_a_long_conversation_one_more(counted: Counted):
    bot, seen = counted.bot, set[tuple[str, ...]]()
    bot.limits_to(1000)
    for number in range(40):
        bot.accepts("anna", f"Hello? {number}")
        seen.add(tuple(counted.during(bot.works)[len(PLAIN) :]))
    summary = ("TransactWriteItems", "TransactWriteItems")
    assert seen == {(), summary, ("Query", *summary)}


def test_a_round_of_tools_costs_the_worker_three_calls_and_one_more_for_each_tool_that_writes(counted: Counted):
    """The journal, the results, and the money for the next call of the model."""
    elsewhere = dynamo_ports(counted.store.people.table)  # type: ignore[attr-defined]
    with_tools = persona_text("You help.") + 'tools = ["now", "bake"]\n'
    elsewhere.personas.put("assistant", with_tools, now=counted.bot.clock())
    counted.now[0] = 60_000
    counted.bot.toolbox = lambda: FunctionTools((now, bake), {}, lambda _: None)
    counted.bot.journal = counted.store.journal
    counted.bot.model.script = [[ToolCall("1", "now", "{}"), ToolCall("2", "bake", "{}")], ["Done."]]
    counted.bot.accepts("anna", "Bake, and tell me when")
    plain, begin, ends, mark, again = 6, 1, 2, 1, 1
    assert len(counted.during(counted.bot.works)) == plain + begin + ends + mark + again
    assert counted.bot.sent_to("anna")[-1] == "Done."


@tool(writes=True)
def bake() -> str:
    """Bake."""
    return "Baked."


def test_the_owners_texts_of_personas_cost_a_turn_no_call_of_their_own(counted: Counted):
    """They come along with the person, in the first turn of each minute."""
    store, now = counted.store, counted.now
    elsewhere = dynamo_ports(store.people.table)  # type: ignore[attr-defined]
    elsewhere.personas.put("assistant", persona_text("You answer for a bakery."), now=counted.bot.clock())
    for later, read in ((0, "GetItem"), (59_999, "GetItem"), (60_000, "BatchGetItem"), (60_001, "GetItem")):
        now[0] = later
        counted.bot.accepts("anna", "Hello?")
        calls = counted.during(counted.bot.works)
        assert (len(calls), calls[2]) == (6, read)
        baker = counted.bot.last_prompt.instructions.startswith("You answer for a bakery.\n")
        assert baker is (later >= 60_000)


def persona_text(instructions: str) -> str:
    return f'name = "Baker"\nmax_output_tokens = 100\ninstructions = "{instructions}"\n'


def test_each_level_of_the_budget_costs_one_turn_of_a_container_three_calls_more(counted: Counted):
    """Half of the day's budget, and four fifths of the channel's part of it: a try, the day's mark, and the owners."""
    counted.bot.price = Price(Decimal(0), Decimal(0), output=Decimal(1))
    counted.bot.model.usage = Usage(input=1, output=1)
    counted.bot.may_spend("0.0011")
    level = ["TransactWriteItems", "UpdateItem", "Query"]
    counted.bot.accepts("anna", "Hello?")
    [conversation] = counted.bot.wake.woken
    worker = counted.bot.worker

    def answers() -> list[str]:
        return sorted(counted.during(lambda: worker.run(conversation, remaining_ms=counted.bot.remaining_ms)))

    assert answers() == sorted([*PLAIN, *level, *level])
    counted.bot.accepts("anna", "And again?")
    assert answers() == sorted(PLAIN)


def test_a_monthly_budget_costs_a_container_two_calls_a_day(counted: Counted):
    """What the days before have used is read, and nothing more is added to it."""
    bot = counted.bot
    bot.spending = counted.store.spending
    bot.may_spend("1", month="20")
    bot.accepts("anna", "Hello?")
    [conversation] = bot.wake.woken
    worker, seen = bot.worker, list[list[str]]()
    for hours in (0, 1, 24, 1):
        bot.clock.tick(hours=hours)
        bot.accepts("anna", "And now?")
        seen.append(counted.during(lambda: worker.run(conversation, remaining_ms=bot.remaining_ms)))
    first, others = sorted([*PLAIN, "UpdateItem", "BatchGetItem"]), sorted(PLAIN)
    assert [sorted(calls) for calls in seen[1:]] == [others, first, others]


def test_a_blocked_person_costs_one_conditional_write_and_no_worker(counted: Counted):
    counted.bot.decides("anna", Access.BLOCKED)
    assert counted.during(lambda: counted.bot.receives("anna", "Hello?")) == ["TransactWriteItems"]


def test_a_worker_that_is_not_needed_costs_one_call(counted: Counted):
    assert counted.during(lambda: counted.bot.run(conversation_of("anna"))) == ["UpdateItem"]


@pytest.mark.parametrize(
    ("psid", "calls"),
    [("anna", ["TransactWriteItems"]), ("a person the bot has not met", ["TransactWriteItems", "UpdateItem"])],
)
def test_a_humans_reply_costs_the_webhook_one_call_and_two_for_a_person_it_has_not_met(
    counted: Counted, psid: str, calls: list[str]
):
    echo = counted.bot.echo(psid, text="Your parcel is here.")
    assert counted.during(lambda: counted.bot.posted(echo)) == calls
