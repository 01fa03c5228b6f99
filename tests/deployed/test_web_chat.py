"""The web chat as `parley deploy` leaves it, with a WebSocket client that knows nothing of Parley."""

import json
from collections.abc import Iterator

import pytest

from scripts.world.aws import TICK
from tests.deployed.chat import address, connected
from tests.deployed.conftest import Deployment
from tests.deployed.running import ROOT, STAGE

NAME = f"parley-{STAGE}"
CONNECT, MESSAGE, DISCONNECT = FUNCTIONS = [f"{NAME}-websocket_{kind}" for kind in ("connect", "message", "disconnect")]


@pytest.fixture
def no_heartbeat(deployment: Deployment) -> Iterator[None]:
    """Whatever runs now, runs for a client."""
    events, rule = deployment.client("events"), f"{NAME}-heartbeat-event"
    events.disable_rule(Name=rule)
    yield
    events.enable_rule(Name=rule)


def runs(deployment: Deployment) -> dict[str, int]:
    """How often each function has run to its end."""
    logs, found = deployment.client("logs"), dict.fromkeys(FUNCTIONS, 0)
    for function in FUNCTIONS:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{function}")
        found[function] = sum(event["message"].startswith("REPORT ") for page in pages for event in page["events"])
    return found


@pytest.mark.usefixtures("no_heartbeat")
def test_whoever_connects_writes_and_leaves_is_served_by_three_functions(deployment: Deployment):
    before = runs(deployment)
    with connected(deployment) as chat:
        chat.send(action="ping")
        deployment.wait_until(lambda: runs(deployment)[MESSAGE] > before[MESSAGE])
        assert runs(deployment) == {**before, CONNECT: before[CONNECT] + 1, MESSAGE: before[MESSAGE] + 1}
    deployment.wait_until(lambda: runs(deployment)[DISCONNECT] > before[DISCONNECT])
    assert runs(deployment) == {function: number + 1 for function, number in before.items()}


def test_each_function_has_a_role_of_its_own_that_may_do_what_its_file_says(deployment: Deployment):
    functions, iam = deployment.client("lambda"), deployment.client("iam")
    roles = [functions.get_function_configuration(FunctionName=function)["Role"] for function in FUNCTIONS]
    assert [role.rpartition("/")[2] for role in roles] == FUNCTIONS
    for function in FUNCTIONS:
        [policy] = iam.list_role_policies(RoleName=function)["PolicyNames"]
        granted = iam.get_role_policy(RoleName=function, PolicyName=policy)["PolicyDocument"]
        file = ROOT / ".chalice" / f"policy-{function.removeprefix(f'{NAME}-')}.json"
        assert granted == json.loads(file.read_text())


def test_functions_are_told_where_the_emulator_keeps_its_connections(deployment: Deployment):
    found = deployment.client("lambda").get_function_configuration(FunctionName=f"{NAME}-worker")
    told = found["Environment"]["Variables"]["PARLEY_CONNECTIONS_URL"]
    api, stage = address(deployment).split("/")[-2:]
    connections = deployment.client("apigatewaymanagementapi", told.format(api=api, stage=stage, domain=""))
    with pytest.raises(connections.exceptions.GoneException):
        connections.post_to_connection(ConnectionId="nobody", Data=b"{}")


def test_the_heartbeat_warms_its_functions_though_nobody_is_connected(deployment: Deployment):
    answer = deployment.client("lambda").invoke(FunctionName=f"{NAME}-heartbeat", Payload=json.dumps(TICK).encode())
    assert set(json.loads(answer["Payload"].read())["warmed"]) >= set(FUNCTIONS)


def test_a_new_deployment_keeps_the_address_and_the_open_sockets_and_doubles_nothing(deployment: Deployment):
    before, api = address(deployment), address(deployment).split("/")[-2]
    with connected(deployment) as chat:
        deployed = deployment.deploy()
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        assert f"Web chat: {before}; a key for it: scripts/parley keys create" in deployed.stdout
        assert chat.connection.ping().wait(timeout=60)
    apis = deployment.client("apigatewayv2")
    assert address(deployment) == before
    assert sorted(route["RouteKey"] for route in apis.get_routes(ApiId=api)["Items"]) == [
        "$connect",
        "$default",
        "$disconnect",
    ]
    assert len(apis.get_integrations(ApiId=api)["Items"]) == len(FUNCTIONS)
