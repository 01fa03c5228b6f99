"""Tests that each failure of a deployment ends in one clear message, and that the same command then goes on.

Where several failures stand in one test, each run fails at a later step: it went on where the one before had failed.
"""

import io
import os
import signal
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from scripts.simulator.aws import free_port
from tests.deployed.conftest import Deployment, new_account
from tests.deployed.gate import gate
from tests.deployed.running import STAGE, Project


@pytest.fixture(scope="module")
def empty(project: Project) -> Iterator[Deployment]:
    """An account for tests that fail before anything is deployed."""
    with new_account(project) as account:
        yield account


def message(result: subprocess.CompletedProcess[str]) -> str:
    """Return the message of a failed command; its last line says how to continue."""
    assert result.returncode == 1, result.stdout + result.stderr
    said, done, again = result.stderr.removeprefix("Error: ").splitlines()
    assert done.startswith("Done: ")
    assert again.startswith(f"To continue: scripts/parley deploy --stage {STAGE}")
    assert "Traceback" not in result.stdout
    return said


def line(result: subprocess.CompletedProcess[str]) -> str:
    """Return the single line of a command that failed before its first step."""
    assert result.returncode == 1, result.stdout + result.stderr
    [said] = result.stderr.removeprefix("Error: ").splitlines()
    return said


def finishes(account: Deployment) -> None:
    """Run the command again, and check that one bot runs and answers."""
    again = account.deploy()
    assert again.returncode == 0, again.stdout + again.stderr
    assert len(account.client("apigateway").get_rest_apis()["items"]) == 1
    assert len(account.client("apigatewayv2").get_apis()["Items"]) == 1
    account.write("zoe", "Are you there?")
    account.wait_for_answers("zoe", 1)


def test_a_region_that_does_not_exist(empty: Deployment):
    assert line(empty.deploy(AWS_REGION="eu-nowhere-1")).startswith("there is no AWS region eu-nowhere-1")


def test_a_region_where_the_stage_is_not(empty: Deployment):
    note = empty.project.folder / ".parley" / f"region-{STAGE}"
    note.parent.mkdir(exist_ok=True)
    note.write_text("us-east-1")
    said = line(empty.deploy(AWS_REGION="eu-central-1"))
    assert said.startswith(f"stage {STAGE} runs in us-east-1, not in eu-central-1: add --region us-east-1")


def test_no_network(empty: Deployment):
    nowhere = f"http://127.0.0.1:{free_port()}"
    result = empty.project.parley("deploy", "--yes", aws_url=nowhere, **empty.secrets)
    assert line(result).startswith("AWS cannot be reached in us-east-1: check the network")


def test_a_value_that_nobody_gave(empty: Deployment):
    said = line(empty.parley("deploy", "--yes"))
    assert said.startswith("missing: app-id (PARLEY_APP_ID), app-secret (PARLEY_APP_SECRET), page-token")


def test_permissions_that_are_missing_one_after_the_other(account: Deployment):
    missing = [
        ("ssm:PutParameter", "secrets"),
        ("cloudformation:CreateStack", "data stack"),
        ("cloudformation:UpdateStack", "data stack"),
        ("iam:CreateRole", "code"),
        ("lambda:CreateFunction", "code"),
        ("events:PutRule", "code"),
    ]
    with gate(account.aws_url) as (url, door):
        for action, step in missing:
            door.forbidden = action
            said = message(account.project.parley("deploy", "--yes", aws_url=url, **account.secrets))
            assert said.startswith(f"{step}: these AWS credentials are not allowed to perform {action} in us-east-1")
    finishes(account)


@contextmanager
def a_table_of_the_same_name(account: Deployment) -> Iterator[None]:
    dynamodb = account.client("dynamodb")
    dynamodb.create_table(
        TableName=f"parley-{STAGE}",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    yield
    dynamodb.delete_table(TableName=f"parley-{STAGE}")


@contextmanager
def a_function_of_the_same_name(account: Deployment) -> Iterator[None]:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("other.py", "def handler(event, context): return 'mine'")
    functions = account.client("lambda")
    functions.create_function(
        FunctionName=f"parley-{STAGE}-worker",
        Runtime="python3.11",
        Role="arn:aws:iam::000000000000:role/other",
        Handler="other.handler",
        Code={"ZipFile": code.getvalue()},
    )
    yield
    functions.delete_function(FunctionName=f"parley-{STAGE}-worker")


def test_what_is_wrong_in_the_account_and_at_facebook_is_named_one_thing_after_the_other(account: Deployment):
    said = message(account.deploy(PARLEY_PAGE_TOKEN="EAA" + "x" * 40))
    assert said.startswith("secrets: Meta refuses the page token (code 190")
    assert account.client("ssm").describe_parameters()["Parameters"] == []
    with a_table_of_the_same_name(account):
        said = message(account.deploy())
        assert said.startswith(f"data stack: the table parley-{STAGE} exists but belongs to no stack: delete it")
    with a_function_of_the_same_name(account):
        said = message(account.deploy())
        assert said.startswith(f"code: the function parley-{STAGE}-worker exists but was not created by Parley")
    said = message(account.deploy(PARLEY_API_URL=f"http://127.0.0.1:{free_port()}"))
    assert said.startswith("webhook: Meta asked the webhook, which did not answer as it should")
    finishes(account)


@pytest.mark.parametrize(
    ("number", "at"), [(signal.SIGKILL, "Creating websocket api"), (signal.SIGINT, "Creating Rest API")]
)
def test_a_deployment_that_is_interrupted(account: Deployment, number: signal.Signals, at: str):
    with account.project.started("deploy", "--yes", aws_url=account.aws_url, **account.secrets) as process:
        assert process.stdout
        assert any(at in said for said in process.stdout)
        os.killpg(process.pid, number)
    finishes(account)
