"""Renders `.chalice/resources.yaml` as CloudFormation would, for one choice of channels."""

import re
from pathlib import Path
from typing import Any, Final

from cfnlint import decode

TEMPLATE: Final = Path(__file__).parents[1] / ".chalice" / "resources.yaml"


def rendered(channels: str) -> dict[str, Any]:
    """Return the resources that are created for these channels, with all values but attributes filled in."""
    template, problems = decode.decode(str(TEMPLATE))
    assert problems == []
    given = {"Stage": "prod", "Channels": channels, "Wake": "lambda", "OwnerEmail": "", "Protected": "true"}
    values = {**given, "AWS::Region": "eu-central-1"}
    conditions = {name: bool(_value(rule, values, {})) for name, rule in template["Conditions"].items()}
    return {
        name: {"Type": resource["Type"], "Properties": _value(resource["Properties"], values, conditions)}
        for name, resource in template["Resources"].items()
        if conditions.get(resource.get("Condition"), True)
    }


def _value(part: Any, values: dict[str, str], conditions: dict[str, bool]) -> Any:
    match part:
        case {"Fn::If": [name, then, otherwise]}:
            return _value(then if conditions[name] else otherwise, values, conditions)
        case {"Fn::Equals": [one, other]}:
            return _value(one, values, conditions) == _value(other, values, conditions)
        case {"Fn::Not": [rule]}:
            return not _value(rule, values, conditions)
        case {"Fn::Sub": text}:
            text, more = (text, {}) if isinstance(text, str) else text
            return _filled(text, {**values, **_value(more, values, conditions)})
        case {"Ref": name}:
            return values.get(name, name)
        case dict():
            return {key: _value(one, values, conditions) for key, one in part.items()}
        case list():
            return [_value(one, values, conditions) for one in part]
    return part


def _filled(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\$\{([^}]+)\}", lambda found: values[found[1]], text)
