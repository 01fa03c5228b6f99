"""Tests how the output of `chalice` is reported: its progress, and its errors in one line."""

import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError
from chalice.awsclient import DeploymentPackageTooLargeError, LambdaErrorContext
from chalice.deploy.deployer import ChaliceDeploymentError

from chalicelib.errors import ConfigError
from scripts.deploy.code import Code
from scripts.stage.environment import ROOT
from tests.deploy.conftest import Account
from tests.deploy.fakes import Refusal, client_of
from tests.deploy.functions import function

Chalice = Callable[..., Code]
USER = "User: arn:aws:iam::123456789012:user/owner-of-a-page"


@pytest.fixture
def chalice(account: Account, tmp_path: Path) -> Chalice:
    """A command that records its arguments and prints what a test wants."""

    def saying(text: str = "", *, ends: int = 0) -> Code:
        (tmp_path / "text").write_text(text)
        command = tmp_path / "chalice"
        asked = "sys.argv[1:], os.getcwd(), os.environ['AWS_DEFAULT_REGION']"
        command.write_text(
            f"#!{sys.executable}\nimport os, sys\nopen({str(tmp_path / 'asked')!r}, 'w').write(repr(({asked})))\n"
            f"print(open({str(tmp_path / 'text')!r}).read())\nsys.exit({ends})\n"
        )
        command.chmod(0o755)
        return Code(account.client("lambda"), "eu-central-1", "prod", tmp_path, chalice=command)

    return saying


@pytest.fixture
def said() -> list[str]:
    return []


def as_chalice_says(error: Exception) -> str:
    """Return a traceback with a wrapped message at its end."""
    said = ChaliceDeploymentError(error)
    said.__cause__ = error
    return "".join(traceback.format_exception(said))


def refused(code: str, operation: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def failure(code: Code, command: str = "deploy") -> str:
    with pytest.raises(ConfigError) as caught:
        getattr(code, command)(say=lambda _: None)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("command", "options"), [("deploy", ["--connection-timeout", "600"]), ("delete", [])], ids=["deploy", "delete"]
)
def test_chalice_is_run_for_the_stage_in_its_region_and_folder(
    chalice: Chalice, tmp_path: Path, said: list[str], command: str, options: list[str]
):
    getattr(chalice(), command)(say=said.append)
    arguments = ["--project-dir", str(tmp_path), command, "--stage", "prod", *options]
    assert (tmp_path / "asked").read_text() == repr((arguments, str(tmp_path), "eu-central-1"))


def test_its_progress_is_passed_on_and_its_chatter_is_not(chalice: Chalice, said: list[str]):
    chatter = "Resources deployed:\n  - Rest API URL: https://x\n"
    chalice(f"Creating IAM role: a\nUpdating lambda function: b\n{chatter}Deleting function: c").deploy(say=said.append)
    assert said == ["Creating IAM role: a", "Updating lambda function: b", "Deleting function: c"]


@pytest.mark.parametrize("command", ["deploy", "delete"])
def test_a_missing_permission_is_named(chalice: Chalice, command: str):
    message = f"{USER} is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::123456789012:role/x"
    text = as_chalice_says(refused("AccessDenied", "CreateRole", message))
    assert failure(chalice(text, ends=2), command) == (
        "these AWS credentials are not allowed to perform iam:CreateRole in eu-central-1 (AccessDenied): "
        "ask for the permission"
    )


def test_other_errors_of_aws_are_passed_on_with_the_operation(chalice: Chalice):
    message = "The runtime parameter of python3.8 is no longer supported for creating AWS Lambda functions."
    text = as_chalice_says(refused("InvalidParameterValueException", "CreateFunction", message))
    refusal = "AWS refused CreateFunction (InvalidParameterValueException): "
    assert failure(chalice(text, ends=2)) == refusal + message


def test_a_refusal_after_several_tries_is_understood_too(chalice: Chalice):
    text = (
        "An error occurred (TooManyRequestsException) when calling the PutRestApi operation "
        "(reached max retries: 4): Slow down"
    )
    assert failure(chalice(text, ends=2)) == "AWS refused PutRestApi (TooManyRequestsException): Slow down"


URL = "https://lambda.eu-central-1.amazonaws.com/2015-03-31/functions"


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url=URL),
        ConnectTimeoutError(endpoint_url=URL),
        ProxyConnectionError(proxy_url="http://proxy:3128"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_network_is_said_so(chalice: Chalice, error: Exception):
    line = "AWS cannot be reached in eu-central-1: check the network, --region and any proxy"
    assert failure(chalice(as_chalice_says(error), ends=2)) == line


def test_a_word_like_timeout_in_the_app_is_not_taken_for_the_network(chalice: Chalice):
    text = 'Traceback (most recent call last):\n  File "app.py", line 1\n    lambda_timeout()\nNameError: name "x"\n'
    assert failure(chalice(text, ends=2)) == 'chalice deploy failed: NameError: name "x"'


def test_chalices_own_errors_are_unwrapped(chalice: Chalice):
    context = LambdaErrorContext("parley-prod-worker", "create_function", 60_000_000)
    text = as_chalice_says(
        DeploymentPackageTooLargeError(ValueError("The package is far too large for Lambda. " * 4), context)
    )
    assert (
        failure(chalice(text, ends=2))
        == ("chalice deploy failed: " + "The package is far too large for Lambda. " * 4).rstrip()
    )


@pytest.mark.parametrize(("text", "line"), [("", "no output"), ("Error: no app.py\n\n\n", "Error: no app.py")])
def test_anything_else_is_its_last_line(chalice: Chalice, text: str, line: str):
    assert failure(chalice(text, ends=1)) == f"chalice deploy failed: {line}"


@pytest.mark.parametrize("suffix", ["", "-worker", "-heartbeat", "-websocket_message"])
@pytest.mark.parametrize("tags", [("", "prod"), ("shop", "prod"), ("parley", "prod2")], ids=str)
def test_a_function_that_was_not_made_for_this_stage_is_not_overwritten(
    account: Account, chalice: Chalice, suffix: str, tags: tuple[str, str]
):
    name, (app, stage) = f"parley-prod{suffix}", tags
    function(account, name, app=app, stage=stage)
    assert failure(chalice()) == (
        f"the function {name} exists but was not created by Parley: delete it, or choose another --stage"
    )


def test_our_own_functions_are_brought_up_to_date(account: Account, chalice: Chalice, said: list[str]):
    for suffix in ("", "-worker"):
        function(account, f"parley-prod{suffix}")
    code = chalice("Updating lambda function: parley-prod")
    code.deploy(say=said.append)
    assert (code.foreign(), said) == ([], ["Updating lambda function: parley-prod"])


class WithoutTags:
    """Lambda for a caller who may read functions but not their tags, or of functions without any."""

    def __init__(self, *, may_list: bool) -> None:
        self.may_list = may_list

    def get_function(self, function_name: str) -> dict[str, Any]:
        arn = f"arn:aws:lambda:eu-central-1:123456789012:function:{function_name}"
        return {"Configuration": {"FunctionName": function_name, "FunctionArn": arn}}

    def list_tags(self, resource: str) -> dict[str, Any]:
        if not self.may_list:
            raise Refusal(
                "AccessDeniedException", f"{USER} is not authorized to perform: lambda:ListTags on {resource}"
            )
        return {"Tags": {}}


def test_a_missing_permission_to_read_tags_is_not_taken_for_somebody_elses_function(tmp_path: Path):
    client = client_of("lambda", WithoutTags(may_list=False))
    with pytest.raises(ClientError, match="not authorized to perform: lambda:ListTags"):
        Code(client, "eu-central-1", "prod", tmp_path).deploy(say=print)


def test_the_permission_to_read_tags_is_in_the_list_of_those_that_are_needed():
    _, _, listed = (ROOT / "docs" / "deployment.md").read_text().partition("## Permissions")
    assert "`lambda:ListTags`" in listed.partition("\n## ")[0]


def test_a_function_without_tags_is_somebody_elses(tmp_path: Path):
    client = client_of("lambda", WithoutTags(may_list=True))
    with pytest.raises(ConfigError, match="the function parley-prod exists but was not created by Parley"):
        Code(client, "eu-central-1", "prod", tmp_path).deploy(say=print)
