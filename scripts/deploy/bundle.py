"""Writes a stage as files for a pipeline to deploy: two templates, the zip and the commands.

All names are the same as with `parley deploy`: the functions, `doctor` and the alarms find resources by them.
"""

import json
import shutil
from pathlib import Path
from shlex import quote
from typing import Any, Final

from chalicelib.errors import ConfigError
from chalicelib.ids import Needs
from chalicelib.llm import listed
from chalicelib.settings.stage import Secret, Settings, Stage, names_without_use
from scripts.deploy import policies, throttles
from scripts.deploy.capacity import KEPT_FREE, NEW_ACCOUNT, most_workers
from scripts.deploy.code import run_chalice
from scripts.deploy.deployment import address, app_stack, websocket_address
from scripts.deploy.functions import AGE_S, RETRIES
from scripts.deploy.package import Package, build, leave_out_variables
from scripts.deploy.secrets import generated, kinds
from scripts.deploy.stack import TEMPLATE, Say

_README: Final = Path(__file__).with_suffix(".md")
_APP: Final = "app.json"
_REGION: Final = "us-east-1"
"""Chalice requires a region; the template is the same for all regions."""
_LATE: Final = Needs[str](
    always=("RestAPI", "Heartbeat"), messenger=("WebhookUrl",), web=("WebsocketAPIStage", "ApiUrl", "WebsocketUrl")
)
"""What is created before the worker's settings, which Lambda refuses until IAM has propagated the worker's role."""
_RESERVE: Final = "ReserveWorkers"
_RESERVES: Final = "ReservesWorkers"
_RESERVE_PARAMETER: Final = {
    "Type": "String",
    "AllowedValues": ["true", "false"],
    "Default": "false",
    "Description": "Whether functions are reserved for the worker. AWS refuses that to small accounts.",
}
_ADDRESSES: Final = Needs[Secret](messenger=(Secret.WEBHOOK_URL,), web=(Secret.API_URL, Secret.WEBSOCKET_URL))
_WEBSOCKETS: Final = ("WebsocketConnect", "WebsocketMessage", "WebsocketDisconnect")


def write(target: Path, settings: Settings, *, project: Path, folder: Path, email: str | None, say: Say) -> Package:
    """Build in `folder`, and write `data.yaml`, `app.json`, `deployment.zip` and `README.md` into `target`.

    Raises ConfigError, also if `target` contains other files, since its README.md would be overwritten.
    """
    if target.exists() and any(target.iterdir()) and not (target / _APP).exists():
        raise ConfigError(f"{target} is not empty and contains no bundle: choose a new folder")
    stage, workers = settings.stage, settings.limits.workers
    package = build(project, folder)
    policies.write_for_template(folder, stage, listed.every(settings), has_mcp=bool(settings.tools.mcp_servers))
    leave_out_variables(folder, names_without_use(stage.channels))
    merged = folder / "merge.json"
    merged.write_text(json.dumps(additions(stage, workers=workers)))
    options = ["--stage", stage.name, "--merge-template", str(merged.resolve())]
    run_chalice("package", *options, str(target.resolve()), folder=folder, region=_REGION, say=say)
    (target / "sam.json").rename(target / _APP)
    shutil.copyfile(TEMPLATE, target / "data.yaml")
    (target / "README.md").write_text(_readme(settings, package.python, email))
    return package


def additions(stage: Stage, *, workers: int) -> dict[str, Any]:
    """What Chalice's own template lacks, by its logical ids; `workers` is PARLEY_WORKERS."""
    heartbeat = f"{stage.api_function}-heartbeat"
    here = "${AWS::Region}", stage.name
    rule = {"HeartbeatEvent": {"Properties": {"Name": f"{heartbeat}-event"}}}
    reserved = {"Fn::If": [_RESERVES, workers, {"Ref": "AWS::NoValue"}]}
    resources: dict[str, Any] = {
        "APIHandler": {"Properties": {"FunctionName": stage.api_function}},
        "Worker": {"Properties": {"FunctionName": stage.worker_function, "ReservedConcurrentExecutions": reserved}},
        "Heartbeat": {"Properties": {"FunctionName": heartbeat, "Events": rule}},
        # without the version SAM makes a second stage, called Stage
        "RestAPI": {
            "Properties": {"OpenApiVersion": "2.0", "MethodSettings": throttles.method_settings(stage.channels)}
        },
        "WorkerRetries": _retries(stage),
    }
    if stage.channels.messenger:
        resources["WebhookUrl"] = _parameter(stage, Secret.WEBHOOK_URL, f"{address('${RestAPI}', *here)}/webhook")
    if stage.channels.web:
        resources |= _of_the_web_chat(stage)
    if stage.wake == "fifo":
        resources["WorkerWakes"] = _wakes(stage, workers)
    return {
        "Description": "Parley's functions and their API. The data stack comes first.",
        "Parameters": {_RESERVE: _RESERVE_PARAMETER},
        "Conditions": {_RESERVES: {"Fn::Equals": [{"Ref": _RESERVE}, "true"]}},
        "Resources": resources,
    }


def _of_the_web_chat(stage: Stage) -> dict[str, Any]:
    here = "${AWS::Region}", stage.name
    websockets = zip(_WEBSOCKETS, stage.websocket_functions, strict=True)
    return {
        **{logical: {"Properties": {"FunctionName": function}} for logical, function in websockets},
        "WebsocketAPIStage": {"Properties": _route_limits()},
        "ApiUrl": _parameter(stage, Secret.API_URL, address("${RestAPI}", *here)),
        "WebsocketUrl": _parameter(stage, Secret.WEBSOCKET_URL, websocket_address("${WebsocketAPI}", *here)),
    }


def _route_limits() -> dict[str, Any]:
    return {
        "DefaultRouteSettings": throttles.route_settings(throttles.FRAMES),
        "RouteSettings": {"$connect": throttles.route_settings(throttles.CONNECT)},
    }


def _retries(stage: Stage) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::EventInvokeConfig",
        "DependsOn": list(_LATE.of(stage.channels)),
        "Properties": {
            "FunctionName": {"Ref": "Worker"},
            "Qualifier": "$LATEST",
            "MaximumRetryAttempts": RETRIES,
            "MaximumEventAgeInSeconds": AGE_S,
            "DestinationConfig": {"OnFailure": {"Destination": _queue(f"{stage.api_function}-dead")}},
        },
    }


def _wakes(stage: Stage, workers: int) -> dict[str, Any]:
    most = {"Fn::If": [_RESERVES, workers, most_workers(NEW_ACCOUNT, workers)]}
    return {
        "Type": "AWS::Lambda::EventSourceMapping",
        "DependsOn": list(_LATE.of(stage.channels)),
        "Properties": {
            "FunctionName": {"Ref": "Worker"},
            "EventSourceArn": _queue(stage.wake_queue),
            "BatchSize": 1,
            "ScalingConfig": {"MaximumConcurrency": most},
        },
    }


def _parameter(stage: Stage, name: str, url: str) -> dict[str, Any]:
    """Where the bot reads an address of its own."""
    path = f"{stage.secrets_prefix}/{name}"
    return {"Type": "AWS::SSM::Parameter", "Properties": {"Name": path, "Type": "String", "Value": {"Fn::Sub": url}}}


def _queue(name: str) -> dict[str, str]:
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:sqs:${{AWS::Region}}:${{AWS::AccountId}}:{name}"}


def _readme(settings: Settings, python: str, email: str | None) -> str:
    stage, workers = settings.stage, settings.limits.workers
    prefix = stage.secrets_prefix
    parameters = {"Stage": stage.name, "Channels": str(stage.channels), "Wake": stage.wake}
    parameters |= {"OwnerEmail": email} if email else {}
    made_up = {name: f"$(openssl rand -hex {size})" for name, size in generated(stage.channels).items()}
    values = {kind.name: f"${kind.variable}" for kind in kinds(stage.channels, listed.every(settings))} | made_up
    put = "   aws ssm put-parameter --type SecureString"
    return _README.read_text().format(
        stage=stage.name,
        python=python,
        data=stage.api_function,
        app=app_stack(stage.name),
        parameters=" ".join(f"{name}={quote(value)}" for name, value in parameters.items()),
        secrets="\n".join(f'{put} --name {prefix}/{name} --value "{value}"' for name, value in values.items()),
        addresses=" and ".join(f"`{prefix}/{name}`" for name in _ADDRESSES.of(stage.channels)),
        facebook=" subscribe the app and the page, write the page's menu, and" if stage.channels.messenger else "",
        guide=" (`docs/messenger-setup.md` says where to find them)" if stage.channels.messenger else "",
        workers=workers,
        large_enough=workers + KEPT_FREE,
    )
