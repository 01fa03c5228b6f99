"""Tests a bundle as a pipeline uses it: the AWS command line runs the commands of its README, and the bot runs.

The SAM transform is the one that AWS publishes.
"""

import json
import os
import re
import subprocess
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.simulator.aws import REGION, free_port
from tests.deployed.chat import connected
from tests.deployed.conftest import Deployment, new_account
from tests.deployed.running import STAGE, Project, aws_command, sam_transform

NAME = f"parley-{STAGE}"
BUCKET = "pipeline"
Shell = Callable[[str], subprocess.CompletedProcess[str]]


@dataclass(frozen=True)
class Readme:
    """The commands of the README's steps, and those after a failure."""

    data: str
    secrets: str
    app: str
    data_failed: str
    app_failed: str


@pytest.fixture(scope="module")
def account(project: Project) -> Iterator[Deployment]:
    """The account of all tests in this file."""
    with new_account(project, {"SAM_TRANSFORM": sam_transform()}) as account:
        yield account


@pytest.fixture(scope="module")
def bundle(account: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle, written without credentials, region and AWS."""
    folder = tmp_path_factory.mktemp("bundle")
    nothing = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"), "")
    made = account.project.parley(
        "deploy",
        "--package",
        str(folder),
        aws_url=f"http://127.0.0.1:{free_port()}",
        PARLEY_API_URL=f"{account.aws_url}/_aws/execute-api/{{api}}/{{stage}}",
        PARLEY_WEBSOCKET_URL=f"{account.aws_url.replace('http', 'ws', 1)}/_aws/execute-api/{{api}}/{{stage}}",
        **nothing,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    return folder


@pytest.fixture(scope="module")
def shell(account: Deployment, bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A pipeline's shell in the folder of the bundle, with the real AWS command line."""
    account.client("s3").create_bucket(Bucket=BUCKET)
    tools = aws_command(tmp_path_factory.mktemp("tools")).parent
    environment = {
        **account.secrets,
        "PATH": f"{tools}:{os.environ['PATH']}",
        "HOME": str(tools),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": account.aws_url,
        "BUCKET": BUCKET,
    }

    def run(commands: str) -> subprocess.CompletedProcess[str]:
        words = ["sh", "-eu", "-c", commands]
        return subprocess.run(words, cwd=bundle, env=environment, capture_output=True, text=True, check=False)

    return run


@pytest.fixture(scope="module")
def readme(bundle: Path) -> Readme:
    """The commands of the README, as they stand there."""
    data, secrets, app, doctor, *after_failures = blocks((bundle / "README.md").read_text())
    assert doctor.split() == ["scripts/parley", "doctor", "--stage", STAGE, "--fix"]
    return Readme(data, secrets, app, *after_failures)


def blocks(text: str) -> list[str]:
    return [textwrap.dedent(block) for block in re.findall(r"^ *```sh\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)]


@pytest.fixture(scope="module")
def piped(account: Deployment, shell: Shell, readme: Readme) -> Deployment:
    """The running bot, after the four steps of the bundle's README; a first attempt failed at both stacks."""
    for resource, step, cure in (("Topic", readme.data, readme.data_failed), ("Worker", readme.app, readme.app_failed)):
        account.fails_at(resource)
        failed = shell(step)
        assert "Failed to create/update the stack" in failed.stderr, failed.stdout + failed.stderr
        account.fails_at("")
        for commands in (cure, step):
            succeeds(shell(commands))
        if step == readme.data:
            succeeds(shell(readme.secrets))
    # Meta's first request starts a function cold: on a busy machine it gives up, and the step is repeated.
    account.wait_until(lambda: account.parley("doctor", "--fix").returncode == 0)
    return account


def succeeds(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.full
def test_the_functions_stack_begins_again_after_a_resource_of_each_type_failed(
    account: Deployment, bundle: Path, shell: Shell, readme: Readme
):
    resources = json.loads((bundle / "app.json").read_text())["Resources"]
    for resource in {found["Type"]: name for name, found in resources.items()}.values():
        account.fails_at(resource)
        failed = shell(readme.app)
        assert "Failed to create/update the stack" in failed.stderr, (resource, failed.stdout + failed.stderr)
        account.fails_at("")
        succeeds(shell(readme.app_failed))
    assert account.client("cloudformation").describe_stacks()["Stacks"] == []


def test_the_steps_that_a_new_version_repeats_can_be_repeated(piped: Deployment, shell: Shell, readme: Readme):
    for step in (readme.data, readme.app):
        succeeds(shell(step))
    assert piped.client("dynamodb").describe_table(TableName=NAME)["Table"]["DeletionProtectionEnabled"]


def test_a_signed_message_is_answered_by_a_bot_that_a_pipeline_deployed(piped: Deployment):
    piped.write("petra", "What is a pipeline?")
    assert "“What is a pipeline?”" in piped.wait_for_answers("petra", 1)[0]


def test_the_doctor_finds_it_as_if_parley_had_deployed_it(piped: Deployment):
    result = piped.parley("doctor", "--json")
    found = json.loads(result.stdout)["findings"]
    ill = {finding["name"]: finding["what"] for finding in found if finding["state"] != "ok"}
    ill.pop("runtime", None)  # whether the Python of these tests ends soon
    assert ill.pop("concurrency").endswith("are reserved for the worker, not 10")  # nobody asked for it
    assert (result.returncode, ill) == (
        0,
        {
            "owner": "there is no subscriber for alerts on faults and new people",
            # the emulator shows no settings of routes that come from a template
            "throttles": "not limited as deployed: the WebSocket API",
        },
    )


def test_a_client_connects_to_its_web_chat(piped: Deployment):
    with connected(piped) as chat:
        assert chat.connection.ping().wait(timeout=60)


def test_its_api_has_one_stage(piped: Deployment):
    apis = piped.client("apigateway")
    [api] = apis.get_rest_apis()["items"]
    assert [stage["stageName"] for stage in apis.get_stages(restApiId=api["id"])["item"]] == [STAGE]


def test_parley_deploy_does_not_touch_it(piped: Deployment):
    result = piped.deploy()
    assert (result.returncode, result.stdout) == (1, "")
    line = (
        f"Error: stage {STAGE} was deployed from a bundle, as the stack {NAME}-app: deploy a new bundle, or first run"
    )
    assert result.stderr == f"{line} scripts/parley destroy --stage {STAGE}\n"


def test_destroy_leaves_nothing_of_either_stack(piped: Deployment):
    result = piped.parley("destroy", "--yes")
    assert result.returncode == 0, result.stdout + result.stderr
    left = [stack["StackName"] for stack in piped.client("cloudformation").describe_stacks()["Stacks"]]
    assert left == []
    assert piped.client("lambda").list_functions()["Functions"] == []
    assert piped.client("apigateway").get_rest_apis()["items"] == []
    assert piped.client("apigatewayv2").get_apis()["Items"] == []
    assert piped.client("iam").list_roles()["Roles"] == []
    assert piped.client("events").list_rules()["Rules"] == []
    assert piped.client("dynamodb").list_tables()["TableNames"] == []
    assert piped.client("ssm").describe_parameters()["Parameters"] == []
