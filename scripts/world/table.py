"""Makes the table that `.chalice/resources.yaml` defines, in an emulator."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_TEMPLATE = Path(__file__).parents[2] / ".chalice" / "resources.yaml"
_SET_LATER = ("TableName", "TimeToLiveSpecification", "PointInTimeRecoverySpecification")


def create_table(client: "DynamoDBClient", name: str) -> None:
    """Make the table, empty, under the given name."""
    template: Any = yaml.safe_load(_TEMPLATE.read_text())
    properties = template["Resources"]["Table"]["Properties"]
    client.create_table(TableName=name, **{key: value for key, value in properties.items() if key not in _SET_LATER})
