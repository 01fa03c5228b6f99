"""Tests that `parley destroy` leaves nothing behind, on AWS and on Facebook."""

from typing import Any

import pytest

from tests.deployed.conftest import Deployment


@pytest.fixture
def bot(account: Deployment) -> Deployment:
    """A separate bot, to be destroyed."""
    deployed = account.deploy()
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    return account


def left(account: Deployment) -> dict[str, Any]:
    """List all resources of the types that a deployment creates."""
    found = {
        "functions": account.client("lambda").list_functions()["Functions"],
        "mappings": account.client("lambda").list_event_source_mappings()["EventSourceMappings"],
        "apis": account.client("apigateway").get_rest_apis()["items"],
        "websocket apis": account.client("apigatewayv2").get_apis()["Items"],
        "roles": account.client("iam").list_roles()["Roles"],
        "rules": account.client("events").list_rules()["Rules"],
        "tables": account.client("dynamodb").list_tables()["TableNames"],
        "queues": account.client("sqs").list_queues().get("QueueUrls", []),
        "topics": account.client("sns").list_topics()["Topics"],
        "alarms": account.client("cloudwatch").describe_alarms()["MetricAlarms"],
        "dashboards": account.client("cloudwatch").list_dashboards()["DashboardEntries"],
        "logs": account.client("logs").describe_log_groups()["logGroups"],
        "parameters": account.client("ssm").describe_parameters()["Parameters"],
    }
    return {kind: items for kind, items in found.items() if items}


def test_destroy_leaves_nothing_and_a_new_deployment_begins_afresh(bot: Deployment):
    bot.write("leaving", "Remember me")
    bot.wait_for_answers("leaving", 1)
    assert set(left(bot)) >= {
        "functions",
        "apis",
        "websocket apis",
        "roles",
        "rules",
        "tables",
        "queues",
        "logs",
        "parameters",
    }
    destroyed = bot.parley("destroy", "--yes")
    assert destroyed.returncode == 0, destroyed.stdout + destroyed.stderr
    assert left(bot) == {}
    assert (bot.meta.admin.page_fields, bot.meta.admin.profile) == ([], {})
    again = bot.deploy()
    assert again.returncode == 0, again.stdout + again.stderr
    assert "There are no people yet" in bot.parley("people", "list").stdout


def test_destroy_finishes_what_broke_off_and_what_was_never_whole(bot: Deployment):
    bot.meta.admin.token.is_valid = False
    bot.client("dynamodb").update_table(TableName=f"{bot.table}", DeletionProtectionEnabled=False)
    bot.client("dynamodb").delete_table(TableName=bot.table)
    bot.client("lambda").delete_function(FunctionName=f"{bot.table}-worker")
    destroyed = bot.parley("destroy", "--yes")
    bot.meta.admin.token.is_valid = True
    assert destroyed.returncode == 0, destroyed.stdout + destroyed.stderr
    assert left(bot) == {}
    nothing = bot.parley("destroy", "--yes")
    assert nothing.returncode == 0, nothing.stdout + nothing.stderr
    assert nothing.stdout.count("did not exist") == 3
