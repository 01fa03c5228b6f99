"""The Handovers port over DynamoDB."""

from dataclasses import dataclass

from chalicelib.access.page_sign_in import HANDOVER_KEPT_S
from chalicelib.aws.dynamodb import keys, one_time
from chalicelib.aws.dynamodb.conditions import NOT_EXISTS
from chalicelib.aws.dynamodb.table import Table
from chalicelib.aws.dynamodb.writes import put


@dataclass(frozen=True)
class DynamoHandovers:
    """`access.ports.Handovers` over one table."""

    table: Table

    def put(self, slot: str, code: str, *, now: int) -> bool:
        item = {**keys.handover_key(slot), "code": code, "expires_at": now // 1000 + HANDOVER_KEPT_S}
        return self.table.write_if(put(item, when=NOT_EXISTS))

    def take(self, slot: str, *, now: int) -> str | None:
        item = one_time.take(self.table, keys.handover_key(slot), now=now)
        return str(item["code"]) if item else None
