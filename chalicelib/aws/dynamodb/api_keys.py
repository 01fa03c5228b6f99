"""API keys and ticket counts over DynamoDB."""

from collections.abc import Iterator
from dataclasses import dataclass

from boto3.dynamodb.conditions import Key

from chalicelib.access.api_key import ApiKey
from chalicelib.aws.dynamodb import items, keys
from chalicelib.aws.dynamodb.conditions import EXISTS, NOT_EXISTS, fewer_tickets_than
from chalicelib.aws.dynamodb.table import ConditionFailed, Table, Update, put, update
from chalicelib.ids import KeyId


@dataclass(frozen=True)
class DynamoApiKeys:
    """`ports_web.Keys` over one table."""

    table: Table

    def create(self, key: ApiKey) -> bool:
        try:
            self.table.write(put(items.api_key_item(key), when=NOT_EXISTS))
        except ConditionFailed:
            return False
        return True

    def get(self, key: KeyId) -> ApiKey | None:
        item = self.table.get(keys.api_key_key(key))
        return items.api_key(item) if item else None

    def list(self) -> Iterator[ApiKey]:
        for page in self.table.pages(Key("pk").eq(keys.KEYS)):
            yield from (items.api_key(item) for item in page)

    def revoke(self, key: KeyId, *, now: int) -> bool:
        change = Update(first={"revoked_at": now})
        try:
            self.table.write(update(keys.api_key_key(key), change, when=EXISTS))
        except ConditionFailed:
            return False
        return True


@dataclass(frozen=True)
class DynamoTickets:
    """`ports_web.Tickets` over one table."""

    table: Table

    def count(self, key: KeyId, address: str, *, hour: str, most: int) -> bool:
        change = Update(count={"tickets": 1}, put={"expires_at": items.tickets_expire_at(hour)})
        where = keys.tickets_key(key, address, hour=hour)
        try:
            self.table.write(update(where, change, when=fewer_tickets_than(most)))
        except ConditionFailed:
            return False
        return True
