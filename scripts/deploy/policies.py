"""Fills in the functions' policies for one stage, so that no function may reach another stage's resources.

The files `.chalice/policy-*.json` have the placeholders `<stage>`, `<region>` and `<account>`. As they are, they grant
nothing. A statement whose Sid begins with `Messenger` or `Web` is left out in a deployment without that channel; one
whose Sid begins with `Openai` or `Bedrock` is left out with a model of another provider.
"""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from chalicelib.bedrock_settings import area_and_model
from chalicelib.errors import ConfigError
from chalicelib.ids import Channel
from chalicelib.settings import ModelSettings, Stage

_PLACEHOLDER: Final = re.compile(r"<([a-z]+)>")
_IN_A_TEMPLATE: Final = {"region": "${AWS::Region}", "account": "${AWS::AccountId}"}
"""What CloudFormation fills in, when it creates the stack."""


def write(folder: Path, stage: Stage, model: ModelSettings, *, region: str, account: str) -> None:
    """Fill in the policies of a built folder, for one account and region, and the model that the stage has.

    Raises ConfigError for an unknown placeholder.
    """
    values = {"stage": stage.name, "region": region, "account": account}
    _write(folder, _absent(stage, model), {**values, **_of_bedrock(model, region)}, str)


def write_for_template(folder: Path, stage: Stage, model: ModelSettings) -> None:
    """Fill in the policies of a built folder for a template, where CloudFormation knows account and region.

    Raises ConfigError for an unknown placeholder.
    """
    values = {"stage": stage.name, **_IN_A_TEMPLATE, **_of_bedrock(model, _IN_A_TEMPLATE["region"])}
    _write(folder, _absent(stage, model), values, lambda arn: {"Fn::Sub": arn})


def _absent(stage: Stage, model: ModelSettings) -> tuple[str, ...]:
    """Return how the Sids begin of the statements that are left out."""
    channels = tuple(channel.capitalize() for channel in Channel if channel not in stage.channels)
    if not model.bedrock:
        return (*channels, "Bedrock")
    by_profile = bool(area_and_model(model.name)[0])
    unguarded = () if model.bedrock.guardrail else ("BedrockGuardrail",)
    return (*channels, "Openai", "BedrockModel" if by_profile else "BedrockProfile", *unguarded)


def _of_bedrock(model: ModelSettings, region: str) -> Mapping[str, str]:
    """Return the values of Bedrock's placeholders; the region of the stage unless the settings name another."""
    if not model.bedrock:
        return {}
    return {
        "modelregion": model.bedrock.region or region,
        "model": area_and_model(model.name)[1],
        "profile": model.name,
        "guardrail": model.bedrock.guardrail[0] if model.bedrock.guardrail else "",
    }


def _write(folder: Path, absent: tuple[str, ...], values: Mapping[str, str], as_resource: Callable[[str], Any]) -> None:
    for file in sorted((folder / ".chalice").glob("policy-*.json")):
        policy = json.loads(file.read_text())
        policy["Statement"] = [one for one in policy["Statement"] if not one.get("Sid", "").startswith(absent)]
        for statement in policy["Statement"]:
            named = statement["Resource"]
            arns = [_filled_in(arn, values, file.name) for arn in ([named] if isinstance(named, str) else named)]
            statement["Resource"] = [as_resource(arn) for arn in arns]
            for keys in statement.get("Condition", {}).values():
                for key, wanted in keys.items():
                    if isinstance(wanted, str) and _PLACEHOLDER.search(wanted):
                        keys[key] = as_resource(_filled_in(wanted, values, file.name))
        file.write_text(json.dumps(policy, indent=2))


def _filled_in(arn: str, values: Mapping[str, str], file: str) -> str:
    def value(found: re.Match[str]) -> str:
        if found[1] not in values:
            raise ConfigError(f".chalice/{file}: {found[0]} is unknown; a policy may have {', '.join(_known(values))}")
        return values[found[1]]

    return _PLACEHOLDER.sub(value, arn)


def _known(values: Mapping[str, str]) -> list[str]:
    return [f"<{name}>" for name in values]
