"""Tests that all resources of a stage are found in AWS, and none of another stage or of another project."""

import json
import shutil
from pathlib import Path

import pytest

from scripts.deploy.state import DeployedState
from scripts.stage.environment import ROOT
from tests.deploy.conftest import Account
from tests.deploy.functions import function, role
from tests.deploy.rest_apis import RestApis
from tests.deploy.websocket_apis import WebsocketApi

OTHERS = ["heartbeat", "websocket_connect", "websocket_disconnect", "websocket_message", "worker"]
FUNCTIONS = ["api_handler", *OTHERS]


@pytest.fixture
def apis(account: Account) -> RestApis:
    account.fakes["apigateway"] = apis = RestApis()
    return apis


@pytest.fixture
def state(account: Account, apis: RestApis, tmp_path: Path) -> DeployedState:
    """The state of stage prod."""
    (tmp_path / ".chalice").mkdir()
    shutil.copy(ROOT / ".chalice" / "config.json", tmp_path / ".chalice")
    return DeployedState(account.client, "prod", tmp_path)


def deployed(account: Account, apis: RestApis, stage: str) -> None:
    """Create the resources that `chalice deploy` creates for a stage."""
    door, *_ = [
        function(account, f"parley-{stage}{suffix}", stage=stage) for suffix in ("", *map("-{}".format, OTHERS))
    ]
    account.client("events").put_rule(Name=f"parley-{stage}-heartbeat-event", ScheduleExpression="rate(1 minute)")
    apis.apis[f"api-of-{stage}"] = ("parley", [door])
    account.websocket_apis.deployed(stage)


def names(state: DeployedState) -> dict[str, list[str]]:
    """Return the names of the found resources by type."""
    found: dict[str, list[str]] = {}
    for one in state.find():
        found.setdefault(one["resource_type"], []).append(one["name"])
    return {kind: sorted(those) for kind, those in found.items()}


def test_where_nothing_is_nothing_is_found(state: DeployedState):
    assert (state.find(), state.api_id(), state.websocket_api_id()) == ([], "", "")


def test_all_that_a_deployment_made_is_found(account: Account, apis: RestApis, state: DeployedState):
    deployed(account, apis, "prod")
    assert names(state) == {
        "iam_role": [f"{name}_role" for name in FUNCTIONS],
        "lambda_function": FUNCTIONS,
        "cloudwatch_event": ["heartbeat-event"],
        "rest_api": ["rest_api"],
        "websocket_api": ["websocket_api"],
    }
    assert state.api_id() == "api-of-prod"


def test_it_is_noted_where_and_as_chalice_looks_for_it(account: Account, apis: RestApis, state: DeployedState):
    deployed(account, apis, "prod")
    found = state.write()
    noted = json.loads((state.folder / ".chalice" / "deployed" / "prod.json").read_text())
    assert noted == {"schema_version": "2.0", "backend": "api", "resources": found}
    lambda_arn = f"arn:aws:lambda:eu-central-1:{account.number}:function:parley-prod-worker"
    role_arn = f"arn:aws:iam::{account.number}:role/parley-prod-worker"
    assert {"name": "worker", "resource_type": "lambda_function", "lambda_arn": lambda_arn} in found
    assert {
        "name": "worker_role",
        "resource_type": "iam_role",
        "role_arn": role_arn,
        "role_name": "parley-prod-worker",
    } in found
    rule = {"resource_type": "cloudwatch_event", "rule_name": "parley-prod-heartbeat-event"}
    assert {"name": "heartbeat-event", **rule} in found
    assert {"name": "rest_api", "resource_type": "rest_api", "rest_api_id": "api-of-prod"} in found
    assert {"name": "websocket_api", "resource_type": "websocket_api", "websocket_api_id": "chat-of-prod"} in found


def test_deleted_resources_are_removed_from_the_state(account: Account, apis: RestApis, state: DeployedState):
    deployed(account, apis, "prod")
    state.write()
    account.client("lambda").delete_function(FunctionName="parley-prod-worker")
    state.write()
    noted = json.loads(state.file.read_text())["resources"]
    left = [name for name in FUNCTIONS if name != "worker"]
    assert sorted(one["name"] for one in noted if one["resource_type"] == "lambda_function") == left


@pytest.mark.parametrize("other", ["prod2", "prod-x", "pro", "dev"])
def test_another_stage_is_left_alone_however_alike_the_names_are(
    account: Account, apis: RestApis, state: DeployedState, other: str
):
    deployed(account, apis, other)
    assert [one for one in state.find() if one["resource_type"] != "iam_role"] == []
    deployed(account, apis, "prod")
    assert names(state)["lambda_function"] == FUNCTIONS
    assert (names(state)["cloudwatch_event"], state.api_id()) == (["heartbeat-event"], "api-of-prod")
    assert state.websocket_api_id() == "chat-of-prod"


def test_foreign_resources_with_similar_names_are_not_deleted(account: Account, state: DeployedState):
    function(account, "parley-prod-worker", app="")
    function(account, "parley-prod-report", app="")
    function(account, "parley-prod-mail", app="mailer")
    account.client("events").put_rule(Name="parley-prod-nightly", ScheduleExpression="rate(1 day)")
    found = names(state)
    assert "lambda_function" not in found
    assert "cloudwatch_event" not in found


def test_a_function_of_an_earlier_version_is_found_with_its_role_and_rule(
    account: Account, apis: RestApis, state: DeployedState
):
    deployed(account, apis, "prod")
    function(account, "parley-prod-sweeper")
    account.client("events").put_rule(Name="parley-prod-sweeper-event", ScheduleExpression="rate(1 day)")
    found = names(state)
    assert "sweeper" in found["lambda_function"]
    assert "sweeper_role" in found["iam_role"]
    assert "sweeper-event" in found["cloudwatch_event"]


def test_roles_that_were_made_before_their_functions_are_found(account: Account, state: DeployedState):
    role(account, "parley-prod-api_handler")
    assert names(state) == {"iam_role": ["api_handler_role"]}


def test_an_api_is_found_that_no_file_and_no_function_tells_of(state: DeployedState, apis: RestApis):
    function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:parley-{}"
    apis.apis = {
        "other-app": ("shop", [function_arn.format("prod")]),
        "empty": ("parley", []),
        "longer": ("parley", [function_arn.format("prod2"), function_arn.format("prod-worker")]),
        "ours": ("parley", [function_arn.format("dev"), "arn:x", "arn:y", function_arn.format("prod")]),
    }
    assert state.api_id() == "ours"
    assert names(state) == {"rest_api": ["rest_api"]}


@pytest.mark.parametrize("calls", [(), ("parley-prod-websocket_connect",)], ids=["no function", "one function"])
def test_a_websocket_api_that_was_never_finished_is_made_anew_and_can_be_destroyed(
    account: Account, state: DeployedState, calls: tuple[str, ...]
):
    account.websocket_apis.apis["half"] = WebsocketApi("parley-prod-websocket-api", calls)
    assert (state.websocket_api_id(), names(state)) == ("", {"websocket_api": ["websocket_api"]})
    state.clear()
    assert account.websocket_apis.apis == {}


def test_a_websocket_api_that_can_be_reached_is_kept(account: Account, state: DeployedState):
    state.clear()
    api = account.websocket_apis.deployed("prod")
    state.clear()
    assert (state.websocket_api_id(), list(account.websocket_apis.apis)) == (api, [api])


@pytest.mark.parametrize(
    "other",
    [
        WebsocketApi("parley-prod2-websocket-api"),
        WebsocketApi("parley-dev-websocket-api"),
        WebsocketApi("parley-prod-chat"),
        WebsocketApi("parley-prod-websocket-api", ("shop-prod-websocket_message",)),
        WebsocketApi("parley-prod-websocket-api", ("parley-prod-websocket_message", "shop")),
    ],
    ids=str,
)
def test_a_websocket_api_of_another_stage_or_of_somebody_else_is_left_alone(
    account: Account, state: DeployedState, other: WebsocketApi
):
    account.websocket_apis.apis = dict.fromkeys(("one", "two", "three"), other)
    state.clear()
    assert (names(state), state.websocket_api_id(), len(account.websocket_apis.apis)) == ({}, "", 3)
    assert account.websocket_apis.deployed("prod") == state.websocket_api_id()
