"""No function of one stage reaches anything of another: the written policies, judged as IAM judges them."""

import json
import re
import shutil
from collections.abc import Iterator
from functools import cache
from itertools import permutations
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, Protocol

import pytest
from cfnlint import decode

from chalicelib.aws.ssm import Secrets
from chalicelib.bootstrap import api, websocket, worker
from chalicelib.errors import ConfigError
from chalicelib.ids import Channels
from chalicelib.settings.stage import Secret
from scripts.deploy import policies, secrets
from scripts.deploy.deployment import Deployment
from scripts.deploy.steps import DeploymentPlan
from scripts.stage.environment import ROOT, full_name, functions
from tests.channels import ALL, BOTH, MESSENGER, OPENAI, WEB, stage_with
from tests.deploy.cloudformation import CloudFormation
from tests.deploy.conftest import Account
from tests.iam import allows, reaches

REGION: Final = "eu-central-1"
ACCOUNT: Final = "111122223333"
STAGES: Final = ("dev", "prod", "prod2", "d", "worker", "dead", "parley")
"""Among them names that begin as others do, and names that are parts of resources' names."""
FUNCTIONS: Final = tuple(functions("prod"))
SECRETS: Final = {
    "api_handler": api.SECRETS,
    "worker": worker.SECRETS,
    "websocket_connect": websocket.SECRETS,
    "websocket_message": websocket.SECRETS,
}
"""The names that each function asks SSM for; the others ask for none."""
OF_FACEBOOK: Final = {Secret.WEBHOOK_URL, Secret.PAGE_ID, *secrets.OF_FACEBOOK}
Policies = dict[str, dict[str, Any]]


class Write(Protocol):
    """Fills in the policies of a folder for a stage with these channels."""

    __name__: str

    def __call__(self, folder: Path, stage: str, channels: Channels = BOTH, /) -> None: ...


def arn(service: str, name: str, *, region: str = REGION, account: str = ACCOUNT) -> str:
    return f"arn:aws:{service}:{region}:{account}:{name}"


@cache
def template() -> Any:
    return decode.decode(str(ROOT / ".chalice" / "resources.yaml"))[0]


def of_the_data_stack(stage: str) -> Iterator[str]:
    """The tables, queues, topics, parameters and logs of `.chalice/resources.yaml`."""
    for resource in template()["Resources"].values():
        properties = resource["Properties"]

        def name(key: str, properties: Any = properties) -> str:
            return str(properties[key]["Fn::Sub"]).replace("${Stage}", stage)

        match resource["Type"]:
            case "AWS::DynamoDB::Table":
                table = f"table/{name('TableName')}"
                indexes = [f"{table}/index/{index['IndexName']}" for index in properties["GlobalSecondaryIndexes"]]
                yield from (arn("dynamodb", part) for part in (table, *indexes))
            case "AWS::SQS::Queue":
                yield arn("sqs", name("QueueName"))
            case "AWS::SNS::Topic":
                yield arn("sns", name("TopicName"))
            case "AWS::SSM::Parameter":
                yield arn("ssm", f"parameter{name('Name')}")
            case "AWS::Logs::LogGroup":
                yield arn("logs", f"log-group:{name('LogGroupName')}:log-stream:2026/11/29/[$LATEST]1")


def resources(stage: str) -> set[str]:
    """Every resource of a stage that a function could name in a call."""
    connections = (f"{stage}api/{stage}/{method}/@connections/abc=" for method in ("POST", "DELETE", "GET"))
    return {
        *of_the_data_stack(stage),
        *(arn("ssm", f"parameter/parley/{stage}/{secret}") for secret in Secret),
        *(arn("lambda", f"function:{full_name(stage, function)}") for function in FUNCTIONS),
        *(arn("execute-api", connection) for connection in connections),
    }


def for_the_command(folder: Path, stage: str, channels: Channels = BOTH) -> None:
    policies.write(folder, stage_with(channels, stage), [OPENAI], region=REGION, account=ACCOUNT, has_mcp=True)


def for_a_pipeline(folder: Path, stage: str, channels: Channels = BOTH) -> None:
    policies.write_for_template(folder, stage_with(channels, stage), [OPENAI], has_mcp=True)


def written(folder: Path, stage: str, write: Write, channels: Channels = BOTH) -> Policies:
    """The policies of a stage as AWS gets them, by function; CloudFormation fills in account and region."""
    target = folder / f"{write.__name__}-{stage}-{channels}" / ".chalice"
    shutil.copytree(ROOT / ".chalice", target, ignore=shutil.ignore_patterns("deployments", "deployed"))
    write(target.parent, stage, channels)
    config = json.loads((target / "config.json").read_text())["lambda_functions"]
    return {name: _resolved(json.loads((target / config[name]["iam_policy_file"]).read_text())) for name in FUNCTIONS}


def _resolved(value: Any) -> Any:
    match value:
        case {"Fn::Sub": text}:
            return text.replace("${AWS::Region}", REGION).replace("${AWS::AccountId}", ACCOUNT)
        case dict():
            return {key: _resolved(part) for key, part in value.items()}
        case list():
            return [_resolved(part) for part in value]
    return value


def reached(found: Policies, targets: set[str]) -> list[tuple[str, str, list[str]]]:
    return [
        (function, target, sorted(actions))
        for function, policy in found.items()
        for target in sorted(targets)
        if (actions := reaches(policy, target))
    ]


@pytest.fixture(params=[for_the_command, for_a_pipeline])
def write(request: pytest.FixtureRequest) -> Write:
    chosen: Write = request.param
    return chosen


def test_no_function_of_a_stage_reaches_anything_of_another(tmp_path: Path, write: Write):
    of = {stage: written(tmp_path, stage, write) for stage in STAGES}
    for mine, theirs in permutations(STAGES, 2):
        assert (mine, theirs, reached(of[mine], resources(theirs))) == (mine, theirs, [])


def test_every_resource_of_a_stage_is_reached_by_its_own_functions(tmp_path: Path, write: Write):
    """Otherwise the test above would show nothing."""
    found = written(tmp_path, "prod", write)
    own = {target for _, target, _ in reached(found, resources("prod"))}
    assert resources("prod") - own == {
        arn("sqs", "parley-prod-dead.fifo"),  # SQS itself fills it
        arn("lambda", "function:parley-prod-heartbeat"),  # its rule invokes it
        arn("execute-api", "prodapi/prod/GET/@connections/abc="),
    }


def test_a_stage_of_the_same_name_elsewhere_is_not_reached(tmp_path: Path, write: Write):
    found = written(tmp_path, "prod", write)
    for place in ((REGION, "999999999999"), ("us-east-1", ACCOUNT)):
        elsewhere = {target.replace(f"{REGION}:{ACCOUNT}", ":".join(place)) for target in resources("prod")}
        assert reached(found, elsewhere) == []


@pytest.mark.parametrize("hole", ["parley-*", "parley-prod*", "/parley/*", "/parley/prod*", "/*/"])
def test_a_hole_in_any_policy_would_be_seen(tmp_path: Path, hole: str):
    """Each of these was, or could have been, in a policy; `prod2` is reached through it."""
    found = written(tmp_path, "prod", for_the_command)
    before = {"parley-": "parley-prod", "/parley": "/parley/prod", "/*/": "/prod/"}[hole[:7]]
    torn = json.loads(json.dumps(found).replace(before, hole))
    seen = {function for function, *_ in reached(torn, resources("prod2"))}
    touched = {function for function, policy in found.items() if before in json.dumps(policy)}
    assert seen == touched != set()


def test_a_function_writes_to_no_log_but_its_own(tmp_path: Path):
    logs = [target for target in resources("prod") if ":logs:" in target]
    for function, policy in written(tmp_path, "prod", for_the_command).items():
        group = f":/aws/lambda/{full_name('prod', function)}:"
        assert [target for target in logs if reaches(policy, target)] == [one for one in logs if group in one]


@pytest.mark.parametrize("channels", ALL, ids=str)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_asks_for_exactly_the_secrets_that_it_may_read(
    tmp_path: Path, function: str, channels: Channels, write: Write
):
    """On AWS one name that it may not read is expected to fail the request for all; the emulator does not check."""
    asked: list[str] = []

    def get_parameters(*, Names: list[str], WithDecryption: bool) -> Any:  # noqa: N803 (boto3's names)
        asked.extend(Names)
        return {"Parameters": []}

    client: Any = SimpleNamespace(get_parameters=get_parameters)
    if needs := SECRETS.get(function):
        names = (*needs.of(channels), *([Secret.MCP_TOKENS] if function == "worker" else []))
        Secrets(client, "/parley/prod", names).find(names[0])
    policy = written(tmp_path, "prod", write, channels)[function]
    may = {name for name in Secret if allows(policy, "ssm:GetParameters", arn("ssm", f"parameter/parley/prod/{name}"))}
    assert {f"/parley/prod/{name}" for name in may} == set(asked)
    assert len(asked) == len(may)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_without_messenger_nothing_of_facebooks_is_granted_or_named(tmp_path: Path, function: str, write: Write):
    policy = written(tmp_path, "prod", write, WEB)[function]
    assert re.findall("messenger|facebook|meta|webhook", json.dumps(policy), re.IGNORECASE) == []
    assert [name for name in OF_FACEBOOK if reaches(policy, arn("ssm", f"parameter/parley/prod/{name}"))] == []
    assert needs_of(function, WEB).isdisjoint(OF_FACEBOOK)


def test_without_the_web_chat_no_connection_and_no_function_of_it_is_reached(tmp_path: Path, write: Write):
    found = written(tmp_path, "prod", write, MESSENGER)
    existing = {name: policy for name, policy in found.items() if not name.startswith("websocket_")}
    assert re.findall("websocket|execute-api|ticket", json.dumps(existing), re.IGNORECASE) == []


def needs_of(function: str, channels: Channels) -> set[str]:
    return set(SECRETS[function].of(channels)) if function in SECRETS else set()


def test_the_files_as_they_are_grant_nothing():
    for file in (ROOT / ".chalice").glob("policy-*.json"):
        policy = json.loads(file.read_text())
        assert [target for stage in STAGES for target in resources(stage) if reaches(policy, target)] == []


def test_a_blank_that_nobody_fills_in_stops_the_deployment(tmp_path: Path):
    folder = tmp_path / ".chalice"
    folder.mkdir()
    file = folder / "policy-worker.json"
    statement = {"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": "arn:aws:sqs:<region>:<acount>:x"}
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    with pytest.raises(ConfigError) as caught:
        for_the_command(tmp_path, "prod")
    assert str(caught.value) == (
        ".chalice/policy-worker.json: <acount> is unknown; a policy may have <stage>, <region>, <account>"
    )


def test_nothing_is_left_open_in_what_is_deployed(tmp_path: Path, write: Write):
    text = json.dumps(written(tmp_path, "prod", write))
    assert re.findall(r"<[a-z]+>", text) == []
    assert set(re.findall(r"arn:aws:[a-z-]+:([^:]*:[^:]*):", text)) == {f"{REGION}:{ACCOUNT}"}


def test_the_command_fills_them_in_where_chalice_reads_them(account: Account, tmp_path: Path):
    account.fakes["cloudformation"] = CloudFormation("parley-prod")
    project = tmp_path / "project"
    shutil.copytree(ROOT / ".chalice", project / ".chalice", ignore=shutil.ignore_patterns("deployments", "deployed"))
    (project / "chalicelib").mkdir()
    for name in ("app.py", "requirements.txt", "constraints.txt"):
        (project / name).touch()
    deployment = Deployment(account.environment("prod"), project)
    [step] = [step for step in DeploymentPlan(deployment, {}, None).steps() if step.name == "zip"]
    step.run(print)
    policy = json.loads((deployment.folder / ".chalice" / "policy-worker.json").read_text())
    read = [each["Resource"] for each in policy["Statement"] if "dynamodb:Query" in each["Action"]]
    table = f"arn:aws:dynamodb:eu-central-1:{account.number}:table/parley-prod"
    assert read == [[table], [f"{table}/index/people"]]
