import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.bench.cold import runtime
from scripts.simulator.aws import TICK
from tests.deployed.conftest import Deployment
from tests.deployed.forking import unpacked
from tests.deployed.running import STAGE, ministack
from tests.simulator.meta import deletion_form

FORM = "application/x-www-form-urlencoded"


def test_meta_finds_its_webhook_where_it_was_deployed(deployment: Deployment):
    token = deployment.client("ssm").get_parameter(Name=f"/parley/{STAGE}/verify-token", WithDecryption=True)[
        "Parameter"
    ]["Value"]
    query = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "1158201444"}
    answer = deployment.http.get(deployment.meta.webhook_url, params=query)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert deployment.http.get(deployment.meta.webhook_url, params=query | {"hub.verify_token": "x"}).status_code == 403


def test_a_signed_message_is_answered_by_the_deployed_worker_once_however_often_it_comes(deployment: Deployment):
    body = deployment.write("anna", "What is a comet?", mid="m_comet")
    deployment.wait_for_answers("anna", 1)
    assert deployment.webhook(body) == 200
    deployment.write("anna", "And a star?")
    first, second = deployment.wait_for_answers("anna", 2)
    assert "“What is a comet?”" in first
    assert "“And a star?”" in second
    assert "“What is a comet?”" in second


def test_a_forged_message_is_refused_where_it_was_deployed(deployment: Deployment):
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": "sha256=" + "0" * 64}
    assert deployment.http.post(deployment.meta.webhook_url, content=b"{}", headers=headers).status_code == 403


def test_a_blocked_person_gets_no_answer(deployment: Deployment):
    deployment.write("rude", "Hello")
    deployment.wait_for_answers("rude", 1)
    blocked = deployment.parley("people", "block", "rude", "--yes")
    assert blocked.returncode == 0, blocked.stderr
    asked = len(deployment.model.recorder.since(0))
    deployment.write("rude", "Hello again")
    deployment.write("kind", "Hello")
    deployment.wait_for_answers("kind", 1)
    assert len(deployment.answers_to("rude")) == 1
    assert len(deployment.model.recorder.since(0)) == asked + 1


def test_the_privacy_page_and_the_deletion_callback_answer_where_they_were_deployed(deployment: Deployment):
    base = deployment.meta.webhook_url.removesuffix("/webhook")
    policy = deployment.http.get(f"{base}/privacy")
    assert (policy.status_code, policy.headers["content-type"]) == (200, "text/html; charset=utf-8")
    form, headers = deletion_form("1", deployment.meta.app_secret), {"Content-Type": FORM}
    confirmed = deployment.http.post(f"{base}/data-deletion", content=form, headers=headers)
    code = confirmed.json()["confirmation_code"]
    assert confirmed.json()["url"].endswith(f"/{STAGE}/deletion/{code}")
    assert code in deployment.http.get(f"{base}/deletion/{code}").text
    assert deployment.http.get(f"{base}/deletion/{'0' * 32}").status_code == 404


def test_the_deployed_heartbeat_warms_the_deployed_functions(deployment: Deployment):
    answer = deployment.client("lambda").invoke(
        FunctionName=f"parley-{STAGE}-heartbeat", Payload=json.dumps(TICK).encode()
    )
    others = ("-worker", "-websocket_connect", "-websocket_message", "-websocket_disconnect")
    assert json.loads(answer["Payload"].read())["warmed"] == [f"parley-{STAGE}{suffix}" for suffix in ("", *others)]


def test_the_owner_follows_one_message_through_all_functions(deployment: Deployment):
    deployment.write("followed", "Where am I?")
    deployment.wait_for_answers("followed", 1)
    lines = [json.loads(line) for line in deployment.parley("logs", "--json").stdout.splitlines()]
    corr = [line["corr"] for line in lines if line["stage"] == "accept"][-1]
    deployment.wait_until(lambda: "turn" in deployment.parley("logs", corr).stdout)
    story = deployment.parley("logs", corr[:8])
    assert story.returncode == 0, story.stderr
    assert [stage in story.stdout for stage in ("accept", "model", "turn")] == [True] * 3
    assert "Where am I?" not in story.stdout
    assert "followed" not in story.stdout


def test_the_owner_sees_what_it_cost(deployment: Deployment):
    cost = deployment.parley("cost")
    assert cost.returncode == 0, cost.stderr
    assert "1,000 messages" in cost.stdout


def test_the_zip_brings_all_that_lambda_does_not_have(deployment: Deployment, tmp_path: Path):
    [package] = (deployment.project.folder / ".parley" / "build" / STAGE / ".chalice" / "deployments").glob("*.zip")
    task = unpacked(package, deployment.project.unpacked)
    brought = runtime(tmp_path / "runtime")
    code = (
        "import app; from chalicelib.bootstrap import health, heartbeat, pages, websocket, worker;"
        "site = pages.Pages();"
        "worker.worker(), heartbeat.heartbeat(), health.health_check(), site.data_deletion;"
        "websocket.handler(), site.chat_config, site.api_keys;"
        "from chalicelib.access import oidc, ticket; ticket.mint('k', 'v', secret='s' * 32, now=0)"
    )
    path = os.pathsep.join([str(task), str(brought)])
    env = {"PYTHONPATH": path, "AWS_DEFAULT_REGION": "eu-central-1"}
    command = [sys.executable, "-S", "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def plain_emulator_answers(deployment: Deployment) -> subprocess.CompletedProcess[str]:
    with ministack(deployment.project, "--plain") as aws_url:
        return deployment.project.parley("deploy", "--yes", aws_url=aws_url, **deployment.secrets)


def test_the_shim_is_still_needed(plain_emulator_answers: subprocess.CompletedProcess[str]):
    """If this fails, ministack no longer needs most of `tests/deployed/emulator.py`: delete it."""
    assert "code: AWS reports an error: An error occurred (NotFoundException)" in plain_emulator_answers.stderr
