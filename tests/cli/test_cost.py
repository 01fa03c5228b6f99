"""Tests `parley cost`: the amounts computed from counters and prices, and their output."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import click
import pytest

from chalicelib.access.budget import DaySpend, Reservation, Settlement, Usage
from chalicelib.conversation.inbox_steps import Charge, Finish, Record
from chalicelib.conversation.turn import Reply, TurnState
from chalicelib.ids import ConversationId
from chalicelib.llm import prices
from chalicelib.operations import aws_prices
from chalicelib.operations.cost_report import Report, since
from scripts.cli import cost_view
from scripts.stage.environment import memory_mb
from tests.channels import BOTH, MESSENGER, WEB
from tests.cli.chats import ANNA, Chats
from tests.cli.conftest import Run

MEMORY = {
    "api_handler": 1024,
    "worker": 512,
    "heartbeat": 256,
    "websocket_connect": 512,
    "websocket_message": 1024,
    "websocket_disconnect": 256,
}
LISTED = aws_prices.load()
BUSY = DaySpend("2026-11-21", 60_000, tokens_in=3000, tokens_cached=1000, tokens_out=500, answers=2, calls=3)


def report(*days: DaySpend, **others: Any) -> Report:
    """Return a report on a month that ends with these days."""
    first = datetime(2026, 11, 21, tzinfo=UTC).date() - timedelta(days=29)
    before = [DaySpend((first + timedelta(days=number)).isoformat()) for number in range(30 - len(days))]
    price = prices.assumed("gpt-6-luna")
    kinds = (aws_prices.message, aws_prices.web_message, aws_prices.idle)
    message, web, month = (bill(LISTED, MEMORY) for bill in kinds)
    made = Report("prod", [*before, *days], "gpt-6-luna", price, LISTED, message, web, month, BOTH)
    return replace(made, **others)


def asks(chats: Chats, *, day: str, cost: int | None) -> None:
    """Store a message with reserved money, and its answer if `cost` is given."""
    chats.receive()
    inbox, until, reserved = (
        chats.store.inbox,
        chats.clock() + 60_000,
        Reservation(day, 100_000, 10_000_000),
    )
    lease = inbox.take(ConversationId(ANNA), owner="w", now=chats.clock(), until=until)
    assert lease
    turn = inbox.load(lease, now=chats.clock()).open[0]
    inbox.charge(lease, Charge(turn, day=chats.day, limit=None, reserve=reserved), now=until, until=until)
    if cost is not None:
        settlement = Settlement(reserved, cost, Usage(input=1500, cached=500, output=250))
        inbox.record(lease, Record(turn, Reply("Nothing."), settlement=settlement), until=until)
    inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))


def test_the_model_costs_what_was_counted():
    both = report(replace(BUSY, day="2026-11-20"), BUSY)
    assert both.model_usd == Decimal("0.12")
    assert (both.totals.answers, both.totals.calls, both.totals.tokens) == (4, 6, Usage(6000, 2000, 1000))


def test_a_thousand_messages_cost_the_model_what_the_counted_ones_did_on_the_average():
    assert report(BUSY).thousand_model_usd == 30


def test_as_long_as_nothing_is_counted_a_typical_answer_is_assumed():
    per_answer = prices.assumed("gpt-6-luna").cost(Usage(input=1500, output=250))
    assert report().thousand_model_usd == Decimal(per_answer) / 1000
    assert report(price=prices.FREE).thousand_model_usd == 0


def test_money_that_is_set_aside_is_taken_for_spent():
    assert report(DaySpend("2026-11-21", 100_000, calls=1)).model_usd == Decimal("0.1")


def test_aws_costs_what_each_call_takes_and_the_days_of_being_there():
    month, busy = report(), report(BUSY)
    assert month.messages_usd == 0
    assert month.usd == month.idle_usd
    assert busy.messages_usd == 3 * aws_prices.total(busy.message)
    assert report(days=[BUSY]).idle_usd * 30 == busy.idle_usd == aws_prices.total(busy.month)
    assert busy.usd == busy.model_usd + busy.messages_usd + busy.idle_usd


def test_a_message_costs_the_sum_of_quantities_times_prices():
    bill = {item.what: item for item in aws_prices.message(LISTED, MEMORY)}
    worker = bill["worker, 4 s at 512 MB"]
    assert (worker.quantity, worker.usd) == (Decimal(2), 2 * Decimal("0.0000166667"))
    writes = bill["DynamoDB writes"]
    assert writes.usd == writes.quantity * Decimal("0.625") / 1_000_000
    assert bill["API requests, message and echo"].usd == Decimal("0.000007")
    assert bill["Lambda invocations"].quantity == 3
    assert bill["logs"].usd == Decimal("0.000002")
    assert bill["KMS decrypts, at most"].usd == Decimal("0.000018")


def test_a_message_of_the_web_chat_costs_its_frames_and_the_minutes_of_its_connection():
    bill = {item.what: item for item in aws_prices.web_message(LISTED, MEMORY)}
    assert bill["WebSocket messages, at most"].usd == Decimal("0.000040")
    assert bill["minutes of connections"].usd == Decimal("0.00000125")
    assert bill["Lambda invocations"].quantity == 5
    assert {name for name, item in bill.items() if not item.counted} == {
        *("worker, 4 s at 512 MB", "WebSocket, 0.05 s each", "logs", "minutes of connections", "KMS decrypts, at most"),
    }


def test_the_owner_of_one_channel_sees_the_costs_of_that_one():
    both, messenger, web = (cost_view.as_text(report(BUSY, channels=one)) for one in (BOTH, MESSENGER, WEB))
    assert [text.count("1,000 messages") for text in (both, messenger, web)] == [2, 1, 1]
    assert ["webhook, 2 x" in text for text in (both, messenger, web)] == [True, True, False]
    assert ["minutes of connections" in text for text in (both, messenger, web)] == [True, False, True]
    assert report(BUSY, channels=WEB).messages_usd == 3 * aws_prices.total(report().web_message)
    few = {name: memory for name, memory in MEMORY.items() if not name.startswith("websocket_")}
    assert aws_prices.total(aws_prices.idle(LISTED, few)) < aws_prices.total(aws_prices.idle(LISTED, MEMORY))


def test_more_memory_costs_more():
    dear = aws_prices.message(LISTED, {**MEMORY, "worker": 1024})
    assert (
        aws_prices.total(dear) - aws_prices.total(aws_prices.message(LISTED, MEMORY)) == 2 * LISTED.usd["lambda_gb_s"]
    )


def test_a_month_without_messages_is_a_heartbeat_a_minute():
    bill = {item.what: item for item in aws_prices.idle(LISTED, MEMORY)}
    assert bill["heartbeats of EventBridge"].quantity == 43_200
    assert bill["Lambda invocations"].quantity == 259_200
    assert bill["KMS decrypts, at most"].quantity == 30 * 24 * 13
    assert bill["DynamoDB reads"].quantity == 43_200 * 9.5
    assert bill["heartbeat, and keeping warm"].quantity == 43_200 * Decimal("0.28")


def test_the_promise_of_the_readme_holds():
    bills = [bill(LISTED, memory_mb("prod")) for bill in (aws_prices.message, aws_prices.web_message)]
    assert [round(1000 * aws_prices.total(bill), 2) for bill in bills] == [Decimal("0.09"), Decimal("0.15")]
    assert round(aws_prices.total(aws_prices.idle(LISTED, memory_mb("prod"))), 2) == Decimal("0.45")


def test_each_function_has_the_memory_that_is_deployed():
    assert memory_mb("prod") == memory_mb("demo") == MEMORY


def test_the_owner_sees_the_sums_their_parts_and_where_they_come_from():
    text = click.unstyle(cost_view.as_text(report(BUSY)))
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "Stage prod, 2026-10-23 to 2026-11-21        $0.5054\n" in text
    assert "  the model        $0.0600  2 answers, 3 calls\n" in text
    assert "    tokens                  3,000 in (1,000 cached), 500 out\n" in text
    assert "  the model         $30.00  as counted above\n" in text
    assert "    WebSocket messages, at most     counted    40,000         $0.0400   27%\n" in text
    assert "    worker, 4 s at 512 MB           assumed     2,000 GB-s    $0.0333   36%\n" in text
    assert "    DynamoDB writes                 counted    43,000 units   $0.0269   29%\n" in text
    assert "1,000 messages of the web chat              $30.15\n" in text
    assert f"{LISTED.read} in {LISTED.region}" in " ".join(text.split())
    assert "Each stored GB adds $0.45 a month" in " ".join(text.split())


def test_the_demo_says_that_it_costs_nothing_itself():
    assert "what AWS would charge for the same" in " ".join(cost_view.as_text(report(stage="demo")).split())
    assert "what AWS would charge for the same" not in " ".join(cost_view.as_text(report()).split())


def test_a_narrow_terminal_gets_shorter_lines(run: Run):
    lines = run("cost", COLUMNS="60").output.splitlines()
    assert [line for line in lines if len(line) > 60] == []
    assert f"    {'DynamoDB writes':30}   $0.0269   29%" in lines


def test_large_numbers_fit_80_columns_too():
    much = replace(
        BUSY, committed=10**9, tokens_in=10**9 - 1, tokens_cached=10**9 - 1, tokens_out=10**9 - 1, answers=10**6
    )
    assert max(len(click.unstyle(line)) for line in cost_view.as_text(report(much)).splitlines()) <= 80


def test_assumptions_about_the_model_are_printed():
    assert "gpt-6-luna, assumed: 1,500 tokens in, 250 out" in cost_view.as_text(report())


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("0", "$0.0000"), ("0.00001", "<$0.0001"), ("0.07071", "$0.0707"), ("1.239", "$1.24"), ("12345", "$12,345.00")],
)
def test_amounts_are_as_exact_as_they_matter(amount: str, shown: str):
    assert cost_view.usd(Decimal(amount)) == shown


def test_the_counters_of_the_last_days_are_read(owner: Run, chats: Chats):
    today = datetime.now(UTC).date()
    for days_ago, cost in ((0, 30_000), (0, None), (6, 20_000), (29, 10_000), (30, 10_000)):
        asks(chats, day=(today - timedelta(days=days_ago)).isoformat(), cost=cost)
    month = json.loads(owner("cost", "--json").stdout)
    assert month["model"] == {
        "usd": 0.16,
        "calls": 4,
        "answers": 3,
        "tokens_in": 4500,
        "tokens_cached": 1500,
        "tokens_out": 750,
    }
    assert (month["days"], month["until"]) == (30, today.isoformat())
    week = json.loads(owner("cost", "--json", "--days", "7").stdout)
    assert (week["model"]["usd"], week["days"]) == (0.15, 7)
    assert "the model        $0.1300  1 answer, 2 calls" in owner("cost", "--days", "1").stdout


def test_the_days_before_the_deployment_cost_nothing(owner: Run, chats: Chats):
    document = json.loads(owner("cost", "--json").stdout)
    assert (document["days"], document["since"]) == (1, document["until"])
    assert document["aws"]["idle_usd"] == pytest.approx(document["idle_month"]["usd"] / 30, abs=1e-6)
    assert "  AWS, idle" in owner("cost").stdout
    assert owner("cost").stdout.count("1 day\n") == 1


@pytest.mark.parametrize(
    ("created", "calls", "first"),
    [
        ("2026-11-21", {}, "2026-11-21"),
        ("2026-11-19", {}, "2026-11-19"),
        ("2020-01-01", {}, "2026-11-18"),
        ("2030-01-01", {}, "2026-11-21"),
        ("2026-11-21", {"2026-11-20": 1}, "2026-11-20"),
        ("2026-11-19", {"2026-11-20": 1}, "2026-11-19"),
    ],
)
def test_a_report_begins_with_the_deployment_or_with_the_first_call_that_was_copied(
    created: str, calls: dict[str, int], first: str
):
    days = [DaySpend(f"2026-11-{day}", calls=calls.get(f"2026-11-{day}", 0)) for day in range(18, 22)]
    kept = since(date.fromisoformat(created), days)
    assert (kept[0].day, kept[-1].day) == (first, "2026-11-21")


def test_programs_get_every_line_with_its_share_and_the_prices_date(owner: Run, chats: Chats):
    document = json.loads(owner("cost", "--json").stdout)
    thousand = document["thousand_messages"]
    assert thousand["usd"] == pytest.approx(thousand["model_usd"] + thousand["aws_usd"])
    assert thousand["model_is_counted"] is False
    for bill in (thousand, document["idle_month"]):
        assert sum(item["share"] for item in bill["aws"]) == pytest.approx(1, abs=1e-5)
        assert {item["basis"] for item in bill["aws"]} == {"counted", "assumed"}
    assert document["idle_month"]["stored_gb_usd"] == 0.45
    assert document["prices"]["read"] == "September 2026"


def test_days_that_nobody_counts_are_refused(owner: Run):
    assert [owner("cost", "--days", days).exit_code for days in (0, 31)] == [2, 2]


def test_a_table_that_is_not_there_is_one_line(owner: Run):
    line = "there is no table parley-prod in eu-central-1: deploy the stage, or check --stage and --region"
    assert owner("cost", "--stage", "prod").stderr == f"Error: {line}\n"
