"""Tests the files of `parley deploy --package`, for a project without dependencies, which would need the network."""

import json
import re
import shutil
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cfnlint import decode
from cfnlint.api import lint_file
from click.testing import CliRunner

from chalicelib.errors import ConfigError
from chalicelib.settings.stage import Settings, Stage
from scripts.cli.commands import parley
from scripts.deploy.bundle import write
from scripts.deploy.functions import AGE_S, RETRIES
from scripts.deploy.package import Package
from scripts.deploy.secrets import GENERATED, KINDS
from scripts.deploy.stack import TEMPLATE
from scripts.stage.environment import ROOT

PLACE = r"\$\{AWS::Region\}:\$\{AWS::AccountId\}"
SUB_ARN = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:"
PAID_BY_USE = {
    "AWS::ApiGatewayV2::Api": "by message and minute of a connection",
    "AWS::ApiGatewayV2::Deployment": "free",
    "AWS::ApiGatewayV2::Integration": "free",
    "AWS::ApiGatewayV2::Route": "free",
    "AWS::ApiGatewayV2::Stage": "free",
    "AWS::IAM::Role": "free",
    "AWS::Lambda::EventInvokeConfig": "free",
    "AWS::Lambda::EventSourceMapping": "by request to the queue",
    "AWS::Lambda::Permission": "free",
    "AWS::SSM::Parameter": "standard ones are free",
    "AWS::Serverless::Api": "by request: a REST API without a cache",
    "AWS::Serverless::Function": "by invocation: nothing is provisioned",
}

FUNCTIONS = {
    "api_handler": "APIHandler",
    "worker": "Worker",
    "heartbeat": "Heartbeat",
    "websocket_connect": "WebsocketConnect",
    "websocket_message": "WebsocketMessage",
    "websocket_disconnect": "WebsocketDisconnect",
}
"""The logical id of each function in `app.json`."""


@dataclass(frozen=True)
class Bundle:
    project: Path
    folder: Path
    settings: Settings
    package: Package

    @property
    def stage(self) -> Stage:
        return self.settings.stage

    @property
    def app(self) -> Any:
        return json.loads((self.folder / "app.json").read_text())

    @property
    def data(self) -> Any:
        parsed, _ = decode.decode(str(self.folder / "data.yaml"))
        return parsed

    @property
    def readme(self) -> str:
        return (self.folder / "README.md").read_text()

    def properties(self, name: str) -> Any:
        return self.app["Resources"][name]["Properties"]


def copied(project: Path) -> Path:
    """Copy what a bundle is built from, but the dependencies. All bundles in one copy have the same zip."""
    shutil.copytree(ROOT / "chalicelib", project / "chalicelib", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / ".chalice", project / ".chalice", ignore=shutil.ignore_patterns("deployments"))
    shutil.copy(ROOT / "app.py", project)
    for name in ("requirements.txt", "constraints.txt"):
        (project / name).touch()
    return project


def made(project: Path, name: str, wake: str, channels: str = "messenger,web") -> Bundle:
    """Build and write a bundle in folders of its own."""
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    environment = {**config["environment_variables"], "PARLEY_STAGE": "prod", "PARLEY_WAKE": wake}
    environment["PARLEY_CHANNELS"] = channels
    config["stages"]["prod"]["environment_variables"] = environment
    (project / ".chalice" / "config.json").write_text(json.dumps(config))
    return written(project, project.parent / name, Settings.from_env(environment))


def written(project: Path, folder: Path, settings: Settings) -> Bundle:
    build = project / ".parley" / "build" / folder.name
    package = write(folder, settings, project=project, folder=build, email="owner@example.org", say=print)
    return Bundle(project, folder, settings, package)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("bundles") / "project")


FILES = ["README.md", "app.json", "data.yaml", "deployment.zip"]
OLDER = "of an older bundle"


@pytest.fixture(scope="module")
def bundle(project: Path) -> Bundle:
    """Written over an older one."""
    older = project.parent / "lambda"
    older.mkdir()
    for name in FILES:
        (older / name).write_text(OLDER)
    return made(project, "lambda", "lambda")


@pytest.fixture(scope="module")
def fifo(project: Path) -> Bundle:
    return made(project, "fifo", "fifo")


def absent(template: Any) -> set[str]:
    """Return what a template refers to and does not have."""
    there = {name for part in ("Resources", "Parameters", "Conditions") for name in template[part]}
    return {name for name in named(template["Resources"]) if name not in there and not name.startswith("AWS::")}


def named(part: Any) -> Iterator[str]:
    """Yield what a part of a template refers to."""
    if isinstance(part, list):
        for one in part:
            yield from named(one)
    for key, value in part.items() if isinstance(part, dict) else ():
        match key, value:
            case ("Ref" | "DependsOn", str()):
                yield value
            case "DependsOn", _:
                yield from value
            case (("Fn::GetAtt" | "Fn::If"), [name, *others]):
                yield name
                yield from named(others)
            case "Fn::Sub", str():
                yield from re.findall(r"\$\{(\w[\w:]*)", value)
            case _:
                yield from named(value)


def test_cloudformation_would_accept_the_functions_template(fifo: Bundle):
    """Other bundles have no resource that this one lacks."""
    assert [str(problem) for problem in lint_file(fifo.folder / "app.json")] == []
    assert absent(fifo.app) == set()


@pytest.mark.full
def test_cloudformation_would_accept_the_template_without_a_queue(bundle: Bundle):
    assert [str(problem) for problem in lint_file(bundle.folder / "app.json")] == []


def test_without_a_queue_the_functions_are_the_same_but_for_it(bundle: Bundle, fifo: Bundle):
    assert absent(bundle.app) == set()
    assert fifo.app["Resources"].keys() - bundle.app["Resources"].keys() == {"WorkerWakes"}
    others = bundle.app["Resources"].keys() - FUNCTIONS.values()
    changed = {name for name in others if bundle.app["Resources"][name] != fifo.app["Resources"][name]}
    assert all(name.endswith("Role") for name in changed), changed


@pytest.mark.parametrize(
    "part",
    [
        {"Ref": "Gone"},
        {"DependsOn": ["Gone"]},
        {"DependsOn": "Gone"},
        {"Fn::If": ["Gone", 1, 2]},
        {"Value": {"Fn::If": ["There", 1, {"Ref": "Gone"}]}},
        {"Arn": [{"Fn::GetAtt": ["Gone", "Arn"]}]},
        {"Fn::Sub": "${There}-${AWS::Region}-${Gone.Arn}"},
    ],
    ids=str,
)
def test_what_a_template_lacks_is_found(part: Any):
    assert absent({"Resources": {"There": part}, "Parameters": {}, "Conditions": {}}) == {"Gone"}


def test_the_data_stack_is_the_template_that_the_architecture_tests_check(bundle: Bundle, fifo: Bundle):
    assert {(one.folder / "data.yaml").read_bytes() for one in (bundle, fifo)} == {TEMPLATE.read_bytes()}


def test_functions_and_rule_are_called_as_parley_deploy_calls_them(bundle: Bundle):
    assert bundle.properties("APIHandler")["FunctionName"] == bundle.stage.api_function == "parley-prod"
    assert bundle.properties("Worker")["FunctionName"] == bundle.stage.worker_function == "parley-prod-worker"
    websockets = [bundle.properties(FUNCTIONS[name])["FunctionName"] for name in FUNCTIONS if "websocket" in name]
    assert websockets == list(bundle.stage.websocket_functions)
    heartbeat = bundle.properties("Heartbeat")
    assert heartbeat["FunctionName"] == "parley-prod-heartbeat"
    rule = {"Schedule": "rate(1 minute)", "Name": "parley-prod-heartbeat-event"}
    assert heartbeat["Events"] == {"HeartbeatEvent": {"Type": "Schedule", "Properties": rule}}


def test_the_zip_is_the_one_that_parley_deploy_uploads_with_its_bytecode(bundle: Bundle):
    archive = bundle.folder / "deployment.zip"
    assert archive.read_bytes() == bundle.package.zip.read_bytes()
    with zipfile.ZipFile(archive) as opened:
        assert f"chalicelib/settings/__pycache__/stage.{sys.implementation.cache_tag}.pyc" in opened.namelist()
    assert {bundle.properties(function)["CodeUri"] for function in FUNCTIONS.values()} == {"./deployment.zip"}


def test_each_function_gets_its_settings_and_its_own_rights_from_the_project(bundle: Bundle):
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())["lambda_functions"]
    assert config.keys() == FUNCTIONS.keys()
    for name, resource in FUNCTIONS.items():
        found = bundle.properties(resource)
        assert found["MemorySize"] == config[name]["lambda_memory_size"]
        assert found["Timeout"] == config[name]["lambda_timeout"]
        assert found["Environment"]["Variables"]["PARLEY_STAGE"] == "prod"
        [policy] = bundle.properties(found["Role"]["Fn::GetAtt"][0])["Policies"]
        file = bundle.package.folder / ".chalice" / config[name]["iam_policy_file"]
        assert policy["PolicyDocument"] == json.loads(file.read_text())


def test_the_functions_rights_end_at_their_stage_account_and_region(bundle: Bundle):
    for resource in FUNCTIONS.values():
        [policy] = bundle.properties(bundle.properties(resource)["Role"]["Fn::GetAtt"][0])["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]:
            for named in statement["Resource"]:
                assert re.fullmatch(rf"arn:aws:[a-z-]+:{PLACE}:\S*(parley-|/parley/|\*/)prod\b\S*", named["Fn::Sub"])


def test_failed_invocations_of_the_worker_go_to_the_same_queue_as_with_parley_deploy(bundle: Bundle):
    assert bundle.properties("WorkerRetries") == {
        "FunctionName": {"Ref": "Worker"},
        "Qualifier": "$LATEST",
        "MaximumRetryAttempts": RETRIES,
        "MaximumEventAgeInSeconds": AGE_S,
        "DestinationConfig": {"OnFailure": {"Destination": {"Fn::Sub": f"{SUB_ARN}parley-prod-dead"}}},
    }
    assert (RETRIES, AGE_S) == (2, 3600)
    assert bundle.data["Resources"]["DeadLetters"]["Properties"]["QueueName"]["Fn::Sub"] == "parley-${Stage}-dead"


def test_a_queue_wakes_the_worker_only_where_the_stage_says_so(bundle: Bundle, fifo: Bundle):
    assert "WorkerWakes" not in bundle.app["Resources"]
    assert fifo.properties("WorkerWakes") == {
        "FunctionName": {"Ref": "Worker"},
        "EventSourceArn": {"Fn::Sub": f"{SUB_ARN}parley-prod-wake.fifo"},
        "BatchSize": 1,
        "ScalingConfig": {"MaximumConcurrency": {"Fn::If": ["ReservesWorkers", 10, 6]}},
    }
    assert fifo.data["Resources"]["WakeQueue"]["Properties"]["QueueName"]["Fn::Sub"] == "parley-${Stage}-wake.fifo"
    assert [wake in fifo.readme for wake in ("Wake=lambda", "Wake=fifo")] == [False, True]


@pytest.mark.parametrize("name", ["WorkerRetries", "WorkerWakes"])
def test_what_lambda_refuses_until_it_knows_the_workers_role_comes_after_the_slowest_resources(fifo: Bundle, name: str):
    resources = fifo.app["Resources"]
    last = set(resources[name]["DependsOn"])
    assert last >= {"RestAPI", "WebsocketAPIStage", "WebhookUrl", "WebsocketUrl"}
    assert last <= resources.keys() - {"WorkerRetries", "WorkerWakes"}


def test_functions_are_reserved_for_the_worker_only_where_the_owner_says_that_the_account_allows_it(bundle: Bundle):
    reserved = {"Fn::If": ["ReservesWorkers", 10, {"Ref": "AWS::NoValue"}]}
    assert bundle.properties("Worker")["ReservedConcurrentExecutions"] == reserved
    assert bundle.app["Parameters"]["ReserveWorkers"]["Default"] == "false"
    assert "runs at least 110 functions at a time" in bundle.readme
    assert "--parameter-overrides ReserveWorkers=true" in bundle.readme


def test_both_apis_have_the_limits_that_parley_deploy_sets(bundle: Bundle):
    assert bundle.properties("RestAPI")["MethodSettings"] == [
        {"ResourcePath": "/*", "HttpMethod": "*", "ThrottlingRateLimit": 10, "ThrottlingBurstLimit": 200},
        {"ResourcePath": "/~1webhook", "HttpMethod": "POST", "ThrottlingRateLimit": 100, "ThrottlingBurstLimit": 500},
    ]
    stage = bundle.properties("WebsocketAPIStage")
    assert stage["DefaultRouteSettings"] == {"ThrottlingRateLimit": 15, "ThrottlingBurstLimit": 100}
    assert stage["RouteSettings"] == {"$connect": {"ThrottlingRateLimit": 10, "ThrottlingBurstLimit": 50}}


def test_there_is_one_stage_and_the_bot_can_read_its_address(bundle: Bundle):
    api = bundle.properties("RestAPI")
    assert (api["OpenApiVersion"], api["StageName"]) == ("2.0", "prod")  # without the first, SAM makes one more
    url = bundle.properties("WebhookUrl")
    assert url["Name"] == "/parley/prod/webhook-url"
    assert url["Value"] == {"Fn::Sub": "https://${RestAPI}.execute-api.${AWS::Region}.amazonaws.com/prod/webhook"}


def test_the_web_chat_has_an_api_of_one_stage_that_parley_finds_by_its_name_and_the_bot_can_read_its_address(
    bundle: Bundle,
):
    api, stage = bundle.properties("WebsocketAPI"), bundle.properties("WebsocketAPIStage")
    assert (api["Name"], api["ProtocolType"], stage["StageName"]) == ("parley-prod-websocket-api", "WEBSOCKET", "prod")
    url = bundle.properties("WebsocketUrl")
    assert url["Name"] == "/parley/prod/websocket-url"
    assert url["Value"] == {"Fn::Sub": "wss://${WebsocketAPI}.execute-api.${AWS::Region}.amazonaws.com/prod"}


def test_nothing_in_a_bundle_has_an_hourly_price(fifo: Bundle):
    assert {resource["Type"] for resource in fifo.app["Resources"].values()} == PAID_BY_USE.keys()
    assert "ProvisionedConcurrency" not in json.dumps(fifo.app)
    assert "CacheCluster" not in json.dumps(fifo.app)


def test_the_commands_name_every_secret_and_only_parameters_that_there_are(bundle: Bundle):
    assert all(f'/parley/prod/{kind.name} --value "${kind.variable}"' in bundle.readme for kind in KINDS)
    assert all(f'/parley/prod/{name} --value "$(openssl rand' in bundle.readme for name in GENERATED)
    create, protect = (line for line in bundle.readme.splitlines() if line.lstrip().startswith("--parameter-overrides"))
    given, later = (dict(word.split("=") for word in line.split() if "=" in word) for line in (create, protect))
    assert given == {
        "Stage": "prod",
        "Channels": "messenger,web",
        "Wake": "lambda",
        "OwnerEmail": "owner@example.org",
    }
    assert later == {"Protected": "true"}
    assert given.keys() | later.keys() == bundle.data["Parameters"].keys()


def test_readme_and_help_say_that_a_stage_cannot_change_over(bundle: Bundle):
    for said in (bundle.readme, CliRunner().invoke(parley, ["deploy", "--help"]).output):
        words = " ".join(said.split())
        assert "To change" in words
        assert "first run `scripts/parley destroy --stage prod`" in words or "run `destroy` first" in words
        assert "deletes all conversations" in words


def test_a_bundle_is_written_over_an_older_one_and_over_nothing_else(bundle: Bundle, tmp_path: Path):
    (tmp_path / "README.md").write_text("Mine")
    with pytest.raises(ConfigError, match="is not empty and contains no bundle: choose a new folder"):
        written(bundle.project, tmp_path, bundle.settings)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["Mine"]
    assert sorted(path.name for path in bundle.folder.iterdir()) == FILES
    assert [name for name in FILES if (bundle.folder / name).read_bytes() == OLDER.encode()] == []


def test_a_bundle_takes_no_secrets(tmp_path: Path):
    (tmp_path / "secrets.toml").touch()
    options = ["--stage", "prod", "--package", str(tmp_path), "--secrets", str(tmp_path / "secrets.toml")]
    result = CliRunner().invoke(parley, ["deploy", *options], env={"AWS_PROFILE": None, "AWS_REGION": None})
    assert (result.exit_code, result.output.startswith("Error: --secrets has no effect with --package")) == (2, True)
