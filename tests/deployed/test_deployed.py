import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import boto3

from scripts.world.aws import TICK
from scripts.world.meta import PAGE_ID
from tests.deployed.conftest import STAGE, Deployment, chalice_deploy, ministack
from tests.world.meta import deletion_form, event, text_item

LAMBDA_HAS = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py", "urllib3")
"""What the runtime brings of its own."""
FORM = "application/x-www-form-urlencoded"


def write(deployment: Deployment, person: str, text: str, *, mid: str | None = None) -> bytes:
    body = event(text_item(person, text, page=PAGE_ID, mid=mid), page=PAGE_ID)
    assert deployment.webhook(body) == 200
    return body


def test_meta_finds_its_webhook_where_it_was_deployed(deployment: Deployment):
    query = {"hub.mode": "subscribe", "hub.verify_token": deployment.meta.verify_token, "hub.challenge": "1158201444"}
    answer = deployment.http.get(deployment.meta.webhook_url, params=query)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert deployment.http.get(deployment.meta.webhook_url, params=query | {"hub.verify_token": "x"}).status_code == 403


def test_a_signed_message_is_answered_by_the_deployed_worker_once_however_often_it_comes(deployment: Deployment):
    body = write(deployment, "anna", "What is a comet?", mid="m_comet")
    deployment.wait_until(lambda: len(deployment.answers_to("anna")) == 1)
    assert deployment.webhook(body) == 200
    write(deployment, "anna", "And a star?")
    deployment.wait_until(lambda: len(deployment.answers_to("anna")) == 2)
    first, second = deployment.answers_to("anna")
    assert "“What is a comet?”" in first
    assert "“And a star?”" in second
    assert "“What is a comet?”" in second


def test_a_forged_message_is_refused_where_it_was_deployed(deployment: Deployment):
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": "sha256=" + "0" * 64}
    assert deployment.http.post(deployment.meta.webhook_url, content=b"{}", headers=headers).status_code == 403


def test_the_privacy_page_and_the_deletion_callback_answer_where_they_were_deployed(deployment: Deployment):
    base = deployment.meta.webhook_url.removesuffix("/webhook")
    policy = deployment.http.get(f"{base}/privacy")
    assert (policy.status_code, policy.headers["content-type"]) == (200, "text/html; charset=utf-8")
    form, headers = deletion_form("1", deployment.meta.app_secret), {"Content-Type": FORM}
    confirmed = deployment.http.post(f"{base}/data-deletion", content=form, headers=headers)
    code = confirmed.json()["confirmation_code"]
    assert confirmed.json()["url"].endswith(f"/api/deletion/{code}")
    assert code in deployment.http.get(f"{base}/deletion/{code}").text
    assert deployment.http.get(f"{base}/deletion/{'0' * 32}").status_code == 404


def test_the_deployed_heartbeat_warms_the_deployed_functions(deployment: Deployment):
    answer = deployment.client("lambda").invoke(
        FunctionName=f"parley-{STAGE}-heartbeat", Payload=json.dumps(TICK).encode()
    )
    assert json.loads(answer["Payload"].read())["warmed"] == [f"parley-{STAGE}", f"parley-{STAGE}-worker"]


def test_the_zip_brings_all_that_lambda_does_not_have(deployment: Deployment, tmp_path: Path):
    [package] = (deployment.folder / ".chalice" / "deployments").glob("*.zip")
    shutil.unpack_archive(package, tmp_path / "task")
    (tmp_path / "runtime").mkdir()
    for name in LAMBDA_HAS:
        (tmp_path / "runtime" / name).symlink_to(Path(boto3.__file__).parents[1] / name)
    code = (
        "import app; from chalicelib import bootstrap; bootstrap.worker(), bootstrap.heartbeat(), bootstrap.privacy()"
    )
    path = os.pathsep.join([str(tmp_path / "task"), str(tmp_path / "runtime")])
    env = {"PYTHONPATH": path, "AWS_DEFAULT_REGION": "eu-central-1"}
    command = [sys.executable, "-S", "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_shim_is_still_needed(tmp_path: Path):
    """When this fails, ministack can do without `tests/deployed/ministack.py`: delete it."""
    with ministack("--plain") as aws_url:
        assert chalice_deploy(tmp_path, aws_url).returncode != 0
