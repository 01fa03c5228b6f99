"""How many tickets were handed out, over DynamoDB."""

from dataclasses import dataclass

from chalicelib.messages_web import KeyId
from chalicelib.store import schema_web
from chalicelib.store.conditions import fewer_tickets_than
from chalicelib.store.table import Change, ConditionFailed, Table, update


@dataclass(frozen=True)
class DynamoTickets:
    """`ports_web.Tickets` over one table."""

    table: Table

    def count(self, key: KeyId, address: str, *, hour: str, most: int) -> bool:
        change = Change(count={"tickets": 1}, put={"expires_at": schema_web.tickets_expire_at(hour)})
        where = schema_web.tickets_key(key, address, hour=hour)
        try:
            self.table.write(update(where, change, when=fewer_tickets_than(most)))
        except ConditionFailed:
            return False
        return True
