"""Tests that the doctor finds every fault of this file and no others, and repairs those that it can."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from chalicelib.settings.stage import Secret
from scripts.simulator.aws import free_port
from scripts.simulator.recorder import Behaviour
from tests.deployed.conftest import MODEL, Deployment
from tests.deployed.gate import gate
from tests.deployed.running import STAGE, Project, ministack

NAME = f"parley-{STAGE}"
Broken = Callable[[Deployment], Callable[[], object]]
"""Breaks something, and returns a function that repairs it."""


def findings(deployment: Deployment, *options: str, **environment: str) -> dict[str, str]:
    """Run the doctor and return the state of each finding that is not ok.

    The runtime is left out: whether it ends within a year depends on the Python of these tests.
    """
    result = deployment.parley("doctor", "--json", *options, **environment)
    assert result.stdout, result.stderr
    found = json.loads(result.stdout)["findings"]
    assert all(finding["why"] and finding["cure"] for finding in found if finding["state"] != "ok")
    assert result.returncode == int(any(finding["state"] == "broken" for finding in found))
    states = {finding["name"]: finding["state"] for finding in found if finding["state"] != "ok"}
    states.pop("runtime", None)
    return states


@contextmanager
def parameter(deployment: Deployment, name: str, value: str | None) -> Iterator[None]:
    """Change or delete a parameter of the stage within a block."""
    ssm, full = deployment.client("ssm"), f"/parley/{STAGE}/{name}"
    before = ssm.get_parameter(Name=full, WithDecryption=True)["Parameter"]
    if value is None:
        ssm.delete_parameter(Name=full)
    else:
        ssm.put_parameter(Name=full, Value=value, Type=before["Type"], Overwrite=True)
    yield
    ssm.put_parameter(Name=full, Value=before["Value"], Type=before["Type"], Overwrite=True)


def test_a_running_bot_is_in_good_health(deployment: Deployment):
    result = deployment.parley("doctor")
    assert result.returncode == 0, result.stdout
    assert findings(deployment) == {}
    assert max(len(line) for line in result.stdout.splitlines()) <= 80


def no_expiry(deployment: Deployment) -> Callable[[], object]:
    def expiry(*, enabled: bool) -> None:
        deployment.client("dynamodb").update_time_to_live(
            TableName=NAME, TimeToLiveSpecification={"Enabled": enabled, "AttributeName": "expires_at"}
        )

    expiry(enabled=False)
    return lambda: expiry(enabled=True)


def a_queue_changed_by_hand(deployment: Deployment) -> Callable[[], object]:
    sqs = deployment.client("sqs")
    url = sqs.get_queue_url(QueueName=f"{NAME}-dead")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"MessageRetentionPeriod": "60"})
    return lambda: sqs.set_queue_attributes(QueueUrl=url, Attributes={"MessageRetentionPeriod": "1209600"})


def a_function_with_less_memory(deployment: Deployment) -> Callable[[], object]:
    functions = deployment.client("lambda")
    functions.update_function_configuration(FunctionName=f"{NAME}-heartbeat", MemorySize=128)
    return lambda: functions.update_function_configuration(FunctionName=f"{NAME}-heartbeat", MemorySize=256)


def no_retries(deployment: Deployment) -> Callable[[], object]:
    functions = deployment.client("lambda")
    before = functions.get_function_event_invoke_config(FunctionName=f"{NAME}-worker")
    functions.delete_function_event_invoke_config(FunctionName=f"{NAME}-worker")
    return lambda: functions.put_function_event_invoke_config(
        FunctionName=f"{NAME}-worker",
        MaximumRetryAttempts=before["MaximumRetryAttempts"],
        MaximumEventAgeInSeconds=before["MaximumEventAgeInSeconds"],
        DestinationConfig=before["DestinationConfig"],
    )


def a_foreign_queue_that_wakes_the_worker(deployment: Deployment) -> Callable[[], object]:
    sqs, functions = deployment.client("sqs"), deployment.client("lambda")
    url = sqs.create_queue(QueueName="foreign")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    made = functions.create_event_source_mapping(EventSourceArn=arn, FunctionName=f"{NAME}-worker", BatchSize=1)
    return lambda: functions.delete_event_source_mapping(UUID=made["UUID"])


def a_heart_that_does_not_beat(deployment: Deployment) -> Callable[[], object]:
    events = deployment.client("events")
    events.disable_rule(Name=f"{NAME}-heartbeat-event")
    return lambda: events.enable_rule(Name=f"{NAME}-heartbeat-event")


def a_dead_letter(deployment: Deployment) -> Callable[[], object]:
    sqs = deployment.client("sqs")
    url = sqs.get_queue_url(QueueName=f"{NAME}-dead")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    return lambda: sqs.purge_queue(QueueUrl=url)


def an_alarm_that_rings(deployment: Deployment) -> Callable[[], object]:
    cloudwatch = deployment.client("cloudwatch")
    cloudwatch.set_alarm_state(AlarmName=f"{NAME}-turn-waits", StateValue="ALARM", StateReason="a test")
    return lambda: cloudwatch.set_alarm_state(AlarmName=f"{NAME}-turn-waits", StateValue="OK", StateReason="a test")


def of_meta(**broken: Any) -> Broken:
    def breaks(deployment: Deployment) -> Callable[[], object]:
        for name, value in broken.items():
            setattr(deployment.meta.admin.token, name, value)
        return lambda: deployment.meta.admin.set_up(deployment.meta.webhook_url)

    return breaks


def in_days(days: int) -> int:
    return int((datetime.now(UTC) + timedelta(days=days)).timestamp())


def a_page_that_dropped_the_app(deployment: Deployment) -> Callable[[], object]:
    deployment.meta.admin.disable_webhooks()
    return lambda: deployment.meta.admin.set_up(deployment.meta.webhook_url)


def a_webhook_registered_elsewhere(deployment: Deployment) -> Callable[[], object]:
    here = deployment.meta.webhook_url
    deployment.meta.admin.callback_url = "https://old.example/webhook"
    return lambda: deployment.meta.admin.set_up(here)


def a_menu_that_is_gone(deployment: Deployment) -> Callable[[], object]:
    deployment.meta.admin.profile = {}
    return lambda: deployment.meta.admin.set_up(deployment.meta.webhook_url)


def a_model_that_is_gone(deployment: Deployment) -> Callable[[], object]:
    refusal = {"error": {"message": "The model does not exist.", "type": "x", "code": "model_not_found"}}
    deployment.model.recorder.behaviour = Behaviour.of({"failures": [{"status": 404, "body": refusal, "times": 99}]})
    return lambda: setattr(deployment.model.recorder, "behaviour", Behaviour())


def a_model_without_a_parameter(deployment: Deployment) -> Callable[[], object]:
    refusal = {"error": {"message": "no", "type": "x", "code": "invalid_value", "param": "max_tokens"}}
    deployment.model.recorder.behaviour = Behaviour.of({"failures": [{"status": 400, "body": refusal, "times": 99}]})
    return lambda: setattr(deployment.model.recorder, "behaviour", Behaviour())


def a_model_that_its_server_does_not_list(deployment: Deployment) -> Callable[[], object]:
    deployment.model.models = ["another"]
    return lambda: setattr(deployment.model, "models", [MODEL])


OF_AWS: Final[dict[Broken, dict[str, str]]] = {
    no_expiry: {"table": "broken"},
    a_queue_changed_by_hand: {"data-stack": "warning"},
    a_function_with_less_memory: {f"function-{NAME}-heartbeat": "broken"},
    no_retries: {"retries": "broken"},
    a_foreign_queue_that_wakes_the_worker: {"wake": "broken"},
    a_heart_that_does_not_beat: {"heartbeat": "broken"},
    a_dead_letter: {"dead-letters": "warning"},
    an_alarm_that_rings: {f"alarm-{NAME}-turn-waits": "warning"},
}
OF_META_AND_THE_MODEL: Final[list[dict[Broken, dict[str, str]]]] = [
    {
        of_meta(scopes=["pages_messaging"]): {"page-token-scopes": "warning", "page-subscription": "broken"},
        a_model_that_its_server_does_not_list: {},
    },
    {
        of_meta(expires_at=in_days(5)): {"page-token-expiry": "warning"},
        a_menu_that_is_gone: {"messenger-profile": "warning"},
        a_model_that_is_gone: {"model-answer": "broken"},
    },
    {
        of_meta(type="USER"): {"page-token": "broken"},
        a_webhook_registered_elsewhere: {"app-subscription": "broken"},
    },
    {
        a_page_that_dropped_the_app: {"page-subscription": "broken"},
        a_model_without_a_parameter: {"model-answer": "broken"},
    },
]


@pytest.mark.parametrize("faults", [OF_AWS, *OF_META_AND_THE_MODEL])
def test_only_the_broken_parts_are_found(deployment: Deployment, faults: dict[Broken, dict[str, str]]):
    """Break several parts at once: each has findings of its own. What stays broken is found by the next test."""
    with ExitStack() as broken:
        for breaks in faults:
            broken.callback(breaks(deployment))
        assert findings(deployment) == {name: state for found in faults.values() for name, state in found.items()}


def test_a_token_that_has_ended_breaks_all_that_needs_it(deployment: Deployment):
    mend = of_meta(is_valid=False)(deployment)
    found = findings(deployment)
    mend()
    assert found == {"page-token": "broken", "page-subscription": "broken", "messenger-profile": "broken"}


def test_a_missing_secret_is_named(deployment: Deployment):
    with parameter(deployment, Secret.OPENAI_KEY, None):
        assert findings(deployment) == {"secrets": "broken", "model-answer": "broken"}


def test_a_webhook_that_cannot_be_reached_is_found(deployment: Deployment):
    with parameter(deployment, Secret.WEBHOOK_URL, f"http://127.0.0.1:{free_port()}/webhook"):
        assert findings(deployment) == {"app-subscription": "broken", "webhook": "broken"}


@pytest.mark.parametrize(("version", "state"), [("v20.0", "broken"), ("v21.0", "warning")])
def test_a_version_of_the_graph_api_that_ends_is_found(deployment: Deployment, version: str, state: str):
    url = deployment.project.environment["PARLEY_GRAPH_URL"]
    with deployment.project.configured(PARLEY_GRAPH_URL=url.replace("v25.0", version)):
        assert findings(deployment)["graph-api"] == state


def test_a_time_zone_that_does_not_exist_is_one_line(deployment: Deployment):
    with deployment.project.configured(PARLEY_TIMEZONE="Mars/Olympus"):
        result = deployment.parley("doctor")
    line = 'PARLEY_TIMEZONE is "Mars/Olympus"; it must be an IANA zone such as Europe/Berlin\n'
    assert result.returncode == 1
    assert result.stderr.startswith("Error: .chalice/config.json, line ")
    assert result.stderr.endswith(f": {line}")
    assert result.stderr.count("\n") == 1


def test_subscriptions_lost_at_facebook_are_restored(deployment: Deployment):
    deployment.meta.admin.disable_webhooks()
    deployment.meta.admin.profile = {}
    assert findings(deployment, "--fix") == {"page-subscription": "warning", "messenger-profile": "warning"}
    assert findings(deployment) == {}
    deployment.write("hopeful", "Are you back?")
    deployment.wait_for_answers("hopeful", 1)


def test_without_credentials_there_is_one_finding(deployment: Deployment):
    with gate(deployment.aws_url) as (url, door):
        door.forbidden = "sts:GetCallerIdentity"
        result = deployment.project.parley("doctor", "--json", aws_url=url)
    [finding] = json.loads(result.stdout)["findings"]
    assert (result.returncode, finding["name"], finding["state"]) == (1, "credentials", "broken")


def test_an_account_with_nothing_in_it_lacks_everything_and_says_how_to_get_it(project: Project):
    with ministack(project, LAMBDA_ACCOUNT_CONCURRENCY="10") as aws_url:
        result = project.parley("doctor", "--json", aws_url=aws_url)
    found = {finding["name"]: finding for finding in json.loads(result.stdout)["findings"]}
    lacking = ["data-stack", "table", f"function-{NAME}", "heartbeat", "secrets"]
    assert {found[name]["state"] for name in lacking} == {"broken"}
    assert found["data-stack"]["cure"] == f"scripts/parley deploy --stage {STAGE}"
    assert (found["concurrency"]["state"], found["owner"]["state"]) == ("warning", "warning")
