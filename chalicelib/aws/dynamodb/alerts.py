"""What the owner has been told, so that one fault is one message a day."""

from dataclasses import dataclass

from boto3.dynamodb.conditions import Attr

from chalicelib.aws.dynamodb import keys
from chalicelib.aws.dynamodb.table import ConditionFailed, Table, Update, update


@dataclass(frozen=True)
class DynamoSentAlerts:
    """`ports.Alerts` over one table."""

    table: Table

    def first_today(self, kind: str, *, day: str) -> bool:
        not_told = Attr("day").not_exists() | Attr("day").ne(day)
        try:
            self.table.write(update(keys.alert_key(kind), Update(put={"day": day}), when=not_told))
        except ConditionFailed:
            return False
        return True
