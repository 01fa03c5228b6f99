"""The Handovers port over DynamoDB."""

from dataclasses import dataclass

from chalicelib.access.page_sign_in import HANDOVER_KEPT_S
from chalicelib.aws.dynamodb import items, keys
from chalicelib.aws.dynamodb.conditions import EXISTS, NOT_EXISTS
from chalicelib.aws.dynamodb.table import ConditionFailed, Table
from chalicelib.aws.dynamodb.writes import delete, put


@dataclass(frozen=True)
class DynamoHandovers:
    """`access.ports.Handovers` over one table."""

    table: Table

    def put(self, slot: str, code: str, *, now: int) -> bool:
        item = {**keys.handover_key(slot), "code": code, "expires_at": now // 1000 + HANDOVER_KEPT_S}
        try:
            self.table.write(put(item, when=NOT_EXISTS))
        except ConditionFailed:
            return False
        return True

    def take(self, slot: str, *, now: int) -> str | None:
        item = self.table.get(keys.handover_key(slot))
        if item is None or not items.is_there(item, now=now):
            return None
        try:
            self.table.write(delete(keys.handover_key(slot), when=EXISTS))
        except ConditionFailed:
            return None
        return str(item["code"])
