"""The SentAlerts port over DynamoDB: remembers the day of each kind of alert, and which people met a fault."""

from dataclasses import dataclass

from chalicelib.aws.dynamodb import keys
from chalicelib.aws.dynamodb.conditions import alert_not_sent_on, fewer_people_than
from chalicelib.aws.dynamodb.table import ConditionFailed, Table
from chalicelib.aws.dynamodb.writes import Update, put, update


@dataclass(frozen=True)
class DynamoSentAlerts:
    """`operations.ports.SentAlerts` over one table."""

    table: Table

    def first_today(self, kind: str, *, day: str) -> bool:
        return self.table.write_if(update(keys.alert_key(kind), Update(set={"day": day}), when=alert_not_sent_on(day)))

    def people_today(self, kind: str, person: str, *, day: str, most: int) -> int:
        key = keys.alert_key(kind)
        one_more = Update(add_to_set={"people": {person}})
        try:
            item = self.table.write(update(key, one_more, when=fewer_people_than(most, day=day)))
        except ConditionFailed as exc:
            if exc.item and exc.item["day"] == day:
                return most
            return self._first_today(kind, person, day=day, most=most)
        return len(item["people"])

    def _first_today(self, kind: str, person: str, *, day: str, most: int) -> int:
        """Replace the people of another day by one of today, unless another caller has done it meanwhile."""
        item = {**keys.alert_key(kind), "day": day, "people": {person}}
        try:
            self.table.write(put(item, when=alert_not_sent_on(day)))
        except ConditionFailed:
            return self.people_today(kind, person, day=day, most=most)
        return 1
