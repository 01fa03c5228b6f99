"""What the owner has been told, so that one fault is one message a day."""

from dataclasses import dataclass

from boto3.dynamodb.conditions import Attr

from chalicelib.store import schema
from chalicelib.store.table import Change, ConditionFailed, Table, update


@dataclass(frozen=True)
class DynamoAlerts:
    """`ports.Alerts` over one table."""

    table: Table

    def first_today(self, kind: str, *, day: str) -> bool:
        not_told = Attr("day").not_exists() | Attr("day").ne(day)
        try:
            self.table.write(update(schema.alert_key(kind), Change(put={"day": day}), when=not_told))
        except ConditionFailed:
            return False
        return True
