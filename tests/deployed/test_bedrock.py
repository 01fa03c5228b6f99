"""A bot on Amazon Bedrock: deployed, asked and checked without a key of a model's provider."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.deployed.chat import connected, new_key
from tests.deployed.conftest import Deployment, new_account
from tests.deployed.running import STAGE, Project

NOVA: Final = "us.amazon.nova-lite-v1:0"


@pytest.fixture(scope="module")
def web(project: Project) -> Iterator[Deployment]:
    """A bot for which the owner had AWS credentials and nothing else."""
    with new_account(project, PARLEY_MODEL=f"bedrock:{NOVA}") as account:
        deployed = account.parley("deploy", "--yes", "--channels", "web")
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        yield account


def test_a_question_is_answered_by_bedrocks_model(web: Deployment):
    key = new_key(web, "Tests")
    with connected(web) as chat:
        assert chat.authenticate(apiKey=key["key"])["type"] == "ready"
        chat.send(action="send_message", message="Why is the sky blue?")
        chat.receive(lambda frame: frame["type"] == "completed")
    said = "".join(frame["text"] for frame in chat.frames if frame["type"] in {"snapshot", "delta"})
    assert "“Why is the sky blue?”" in said
    assert web.model.recorder.since(0)[-1].body["model"] == NOVA


def test_the_worker_may_ask_that_model_and_nothing_of_openais_is_stored_or_granted(web: Deployment):
    parameters = web.client("ssm").get_parameters_by_path(Path=f"/parley/{STAGE}", Recursive=True)["Parameters"]
    assert not any("openai" in one["Name"] for one in parameters)
    policy = policy_of(web, "worker")
    assert "openai-key" not in json.dumps(policy)
    granted = [one for one in policy["Statement"] if "bedrock:InvokeModelWithResponseStream" in one["Action"]]
    named = [arn for one in granted for arn in one["Resource"]]
    assert all("amazon.nova-lite-v1:0" in arn for arn in named)
    assert len(named) == 2


def test_doctor_asks_bedrock(web: Deployment):
    checked = web.parley("doctor")
    assert f"{NOVA} answers as" in checked.stdout, checked.stdout + checked.stderr
    assert "openai" not in checked.stdout.lower()


def policy_of(deployment: Deployment, function: str) -> Any:
    """The policy of a function's role."""
    role = deployment.client("lambda").get_function(FunctionName=f"parley-{STAGE}-{function}")["Configuration"]["Role"]
    name = role.rpartition("/")[2]
    iam = deployment.client("iam")
    [policy] = iam.list_role_policies(RoleName=name)["PolicyNames"]
    return iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
