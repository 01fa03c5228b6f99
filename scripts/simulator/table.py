"""Creates what the app needs in an emulator: the table from `.chalice/resources.yaml`, and the secrets."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ssm import SSMClient


_TEMPLATE = Path(__file__).parents[2] / ".chalice" / "resources.yaml"
_SET_LATER = (
    "TableName",
    "DeletionProtectionEnabled",
    "TimeToLiveSpecification",
    "PointInTimeRecoverySpecification",
)


class _Template(yaml.SafeLoader):
    """Parses short forms of CloudFormation, such as `!Sub`, as their plain argument: the table does not use them."""


_Template.add_multi_constructor("!", lambda loader, _, node: _plain(loader, node))


def create_table(client: "DynamoDBClient", name: str) -> None:
    """Create the empty table with a name."""
    client.create_table(TableName=name, **_properties())


def put_secrets(client: "SSMClient", stage: str, secrets: Mapping[str, str]) -> None:
    """Store the secrets of a stage in SSM."""
    for name, value in secrets.items():
        client.put_parameter(Name=f"/parley/{stage}/{name}", Value=value, Type="SecureString")


@cache
def _properties() -> Mapping[str, Any]:
    """Read the table's properties from the template; to parse it takes longer than to create the table."""
    template: Any = yaml.load(_TEMPLATE.read_text(), Loader=_Template)  # noqa: S506 (a subclass of SafeLoader)
    properties = template["Resources"]["Table"]["Properties"]
    return {key: value for key, value in properties.items() if key not in _SET_LATER}


def _plain(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node)
    raise TypeError("no short form is applied to a mapping")
