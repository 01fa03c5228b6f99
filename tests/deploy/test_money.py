"""What doctor says of the month's budget, and of a provider that does not respond."""

from datetime import UTC, datetime
from typing import Final

import pytest

from chalicelib.aws.dynamodb.keys import personas_key
from chalicelib.aws.dynamodb.outages import DynamoOutages
from chalicelib.aws.dynamodb.read_along import ReadAlong
from chalicelib.operations.findings import Finding, Severity
from scripts.deploy.deployment import Deployment
from scripts.deploy.inspection import Inspection
from scripts.deploy.money import Money
from scripts.simulator.table import create_table
from tests.deploy.cloudformation import CloudFormation
from tests.deploy.conftest import Account

NOON: Final = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp() * 1000)
DEPLOY: Final = "scripts/parley deploy --stage dev"


@pytest.fixture(autouse=True)
def _table(account: Account) -> None:
    create_table(account.client("dynamodb"), "parley-dev")


def money(account: Account, **settings: str) -> Money:
    return Money(account.environment(**settings), lambda: NOON, DEPLOY)


def spend(account: Account, **days: int) -> None:
    for day, micro_usd in days.items():
        item = {
            "pk": {"S": f"SPEND#2026-{day[1:3]}-{day[3:]}"},
            "sk": {"S": "SPEND"},
            "committed": {"N": str(micro_usd)},
        }
        account.client("dynamodb").put_item(TableName="parley-dev", Item=item)


def outages(account: Account) -> DynamoOutages:
    return DynamoOutages(account.environment().table, ReadAlong(personas_key(), lambda: NOON))


def test_without_a_monthly_budget_nothing_is_said_of_it(account: Account):
    spend(account, d1101=5_000_000)
    assert list(money(account).month()) == []


@pytest.mark.parametrize(
    ("today", "state"),
    [(0, "ok"), (2_999_999, "ok"), (3_000_000, "warning"), (5_000_000, "broken"), (9_000_000, "broken")],
)
def test_the_months_budget_warns_at_four_fifths_and_is_broken_when_it_is_spent(
    account: Account, today: int, state: str
):
    spend(account, d1031=9_000_000, d1101=4_000_000, d1119=1_000_000, d1120=today)
    [found] = money(account, PARLEY_MONTHLY_BUDGET_USD="10").month()
    assert (found.name, found.state) == ("month", state)


def test_a_spent_month_is_shown_with_its_amount_its_end_and_a_remedy(account: Account):
    spend(account, d1101=10_500_000)
    [found] = money(account, PARLEY_MONTHLY_BUDGET_USD="10").month()
    assert found == Finding.broken(
        "month",
        "10.5 of 10 USD are spent this month",
        "people get no answers until 1 December 2026",
        "wait until 1 December 2026, or raise PARLEY_MONTHLY_BUDGET_USD in .chalice/config.json and run " + DEPLOY,
    )


def test_a_provider_that_responds_is_not_mentioned(account: Account):
    for _ in range(2):
        outages(account).count("", now=NOON, anew=False)
    assert list(money(account).outages()) == []


def test_a_provider_that_does_not_respond_is_broken_and_the_next_try_is_named(account: Account):
    for _ in range(4):
        outages(account).count("", now=NOON, anew=False)
    [found] = money(account, PARLEY_MODEL="gpt-6-luna", PARLEY_TIMEZONE="Europe/Berlin").outages()
    assert found == Finding.broken(
        "provider",
        "gpt-6-luna gave no response to the last 4 questions",
        "people get a notice and are not charged; from 13:01:00 on one question is let through",
        "wait, or look at the status page of the model's provider",
    )


def test_doctor_says_both(account: Account, tmp_path):
    account.fakes["cloudformation"] = CloudFormation("parley-dev", "CREATE_COMPLETE")
    for _ in range(3):
        outages(account).count("", now=NOON, anew=False)
    environment = account.environment(PARLEY_MONTHLY_BUDGET_USD="10")
    found = {one.name: one.state for one in Inspection(Deployment(environment, tmp_path)).run()}
    assert (found["provider"], found["month"], found["budget"]) == (Severity.BROKEN, Severity.OK, Severity.OK)
