"""API keys over DynamoDB."""

from collections.abc import Iterator
from dataclasses import dataclass

from boto3.dynamodb.conditions import Key

from chalicelib.messages_web import ApiKey, KeyId
from chalicelib.store import schema_web
from chalicelib.store.conditions import NOT_THERE, THERE
from chalicelib.store.table import Change, ConditionFailed, Table, put, update


@dataclass(frozen=True)
class DynamoKeys:
    """`ports_web.Keys` over one table."""

    table: Table

    def create(self, key: ApiKey) -> bool:
        try:
            self.table.write(put(schema_web.api_key_item(key), when=NOT_THERE))
        except ConditionFailed:
            return False
        return True

    def get(self, key: KeyId) -> ApiKey | None:
        item = self.table.get(schema_web.api_key_key(key))
        return schema_web.api_key(item) if item else None

    def list(self) -> Iterator[ApiKey]:
        for page in self.table.pages(Key("pk").eq(schema_web.KEYS)):
            yield from (schema_web.api_key(item) for item in page)

    def revoke(self, key: KeyId, *, now: int) -> bool:
        change = Change(first={"revoked_at": now})
        try:
            self.table.write(update(schema_web.api_key_key(key), change, when=THERE))
        except ConditionFailed:
            return False
        return True
