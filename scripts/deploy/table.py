"""Finds and deletes the table of a stage, which outlives its stack."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import WaiterConfigTypeDef

_WAIT: Final["WaiterConfigTypeDef"] = {"Delay": 1, "MaxAttempts": 300}


@dataclass(frozen=True)
class StageTable:
    """The table with a stage's name; it may not be of Parley's making."""

    client: "DynamoDBClient"
    name: str

    def exists(self) -> bool:
        """Return True also while the table is being deleted."""
        try:
            self.client.describe_table(TableName=self.name)
        except self.client.exceptions.ResourceNotFoundException:
            return False
        return True

    def is_leftover(self) -> bool:
        """Return True for an empty table with Parley's indexes: what a failed first deployment leaves behind."""
        try:
            table = self.client.describe_table(TableName=self.name)["Table"]
        except self.client.exceptions.ResourceNotFoundException:
            return False
        indexes = {index["IndexName"] for index in table.get("GlobalSecondaryIndexes", [])}
        return indexes == {"due", "people"} and not self._has_items()

    def delete(self) -> bool:
        """Delete the table with its content, also if it is protected; False if there was none."""
        client = self.client
        try:
            if client.describe_table(TableName=self.name)["Table"]["TableStatus"] != "DELETING":
                self._unprotect()
                client.delete_table(TableName=self.name)
        except client.exceptions.ResourceNotFoundException:
            return False
        client.get_waiter("table_not_exists").wait(TableName=self.name, WaiterConfig=_WAIT)
        return True

    def _unprotect(self) -> None:
        """Switch deletion protection off, and wait until it is."""
        self.client.update_table(TableName=self.name, DeletionProtectionEnabled=False)
        self.client.get_waiter("table_exists").wait(TableName=self.name, WaiterConfig=_WAIT)

    def _has_items(self) -> bool:
        return bool(self.client.scan(TableName=self.name, Limit=1, ConsistentRead=True)["Count"])
