"""Makes in an emulator what must be there before the app: the table of `.chalice/resources.yaml`, and the secrets."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ssm import SSMClient

_TEMPLATE = Path(__file__).parents[2] / ".chalice" / "resources.yaml"
_SET_LATER = ("TableName", "TimeToLiveSpecification", "PointInTimeRecoverySpecification")


def create_table(client: "DynamoDBClient", name: str) -> None:
    """Make the table, empty, under the given name."""
    template: Any = yaml.safe_load(_TEMPLATE.read_text())
    properties = template["Resources"]["Table"]["Properties"]
    client.create_table(TableName=name, **{key: value for key, value in properties.items() if key not in _SET_LATER})


def put_secrets(client: "SSMClient", stage: str, secrets: Mapping[str, str]) -> None:
    """Put a stage's secrets where it looks for them."""
    for name, value in secrets.items():
        client.put_parameter(Name=f"/parley/{stage}/{name}", Value=value, Type="SecureString")
