"""The findings about each AWS resource in each state, with a remedy that works."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import boto3
import pytest

from chalicelib.access.api_key import ApiKey
from chalicelib.aws.dynamodb.api_keys import DynamoApiKeys
from chalicelib.ids import KeyId
from chalicelib.operations.findings import Finding, Severity
from scripts.deploy.deployment import Deployment
from scripts.deploy.inspection import Inspection
from scripts.deploy.throttles import Throttles
from scripts.simulator.table import create_table
from scripts.stage.environment import ROOT
from tests.channels import BOTH
from tests.deploy.cloudformation import CloudFormation
from tests.deploy.conftest import Account
from tests.deploy.functions import function
from tests.deploy.rest_apis import RestApis

Look = Callable[..., dict[str, Finding]]
OTHERS: Final = ("-worker", "-heartbeat", "-websocket_connect", "-websocket_message", "-websocket_disconnect")
DEPLOY: Final = "scripts/parley deploy --stage dev"
QUEUE: Final = "arn:aws:sqs:eu-central-1:123456789012:parley-dev-wake.fifo"
ARN: Final = "arn:aws:lambda:eu-central-1:123456789012"
TOPIC: Final = "arn:aws:sns:eu-central-1:123456789012:parley-dev-owner"


@pytest.fixture
def cloud(account: Account) -> CloudFormation:
    """The stage's stack, complete."""
    account.fakes["cloudformation"] = cloud = CloudFormation("parley-dev", "CREATE_COMPLETE")
    return cloud


@pytest.fixture
def look(account: Account, cloud: CloudFormation, tmp_path: Path) -> Look:
    """All findings, by name, on a computer that has deployed nothing."""

    def looked(**settings: str) -> dict[str, Finding]:
        found = Inspection(Deployment(account.environment(**settings), tmp_path)).run()
        assert all(one.why and one.remedy for one in found if one.state is not Severity.OK)
        return {finding.name: finding for finding in found}

    return looked


def test_every_resource_missing_from_an_empty_account_is_named(account: Account, cloud: CloudFormation, look: Look):
    cloud.status = ""
    found = look()
    assert found["credentials"].what == f"account {account.number} in eu-central-1"
    assert found["data-stack"].what == "the stack parley-dev is not there"
    assert found["retries"].what == "the worker's retries are not configured as deployed"
    assert found["heartbeat"].what == "its rule is not there"
    functions = {name for name in found if name.startswith("function-")}
    assert functions == {f"function-parley-dev{suffix}" for suffix in ("", *OTHERS)}
    lacking = "a WebSocket API that can be reached, the secret ticket-key"
    assert found["websocket"].what == f"missing: {lacking}"
    assert all(found[name].remedy == DEPLOY for name in ("data-stack", "retries", "heartbeat", "websocket", *functions))


def test_a_check_that_fails_is_a_finding_and_the_others_still_run(look: Look):
    found = look()
    assert found["table"].what == (
        "could not be checked: there is no table parley-dev in eu-central-1: deploy the stage, "
        "or check --stage and --region"
    )
    assert list(found)[-1] == "budget"  # a month without a budget of its own is not mentioned


def test_an_open_key_is_named_with_what_it_can_cost(account: Account, look: Look):
    assert not any("open" in name for name in ready(account, look))
    table = Deployment(account.environment(), ROOT).environment.table
    DynamoApiKeys(table).create(ApiKey(KeyId("shopshopsh"), "Shop", "0" * 64, "web", created_at=0, is_open=True))
    assert "the 0.75 USD a day" in look()["open-key-shopshopsh"].why
    assert "open-key-shopshopsh" not in look(PARLEY_CHANNELS="messenger")


def ready(account: Account, look: Look) -> dict[str, Finding]:
    """The findings once there is a table."""
    create_table(account.client("dynamodb"), "parley-dev")
    return look()


def test_in_a_region_that_does_not_exist_only_the_credentials_are_checked(account: Account, look: Look):
    account.session = boto3.Session("test", "test", region_name="eu-nowhere-1")
    [finding] = look().values()
    line = "could not be checked: there is no AWS region eu-nowhere-1: add --region, such as --region eu-central-1"
    assert (finding.name, finding.state, finding.what) == ("credentials", Severity.BROKEN, line)


# -- the web chat -----------------------------------------------------------------------------------------------------


@pytest.fixture
def chat(account: Account) -> str:
    """The stage's web chat, complete; its API's id."""
    api, ssm = account.websocket_apis.deployed("dev"), account.client("ssm")
    ssm.put_parameter(Name="/parley/dev/ticket-key", Value="k", Type="SecureString")
    url = f"wss://{api}.execute-api.eu-central-1.amazonaws.com/dev"
    ssm.put_parameter(Name="/parley/dev/websocket-url", Value=url, Type="String")
    return api


def test_a_complete_web_chat_is_ok_and_shown_with_its_address(look: Look, chat: str):
    found = look()["websocket"]
    assert (found.state, found.what) == (Severity.OK, f"wss://{chat}.execute-api.eu-central-1.amazonaws.com/dev")


@pytest.mark.parametrize(
    ("parameter", "what"),
    [
        ("websocket-url", "missing: the parameter websocket-url with its address"),
        ("ticket-key", "missing: the secret ticket-key"),
    ],
)
def test_missing_parts_of_the_web_chat_are_named(account: Account, look: Look, chat: str, parameter: str, what: str):
    account.client("ssm").delete_parameter(Name=f"/parley/dev/{parameter}")
    found = look()["websocket"]
    assert (found.state, found.what, found.remedy) == (Severity.BROKEN, what, DEPLOY)


def test_the_stored_address_of_a_deleted_api_is_reported(account: Account, look: Look, chat: str):
    gone = {"Name": "/parley/dev/websocket-url", "Value": "wss://gone.example/dev", "Type": "String"}
    account.client("ssm").put_parameter(**gone, Overwrite=True)
    assert look()["websocket"].what == "missing: the parameter websocket-url with its address"


# -- the runtime ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("runtime", "now", "state"),
    [
        ("python3.11", datetime(2026, 5, 1, tzinfo=UTC), Severity.OK),
        ("python3.11", datetime(2026, 11, 29, tzinfo=UTC), Severity.WARNING),
        ("python3.13", datetime(2026, 11, 29, tzinfo=UTC), Severity.OK),
    ],
)
def test_the_end_of_the_runtime_is_said_in_time(
    account: Account, cloud: CloudFormation, runtime: str, now: datetime, state: Severity
):
    function(account, "parley-dev-worker", stage="dev")
    account.client("lambda").update_function_configuration(FunctionName="parley-dev-worker", Runtime=runtime)
    inspection = Inspection(Deployment(account.environment(), ROOT), lambda: int(now.timestamp() * 1000))
    [found] = [finding for finding in inspection.run() if finding.name == "runtime"]
    assert found.state is state
    assert found.what.startswith(runtime)
    assert state is Severity.OK or found.remedy == f"install Python 3.13, delete .venv, and run {DEPLOY}"


# -- the data stack ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
def test_a_stack_that_can_be_updated_is_ok(cloud: CloudFormation, look: Look, status: str):
    cloud.status = status
    assert look()["data-stack"].state is Severity.OK


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "CREATE_IN_PROGRESS", "DELETE_FAILED"])
def test_a_stack_in_any_other_state_is_broken_and_its_state_named(cloud: CloudFormation, look: Look, status: str):
    cloud.status = status
    found = look()["data-stack"]
    assert (found.state, found.what) == (
        Severity.BROKEN,
        f"the stack parley-dev is {status.lower().replace('_', ' ')}",
    )


def test_resources_changed_by_hand_are_named(cloud: CloudFormation, look: Look):
    cloud.drifts = {"Topic": "MODIFIED", "DoorSlow": "DELETED"}
    found = look()["data-stack"]
    assert (found.state, found.what) == (Severity.WARNING, "changed by hand: DoorSlow, Topic")


# -- the budget -------------------------------------------------------------------------------------------------------


@pytest.fixture
def spent(account: Account) -> Callable[..., None]:
    """Sets what today's answers have cost, in millionths of a dollar."""
    client = account.client("dynamodb")
    create_table(client, "parley-dev")

    def spend(micro_usd: int, **channels: int) -> None:
        for day in (datetime.now(UTC), datetime.now(UTC) + timedelta(days=1)):  # whatever time it is
            name = f"SPEND#{day.date().isoformat()}"
            item = {"pk": {"S": name}, "sk": {"S": "SPEND"}, "committed": {"N": str(micro_usd)}}
            item |= {f"committed_{channel}": {"N": str(part)} for channel, part in channels.items()}
            client.put_item(TableName="parley-dev", Item=item)

    return spend


@pytest.mark.parametrize(
    ("micro_usd", "state"),
    [
        (0, "ok"),
        (1_599_999, "ok"),
        (1_600_000, "warning"),
        (1_999_999, "warning"),
        (2_000_000, "broken"),
        (9_000_000, "broken"),
    ],
)
def test_a_budget_warns_at_four_fifths_and_is_broken_when_it_is_spent(
    look: Look, spent: Callable[..., None], micro_usd: int, state: str
):
    spent(micro_usd)
    assert look(PARLEY_DAILY_BUDGET_USD="2")["budget"].state == state


def test_a_day_without_requests_to_the_model_is_ok(look: Look, spent: Callable[..., None]):
    assert look()["budget"].what == "0 of 1 USD are spent today"


def test_a_spent_budget_is_shown_with_its_amount_and_a_remedy(look: Look, spent: Callable[..., None]):
    spent(1_250_000)
    found = look()["budget"]
    assert found.what == "1.25 of 1 USD are spent today"
    assert found.remedy == (
        f"wait until midnight, or raise PARLEY_DAILY_BUDGET_USD in .chalice/config.json and run {DEPLOY}"
    )


@pytest.mark.parametrize(
    ("web", "state", "what", "why"),
    [
        (590_000, "ok", "0.8 of 2 USD are spent today", ""),
        (1_200_000, "warning", "0.8 of 2 USD are spent today", "once it is all spent, people get no answers"),
        (1_500_000, "broken", "0.8 of 2 USD are spent today, and all that web may use", "people on web get no answers"),
    ],
)
def test_the_part_of_a_channel_is_watched_like_the_whole(
    look: Look, spent: Callable[..., None], *, web: int, state: str, what: str, why: str
):
    spent(800_000, web=web, messenger=0)
    found = look(PARLEY_DAILY_BUDGET_USD="2")["budget"]
    assert (found.state, found.what) == (state, what)
    assert found.why.startswith(why)


def test_a_budget_of_0_is_not_said_to_return_at_midnight(look: Look, spent: Callable[..., None]):
    found = look(PARLEY_DAILY_BUDGET_USD="0")["budget"]
    assert (found.state, found.what) == (Severity.BROKEN, "PARLEY_DAILY_BUDGET_USD is 0")
    assert "midnight" not in found.why + found.remedy


def test_another_server_than_openais_has_no_budget(look: Look):
    assert "budget" not in look(OPENAI_BASE_URL="http://127.0.0.1:11434/v1")


# -- alerts ---------------------------------------------------------------------------------------------------------


class Subscriptions:
    """SNS, where moto confirms every address at once."""

    def __init__(self, states: Sequence[str]) -> None:
        self.states = states

    def list_subscriptions_by_topic(self, topic_arn: str) -> dict[str, Any]:
        assert topic_arn == TOPIC
        return {"Subscriptions": [{"SubscriptionArn": state, "Protocol": "email"} for state in self.states]}


NOBODY: Final = "there is no subscriber for alerts on faults and new people"
UNCONFIRMED: Final = "the e-mail address is not confirmed yet"
SOMEBODY: Final = "a subscriber gets the alerts on faults and new people"


@pytest.mark.parametrize(
    ("states", "what"),
    [
        ([], NOBODY),
        (["Deleted"], NOBODY),
        (["PendingConfirmation"], UNCONFIRMED),
        (["Deleted", "PendingConfirmation"], UNCONFIRMED),
        ([f"{TOPIC}:1"], SOMEBODY),
        (["PendingConfirmation", f"{TOPIC}:1"], SOMEBODY),
    ],
)
def test_the_state_of_the_owners_e_mail_subscription_is_reported(
    account: Account, cloud: CloudFormation, look: Look, states: list[str], what: str
):
    cloud.outputs = {"TopicArn": TOPIC}
    account.fakes["sns"] = Subscriptions(states)
    found = look()["owner"]
    assert found.what == what
    assert found.state is (Severity.OK if what == SOMEBODY else Severity.WARNING)


def test_the_remedy_for_alarms_is_to_confirm_the_mail_or_to_set_an_address(
    account: Account, cloud: CloudFormation, look: Look
):
    assert look()["owner"].remedy == f"{DEPLOY} --email you@example.org"
    cloud.outputs = {"TopicArn": TOPIC}
    account.fakes["sns"] = Subscriptions(["PendingConfirmation"])
    assert look()["owner"].remedy == "open the mail that AWS sent there, and click on Confirm subscription"


# -- functions --------------------------------------------------------------------------------------------------------


class Functions:
    """What moto's Lambda does not know: the account's limit, and a mapping's states."""

    def __init__(self, *, limit: int = 1000, reserved: int = 0, mapping: str = "") -> None:
        self.limit, self.reserved, self.mapping = limit, reserved, mapping

    def get_account_settings(self) -> dict[str, Any]:
        free = self.limit - self.reserved
        return {"AccountLimit": {"ConcurrentExecutions": self.limit, "UnreservedConcurrentExecutions": free}}

    def get_function_concurrency(self, function_name: str) -> dict[str, Any]:
        assert function_name == "parley-dev-worker"
        return {"ReservedConcurrentExecutions": self.reserved} if self.reserved else {}

    def list_event_source_mappings(self, function_name: str) -> dict[str, Any]:
        assert function_name == "parley-dev-worker"
        return {"EventSourceMappings": [{"EventSourceArn": QUEUE, "State": self.mapping}] if self.mapping else []}


@pytest.mark.parametrize("limit", [10, 50, 109])
def test_an_account_too_small_to_reserve_functions_is_warned_with_what_to_ask_for(
    account: Account, look: Look, limit: int
):
    account.fakes["lambda"] = Functions(limit=limit)
    found = look()["concurrency"]
    assert found.state is Severity.WARNING
    assert f"may run {limit} functions at a time" in found.what
    assert "at least 110 in the AWS console, under Service Quotas" in found.remedy


@pytest.mark.parametrize(("reserved", "what"), [(0, "none of 1000"), (3, "3 of 1000"), (500, "500 of 1000")])
def test_another_reservation_than_that_of_the_deployment_is_reported(
    account: Account, look: Look, reserved: int, what: str
):
    account.fakes["lambda"] = Functions(reserved=reserved)
    found = look()["concurrency"]
    assert found.state is Severity.WARNING
    assert found.remedy == f"{DEPLOY}; where a pipeline deploys, give its last command ReserveWorkers=true"
    assert found.what == f"{what} are reserved for the worker, not 10"


@pytest.mark.parametrize(("limit", "workers"), [(110, "10"), (1000, "10"), (1000, "200")])
def test_a_reservation_for_the_worker_is_ok(account: Account, look: Look, limit: int, workers: str):
    account.fakes["lambda"] = Functions(limit=limit, reserved=int(workers))
    found = look(PARLEY_WORKERS=workers)["concurrency"]
    assert (found.state, found.what) == (
        Severity.OK,
        f"{workers} of {limit} functions at a time are reserved for the worker",
    )


def test_apis_without_their_limits_are_reported_until_they_are_deployed(account: Account, look: Look, chat: str):
    account.fakes["apigateway"] = apis = RestApis({"api": ("parley", [f"{ARN}:function:parley-dev"])})
    found = look()["throttles"]
    assert (found.state, found.remedy) == (Severity.WARNING, DEPLOY)
    assert found.what == "not limited as deployed: the REST API and the WebSocket API"
    Throttles(account.client, "dev", BOTH).apply("api", chat)
    assert look()["throttles"].state is Severity.OK
    apis.settings["*/*"]["throttlingRateLimit"] = 10_000.0
    assert look()["throttles"].what == "not limited as deployed: the REST API"


def test_without_apis_there_is_nothing_to_limit(look: Look):
    assert "throttles" not in look()


@pytest.mark.parametrize(
    ("mapping", "state"),
    [
        ("Creating", "ok"),
        ("Enabling", "ok"),
        ("Enabled", "ok"),
        ("Updating", "ok"),
        ("Disabling", "broken"),
        ("Disabled", "broken"),
        ("Deleting", "broken"),
        ("", "broken"),
    ],
)
def test_the_worker_must_listen_to_the_wake_queue(
    account: Account, cloud: CloudFormation, look: Look, mapping: str, state: str
):
    cloud.outputs = {"WakeQueueArn": QUEUE}
    account.fakes["lambda"] = Functions(mapping=mapping)
    assert look()["wake"].state == state


@pytest.mark.parametrize(("mapping", "state"), [("", "ok"), ("Deleting", "ok"), ("Enabled", "broken")])
def test_without_a_wake_queue_none_may_be_listened_to(account: Account, look: Look, mapping: str, state: str):
    account.fakes["lambda"] = Functions(mapping=mapping)
    assert look()["wake"].state == state


def test_an_alarm_that_the_owner_made_is_reported_with_a_reason_and_a_remedy(account: Account, look: Look):
    cloudwatch = account.client("cloudwatch")
    for name, description in (("parley-dev-own", ""), ("parley-dev-door-fails", "It fails. See: the logs")):
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            AlarmDescription=description,
            Namespace="Parley",
            MetricName="AckMs",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
    found = look()
    assert found["alarm-parley-dev-own"].remedy == "see the alarm in CloudWatch's console"
    ours = found["alarm-parley-dev-door-fails"]
    assert (ours.why, ours.remedy) == ("It fails.", "the logs")


def test_credentials_of_another_account_than_the_stages_are_named_and_nothing_else_is_checked(
    account: Account, cloud: CloudFormation, tmp_path: Path
):
    deployment = Deployment(account.environment(), tmp_path)
    deployment.account_note.parent.mkdir()
    deployment.account_note.write_text("111122223333")
    [found] = Inspection(deployment).run()
    assert (found.name, found.state) == ("credentials", Severity.BROKEN)
    assert f"runs in the account 111122223333, but these credentials are of {account.number}" in found.what
