"""Fills in the functions' policies for one stage, so that no function may reach another stage's resources.

The files `.chalice/policy-*.json` have the placeholders `<stage>`, `<region>` and `<account>`. As they are, they grant
nothing. A statement whose Sid begins with `Messenger` or `Web` is left out in a deployment without that channel; one
whose Sid begins with `Openai` or `Bedrock` is left out if no model is that provider's, and `McpSecrets` if there are no
MCP servers.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from chalicelib.errors import ConfigError
from chalicelib.ids import Channel, Channels
from chalicelib.settings.bedrock import area_and_model
from chalicelib.settings.stage import ModelSettings, Stage

_PLACEHOLDER: Final = re.compile(r"<([a-z]+)>")
_CONDITIONS: Final = ("bedrock:InferenceProfileArn",)
"""Conditions with placeholders."""
_IN_A_TEMPLATE: Final = {"region": "${AWS::Region}", "account": "${AWS::AccountId}"}
"""What CloudFormation fills in, when it creates the stack."""

Values = Mapping[str, str]


def write(
    folder: Path, stage: Stage, models: Sequence[ModelSettings], *, region: str, account: str, has_mcp: bool = False
) -> None:
    """Fill in the policies of a built folder, for one account and region, and the models that may answer.

    `has_mcp` is whether there are MCP servers, which may have tokens.
    Raises ConfigError for an unknown placeholder.
    """
    values = {"stage": stage.name, "region": region, "account": account}
    _write(folder, stage.channels, _fillings(models, values, has_mcp=has_mcp), str)


def write_for_template(folder: Path, stage: Stage, models: Sequence[ModelSettings], *, has_mcp: bool = False) -> None:
    """Fill in the policies of a built folder for a template, where CloudFormation knows account and region.

    Raises ConfigError for an unknown placeholder.
    """
    values = {"stage": stage.name, **_IN_A_TEMPLATE}
    _write(folder, stage.channels, _fillings(models, values, has_mcp=has_mcp), lambda arn: {"Fn::Sub": arn})


def _fillings(models: Sequence[ModelSettings], values: Values, *, has_mcp: bool) -> Mapping[str, Sequence[Values]]:
    """Return the values of the placeholders in statements, by their Sid: several for several models of Bedrock.

    Without any, the statement is left out. Statements of another Sid have those of the empty one.
    """
    at_bedrock = [(one, one.bedrock, area_and_model(one.name)) for one in models if one.bedrock]
    of_models = [
        (area, {**values, "modelregion": place.region or values["region"], "model": model, "profile": one.name})
        for one, place, (area, model) in at_bedrock
    ]
    guarded = [
        {**values, "modelregion": place.region or values["region"], "guardrail": place.guardrail[0]}
        for _, place, _ in at_bedrock
        if place.guardrail
    ]
    by_profile = [each for area, each in of_models if area]
    return {
        "": [values],
        "OpenaiSecrets": [values] if len(at_bedrock) < len(models) else [],
        "McpSecrets": [values] if has_mcp else [],
        "BedrockModel": [each for area, each in of_models if not area],
        "BedrockProfile": by_profile,
        "BedrockProfileModels": by_profile,
        "BedrockGuardrail": guarded,
    }


def _write(
    folder: Path, channels: Channels, fillings: Mapping[str, Sequence[Values]], as_resource: Callable[[str], Any]
) -> None:
    absent = tuple(channel.capitalize() for channel in Channel if channel not in channels)
    for file in sorted((folder / ".chalice").glob("policy-*.json")):

        def filled(arns: str | list[str], sid: str, name: str = file.name) -> list[Any]:
            several = fillings.get(sid, fillings[""])
            found = (
                _filled_in(arn, values, name)
                for arn in ([arns] if isinstance(arns, str) else arns)
                for values in several
            )
            return [as_resource(arn) for arn in dict.fromkeys(found)]

        policy = json.loads(file.read_text())
        policy["Statement"] = [one for one in policy["Statement"] if not one.get("Sid", "").startswith(absent)]
        for statement in policy["Statement"]:
            sid = statement.get("Sid", "")
            statement["Resource"] = filled(statement["Resource"], sid)
            for keys in statement.get("Condition", {}).values():
                keys |= {key: filled(arns, sid) for key, arns in keys.items() if key in _CONDITIONS}
        policy["Statement"] = [one for one in policy["Statement"] if one["Resource"]]
        file.write_text(json.dumps(policy, indent=2))


def _filled_in(arn: str, values: Values, file: str) -> str:
    def value(found: re.Match[str]) -> str:
        if found[1] not in values:
            raise ConfigError(f".chalice/{file}: {found[0]} is unknown; a policy may have {', '.join(_known(values))}")
        return values[found[1]]

    return _PLACEHOLDER.sub(value, arn)


def _known(values: Values) -> list[str]:
    return [f"<{name}>" for name in values]
