"""The SentAlerts port over DynamoDB: remembers the day on which the owner last had each kind of alert."""

from dataclasses import dataclass

from chalicelib.aws.dynamodb import keys
from chalicelib.aws.dynamodb.conditions import alert_not_sent_on
from chalicelib.aws.dynamodb.table import ConditionFailed, Table
from chalicelib.aws.dynamodb.writes import Update, update


@dataclass(frozen=True)
class DynamoSentAlerts:
    """`operations.ports.SentAlerts` over one table."""

    table: Table

    def first_today(self, kind: str, *, day: str) -> bool:
        try:
            self.table.write(update(keys.alert_key(kind), Update(set={"day": day}), when=alert_not_sent_on(day)))
        except ConditionFailed:
            return False
        return True
