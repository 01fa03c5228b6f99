"""Fills in the functions' policies for one stage, so that no function may reach another stage's resources.

The files `.chalice/policy-*.json` have the placeholders `<stage>`, `<region>` and `<account>`. As they are, they grant
nothing. A statement whose Sid begins with `Messenger` or `Web` is left out in a deployment without that channel.
"""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from chalicelib.errors import ConfigError
from chalicelib.ids import Channel, Channels
from chalicelib.settings import Stage

_PLACEHOLDER: Final = re.compile(r"<([a-z]+)>")
_IN_A_TEMPLATE: Final = {"region": "${AWS::Region}", "account": "${AWS::AccountId}"}
"""What CloudFormation fills in, when it creates the stack."""


def write(folder: Path, stage: Stage, *, region: str, account: str) -> None:
    """Fill in the policies of a built folder, for one account and region.

    Raises ConfigError for an unknown placeholder.
    """
    _write(folder, stage.channels, {"stage": stage.name, "region": region, "account": account}, str)


def write_for_template(folder: Path, stage: Stage) -> None:
    """Fill in the policies of a built folder for a template, where CloudFormation knows account and region.

    Raises ConfigError for an unknown placeholder.
    """
    _write(folder, stage.channels, {"stage": stage.name, **_IN_A_TEMPLATE}, lambda arn: {"Fn::Sub": arn})


def _write(folder: Path, channels: Channels, values: Mapping[str, str], as_resource: Callable[[str], Any]) -> None:
    absent = tuple(channel.capitalize() for channel in Channel if channel not in channels)
    for file in sorted((folder / ".chalice").glob("policy-*.json")):
        policy = json.loads(file.read_text())
        policy["Statement"] = [one for one in policy["Statement"] if not one.get("Sid", "").startswith(absent)]
        for statement in policy["Statement"]:
            named = statement["Resource"]
            arns = [_filled_in(arn, values, file.name) for arn in ([named] if isinstance(named, str) else named)]
            statement["Resource"] = [as_resource(arn) for arn in arns]
        file.write_text(json.dumps(policy, indent=2))


def _filled_in(arn: str, values: Mapping[str, str], file: str) -> str:
    def value(found: re.Match[str]) -> str:
        if found[1] not in values:
            raise ConfigError(f".chalice/{file}: {found[0]} is unknown; a policy may have {', '.join(_known(values))}")
        return values[found[1]]

    return _PLACEHOLDER.sub(value, arn)


def _known(values: Mapping[str, str]) -> list[str]:
    return [f"<{name}>" for name in values]
