"""The data stack is what CloudFormation accepts, and nothing in it is paid by the hour."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
from cfnlint import decode
from cfnlint.api import lint_file

from tests.templates import rendered

ROOT: Final = Path(__file__).parents[2]
TEMPLATE: Final = ROOT / ".chalice" / "resources.yaml"
PAID_BY_USE: Final = {
    "AWS::CloudWatch::Alarm": "ten are free",
    "AWS::CloudWatch::Dashboard": "three are free",
    "AWS::DynamoDB::Table": "on demand, as the next test says",
    "AWS::Logs::LogGroup": "by what is written",
    "AWS::SNS::Subscription": "by message",
    "AWS::SNS::Topic": "by message",
    "AWS::SQS::Queue": "by request",
    "AWS::SSM::Parameter": "standard ones are free",
}
"""Every kind of resource there may be, and why it costs nothing while nobody writes."""


@pytest.fixture(scope="module")
def template() -> Any:
    parsed, problems = decode.decode(str(TEMPLATE))
    assert problems == []
    return parsed


def of_type(template: Any, kind: str) -> list[Any]:
    return [resource["Properties"] for resource in template["Resources"].values() if resource["Type"] == kind]


@pytest.mark.slow
def test_cloudformation_would_accept_the_template():
    assert [str(problem) for problem in lint_file(TEMPLATE)] == []


def test_no_resource_has_an_hourly_price(template: Any):
    assert {resource["Type"] for resource in template["Resources"].values()} <= PAID_BY_USE.keys()
    [table] = of_type(template, "AWS::DynamoDB::Table")
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert "ProvisionedThroughput" not in json.dumps(template)


def test_alarms_and_dashboards_stay_within_what_is_free(template: Any):
    assert len(of_type(template, "AWS::CloudWatch::Alarm")) <= 10
    assert len(of_type(template, "AWS::CloudWatch::Dashboard")) <= 3


def test_the_words_of_people_outlive_a_mistake(template: Any):
    [table] = of_type(template, "AWS::DynamoDB::Table")
    assert table["DeletionProtectionEnabled"] == {"Fn::If": ["IsProtected", True, False]}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_every_alarm_tells_the_owner_what_to_do(template: Any):
    for alarm in of_type(template, "AWS::CloudWatch::Alarm"):
        assert alarm["AlarmActions"] == [{"Ref": "Topic"}]
        for text in re.findall(r'"Fn::Sub": "(.*?)"', json.dumps(alarm["AlarmDescription"])):
            assert " See: " in text
            assert "scripts/parley" not in text or text.endswith(" --stage ${Stage}")


COUNT_ERRORS: Final = {"5XXError", "Errors", "Throttles"}


def test_one_single_error_in_five_minutes_mails_nobody_and_two_do(template: Any):
    alarms = [alarm for alarm in of_type(template, "AWS::CloudWatch::Alarm") if alarm["MetricName"] in COUNT_ERRORS]
    assert {alarm["MetricName"] for alarm in alarms} == COUNT_ERRORS
    for alarm in alarms:
        rule = (alarm["Statistic"], alarm["Period"], alarm["EvaluationPeriods"], alarm["ComparisonOperator"])
        assert (*rule, alarm["Threshold"]) == ("Sum", 300, 1, "GreaterThanThreshold", 1)


def test_every_function_logs_for_thirty_days(template: Any):
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    suffixes = {"" if name == "api_handler" else f"-{name}" for name in config["lambda_functions"]}
    groups = {
        (group["LogGroupName"]["Fn::Sub"], group["RetentionInDays"])
        for group in of_type(template, "AWS::Logs::LogGroup")
    }
    assert groups == {(f"/aws/lambda/parley-${{Stage}}{suffix}", 30) for suffix in suffixes}


def test_a_message_stays_hidden_six_times_as_long_as_the_worker_may_take(template: Any):
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    [hidden] = [
        queue["VisibilityTimeout"] for queue in of_type(template, "AWS::SQS::Queue") if "VisibilityTimeout" in queue
    ]
    assert hidden >= 6 * config["lambda_functions"]["worker"]["lambda_timeout"]


def test_the_stage_of_the_api_is_named_as_its_alarms_look_for_it():
    stages = json.loads((ROOT / ".chalice" / "config.json").read_text())["stages"]
    assert {name: stage["api_gateway_stage"] for name, stage in stages.items()} == {name: name for name in stages}


@pytest.mark.parametrize("channels", ["messenger,web", "messenger", "web"])
def test_the_dashboard_is_readable_json(channels: str):
    body = json.loads(rendered(channels)["Dashboard"]["Properties"]["DashboardBody"])
    assert len(body["widgets"]) == 4


@pytest.mark.parametrize(
    ("channels", "absent", "lacks"),
    [
        ("messenger,web", "nothing of this", 0),
        ("web", "facebook|messenger|webhook|channel-?broken", 2),
        ("messenger", "websocket|web chat", 5),
    ],
)
def test_a_channel_that_is_off_has_no_logs_no_alarms_and_no_part_of_the_dashboard(
    template: Any, channels: str, absent: str, lacks: int
):
    found = rendered(channels)
    assert re.findall(absent, json.dumps(found), re.IGNORECASE) == []
    of_fifo = [name for name, resource in template["Resources"].items() if resource.get("Condition") == "IsFifo"]
    assert len(found) == len(template["Resources"]) - len(of_fifo) - 1 - lacks  # no e-mail address
