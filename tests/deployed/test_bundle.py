"""Tests a bundle as a pipeline uses it: CloudFormation creates both stacks by its README, and the bot runs.

`aws cloudformation package` is done by hand, since the AWS command line is not among the project's tools; the SAM
transform is the one that AWS publishes, and the emulator is given its result.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.settings import Secret
from scripts.simulator.aws import CREDENTIALS, free_port
from tests.deployed.chat import connected
from tests.deployed.conftest import Deployment, new_account
from tests.deployed.running import ROOT, STAGE, Project, sam_python

NAME = f"parley-{STAGE}"
BUCKET = "pipeline"


@pytest.fixture(scope="module")
def account(project: Project) -> Iterator[Deployment]:
    """The account of all tests in this file."""
    with new_account(project) as account:
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
def piped(account: Deployment, bundle: Path) -> Deployment:
    """The running bot, after the four steps of the bundle's README."""
    make_stack(account, NAME, (bundle / "data.yaml").read_text(), Stage=STAGE, Wake="lambda")
    made_up: dict[str, str] = {Secret.OPENAI_KEY: "none", Secret.TICKET_KEY: "t" * 64}
    for name, value in {**account.meta.secrets, **made_up}.items():
        account.client("ssm").put_parameter(Name=f"/parley/{STAGE}/{name}", Value=value, Type="SecureString")
    make_stack(account, f"{NAME}-app", packaged(account, bundle))
    doctor = account.parley("doctor", "--fix")
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    return account


def packaged(account: Deployment, bundle: Path) -> str:
    """Return `app.json` as CloudFormation gets it: the code in a bucket, and transformed by SAM."""
    s3, template = account.client("s3"), json.loads((bundle / "app.json").read_text())
    s3.create_bucket(Bucket=BUCKET)
    s3.upload_file(str(bundle / "deployment.zip"), BUCKET, "deployment.zip")
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = {"Bucket": BUCKET, "Key": "deployment.zip"}
    transform = [str(sam_python()), str(ROOT / "tests" / "deployed" / "sam.py")]
    done = subprocess.run(
        transform, input=json.dumps(template), env=CREDENTIALS, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def make_stack(account: Deployment, name: str, template: str, **parameters: str) -> None:
    cloudformation = account.client("cloudformation")
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    may = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    cloudformation.create_stack(StackName=name, TemplateBody=template, Parameters=given, Capabilities=may)

    def stack() -> Any:
        return cloudformation.describe_stacks(StackName=name)["Stacks"][0]

    account.wait_until(lambda: not stack()["StackStatus"].endswith("_IN_PROGRESS"))
    assert stack()["StackStatus"] == "CREATE_COMPLETE", stack().get("StackStatusReason")


def test_a_signed_message_is_answered_by_a_bot_that_a_pipeline_deployed(piped: Deployment):
    piped.write("petra", "What is a pipeline?")
    assert "“What is a pipeline?”" in piped.wait_for_answers("petra", 1)[0]


def test_the_doctor_finds_it_as_if_parley_had_deployed_it(piped: Deployment):
    result = piped.parley("doctor", "--json")
    found = json.loads(result.stdout)["findings"]
    ill = {finding["name"]: finding["what"] for finding in found if finding["state"] != "ok"}
    assert (result.returncode, ill) == (0, {"owner": "there is no subscriber for alerts on faults and new people"})


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
