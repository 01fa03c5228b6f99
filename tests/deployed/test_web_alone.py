"""The web chat alone: deployed without a word of Facebook's, then with Messenger beside it, and without it again."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import httpx2
import pytest

from scripts.simulator.aws import REGION, TICK
from tests.deployed.chat import address, connected, new_key
from tests.deployed.conftest import Deployment, new_account
from tests.deployed.running import STAGE, Project

NAME: Final = f"parley-{STAGE}"
FACEBOOKS: Final = re.compile(
    r"facebook|messenger|webhook|graph|page[-_]?(?:id|token)|verify[-_]token|app[-_](?:id|secret)", re.IGNORECASE
)
FUNCTIONS: Final = ["", "-heartbeat", "-websocket_connect", "-websocket_disconnect", "-websocket_message", "-worker"]


@pytest.fixture(scope="module")
def web(project: Project) -> Iterator[Deployment]:
    """A bot for which the owner had AWS credentials and a model's key, and nothing else."""
    with new_account(project) as account:
        deployed = account.parley("deploy", "--yes", "--channels", "web", OPENAI_API_KEY="none")
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        assert FACEBOOKS.findall(deployed.stdout) == []
        yield account


def resources(deployment: Deployment) -> Iterator[Any]:
    """Everything that is deployed under the stage's name, as AWS describes it."""
    functions, iam = deployment.client("lambda"), deployment.client("iam")
    for function in functions.list_functions()["Functions"]:
        name, role = function["FunctionName"], function["Role"].rpartition("/")[2]
        yield {"Name": name, **function.get("Environment", {})}
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            yield iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    pages = deployment.client("ssm").get_paginator("get_parameters_by_path").paginate(Path="/", Recursive=True)
    yield [one["Name"] for page in pages for one in page["Parameters"]]
    yield deployment.client("cloudwatch").describe_alarms()["MetricAlarms"]
    yield deployment.client("cloudwatch").get_dashboard(DashboardName=NAME)["DashboardBody"]
    apis = deployment.client("apigateway")
    [api] = apis.get_rest_apis()["items"]
    yield [one["path"] for one in apis.get_resources(restApiId=api["id"])["items"]]
    yield apis.get_stage(restApiId=api["id"], stageName=STAGE).get("methodSettings", {})


def asked(deployment: Deployment, question: str) -> str:
    """Ask over a WebSocket and return the answer."""
    key = new_key(deployment, "Tests")
    with connected(deployment) as chat:
        assert chat.authenticate(apiKey=key["key"])["type"] == "ready"
        chat.send(action="send_message", message=question)
        chat.receive(lambda frame: frame["type"] == "completed")
    return "".join(frame["text"] for frame in chat.frames if frame["type"] in {"snapshot", "delta"})


def test_a_question_is_answered(web: Deployment):
    assert "“Why is the sky blue?”" in asked(web, "Why is the sky blue?")


def test_nothing_of_facebooks_is_deployed_granted_or_stored(web: Deployment):
    found = json.dumps(list(resources(web)), default=str)
    assert NAME in found
    assert sorted(set(FACEBOOKS.findall(found))) == []


def test_the_chat_page_has_the_address_of_the_web_chat_and_the_privacy_page_names_no_facebook(web: Deployment):
    key = new_key(web, "Page")
    home = web.client("ssm").get_parameter(Name=f"/parley/{STAGE}/api-url")["Parameter"]["Value"]
    with httpx2.Client(base_url=home, timeout=60, trust_env=False) as http:
        assert http.get("/chat", params={"config": key["id"]}).status_code == 200
        assert http.get("/webhook").status_code in {403, 404}
        assert http.get("/health").status_code == 200
        privacy = http.get("/privacy")
    assert (privacy.status_code, FACEBOOKS.findall(privacy.text)) == (200, [])


def test_the_heartbeat_warms_what_exists_and_the_doctor_finds_nothing_wrong(web: Deployment):
    answer = web.client("lambda").invoke(FunctionName=f"{NAME}-heartbeat", Payload=json.dumps(TICK).encode())
    warmed = {f"{NAME}{suffix}" for suffix in FUNCTIONS} - {f"{NAME}-heartbeat"}
    assert set(json.loads(answer["Payload"].read())["warmed"]) == warmed
    doctor = web.parley("doctor")
    assert (doctor.returncode, FACEBOOKS.findall(doctor.stdout)) == (0, []), doctor.stdout
    assert REGION in doctor.stdout
    assert FACEBOOKS.findall(web.parley("cost").stdout) == []


def test_messenger_comes_later_with_another_deployment_and_changes_nothing_of_the_web_chat(web: Deployment):
    before, names = address(web), ("pseudonym-key", "ticket-key")
    kept = [parameter(web, name) for name in names]
    deployed = web.parley("deploy", "--yes", "--channels", "messenger,web", **web.secrets)
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    assert (address(web), [parameter(web, name) for name in names]) == (before, kept)
    web.write("anna", "Hello")
    web.wait_for_answers("anna", 1)
    assert "“And now?”" in asked(web, "And now?")


def test_messenger_goes_again_with_all_that_was_stored_of_facebooks(web: Deployment):
    deployed = web.parley("deploy", "--yes", "--channels", "web")
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    assert "Messenger ends: your page's menu, its subscription and all stored values" in deployed.stdout
    assert web.meta.admin.profile == {}
    test_nothing_of_facebooks_is_deployed_granted_or_stored(web)
    assert "“Still there?”" in asked(web, "Still there?")


def parameter(deployment: Deployment, name: str) -> str:
    found = deployment.client("ssm").get_parameter(Name=f"/parley/{STAGE}/{name}", WithDecryption=True)
    return str(found["Parameter"]["Value"])
